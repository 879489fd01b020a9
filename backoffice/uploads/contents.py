"""What a file is, judged by its content: never by its name, nor by what its sender calls it."""

import re
import threading
import warnings
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

MAX_PIXELS = 60_000_000
"""More than any telephone's camera takes; a picture with more is a bomb, or of no use on a page."""
# The library refuses twice what it is told, and warns from there: what is allowed is no reason to.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Content:
    """A kind of content: how it is served, and what the names of such files end with (the first unless told)."""

    content_type: str
    endings: tuple[str, ...]


OFFICE = "application/vnd.openxmlformats-officedocument."
PNG = Content("image/png", (".png",))
JPEG = Content("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"))
GIF = Content("image/gif", (".gif",))
WEBP = Content("image/webp", (".webp",))
PDF = Content("application/pdf", (".pdf",))
TEXT = Content("text/plain; charset=utf-8", (".txt", ".log", ".csv", ".md"))
WORD = Content(f"{OFFICE}wordprocessingml.document", (".docx",))
EXCEL = Content(f"{OFFICE}spreadsheetml.sheet", (".xlsx",))
POWERPOINT = Content(f"{OFFICE}presentationml.presentation", (".pptx",))

IMAGES = {"PNG": PNG, "JPEG": JPEG, "GIF": GIF, "WEBP": WEBP}
OFFICE_FOLDERS = {"word/": WORD, "xl/": EXCEL, "ppt/": POWERPOINT}
SHOWN_ON_PAGES = frozenset(image.content_type for image in IMAGES.values())

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MARKUP_OR_GIF = re.compile(r"\ufeff?\s*<[A-Za-z!?/]|GIF8")
one_at_a_time = threading.Lock()
"""For whatever unpacks pictures: that may need many times the memory of what was sent."""


def content_of(file: BinaryIO, documents: bool) -> Content:
    """What a file is; `documents` are taken besides images or not. Raises ValidationError for anything else."""
    with one_at_a_time:
        found = _image(file) or (_document(file) if documents else None)
    if found is None and documents:
        raise ValidationError(
            _(
                "This is no picture (PNG, JPEG, GIF, WebP) and no document (PDF, plain text, Word, Excel, PowerPoint)."
            )
        )
    if found is None:
        raise ValidationError(_("This is no picture: send a PNG, JPEG, GIF or WebP file."))
    return found


def _image(file: BinaryIO) -> Content | None:
    """The kind of image, None if it is none. Raises ValidationError for one with too many pixels."""
    file.seek(0)
    try:
        image = Image.open(file, formats=tuple(IMAGES))
        _check_image(image)
    except Image.DecompressionBombError:
        limit = {"limit": MAX_PIXELS // 1_000_000}
        raise ValidationError(_("This picture has more than %(limit)d million pixels.") % limit) from None
    except Exception:  # the library raises nearly anything for what is not, or not wholly, an image
        return None
    # Telephones write JPEG files with several pictures in them, of which the first is shown.
    return IMAGES["JPEG" if image.format == "MPO" else image.format]


def _check_image(image: Image.Image) -> None:
    """Raise something if the image is broken."""
    if image.format == "PNG":
        image.verify()  # its checksums, without unpacking it
        return
    # For the others the library verifies nothing but by unpacking; a JPEG at an eighth of its size.
    image.draft(image.mode, (1, 1))
    image.load()


def _document(file: BinaryIO) -> Content | None:
    file.seek(0)
    if file.read(5) == b"%PDF-":
        return PDF
    return _office(file) or (TEXT if _is_text(file) else None)


def _office(file: BinaryIO) -> Content | None:
    """The kind of Office document, None if it is none. Reads the directory of the archive and unpacks nothing."""
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except Exception:  # as above
        return None
    if "[Content_Types].xml" not in names:
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ValidationError(_("This document has macros, which are programs. Save it without them."))
    kinds = {
        content
        for folder, content in OFFICE_FOLDERS.items()
        if any(name.startswith(folder) for name in names)
    }
    return kinds.pop() if len(kinds) == 1 else None


def _is_text(file: BinaryIO) -> bool:
    """Whether it is UTF-8 without control characters, and begins like nothing that a browser might take for
    a page or a picture."""
    file.seek(0)
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        return False
    return not (_CONTROL.search(text) or _MARKUP_OR_GIF.match(text))
