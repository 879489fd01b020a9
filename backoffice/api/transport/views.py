"""JSON views: dispatch by method, authentication, and error responses in the format of the dialect."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Protocol, TypeAlias, TypeVar

from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import (
    FAILURE,
    FORBIDDEN,
    INVALID,
    MALFORMED,
    METHOD_NOT_ALLOWED,
    STORAGE_FULL,
    UNAVAILABLE,
    ApiError,
    ErrorDetail,
    not_found,
)
from backoffice.api.transport.authentication import authenticate
from backoffice.api.transport.ratelimit import add_rate_headers
from backoffice.db.annotations import StrOrPromise
from backoffice.db.health import RETRY_AFTER, is_disk_full, is_full, is_unavailable
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import commits_begun
from backoffice.lists.query_strings import find_undecodable
from backoffice.people.models import ApiKey
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.history import log_secret_access
from backoffice.records.models import Entity

logger = logging.getLogger("backoffice.api")
UNCERTAIN = "The database is not available. It is not known whether the request was executed"
MAY_NOT_SEE = gettext_lazy("You do not have permission to view this.")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

View: TypeAlias = Callable[..., HttpResponse]
Found = TypeVar("Found", bound=Entity)


@dataclass(eq=False)
class ApiRequest:
    """An authenticated request: the `call` of a handler."""

    request: HttpRequest
    dialect: Dialect
    actor: ApiKey
    response_headers: dict[str, str]
    """Headers to add to the response, even if it is an error."""
    body_digest: str = ""
    """The digest of the body of a POST that was read."""
    mails_customer: bool | None = None
    """Whether people outside get an e-mail about what the request changes. None: as the company chose."""

    @property
    def context(self) -> ChangeContext:
        request_id = getattr(self.request, "request_id", "")
        return ChangeContext(Channel.JSON, request_id, mails_customer=self.mails_customer)

    def find(self, model: type[Found], pk: str) -> Found:
        """Return the record with this id. Raises 403 if the actor may not see records of this type at all,
        404 if the record does not exist or is not visible to the actor."""
        self.demand("view", model)
        record = self.actor.find_visible(model, pk.lower()) if is_object_id(pk) else None
        if record is None:
            raise not_found()
        return record

    def demand(
        self,
        action: str,
        target: models.Model | type[models.Model],
        message: StrOrPromise = MAY_NOT_SEE,
    ) -> None:
        """Raise 403 with `message` if the actor may not do this."""
        if not self.actor.may(action, target):
            raise forbidden(self.actor, action, target, str(message))

    def log_secret_access(self, records: Sequence[Entity]) -> None:
        """Record in the access log that the response contains secrets of these records. `CompressionMiddleware` does
        not compress it."""
        log_secret_access(records, self.actor, self.context)
        self.request.shows_secrets = True  # type: ignore[attr-defined] # for middleware, which has no ApiRequest


def forbidden(
    actor: ApiKey,
    action: str,
    target: models.Model | type[models.Model],
    message: str,
    field: str = "",
) -> ApiError:
    """Return a 403 that names the missing scope or permission. `field` is the field of the body that requires
    it, if any."""
    if (scope := actor.missing_scope(action, target)) is not None:
        reason = _("The API key does not have the scope %(scope)s.") % {"scope": scope}
        detail = ErrorDetail(field, reason, error_codes.MISSING_SCOPE, {"scope": scope})
    elif (permission := actor.missing_permission(action, target)) is not None:
        reason = _("This requires the permission %(permission)s.") % {"permission": permission}
        detail = ErrorDetail(field, reason, error_codes.MISSING_PERMISSION, {"permission": permission})
    else:
        return ApiError(FORBIDDEN, message)
    return ApiError(FORBIDDEN, f"{message} {reason}", [detail])


class OperationProtocol(Protocol):
    """The attributes of an operation that an endpoint uses (see `operations.Operation`)."""

    @property
    def handler(self) -> View: ...

    @property
    def parameter_names(self) -> frozenset[str]: ...

    @property
    def id_patterns(self) -> Mapping[str, re.Pattern[str]]: ...


def in_english(view: View) -> View:
    """Decorate a view to respond in English whatever language the client prefers: messages are documented,
    and scripts may read them."""

    @wraps(view)
    def answer(request: HttpRequest, **arguments: str) -> HttpResponse:
        if get_language() == "en":
            response = view(request, **arguments)
        else:
            with override("en"):
                response = view(request, **arguments)
        response.headers["Content-Language"] = "en"
        return response

    return answer


def api_view(view: View) -> View:
    """Decorate a view of the API. Its requests authenticate by key, never by cookie, so CSRF does not apply."""
    view.csrf_exempt = True  # type: ignore[attr-defined] # Django's decorator would call the view through another one
    return in_english(view)


def endpoint(dialect: Dialect, operations: Mapping[str, OperationProtocol]) -> View:
    """Return a view that dispatches each method to the handler of its operation. Handlers take an ApiRequest
    and the arguments of the URL."""
    allowed = {*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
    allow = ", ".join(sorted(allowed))
    ids = {
        name: pattern for operation in operations.values() for name, pattern in operation.id_patterns.items()
    }

    def answer(request: HttpRequest, headers: dict[str, str], arguments: dict[str, str]) -> HttpResponse:
        # A malformed id is a URL that does not exist, whatever the method.
        is_missing = any(ids[name].fullmatch(arguments[name]) is None for name in ids)
        if request.method == "OPTIONS" and not is_missing:
            return HttpResponse(status=204, headers={"Allow": allow})
        operation = operations.get("GET" if request.method == "HEAD" else request.method or "")
        if operation is None:
            raise not_found() if is_missing else wrong_method(request, allow)
        call = ApiRequest(request, dialect, authenticate(request), headers)
        if is_missing:
            raise not_found()
        if query_string := request.META.get("QUERY_STRING"):
            _check_encoding(query_string)
            _check_parameters(request, operation.parameter_names)
        return operation.handler(call, **arguments)

    def view(request: HttpRequest, **arguments: str) -> HttpResponse:
        commits_before = commits_begun()
        headers: dict[str, str] = {}
        try:
            response = answer(request, headers, arguments)
        except Exception as error:
            is_unwritten = commits_begun() == commits_before
            response = error_response(dialect, to_api_error(error, request, is_unwritten))
        patch_vary_headers(response, ("X-API-Key", "Authorization"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        for name, value in headers.items():
            response.headers[name] = value
        add_rate_headers(request, response)
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    return api_view(view)


def _check_encoding(query_string: str) -> None:
    """Raise ApiError for query parameters that are not UTF-8."""
    if names := find_undecodable(query_string):
        message = _("This is not UTF-8. Encode it as UTF-8 before percent-encoding it.")
        raise ApiError(INVALID, details=[ErrorDetail(name, message) for name in names])


def _check_parameters(request: HttpRequest, parameter_names: frozenset[str]) -> None:
    """Raise ApiError for unknown query parameters: a typo must not look like success."""
    if unknown := [name for name in request.GET if name not in parameter_names]:
        message = _("This query parameter does not exist.")
        raise ApiError(
            INVALID, details=[ErrorDetail(name, message, error_codes.UNKNOWN_PARAMETER) for name in unknown]
        )


def to_api_error(error: Exception, request: HttpRequest, is_unwritten: bool = True) -> ApiError:
    """Convert an exception to an ApiError. Unexpected exceptions are logged and disclose nothing.
    `is_unwritten`: whether it is certain that nothing was written."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Forbidden):
        return ApiError(FORBIDDEN, str(error))
    if isinstance(error, SuspiciousOperation):
        return ApiError(MALFORMED, _("This request cannot be read."))
    if is_disk_full(error):
        logger.error("The disk is full: %s", error)
        return ApiError(STORAGE_FULL, _("The server has run out of disk space. Nothing was saved."))
    if is_unavailable(error):
        logger.warning("The database does not answer: %s", error)
        if is_full(error):
            message = _(
                "The database has run out of disk space. Contact the operator of this site, then try again."
            )
        elif is_unwritten or request.method in SAFE_METHODS:
            message = _("The database is not available. Try again in a moment.")
        elif request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" not in request.META:
            message = UNCERTAIN + ". Check whether the record was changed before you send the request again."
        elif request.method in ("POST", "DELETE"):
            message = UNCERTAIN + ". Send the same request again in a moment: it takes effect only once."
        else:
            message = UNCERTAIN + (
                ". Send the same request again in a moment. Without If-Match or the stamp of the record, it "
                "overwrites what others have changed since."
            )
        return ApiError(UNAVAILABLE, message, headers={"Retry-After": str(RETRY_AFTER)})
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return ApiError(FAILURE, _("Something went wrong."))


def wrong_method(request: HttpRequest, allow: str) -> ApiError:
    """Return a 405."""
    message = _("%(method)s is not allowed here.") % {"method": request.method}
    return ApiError(METHOD_NOT_ALLOWED, message, headers={"Allow": allow})


def error_response(dialect: Dialect, error: ApiError) -> HttpResponse:
    """Return an error response in the format of the dialect."""
    return json_response(dialect.error_body(error), status=dialect.status(error), headers=error.headers)


def not_found_view(dialect: Dialect) -> View:
    """Return the view of URLs that do not exist."""

    def view(request: HttpRequest) -> HttpResponse:
        response = error_response(dialect, not_found())
        add_rate_headers(request, response)
        return response

    return api_view(view)


def json_response(
    content: object, status: int | None = None, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return the content as JSON in UTF-8. Half surrogate pairs, which occur only in paths of errors, are
    escaped."""
    return HttpResponse(
        _encode_json(content).encode(errors="backslashreplace"),
        content_type="application/json",
        status=status,
        headers=headers,
    )


def with_and_without_slash(route: str, view: View) -> list[URLPattern]:
    """Return patterns with and without a trailing slash: a redirect would drop the request body."""
    return [path(route, view), path(f"{route}/", view)]
