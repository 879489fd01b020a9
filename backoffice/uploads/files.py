"""Where the files are: below MEDIA_ROOT, under names of our own, and nowhere that is served by itself."""

import hashlib
import os
import tempfile
import unicodedata
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.uploads.contents import Content
from backoffice.uploads.models import Upload

LONGEST_NAME = 100
ARRIVING = "arriving"


def path_of(pk: str) -> Path:
    """Where the content of an upload is."""
    return Path(settings.MEDIA_ROOT) / pk[:2] / pk[2:4] / pk


def arriving_folder() -> Path:
    """Where files are while they arrive."""
    return Path(settings.MEDIA_ROOT) / ARRIVING


class TooLarge(Exception):
    """More arrived than is allowed."""


class Arriving:
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
        self.file.close()
        Path(self.file.name).unlink(missing_ok=True)

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

    def keep(self, upload: Upload, content: Content, name: str) -> None:
        """Keep the file as this upload. It is whole on the disk before anything tells of it."""
        upload.name = download_name(name, content)
        upload.content_type = content.content_type
        upload.size = self.size
        upload.sha256 = self.digest
        self.file.flush()
        os.fsync(self.file.fileno())
        path = path_of(upload.pk)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.file.name, path)
        try:
            Upload.objects.bulk_create([upload])
        except BaseException:
            path.unlink()
            raise


def download_name(name: str, content: Content) -> str:
    """A name that a file can be downloaded by: the last part of the given one, without what cannot be seen, and
    with an ending that fits the content (a text is never called `run.bat`)."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    name = " ".join(name.split()).strip(". ") or _("file")
    stem, dot, ending = name.rpartition(".")
    if not stem or f".{ending}".lower() not in content.endings:
        stem, dot, ending = name, ".", content.endings[0][1:]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"
