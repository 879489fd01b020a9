"""Files that come with a form of the browser: counted as they arrive, looked at, kept."""

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
from backoffice.uploads.decoding import DecoderBusy
from backoffice.uploads.models import Upload
from backoffice.uploads.quotas import QuotaExceeded
from backoffice.uploads.storage import IncomingFile, TooLarge

MEBIBYTE = 1024 * 1024
MAX_FILES = 20
"""How many files one form may bring; those that follow are not read."""
NAMED = 3
"""How many of them are named."""


class LimitedUploadHandler(FileUploadHandler):
    """Stops reading a file where it becomes too large, and files where they become too many; notes on the request
    which they were."""

    count = 0

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.size = 0
        self.count += 1

    def receive_data_chunk(self, raw_data, start):
        if self.count > MAX_FILES:  # (Where a file begins, skipping it would close the one before it.)
            too_many(self.request).append((self.field_name, self.file_name))
            raise SkipFile
        self.size += len(raw_data)
        if self.size > settings.UPLOAD_MAX_MB * MEBIBYTE:
            too_large(self.request).append((self.field_name, self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        """(Those that follow keep it.)"""


def too_large(request: HttpRequest) -> list[tuple[str, str]]:
    """(name of the part, name of the file) of what was not read to its end."""
    if not hasattr(request, "files_too_large"):
        request.files_too_large = []
    return request.files_too_large


def too_many(request: HttpRequest) -> list[tuple[str, str]]:
    """The same of the files that came after as many as one form may bring."""
    if not hasattr(request, "files_too_many"):
        request.files_too_many = []
    return request.files_too_many


@dataclass
class Received:
    """What came of files: the uploads that were kept, whether each is a picture, and why others were not."""

    uploads: list[tuple[Upload, bool]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.uploads or self.refused)


def receive(request: HttpRequest, part: str, record: Entity, actor: Actor, *, label: str, documents: bool):
    """Keep the files of one part of a form, for a record that will show them."""
    received = Received()
    limit = {"limit": settings.UPLOAD_MAX_MB}
    for name, file_name in too_large(request):
        if name == part:
            received.refused.append(f"{file_name}: {_('More than %(limit)s MB is not taken.') % limit}")
    if names := [file_name for name, file_name in too_many(request) if name == part]:
        told = ngettext(
            "At most %(most)s files are taken at once. One was not: %(names)s.",
            "At most %(most)s files are taken at once. %(count)s were not: %(names)s.",
            len(names),
        )
        shown = quote_names(names[:NAMED] + ["…"] * (len(names) > NAMED))
        received.refused.append(told % {"most": MAX_FILES, "count": len(names), "names": shown})
    for file in request.FILES.getlist(part):
        upload = Upload(
            company_id=record.home_company_id(),
            uploaded_by=actor.user_id,
            desk=record._meta.app_label,
            label=label,
        )
        try:
            received.uploads.append((upload, _kept(file, upload, documents)))
        except ValidationError as error:
            received.refused.append(f"{file.name}: {' '.join(error.messages)}")
    return received


def _kept(file: UploadedFile, upload: Upload, documents: bool) -> bool:
    """Keep one file; whether it is a picture. Raises ValidationError for what is not taken."""
    with IncomingFile(settings.UPLOAD_MAX_MB * MEBIBYTE) as arriving:
        try:
            for chunk in file.chunks():
                arriving.write(chunk)
        except TooLarge:
            limit = {"limit": settings.UPLOAD_MAX_MB}
            raise ValidationError(_("More than %(limit)s MB is not taken.") % limit) from None
        if not arriving.size:
            raise ValidationError(_("This file is empty."))
        try:
            content = arriving.open(upload, file.name, documents)
        except QuotaExceeded as error:
            raise ValidationError(str(error)) from None
        except DecoderBusy:
            raise ValidationError(_("Other files are being opened just now. Send this one again.")) from None
        arriving.keep(upload)
    return content.content_type in SHOWN_ON_PAGES
