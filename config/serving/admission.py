"""Size limits of request bodies, and which requests need a database: checked before a thread takes the request."""

import os

from django.conf import settings
from gunicorn.http.message import Request

from backoffice.uploads.ingestion import MAX_FILES
from config.middleware import PREFIXES

MEBIBYTE = 1024 * 1024
PAGES_WITHOUT_DATABASE = ("/sign-in",)
"""Paths whose responses to visitors need no database query."""


class Admission:
    """The checks that the worker makes for each request."""

    def __init__(self):
        self.root = os.environ.get("SCRIPT_NAME", "").rstrip("/")
        self.is_behind_proxy = settings.BEHIND_PROXY
        self.max_api_body = settings.UPLOAD_MAX_MB * MEBIBYTE + MEBIBYTE
        # Twice the allowed size, so that the form itself can report too many files and keep the other input.
        self.max_form = 2 * MAX_FILES * settings.UPLOAD_MAX_MB * MEBIBYTE + MEBIBYTE
        self.static = (
            settings.STATIC_URL if settings.STATIC_URL.startswith("/") else f"/{settings.STATIC_URL}"
        )
        self.session_cookie = f"{settings.SESSION_COOKIE_NAME}="

    def path(self, request: Request) -> str:
        return (request.path or "").removeprefix(self.root)

    def max_body(self, request: Request) -> int:
        """Return the maximum size of the body in bytes."""
        return self.max_api_body if self.is_limited_by_view(request) else self.max_form

    def is_limited_by_view(self, request: Request) -> bool:
        """Whether the application itself refuses large bodies by their length: API views check authentication
        first and have better messages."""
        return self.path(request).startswith(PREFIXES)

    def needs_no_database(self, request: Request) -> bool:
        if request.method not in ("GET", "HEAD"):
            return False
        path = self.path(request)
        if path.startswith(self.static):
            return True
        return path in PAGES_WITHOUT_DATABASE and not any(
            name == "COOKIE" and self.session_cookie in value for name, value in request.headers
        )
