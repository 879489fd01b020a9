"""Error responses to requests that never reach Django: gunicorn refuses invalid HTTP, long URLs and too many
headers; the worker refuses slow or large requests."""

import json
import os
from functools import lru_cache

from backoffice.web.middleware import HeadersMiddleware

HEADERS = HeadersMiddleware.HEADERS | {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
RETRY_AFTER = {408: 1, 503: 5}
"""Seconds after which the same request may succeed."""


def refuse(sock, status: int, reason: str, message: str) -> None:
    """Write the response instead of gunicorn's own, which quotes the request."""
    sock.sendall(response_to(getattr(sock, "target", ""), status, reason))


def response_to(target: str, status: int, reason: str) -> bytes:
    """Return the complete response: in the format of the dialect for API paths, a page for others."""
    path = target.removeprefix(os.environ.get("SCRIPT_NAME", "").rstrip("/"))
    return _response(_prefix(path), status, reason)


@lru_cache(maxsize=64)
def _response(prefix: str, status: int, reason: str) -> bytes:
    from django.conf import settings
    from django.utils.translation import override

    with override("en" if prefix else settings.LANGUAGE_CODE):
        status, reason, headers, body = _document(prefix, status, reason) if prefix else _page(status, reason)
    headers = HEADERS | headers | {"Content-Length": str(len(body))}
    if status in RETRY_AFTER:
        headers["Retry-After"] = str(RETRY_AFTER[status])
    head = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*head, "", ""]).encode() + body


def _prefix(path: str) -> str:
    from config.middleware import PREFIXES

    return next((prefix for prefix in PREFIXES if path.startswith(prefix)), "")


def _document(prefix: str, status: int, reason: str):
    from http import HTTPStatus

    from backoffice.api.errors import ApiError
    from config.api import FACILITY, SUPPORT_DESK

    dialect = next(one.dialect for one in (FACILITY, SUPPORT_DESK) if prefix == f"/{one.prefix}/")
    error = ApiError(_kind(status), _explanation(status))
    dialect_status = dialect.status(error)
    reason = reason if dialect_status == status else HTTPStatus(dialect_status).phrase
    headers = {
        "Content-Type": "application/json",
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    }
    return dialect_status, reason, headers, json.dumps(dialect.error_body(error), ensure_ascii=False).encode()


def _page(status: int, reason: str):
    from csp.utils import build_policy
    from django.template.loader import render_to_string

    page = render_to_string("refused.html", {"explanation": _explanation(status)})
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": build_policy()}
    return status, reason, headers, page.encode()


def _kind(status: int) -> str:
    from backoffice.api import errors

    kinds = {
        408: errors.REQUEST_TIMEOUT,
        413: errors.TOO_LARGE,
        414: errors.ADDRESS_TOO_LONG,
        431: errors.HEADERS_TOO_LARGE,
        500: errors.FAILURE,
        503: errors.UNAVAILABLE,
    }
    return kinds.get(status, errors.MALFORMED)


def _explanation(status: int) -> str:
    from django.utils.translation import gettext as _

    messages = {
        408: _("The request was too slow. Send it again over a faster connection."),
        413: _("The request is too large. Send less at a time."),
        414: _("The address is too long: it can have at most 8,190 characters. Request less at a time."),
        431: _(
            "The request has too many headers, or too large ones. Delete the cookies of this site and try again."
        ),
        500: _("Something went wrong. Try again in a moment."),
        503: _("The server is busy. Try again in a moment."),
    }
    return messages.get(status) or _("The request is not valid HTTP. Nothing was changed.")
