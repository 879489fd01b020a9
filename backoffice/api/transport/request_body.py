"""The body of a request, read no further than it may be long."""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.errors import ENCODED, MALFORMED, ApiError

KEPT = 1024
"""How much of its end is remembered."""


def refuse_encoded(request: HttpRequest) -> None:
    """Refuse a body with a Content-Encoding: nothing here would undo it."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        message = _("Send the body as it is: the Content-Encoding %(encoding)s is not understood.")
        headers = {"Accept-Encoding": "identity"}
        raise ApiError(ENCODED, message % {"encoding": encoding[:50]}, headers=headers)


class RequestBody:
    """To be read from. Refuses one that is compressed. Raises `too_large` when there is more than `limit` bytes, at once if the request says so."""

    def __init__(self, request: HttpRequest, limit: int, too_large: Callable[[], ApiError]):
        refuse_encoded(request)
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > limit:
            raise too_large()
        # Without a length Django reads nothing; a server that says it ends the input itself can be asked for it all.
        chunked = not length and request.META.get("wsgi.input_terminated")
        self._source = request.META["wsgi.input"] if chunked else request
        self._left = limit
        self._too_large = too_large
        self.end = b""

    def read(self, size: int) -> bytes:
        try:
            chunk = self._source.read(min(size, self._left + 1))
        except Exception:  # each server has its own for a broken chunk or a caller who hangs up
            raise ApiError(MALFORMED, _("The body ended before it was complete.")) from None
        self._left -= len(chunk)
        if self._left < 0:
            raise self._too_large()
        self.end = (self.end + chunk[-KEPT:])[-KEPT:]
        return chunk
