"""Middleware that checks hosts and query strings, and skips sessions, CSRF and messages on API requests."""

import logging
from functools import partial

from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.defaults import bad_request

from backoffice.api.dialects import Dialect
from backoffice.api.errors import MALFORMED, ApiError
from backoffice.api.transport import error_response, in_english
from backoffice.lists.query_strings import find_undecodable
from config.api import FACILITY, SUPPORT_DESK

INTERFACES = {f"/{interface.prefix}/": interface for interface in (FACILITY, SUPPORT_DESK)}
PREFIXES = tuple(INTERFACES)

logger = logging.getLogger("config.hosts")


class HostMiddleware:
    """Refuse requests for hosts that `ALLOWED_HOSTS` does not name, with one log line, and for API paths in
    the format of the dialect."""

    def __init__(self, get_response):
        self.get_response = get_response
        self._security = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost as error:
            # Django's SecurityMiddleware calls `get_host` itself, so it comes after this middleware.
            return self._security.process_response(request, _refuse_host(request, error))
        return self.get_response(request)


def _refuse_host(request: HttpRequest, error: DisallowedHost) -> HttpResponse:
    host = request.META.get("HTTP_HOST", "")[:100]
    logger.warning("Refused the host %r: ALLOWED_HOSTS does not name it.", host)
    for prefix, interface in INTERFACES.items():
        if f"{request.path_info}/".startswith(prefix):
            return in_english(partial(_refuse_in_dialect, interface.dialect, host))(request)
    return bad_request(request, error)


def _refuse_in_dialect(dialect: Dialect, host: str, _request: HttpRequest) -> HttpResponse:
    message = _(
        "“%(host)s” is not a host of this installation. The administrator can add it to ALLOWED_HOSTS."
    ) % {"host": host}
    return error_response(dialect, ApiError(MALFORMED, message))


class ApiShortcutMiddleware:
    """Send API requests directly to their views. They have no session, language or messages, and need no CSRF
    protection: the following middleware is for pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        response = match.func(request, *match.args, **match.kwargs)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class QueryStringMiddleware:
    """Refuse query strings that are not UTF-8 with a 400 page. API views do so in the format of their
    dialects."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query_string = request.META.get("QUERY_STRING", "")
        if query_string and find_undecodable(query_string):
            raise BadRequest("The query string is not UTF-8.")
        return self.get_response(request)
