"""Files submitted with HTML forms: limited while they arrive, checked and stored."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.records.actors import Actor
from backoffice.records.identify import quote_names
from backoffice.records.models import Entity
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.decoder_client import DecoderBusy
from backoffice.uploads.models import Upload
from backoffice.uploads.quotas import QuotaExceeded
from backoffice.uploads.storage import IncomingFile, TooLarge

MEBIBYTE = 1024 * 1024
MAX_FILES = 20
"""The most files in one form; further files are not read."""
MAX_NAMED = 3
"""The most file names in an error message."""


class LimitedUploadHandler(FileUploadHandler):
    """Stops reading files that are too large or too many, and records their names on the request."""

    count = 0

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.size = 0
        self.count += 1

    def receive_data_chunk(self, raw_data, start):
        if self.count > MAX_FILES:  # (Not in `new_file`: skipping there would close the previous file.)
            skipped_files(self.request, "number").append((self.field_name, self.file_name))
            raise SkipFile
        self.size += len(raw_data)
        if self.size > settings.UPLOAD_MAX_MB * MEBIBYTE:
            skipped_files(self.request, "size").append((self.field_name, self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        """Return None, so that the next handler keeps the file."""


def skipped_files(request: HttpRequest, reason: str) -> list[tuple[str, str]]:
    """Return (field name, file name) of the files that were not read for a reason: `size` or `number`."""
    return request.__dict__.setdefault("skipped_files", {}).setdefault(reason, [])


@dataclass
class UploadResult:
    """The result of a file field: the stored uploads, each with whether it is a picture, and the error
    messages for refused files."""

    uploads: list[tuple[Upload, bool]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.uploads or self.refusals)


def store_files(
    request: HttpRequest, part: str, record: Entity, actor: Actor, *, label: str, documents: bool
):
    """Store the files of one form field, for the record that will show them."""
    received = UploadResult()
    limit = {"limit": settings.UPLOAD_MAX_MB}
    for name, file_name in skipped_files(request, "size"):
        if name == part:
            received.refusals.append(f"{file_name}: {_('Upload at most %(limit)s MB.') % limit}")
    if names := [file_name for name, file_name in skipped_files(request, "number") if name == part]:
        message = ngettext(
            "Upload at most %(most)s files at a time. One was not uploaded: %(names)s.",
            "Upload at most %(most)s files at a time. %(count)s were not uploaded: %(names)s.",
            len(names),
        )
        quoted = quote_names(names[:MAX_NAMED] + ["…"] * (len(names) > MAX_NAMED))
        received.refusals.append(message % {"most": MAX_FILES, "count": len(names), "names": quoted})
    for file in request.FILES.getlist(part):
        upload = Upload(
            company_id=record.home_company_id(),
            uploaded_by=actor.user_id,
            desk=record._meta.app_label,
            label=label,
        )
        try:
            received.uploads.append((upload, _store(file, upload, documents)))
        except ValidationError as error:
            received.refusals.append(f"{file.name}: {' '.join(error.messages)}")
    return received


def _store(file: UploadedFile, upload: Upload, documents: bool) -> bool:
    """Store one file; return whether it is a picture. Raises ValidationError if it is refused."""
    with IncomingFile(settings.UPLOAD_MAX_MB * MEBIBYTE) as incoming:
        try:
            for chunk in file.chunks():
                incoming.write(chunk)
        except TooLarge:
            limit = {"limit": settings.UPLOAD_MAX_MB}
            raise ValidationError(_("Upload at most %(limit)s MB.") % limit) from None
        if not incoming.size:
            raise ValidationError(_("This file is empty."))
        try:
            content = incoming.open(upload, file.name, documents)
        except QuotaExceeded as error:
            raise ValidationError(str(error)) from None
        except DecoderBusy:
            raise ValidationError(
                _("Other files are being processed. Upload this one again in a moment.")
            ) from None
        incoming.keep(upload)
    return content.content_type in SHOWN_ON_PAGES
