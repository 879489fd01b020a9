"""Storage of uploaded files: below MEDIA_ROOT, under generated names, and not served directly."""

import contextlib
import errno
import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.db.health import is_full
from backoffice.uploads.content_types import ContentType, detect_content_type, explain_refusal
from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoder_client import open_file
from backoffice.uploads.models import Upload
from backoffice.uploads.quotas import check_quotas

MAX_NAME_LENGTH = 100
INCOMING_FOLDER = "arriving"
THUMBNAILS = "thumbnails"


def upload_path(pk: str) -> Path:
    """Return the path of an upload's content."""
    return Path(settings.MEDIA_ROOT) / pk[:2] / pk[2:4] / pk


def incoming_folder() -> Path:
    """Return the folder of files that are being received."""
    return Path(settings.MEDIA_ROOT) / INCOMING_FOLDER


def thumbnail_path(pk: str) -> Path:
    """Return the path of an upload's thumbnail. An empty file marks an upload of which none can be made."""
    return Path(settings.MEDIA_ROOT) / THUMBNAILS / pk[:2] / pk


def move_into_place(source: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, path)


class TooLarge(Exception):
    """The file exceeds the size limit."""


class IncomingFile:
    """A file that is being received: written to a temporary file, counted and hashed; deleted at the end of
    the `with` unless kept."""

    def __init__(self, limit: int):
        self.limit = limit
        self.size = 0
        self._hash = hashlib.sha256()

    def __enter__(self):
        folder = incoming_folder()
        folder.mkdir(parents=True, exist_ok=True)
        self.file = tempfile.NamedTemporaryFile(dir=folder, delete=False)
        return self

    def __exit__(self, *error):
        try:
            self.file.close()  # flushes the buffer
        finally:
            for path in self._paths():
                path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        """Return the paths of the received file, of the rewritten file if the stored bytes differ, and of the
        thumbnail."""
        source = Path(self.file.name)
        return [source, source.with_name(f"{source.name}.kept"), source.with_name(f"{source.name}.small")]

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limit:
            raise TooLarge
        self._hash.update(chunk)
        self.file.write(chunk)

    @property
    def digest(self) -> str:
        """The SHA-256 of the received bytes."""
        return self._hash.hexdigest()

    def open(self, upload: Upload, name: str, documents: bool) -> ContentType:
        """Detect what the file is, and remove metadata about people, places and cameras from pictures. Raises
        ValidationError for refused files, QuotaExceeded, DecoderBusy, and OSError if the disk is full."""
        check_quotas(upload, self.size)
        self.file.flush()
        source, rewritten, small = self._paths()
        try:
            result = open_file(source, rewritten, small, documents=documents)
        except DecodingRefused as refused:
            raise explain_refusal(refused.reason, documents) from None
        self._opened = rewritten if result["is_rewritten"] else source
        content = detect_content_type(result["kind"], result["charset"])
        upload.name = download_name(name, content)
        upload.content_type = content.content_type
        upload.size = self._opened.stat().st_size
        upload.sha256 = hash_file(rewritten).hexdigest() if result["is_rewritten"] else self.digest
        return content

    def keep(self, upload: Upload) -> None:
        """Store the opened file as this upload. It is complete on disk before the database row exists."""
        with self._opened.open("rb") as file:
            os.fsync(file.fileno())
        move_into_place(self._opened, upload_path(upload.pk))
        try:
            Upload.objects.bulk_create([upload])
        except BaseException as error:
            remove_files([upload.pk])
            if is_full(error):  # usually the database is on the same disk: report it the same way
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        small = self._paths()[-1]
        if small.exists():
            with contextlib.suppress(OSError):  # the thumbnail is made on the first request
                move_into_place(small, thumbnail_path(upload.pk))


def remove_files(ids: Iterable[str]) -> None:
    """Delete the files of some uploads, and their thumbnails."""
    for pk in ids:
        for path in (upload_path(pk), thumbnail_path(pk)):
            path.unlink(missing_ok=True)


def hash_file(path: Path):
    """Return the SHA-256 hash object of a file, without reading all of it into memory at once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")


def download_name(name: str, content: ContentType) -> str:
    """Return a safe name for downloads: the last part of the given name, without invisible characters, and
    with an extension that fits the content (a text is never called `run.bat`)."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    name = " ".join(name.split()).strip(". ") or _("file")
    stem, dot, ending = name.rpartition(".")
    if not stem or f".{ending}".lower() not in content.endings:
        stem, dot, ending = name, ".", content.endings[0][1:]
    return f"{stem[: MAX_NAME_LENGTH - len(ending) - 1]}{dot}{ending}"
