"""Gzip compression of responses, except where it could leak a secret (BREACH)."""

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
"""The fastest level: higher ones make pages only slightly smaller."""
MAX_PADDING = 100


class CompressionMiddleware:
    """Compresses responses with gzip if the client accepts it, except:

    - responses that show secrets (`request.shows_secrets`) or are `no-store` (a new key, recovery codes);
    - streams (files, exports);
    - documents with a strong ETag: the compressed body would need another one, since `If-Match` compares bytes.

    Padding of a random length makes the size reveal less about the content."""

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
    """Return whether a response is worth compressing and compression cannot leak a secret."""
    headers = response.headers
    if headers.get("ETag", "W/").startswith('"') or response.streaming or len(response.content) < MIN_BYTES:
        return False
    return not (
        getattr(request, "shows_secrets", False)
        or "Content-Encoding" in headers
        or "no-store" in headers.get("Cache-Control", "")
    ) and headers.get("Content-Type", "").startswith(CONTENT_TYPES)


def compress(content: bytes) -> bytes:
    """Compress with gzip, with a file name of random length in the header as padding."""
    buffer = BytesIO()
    padding = secrets.token_hex(MAX_PADDING)[: secrets.randbelow(MAX_PADDING)]
    with gzip.GzipFile(padding, "wb", LEVEL, buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
