"""A request id for each request: it ties a history row, a log line and an answer together."""

import re
import secrets

_SANE = re.compile(r"[A-Za-z0-9._\-]{1,64}")


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
