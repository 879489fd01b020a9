"""JSON views: dispatch by method, authentication, and error responses in the format of the dialect."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Protocol

from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.urls import path
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
from backoffice.api.transport.ratelimit import add_rate_headers, caller
from backoffice.db.health import RETRY_AFTER, is_disk_full, is_full, is_unavailable
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import commits_begun
from backoffice.lists.query_strings import find_undecodable
from backoffice.people.models import ApiKey
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.models import Entity

logger = logging.getLogger("backoffice.api")
UNCERTAIN = "The database is not available. It is not known whether the request was executed"
MAY_NOT_SEE = gettext_lazy("You do not have permission to view this.")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class ApiRequest:
    """An authenticated request."""

    request: HttpRequest
    dialect: Dialect
    actor: ApiKey

    @property
    def context(self) -> ChangeContext:
        return ChangeContext(Channel.JSON, getattr(self.request, "request_id", ""))

    def find(self, model: type[Entity], pk: str) -> Entity:
        """Return the record with this id. Raises 403 if the actor may not see records of this type at all,
        404 if the record does not exist or is not visible to the actor."""
        self.demand("view", model)
        record = self.actor.find_visible(model, pk.lower()) if is_object_id(pk) else None
        if record is None:
            raise not_found()
        return record

    def demand(self, action: str, target: Entity | type[Entity], message: str = MAY_NOT_SEE) -> None:
        """Raise 403 with `message` if the actor may not do this."""
        if not self.actor.may(action, target):
            raise forbidden(self.actor, action, target, str(message))


def forbidden(
    actor: ApiKey, action: str, target: Entity | type[Entity], message: str, field: str = ""
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

    handler: Callable[..., HttpResponse]
    parameter_names: frozenset[str]
    id_patterns: Mapping[str, re.Pattern]


def in_english(view):
    """Decorate a view to respond in English whatever language the client prefers: messages are documented,
    and scripts may read them."""

    @wraps(view)
    def answer(request, **arguments):
        if get_language() == "en":
            response = view(request, **arguments)
        else:
            with override("en"):
                response = view(request, **arguments)
        response.headers["Content-Language"] = "en"
        return response

    return answer


def endpoint(dialect: Dialect, operations: Mapping[str, OperationProtocol]):
    """Return a view that dispatches each method to the handler of its operation. Handlers take an ApiRequest
    and the arguments of the URL."""
    allowed = {*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
    allow = ", ".join(sorted(allowed))
    ids = {
        name: pattern for operation in operations.values() for name, pattern in operation.id_patterns.items()
    }

    def answer(request, **arguments):
        # A malformed id is a URL that does not exist, whatever the method.
        is_missing = any(ids[name].fullmatch(arguments[name]) is None for name in ids)
        if request.method == "OPTIONS" and not is_missing:
            return HttpResponse(status=204, headers={"Allow": allow})
        operation = operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise not_found() if is_missing else wrong_method(request, allow)
        call = ApiRequest(request, dialect, caller(request))
        if is_missing:
            raise not_found()
        if query_string := request.META.get("QUERY_STRING"):
            _check_encoding(query_string)
            _check_parameters(request, operation.parameter_names)
        return operation.handler(call, **arguments)

    def view(request, **arguments):
        commits_before = commits_begun()
        try:
            response = answer(request, **arguments)
        except Exception as error:
            is_unwritten = commits_begun() == commits_before
            response = problem_response(dialect, problem_of(error, request, is_unwritten))
        patch_vary_headers(response, ("X-API-Key", "Authorization"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if getattr(request, "is_replayed", False):
            response.headers["Idempotent-Replayed"] = "true"
        add_rate_headers(request, response)
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    # API requests authenticate by key, never by cookie, so CSRF does not apply.
    view.csrf_exempt = True
    return in_english(view)


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


def problem_of(error: Exception, request: HttpRequest, is_unwritten: bool = True) -> ApiError:
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
        else:
            message = UNCERTAIN + ". Send the same request again in a moment: it takes effect only once."
        return ApiError(UNAVAILABLE, message, headers={"Retry-After": str(RETRY_AFTER)})
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return ApiError(FAILURE, _("Something went wrong."))


def wrong_method(request: HttpRequest, allow: str) -> ApiError:
    """Return a 405."""
    message = _("%(method)s is not allowed here.") % {"method": request.method}
    return ApiError(METHOD_NOT_ALLOWED, message, headers={"Allow": allow})


def problem_response(dialect: Dialect, problem: ApiError) -> HttpResponse:
    """Return an error response in the format of the dialect."""
    return json_response(dialect.error_body(problem), status=dialect.status(problem), headers=problem.headers)


def not_found_view(dialect: Dialect):
    """Return the view of URLs that do not exist."""

    def view(request):
        response = problem_response(dialect, not_found())
        add_rate_headers(request, response)
        return response

    view.csrf_exempt = True
    return in_english(view)


def json_response(content: object, **options) -> HttpResponse:
    """Return the content as JSON in UTF-8. Half surrogate pairs, which occur only in paths of errors, are
    escaped."""
    return HttpResponse(
        _encode_json(content).encode(errors="backslashreplace"), content_type="application/json", **options
    )


def with_and_without_slash(route: str, view) -> list:
    """Return patterns with and without a trailing slash: a redirect would drop the request body."""
    return [path(route, view), path(f"{route}/", view)]
