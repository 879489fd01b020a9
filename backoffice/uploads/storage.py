"""Where the files are: below MEDIA_ROOT, under names of our own, and nowhere that is served by itself."""

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
from backoffice.uploads.decoding import open_file
from backoffice.uploads.models import Upload
from backoffice.uploads.quotas import check_quotas

LONGEST_NAME = 100
ARRIVING = "arriving"
THUMBNAILS = "thumbnails"


def upload_path(pk: str) -> Path:
    """Where the content of an upload is."""
    return Path(settings.MEDIA_ROOT) / pk[:2] / pk[2:4] / pk


def arriving_folder() -> Path:
    """Where files are while they arrive."""
    return Path(settings.MEDIA_ROOT) / ARRIVING


def thumbnail_path(pk: str) -> Path:
    """Where the small picture of an upload is. An empty file says that none can be made."""
    return Path(settings.MEDIA_ROOT) / THUMBNAILS / pk[:2] / pk


def move_into_place(source: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, path)


class TooLarge(Exception):
    """More arrived than is allowed."""


class IncomingFile:
    """A file that is arriving: written aside, counted and hashed; gone at the end of the `with` unless kept."""

    def __init__(self, limit: int):
        self.limit = limit
        self.size = 0
        self._hash = hashlib.sha256()

    def __enter__(self):
        folder = arriving_folder()
        folder.mkdir(parents=True, exist_ok=True)
        self.file = tempfile.NamedTemporaryFile(dir=folder, delete=False)
        return self

    def __exit__(self, *error):
        try:
            self.file.close()  # writes what is still in memory
        finally:
            for path in self._paths():
                path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        """The file as it came, as it is kept if that is in other bytes, and the small picture of it."""
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
        """The SHA-256 of what has arrived."""
        return self._hash.hexdigest()

    def open(self, upload: Upload, name: str, documents: bool) -> ContentType:
        """Find out what the file is, and take out of pictures what tells of people, places and cameras. Raises
        ValidationError for what is not taken, QuotaExceeded, DecoderBusy, and OSError if the disk is full."""
        check_quotas(upload, self.size)
        self.file.flush()
        source, kept, small = self._paths()
        try:
            found = open_file(source, kept, small, documents=documents)
        except DecodingRefused as refused:
            raise explain_refusal(refused.reason, documents) from None
        self._opened = kept if found["is_rewritten"] else source
        content = detect_content_type(found["kind"], found["charset"])
        upload.name = download_name(name, content)
        upload.content_type = content.content_type
        upload.size = self._opened.stat().st_size
        upload.sha256 = hash_of(kept).hexdigest() if found["is_rewritten"] else self.digest
        return content

    def keep(self, upload: Upload) -> None:
        """Keep the file that was opened as this upload. It is whole on the disk before anything tells of it."""
        with self._opened.open("rb") as file:
            os.fsync(file.fileno())
        move_into_place(self._opened, upload_path(upload.pk))
        try:
            Upload.objects.bulk_create([upload])
        except BaseException as error:
            remove_files([upload.pk])
            if is_full(error):  # most often it is the same disk, and the same answer
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        small = self._paths()[-1]
        if small.exists():
            with contextlib.suppress(OSError):  # it is made when somebody asks for it
                move_into_place(small, thumbnail_path(upload.pk))


def remove_files(ids: Iterable[str]) -> None:
    """Remove the files of some uploads, and the small pictures of them."""
    for pk in ids:
        for path in (upload_path(pk), thumbnail_path(pk)):
            path.unlink(missing_ok=True)


def hash_of(path: Path):
    """The SHA-256 of a file, some of it in memory at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256")


def download_name(name: str, content: ContentType) -> str:
    """A name that a file can be downloaded by: the last part of the given one, without what cannot be seen, and
    with an ending that fits the content (a text is never called `run.bat`)."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    name = " ".join(name.split()).strip(". ") or _("file")
    stem, dot, ending = name.rpartition(".")
    if not stem or f".{ending}".lower() not in content.endings:
        stem, dot, ending = name, ".", content.endings[0][1:]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"
