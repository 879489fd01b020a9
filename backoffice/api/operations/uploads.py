"""Upload operations, and the views that serve uploaded files."""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.api import error_codes
from backoffice.api.dialects import PLAND
from backoffice.api.errors import (
    FORBIDDEN,
    INVALID,
    MALFORMED,
    STORAGE_FULL,
    TOO_LARGE,
    UNAVAILABLE,
    ApiError,
    ErrorDetail,
    not_found,
)
from backoffice.api.operations.base import FileBodySpec, Operation, Parameter, ResponseSpec
from backoffice.api.transport.authentication import authenticate, presented_keys
from backoffice.api.transport.idempotency import find_earlier, find_key, run_once
from backoffice.api.transport.request_body import RequestBody
from backoffice.api.transport.views import ApiRequest, error_response, json_response, to_api_error
from backoffice.db.transactions import atomic
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.idempotency import IdempotencyKey, RequestKey, hash_parts, store_key
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.decoder_client import RETRY_AFTER, DecoderBusy
from backoffice.uploads.models import LABEL_PATTERN, Upload
from backoffice.uploads.quotas import QuotaExceeded
from backoffice.uploads.references import find_upload
from backoffice.uploads.storage import IncomingFile, TooLarge, remove_files, upload_path
from backoffice.uploads.thumbnails import CONTENT_TYPE as THUMBNAIL_TYPE
from backoffice.uploads.thumbnails import thumbnail_of

FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}
"""Headers of served files. The sandbox keeps a browser from running anything in a file, whatever type it
detects; `no-cache` makes it ask each time, because rights may be withdrawn."""

PICTURE_POLICY = f"{FILE_HEADERS['Content-Security-Policy']}; style-src-attr 'unsafe-inline'"
"""Chromium wraps a picture in a document whose style attributes center and scale it. Pictures contain no
styles."""

logger = logging.getLogger("backoffice.api")

PART = "file"
MULTIPART_OVERHEAD = 64 * 1024
"""Bytes that a body may have beyond the file, for boundaries and headers."""


def upload_image(call: ApiRequest, path: str) -> HttpResponse:
    """Store a picture for complaints."""
    return _store(call, "facility", path, documents=False)


def upload_file(call: ApiRequest, path: str) -> HttpResponse:
    """Store a picture or a document for support cases."""
    return _store(call, "supportdesk", path, documents=True)


def _store(call: ApiRequest, desk: str, label: str, documents: bool) -> HttpResponse:
    company_id = call.actor.company_id
    upload = Upload(uploaded_by=call.actor.user_id, desk=desk, label=label)
    if company_id is not None:
        upload.company_id = company_id
    call.demand("add", upload, _("You do not have permission to upload files."))
    if company_id is None:
        raise ApiError(FORBIDDEN, _("You belong to no company, so you cannot create this."))
    if not re.fullmatch(LABEL_PATTERN, label):
        message = _("Enter at most 100 letters, digits, hyphens and underscores.")
        raise ApiError(INVALID, details=[ErrorDetail("path", message)])
    with IncomingFile(settings.UPLOAD_MAX_MB * 1024 * 1024) as incoming:
        name = _receive(call.request, incoming)
        call.body_digest = hash_parts(name, incoming.digest)
        key = find_key(call)
        if earlier := find_earlier(call, key):
            upload = _find_repeated_upload(call, earlier)
        else:
            upload = _keep_once_per_key(call, key, incoming, upload, name, documents)
    return json_response({"url": call.request.build_absolute_uri(upload.get_absolute_url())})


def _open(incoming: IncomingFile, upload: Upload, name: str, documents: bool) -> None:
    try:
        incoming.open(upload, name, documents)
    except ValidationError as error:
        raise ApiError(INVALID, details=[ErrorDetail.from_error(PART, error)]) from None
    except QuotaExceeded as error:
        raise ApiError(TOO_LARGE, details=[ErrorDetail(PART, str(error), error_codes.TOO_LARGE)]) from None
    except DecoderBusy:
        message = _("Other files are being processed. Upload this one again in a moment.")
        raise ApiError(UNAVAILABLE, message, headers={"Retry-After": str(RETRY_AFTER)}) from None


def _keep_once_per_key(
    call: ApiRequest,
    key: RequestKey | None,
    incoming: IncomingFile,
    upload: Upload,
    name: str,
    documents: bool,
) -> Upload:
    def keep(context: ChangeContext) -> Upload:
        _open(incoming, upload, name, documents)
        try:
            with atomic():
                incoming.keep(upload)
                if context.request_key is not None:
                    store_key(context.request_key, upload.pk)
        except BaseException:
            remove_files([upload.pk])
            raise
        return upload

    return run_once(call, key, keep, lambda earlier: _find_repeated_upload(call, earlier))


def _find_repeated_upload(call: ApiRequest, earlier: IdempotencyKey) -> Upload:
    """Return the upload of an earlier request. Raises 404 if it is gone or hidden from the actor."""
    upload = find_upload(call.actor, earlier.record_id)
    if upload is None:
        raise not_found()
    return upload


def _receive(request: HttpRequest, incoming: IncomingFile) -> str:
    """Read the whole body, write its file into `incoming` and return the name of the file. Raises
    ApiError."""
    if request.content_type != "multipart/form-data":
        raise ApiError(MALFORMED, _("The Content-Type must be multipart/form-data."))

    def too_large() -> ApiError:
        message = _("Upload at most %(limit)s MB.") % {"limit": settings.UPLOAD_MAX_MB}
        return ApiError(TOO_LARGE, details=[ErrorDetail(PART, message, error_codes.TOO_LARGE)])

    body = RequestBody(request, incoming.limit + MULTIPART_OVERHEAD, too_large)
    parts = FileParts(incoming)
    # Django's parser ignores bodies without a Content-Length. RequestBody enforces the limit.
    meta = request.META | {"CONTENT_LENGTH": str(incoming.limit + MULTIPART_OVERHEAD)}
    try:
        # The parser calls nothing but `read`.
        texts, _files = FormParser(meta, body, [parts]).parse()  # type: ignore[arg-type]
    except TooLarge:
        raise too_large() from None
    except MultiPartParserError as error:
        raise ApiError(
            MALFORMED, _("The request body is not valid multipart/form-data: %s") % error
        ) from None
    boundary = (request.content_params or {})["boundary"]
    if f"--{boundary}--".encode() not in body.end:
        raise ApiError(MALFORMED, _("The request body is incomplete."))
    details = _find_form_errors(parts, texts)
    if details or parts.name is None:
        raise ApiError(INVALID, details=details)
    return parts.name


def _find_form_errors(parts: "FileParts", texts: QueryDict) -> list[ErrorDetail]:
    details: list[ErrorDetail] = []
    if parts.name is None and PART in texts:
        details.append(
            ErrorDetail(PART, _("This must be a file: send it with a file name."), error_codes.INVALID_TYPE)
        )
    elif parts.name is None:
        details.append(
            ErrorDetail(PART, _("Send the file in the part with this name."), error_codes.REQUIRED)
        )
    elif parts.too_many or PART in texts:
        details.append(ErrorDetail(PART, _("Send one file at a time."), error_codes.TOO_MANY))
    elif not parts.incoming.size:
        details.append(ErrorDetail(PART, _("This file is empty."), error_codes.REQUIRED))
    unknown = dict.fromkeys([*parts.unknown, *(name for name in texts if name != PART)])
    return details + [
        ErrorDetail(name, _("This part does not exist."), error_codes.UNKNOWN_PARAMETER) for name in unknown
    ]


class FormParser(MultiPartParser):
    """Django's parser, but it does not skip files with unsafe names: `download_name` makes names safe."""

    def sanitize_file_name(self, file_name: str) -> str:
        return file_name


class FileParts(FileUploadHandler):
    """An upload handler that writes the file of the part `file` while it is read, and records other parts."""

    def __init__(self, incoming: IncomingFile):
        super().__init__()
        self.incoming = incoming
        self.name: str | None = None
        self.too_many = False
        self.unknown: list[str] = []

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        if field_name != PART:
            self.unknown.append(field_name)
            raise SkipFile
        if self.name is not None:
            self.too_many = True
            raise SkipFile
        self.name = file_name

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        """Return nothing, so that Django does not add the file to `request.FILES`."""


@require_safe
def serve_upload(request: HttpRequest, id: str, name: str) -> HttpResponseBase:
    """Serve a file to an API key or a signed-in user. A file that they may not see is a 404."""
    return _serve(request, id, _content)


@require_safe
def serve_thumbnail(request: HttpRequest, id: str) -> HttpResponseBase:
    """Serve a thumbnail of a file to those who may see the file."""
    return _serve(request, id, _thumbnail, "-small")


def _serve(
    request: HttpRequest,
    id: str,
    content: Callable[[HttpRequest, Upload], HttpResponseBase],
    variant: str = "",
) -> HttpResponseBase:
    actor: Actor
    if presented_keys(request):
        try:
            actor = authenticate(request)
        except Exception as error:
            return error_response(PLAND, to_api_error(error, request))
    elif request.user.is_authenticated:
        actor = request.user
    else:
        return redirect_to_login(request.get_full_path())
    upload = find_upload(actor, id)
    if upload is None:
        raise Http404
    modified = int(upload.at.timestamp())
    tag = f'"{upload.sha256}{variant}"'
    response = get_conditional_response(request, tag, modified) or content(request, upload)
    for header, value in {**FILE_HEADERS, "ETag": tag, "Last-Modified": http_date(modified)}.items():
        response.headers[header] = value
    if upload.content_type in SHOWN_ON_PAGES:
        response.headers["Content-Security-Policy"] = PICTURE_POLICY
    patch_vary_headers(response, ("X-API-Key", "Authorization", "Cookie"))
    return response


def _content(request: HttpRequest, upload: Upload) -> HttpResponseBase:
    try:
        file = upload_path(upload.pk).open("rb")
    except FileNotFoundError:
        logger.error("The file of upload %s is missing.", upload.pk)
        raise Http404 from None
    shown = upload.content_type in SHOWN_ON_PAGES
    response = FileResponse(
        file, content_type=upload.content_type, as_attachment=not shown, filename=upload.name
    )
    if request.method != "HEAD":
        return response
    file.close()
    return HttpResponse(headers=response.headers)


def _thumbnail(request: HttpRequest, upload: Upload) -> HttpResponseBase:
    if upload.content_type not in SHOWN_ON_PAGES:
        raise Http404
    try:
        path = thumbnail_of(upload.pk)
    except FileNotFoundError:
        raise Http404 from None
    except DecoderBusy:
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER)})
    if path is None:
        return _content(request, upload)
    body = b"" if request.method == "HEAD" else path.read_bytes()
    return HttpResponse(body, content_type=THUMBNAIL_TYPE)


PATH = Parameter(
    name="path",
    schema={"type": "string", "pattern": f"^{LABEL_PATTERN}$"},
    description="A label of your choice, such as `complaints`.",
)
PICTURE = "A PNG, JPEG, GIF, WebP or HEIC file"
PICTURE_NOTE = "Location and camera data are removed from images; HEIC is converted to JPEG."
ANSWER = ResponseSpec(
    content={
        "type": "object",
        "properties": {"url": {"type": "string", "format": "uri"}},
        "required": ["url"],
        "additionalProperties": False,
    },
    description="The URL of the file. Put it into a record: users who may see the record may see the file.",
)

FACILITY_UPLOADS = [
    Operation(
        id="uploadImage",
        method="POST",
        path="upload/images/{path}",
        handler=upload_image,
        summary="Upload an image",
        tag="Uploads",
        variables=(PATH,),
        body=FileBodySpec(description=f"{PICTURE}, recognised by its content. {PICTURE_NOTE}"),
        response=ANSWER,
        errors=(INVALID, TOO_LARGE, STORAGE_FULL),
    )
]
SUPPORT_DESK_UPLOADS = [
    Operation(
        id="uploadFile",
        method="POST",
        path="upload/files/{path}",
        handler=upload_file,
        summary="Upload an image or a document",
        tag="Uploads",
        variables=(PATH,),
        body=FileBodySpec(
            description=f"{PICTURE}, PDF, plain text or an Office document, recognised by its content. {PICTURE_NOTE}"
        ),
        response=ANSWER,
        errors=(INVALID, TOO_LARGE, STORAGE_FULL),
    )
]
