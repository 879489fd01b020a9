"""A request id for each request, which ties a history row, a log line and an answer together; and the headers of
every answer."""

import re
import secrets

_SANE = re.compile(r"[A-Za-z0-9._\-]{1,64}")
FEATURES = """accelerometer browsing-topics camera display-capture geolocation gyroscope magnetometer microphone
    midi payment publickey-credentials-get serial usb""".split()  # noqa: SIM905
"""What a browser could let a page do, and no page of ours does."""


class RequestIdMiddleware:
    """Takes `X-Request-ID` from the caller (or the proxy) if it is sane, else makes one; answers with it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        response = self.get_response(request)
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

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in self.HEADERS.items():
            response.headers.setdefault(name, value)
        return response
