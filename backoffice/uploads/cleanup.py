"""Files that nothing shows any more."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.db.models.deletion import ProtectedError

from backoffice.db.compat import subquery_ids
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import after_commit, atomic
from backoffice.records.fields import now
from backoffice.uploads.models import Upload, UploadUse
from backoffice.uploads.storage import arriving_folder, remove_files

logger = logging.getLogger("backoffice.uploads")

AT_A_TIME = 500
"""How many files the worker removes in an hour: nobody waits for it."""


def unused_uploads(before: datetime):
    """The uploads that no record shows, nor has since `before`."""
    return (
        Upload.objects.filter(let_go_at__lt=before)
        .exclude(pk__in=subquery_ids(UploadUse.objects.values("upload_id")))
        .order_by("at", "pk")
    )


def remove_upload(upload: Upload) -> bool:
    """Remove an upload and its file; False if a record has come to show it meanwhile."""
    try:
        with atomic():
            Upload.objects.filter(pk=upload.pk).delete()
    except (ProtectedError, IntegrityError):
        return False
    remove_files([upload.pk])
    return True


def remove_unused() -> None:
    """Remove what no record has shown for `UPLOAD_UNUSED_DAYS`, and what was left in the middle of arriving, some at a
    time. The worker does so every hour. (Other stray files may belong to another database: a person decides.)"""
    before = now() - timedelta(days=max(1, settings.UPLOAD_UNUSED_DAYS))
    uploads = list(unused_uploads(before)[:AT_A_TIME])
    removed = sum(map(remove_upload, uploads))
    for path in islice(left_files(now() - timedelta(days=1)), AT_A_TIME):
        path.unlink(missing_ok=True)
        removed += 1
    if removed:
        logger.info("%s files that nothing shows were removed.", removed)


def remove_unshown(uploads) -> int:
    """Remove those of some uploads that no record shows, now, and their files when the transaction is through."""
    alone = list(uploads.exclude(pk__in=UploadUse.objects.values("upload_id")).values_list("pk", flat=True))
    Upload.objects.filter(pk__in=alone).delete()
    after_commit(lambda: remove_files(alone))
    return len(alone)


def stray_files(before: datetime) -> Iterator[Path]:
    """Files that belong to no upload, as a process leaves them that was stopped in the middle."""
    for path in sorted(Path(settings.MEDIA_ROOT).glob("??/??/*")):
        known = not is_object_id(path.name) or Upload.objects.filter(pk=path.name).exists()
        if not known and _is_older(path, before):
            yield path
    yield from left_files(before)


def left_files(before: datetime) -> Iterator[Path]:
    """Files that began to arrive and were neither kept nor refused."""
    for path in sorted(arriving_folder().rglob("*")):
        if path.is_file() and _is_older(path, before):
            yield path


def _is_older(path: Path, before: datetime) -> bool:
    return path.stat().st_mtime < before.timestamp()
