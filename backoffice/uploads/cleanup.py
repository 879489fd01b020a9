"""Removal of unused uploads and stray files."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext_lazy

from backoffice.db.compat import subquery_ids
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import after_commit, atomic
from backoffice.jobs.kinds import job_kind
from backoffice.jobs.runner import JobRun
from backoffice.records.fields import now
from backoffice.uploads.models import Upload, UploadUse
from backoffice.uploads.storage import incoming_folder, remove_files

logger = logging.getLogger("backoffice.uploads")

BATCH = 500
"""The most files that one job removes."""


def unused_uploads(before: datetime):
    """Return the uploads that no record shows and that none has shown since `before`."""
    return (
        Upload.objects.filter(let_go_at__lt=before)
        .exclude(pk__in=subquery_ids(UploadUse.objects.values("upload_id")))
        .order_by("at", "pk")
    )


def remove_upload(upload: Upload) -> bool:
    """Delete an upload and its file; False if a record has started to show it."""
    try:
        with atomic():
            Upload.objects.filter(pk=upload.pk).delete()
    except (ProtectedError, IntegrityError):
        return False
    remove_files([upload.pk])
    return True


@job_kind(
    "uploads.remove_unused",
    label=gettext_lazy("Removal of unused files"),
    is_atomic=False,
    every=timedelta(hours=1),
)
def remove_unused(run: JobRun) -> None:
    """Delete uploads unused for `UPLOAD_UNUSED_DAYS`, and incomplete uploads, in batches. (Other stray files may
    belong to another database, so an administrator decides about them.)"""
    before = now() - timedelta(days=max(1, settings.UPLOAD_UNUSED_DAYS))
    uploads = list(unused_uploads(before)[:BATCH])
    removed = sum(map(remove_upload, uploads))
    for path in islice(incomplete_files(now() - timedelta(days=1)), BATCH):
        path.unlink(missing_ok=True)
        removed += 1
    if removed:
        logger.info("Removed %s files that no record shows.", removed)


def delete_unshown(uploads) -> int:
    """Delete those uploads that no record shows, and their files after the commit. Returns their number."""
    unused = list(uploads.exclude(pk__in=UploadUse.objects.values("upload_id")).values_list("pk", flat=True))
    Upload.objects.filter(pk__in=unused).delete()
    after_commit(lambda: remove_files(unused))
    return len(unused)


def stray_files(before: datetime) -> Iterator[Path]:
    """Yield files that belong to no upload, as an interrupted process leaves them."""
    for path in sorted(Path(settings.MEDIA_ROOT).glob("??/??/*")):
        is_known = not is_object_id(path.name) or Upload.objects.filter(pk=path.name).exists()
        if not is_known and _is_older(path, before):
            yield path
    yield from incomplete_files(before)


def incomplete_files(before: datetime) -> Iterator[Path]:
    """Yield files whose upload was neither completed nor refused."""
    for path in sorted(incoming_folder().rglob("*")):
        if path.is_file() and _is_older(path, before):
            yield path


def _is_older(path: Path, before: datetime) -> bool:
    return path.stat().st_mtime < before.timestamp()
