"""An address that speaks JSON: who calls, by which method, and every problem in the dialect's own words."""

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
    AWAY,
    FAILURE,
    FORBIDDEN,
    FULL,
    INVALID,
    MALFORMED,
    METHOD,
    ApiError,
    ErrorDetail,
    not_found,
)
from backoffice.api.transport.ratelimit import add_rate_headers, caller
from backoffice.db.health import RETRY_AFTER, is_away, is_disk_full, is_full
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import commits_begun
from backoffice.lists.query_strings import find_undecodable
from backoffice.people.models import ApiKey
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.models import Entity

logger = logging.getLogger("backoffice.api")
UNKNOWN = "The database is away or busy. It is not known whether this was saved"
MAY_NOT_SEE = gettext_lazy("You may not see this.")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_written = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class ApiRequest:
    """A request by somebody who is known."""

    request: HttpRequest
    dialect: Dialect
    actor: ApiKey

    @property
    def via(self) -> ChangeContext:
        return ChangeContext(Channel.JSON, getattr(self.request, "request_id", ""))

    def find(self, model: type[Entity], pk: str) -> Entity:
        """The record with this id: forbidden for who may see none of its kind, missing if it is not theirs."""
        self.demand("view", model)
        found = self.actor.find_visible(model, pk.lower()) if is_object_id(pk) else None
        if found is None:
            raise not_found()
        return found

    def demand(self, action: str, target: Entity | type[Entity], message: str = MAY_NOT_SEE) -> None:
        """Refuse who may not do this, in the words of `message`."""
        if not self.actor.may(action, target):
            raise forbidden(self.actor, action, target, str(message))


def forbidden(
    actor: ApiKey, action: str, target: Entity | type[Entity], message: str, field: str = ""
) -> ApiError:
    """Return the refusal of what an actor may not do, or may not by a field of the body. It names the scope or the
    permission that is missing."""
    if (scope := actor.missing_scope(action, target)) is not None:
        said = _("The API key does not have the scope %(scope)s.") % {"scope": scope}
        lacking = ErrorDetail(field, said, error_codes.MISSING_SCOPE, {"scope": scope})
    elif (permission := actor.missing_permission(action, target)) is not None:
        said = _("This takes the permission %(permission)s.") % {"permission": permission}
        lacking = ErrorDetail(field, said, error_codes.MISSING_PERMISSION, {"permission": permission})
    else:
        return ApiError(FORBIDDEN, message)
    return ApiError(FORBIDDEN, f"{message} {said}", [lacking])


class OperationProtocol(Protocol):
    """What an endpoint has to know of an operation (see `operations.Operation`)."""

    handler: Callable[..., HttpResponse]
    parameter_names: frozenset[str]
    id_patterns: Mapping[str, re.Pattern]


def in_english(view):
    """The view, answering in English whatever language the caller prefers: scripts read messages too, and those are
    documented."""

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
    """The view that answers each method by the handler of its operation, which takes a Call and the address's
    arguments."""
    allowed = {*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
    allow = ", ".join(sorted(allowed))
    ids = {name: found for operation in operations.values() for name, found in operation.id_patterns.items()}

    def answer(request, **arguments):
        # Words where an id belongs are an address that does not exist, whatever was asked of it.
        is_nowhere = any(ids[name].fullmatch(arguments[name]) is None for name in ids)
        if request.method == "OPTIONS" and not is_nowhere:
            return HttpResponse(status=204, headers={"Allow": allow})
        operation = operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise not_found() if is_nowhere else wrong_method(request, allow)
        call = ApiRequest(request, dialect, caller(request))
        if is_nowhere:
            raise not_found()
        if query_string := request.META.get("QUERY_STRING"):
            _check_encoding(query_string)
            _only_parameters(request, operation.parameter_names)
        return operation.handler(call, **arguments)

    def view(request, **arguments):
        begun = commits_begun()
        try:
            response = answer(request, **arguments)
        except Exception as error:
            is_known = commits_begun() == begun
            response = problem_response(dialect, problem_of(error, request, is_known))
        patch_vary_headers(response, ("X-API-Key", "Authorization"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if getattr(request, "is_replayed", False):
            response.headers["Idempotent-Replayed"] = "true"
        add_rate_headers(request, response)
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    # Whoever comes with a key comes without a session, so there is nothing that another site could ride on.
    view.csrf_exempt = True
    return in_english(view)


def _check_encoding(query_string: str) -> None:
    """Refuse query parameters that are not UTF-8."""
    if names := find_undecodable(query_string):
        message = _("This is not UTF-8. Encode it as UTF-8 before percent-encoding it.")
        raise ApiError(INVALID, offences=[ErrorDetail(name, message) for name in names])


def _only_parameters(request: HttpRequest, known: frozenset[str]) -> None:
    """Refuse query parameters that have no meaning here: a typo must not look like success."""
    if unknown := [name for name in request.GET if name not in known]:
        message = _("There is no such query parameter.")
        raise ApiError(
            INVALID, offences=[ErrorDetail(name, message, error_codes.UNKNOWN_PARAMETER) for name in unknown]
        )


def problem_of(error: Exception, request: HttpRequest, is_known: bool = True) -> ApiError:
    """What went wrong, as a Problem. The unexpected is logged and says nothing about itself. `is_known`: whether it is
    certain that nothing was written."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Forbidden):
        return ApiError(FORBIDDEN, str(error))
    if isinstance(error, SuspiciousOperation):
        return ApiError(MALFORMED, _("This request cannot be read."))
    if is_disk_full(error):
        logger.error("The disk is full: %s", error)
        return ApiError(FULL, _("There is no room left on the server. Nothing was saved."))
    if is_away(error):
        logger.warning("The database does not answer: %s", error)
        if is_full(error):
            message = _("The disk of the database is full. Tell the people who run it, then try again.")
        elif is_known or request.method in SAFE_METHODS:
            message = _("The database is away or busy. Try again in a moment.")
        elif request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" not in request.META:
            message = UNKNOWN + ": look before you send it again."
        else:
            message = UNKNOWN + ". Send it again in a moment: it is not done twice."
        return ApiError(AWAY, message, headers={"Retry-After": str(RETRY_AFTER)})
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return ApiError(FAILURE, _("Something went wrong on our side."))


def wrong_method(request: HttpRequest, allow: str) -> ApiError:
    """A method that an address does not know."""
    message = _("%(method)s is not possible here.") % {"method": request.method}
    return ApiError(METHOD, message, headers={"Allow": allow})


def problem_response(dialect: Dialect, problem: ApiError) -> HttpResponse:
    """A problem in the dialect's words and numbers."""
    return json_response(dialect.error_body(problem), status=dialect.status(problem), headers=problem.headers)


def nowhere(dialect: Dialect):
    """The view of every address of a dialect that does not exist."""

    def view(request):
        response = problem_response(dialect, not_found())
        add_rate_headers(request, response)
        return response

    view.csrf_exempt = True
    return in_english(view)


def json_response(content: object, **how) -> HttpResponse:
    """The content as UTF-8. (Half a surrogate pair, which only ever comes back in an error's path, is escaped.)"""
    return HttpResponse(
        _written(content).encode(errors="backslashreplace"), content_type="application/json", **how
    )


def both_slashes(route: str, view) -> list:
    """The view with and without a trailing slash: a redirect would drop the body of a request."""
    return [path(route, view), path(f"{route}/", view)]
