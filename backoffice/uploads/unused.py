"""Files that nothing shows any more."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.db.models.deletion import ProtectedError

from backoffice.records.ids import is_object_id
from backoffice.records.portable import among
from backoffice.records.transactions import after_commit, atomic
from backoffice.uploads.files import arriving_folder, path_of
from backoffice.uploads.models import Upload, UploadUse
from backoffice.uploads.thumbnails import thumbnail_path


def unused_uploads(before: datetime):
    """The uploads that no record shows, nor has since `before`."""
    return (
        Upload.objects.filter(let_go_at__lt=before)
        .exclude(pk__in=among(UploadUse.objects.values("upload_id")))
        .order_by("at", "pk")
    )


def remove_upload(upload: Upload) -> bool:
    """Remove an upload and its file; False if a record has come to show it meanwhile."""
    try:
        with atomic():
            Upload.objects.filter(pk=upload.pk).delete()
    except (ProtectedError, IntegrityError):
        return False
    _unlink([upload.pk])
    return True


def remove_unshown(uploads) -> int:
    """Remove those of some uploads that no record shows, now, and their files when the transaction is through."""
    alone = list(uploads.exclude(pk__in=UploadUse.objects.values("upload_id")).values_list("pk", flat=True))
    Upload.objects.filter(pk__in=alone).delete()
    after_commit(lambda: _unlink(alone))
    return len(alone)


def _unlink(ids: Iterable[str]) -> None:
    for pk in ids:
        for path in (path_of(pk), thumbnail_path(pk)):
            path.unlink(missing_ok=True)


def stray_files(before: datetime) -> Iterator[Path]:
    """Files that belong to no upload, as a process leaves them that was stopped in the middle."""
    for path in sorted(Path(settings.MEDIA_ROOT).glob("??/??/*")):
        known = not is_object_id(path.name) or Upload.objects.filter(pk=path.name).exists()
        if not known and _is_older(path, before):
            yield path
    for path in sorted(arriving_folder().glob("*")):
        if _is_older(path, before):
            yield path


def _is_older(path: Path, before: datetime) -> bool:
    return path.stat().st_mtime < before.timestamp()
