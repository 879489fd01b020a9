"""Content types of files, detected from their content, never from the name or the declared type."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.uploads.decoder import exceptions

MILLION_PIXELS = 60
"""The size limit of pictures (`decoder.images.MAX_PIXELS`), in millions of pixels."""


@dataclass(frozen=True)
class ContentType:
    """A kind of content: its content type, and the file name extensions allowed for it (the first is the
    default)."""

    content_type: str
    endings: tuple[str, ...]


OFFICE = "application/vnd.openxmlformats-officedocument."
IMAGES = {
    "PNG": ContentType("image/png", (".png",)),
    "JPEG": ContentType("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif")),
    "GIF": ContentType("image/gif", (".gif",)),
    "WEBP": ContentType("image/webp", (".webp",)),
}
DOCUMENTS = {
    "PDF": ContentType("application/pdf", (".pdf",)),
    "WORD": ContentType(f"{OFFICE}wordprocessingml.document", (".docx",)),
    "EXCEL": ContentType(f"{OFFICE}spreadsheetml.sheet", (".xlsx",)),
    "POWERPOINT": ContentType(f"{OFFICE}presentationml.presentation", (".pptx",)),
}
TEXT_ENDINGS = (".txt", ".log", ".csv", ".md")
SHOWN_ON_PAGES = frozenset(image.content_type for image in IMAGES.values())

_MESSAGES = {
    exceptions.DAMAGED: gettext_lazy(
        "This file is damaged or incomplete. Open it, save it under another name and upload it again."
    ),
    exceptions.COSTLY: gettext_lazy(
        "This file takes too long or too much memory to open. Save it as a smaller JPEG or PNG image."
    ),
    exceptions.PIXELS: gettext_lazy(
        "This image has more than %(pixels)d million pixels. Upload a smaller one."
    ),
    exceptions.SCANS: gettext_lazy(
        "This image is saved in more than 100 passes. Save it as JPEG without the option “progressive”."
    ),
    exceptions.FRAMES: gettext_lazy("This animation has more than 100 frames. Upload a shorter one."),
    exceptions.PARTS: gettext_lazy("This image has too many parts. Save it again as JPEG or PNG."),
    exceptions.MACROS: gettext_lazy(
        "This document contains macros or controls, which are programs. Save it without them."
    ),
    exceptions.OLD_OFFICE: gettext_lazy(
        "This is an Office document in the old format (.doc, .xls, .ppt), which may have macros, or one with a password. "
        "Save it as .docx, .xlsx or .pptx without a password."
    ),
}


def detect_content_type(kind: str, charset: str = "") -> ContentType:
    """Return the content type for the decoder's `kind`."""
    if kind == "TEXT":
        return ContentType(f"text/plain; charset={charset}", TEXT_ENDINGS)
    return IMAGES.get(kind) or DOCUMENTS[kind]


def explain_refusal(reason: str, documents: bool) -> ValidationError:
    """Return a validation error for a refused file. `documents` tells whether documents are accepted besides
    pictures."""
    if message := _MESSAGES.get(reason):
        return ValidationError(str(message) % {"pixels": MILLION_PIXELS})
    if documents:
        return ValidationError(
            _(
                "This is neither an image (PNG, JPEG, GIF, WebP, HEIC) nor a document (PDF, "
                "plain text, Word, Excel, PowerPoint). Upload another file."
            )
        )
    return ValidationError(_("This is not an image. Upload a PNG, JPEG, GIF, WebP or HEIC file."))
