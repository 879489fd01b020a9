"""A request id for each request, which ties a history row, a log line and an answer together; and the headers of
every answer."""

import re
import secrets
from contextvars import ContextVar
from functools import cached_property

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings

from backoffice.accounts.client_ip import client_address, current_address

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the request that this thread answers, for log lines."""
_SANE = re.compile(r"[A-Za-z0-9._\-]{1,64}")
FEATURES = """accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone
    midi payment publickey-credentials-get serial usb""".split()  # noqa: SIM905
"""What a browser could let a page do, and no page of ours does."""


class RequestContextMiddleware:
    """Note the id and the client's address of the request under way, for log lines and notices, and answer with the id.
    Behind a proxy, the proxy's `X-Request-ID` is the id if it is sane. From other clients it is not: the id stands in the
    history."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
        request.request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
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
    """What every answer says, whatever made it: a page, a file, an error. (The policy on content is django-csp's, the
    rest Django's.) An answer that says nothing about being kept belongs to whoever asked: no proxy keeps it, and
    the browser asks each time."""

    HEADERS = {
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Permitted-Cross-Domain-Policies": "none",
        "Cache-Control": "private, no-cache",
    }

    def __init__(self, get_response):
        self.get_response = get_response
        self.known = [(name.lower(), (name, value)) for name, value in self.HEADERS.items()]

    def __call__(self, request):
        response = self.get_response(request)
        # (`setdefault` raises and catches an error for each header that is not there.)
        kept = response.headers._store
        for name, header in self.known:
            if name not in kept:
                kept[name] = header
        return response


class PolicyMiddleware(CSPMiddleware):
    """django-csp's. The policy of answers that say nothing of their own is worked out once, not for each."""

    SAID = frozenset(
        f"_csp_{what}{of}" for what in ("config", "update", "replace", "exempt") for of in ("", "_ro")
    )
    """What django-csp's decorators note on an answer that has a policy of its own."""

    @cached_property
    def _usual(self) -> str:
        return build_policy()

    @cached_property
    def _reports(self) -> bool:
        return hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")

    def process_response(self, request, response):
        is_own = "_csp_nonce" in request.__dict__ or not self.SAID.isdisjoint(response.__dict__)
        if is_own or self._reports or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._usual)
        return response
