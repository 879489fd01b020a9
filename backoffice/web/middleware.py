"""Middleware for request ids, which connect history entries, log lines and responses, and for response
headers."""

import re
import secrets
from contextvars import ContextVar

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings

from backoffice.accounts.client_ip import client_address, current_address

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the current request, for log lines."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,64}")
FEATURES = """accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone
    midi payment publickey-credentials-get serial usb""".split()  # noqa: SIM905
"""Browser features that no page uses, disabled by the Permissions-Policy header."""


class RequestContextMiddleware:
    """Sets the id and the client address of the current request, for log lines and notices, and returns the
    id in `X-Request-ID`. Behind a proxy, the id is the proxy's header if it is well-formed. Clients cannot
    choose it, because the history records it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        proxy_id = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
        request.request_id = proxy_id if _REQUEST_ID.fullmatch(proxy_id) else secrets.token_hex(8)
        id_token = current_request_id.set(request.request_id)
        address_token = current_address.set(client_address(request))
        try:
            response = self.get_response(request)
        finally:
            current_address.reset(address_token)
            current_request_id.reset(id_token)
        response["X-Request-ID"] = request.request_id
        return response


class HeadersMiddleware:
    """Sets default headers on every response: pages, files and errors. (Django sets the rest.) Without a
    Cache-Control of its own, a response is private to the user: no proxy may store it and the browser must
    revalidate it."""

    HEADERS = {
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Permitted-Cross-Domain-Policies": "none",
        "Cache-Control": "private, no-cache",
    }

    def __init__(self, get_response):
        self.get_response = get_response
        # django-csp's own middleware builds the policy for each response (see docs/performance.md).
        self.with_policy = self.HEADERS | {HEADER: build_policy()}

    def __call__(self, request):
        response = self.get_response(request)
        is_debug_page = settings.DEBUG and response.status_code in (404, 500)
        for name, value in (self.HEADERS if is_debug_page else self.with_policy).items():
            response.headers.setdefault(name, value)
        return response
