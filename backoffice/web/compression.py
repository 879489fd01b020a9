"""Compressed answers: gzip for pages and JSON, but not where compression could give away a secret (BREACH)."""

import gzip
import secrets
from io import BytesIO

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.regex_helper import _lazy_re_compile

ACCEPTS_GZIP = _lazy_re_compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:[,\s]|$))")
CONTENT_TYPES = ("text/html", "application/json", "text/plain", "text/csv", "image/svg+xml")
MIN_BYTES = 1024
LEVEL = 1
"""The fastest: a page is then a sixth of its size, and the best level would save a few per cent more."""
MAX_PADDING = 100


class CompressionMiddleware:
    """Compress answers with gzip where the client takes it. Left as they are:

    - what shows secrets (`request.shows_secrets`) or is not to be stored (`no-store`: a new key, recovery codes);
    - streams (files, exports);
    - documents with a strong ETag: compressed they would need another tag, and `If-Match` compares byte for byte.

    A random length is added, so that the size of an answer tells little of what is in it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not is_compressible(request, response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if not ACCEPTS_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return response
        response.content = compress(response.content)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
        return response


def is_compressible(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether an answer is worth compressing and gives nothing away by it."""
    headers = response.headers
    if headers.get("ETag", "W/").startswith('"') or response.streaming or len(response.content) < MIN_BYTES:
        return False
    return not (
        getattr(request, "shows_secrets", False)
        or "Content-Encoding" in headers
        or "no-store" in headers.get("Cache-Control", "")
    ) and headers.get("Content-Type", "").startswith(CONTENT_TYPES)


def compress(content: bytes) -> bytes:
    """Return gzip of some bytes, with a file name of a random length in its head."""
    written = BytesIO()
    padding = secrets.token_hex(MAX_PADDING)[: secrets.randbelow(MAX_PADDING)]
    with gzip.GzipFile(padding, "wb", LEVEL, written, mtime=0) as file:
        file.write(content)
    return written.getvalue()
