"""Request bodies of limited length."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.errors import MALFORMED, UNSUPPORTED_ENCODING, ApiError

TAIL_BYTES = 1024
"""How many bytes of the end of a body are kept."""


def refuse_encoded(request: HttpRequest) -> None:
    """Raise ApiError for a body with a Content-Encoding, because nothing here decodes it."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        message = _("Send the request body uncompressed: Content-Encoding %(encoding)s is not supported.")
        headers = {"Accept-Encoding": "identity"}
        raise ApiError(UNSUPPORTED_ENCODING, message % {"encoding": encoding[:50]}, headers=headers)


class RequestBody:
    """A readable body. Raises ApiError if it is compressed, and `too_large()` if it has more than `limit`
    bytes: before reading if the Content-Length says so."""

    def __init__(self, request: HttpRequest, limit: int, too_large: Callable[[], ApiError]):
        refuse_encoded(request)
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > limit:
            raise too_large()
        # Without a Content-Length Django reads nothing. A server with `wsgi.input_terminated` ends the input
        # itself.
        chunked = not length and request.META.get("wsgi.input_terminated")
        self._source = request.META["wsgi.input"] if chunked else request
        self._remaining = limit
        self._too_large = too_large
        self.end = b""

    def read(self, size: int) -> bytes:
        try:
            chunk = self._source.read(min(size, self._remaining + 1))
        except Exception:  # each server has its own exceptions for broken chunks and closed connections
            raise ApiError(MALFORMED, _("The request body is incomplete.")) from None
        self._remaining -= len(chunk)
        if self._remaining < 0:
            raise self._too_large()
        self.end = (self.end + chunk[-TAIL_BYTES:])[-TAIL_BYTES:]
        return chunk
