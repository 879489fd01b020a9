"""What a worker knows of a request before a thread takes it: how large its body may be, and what it needs."""

import os

from django.conf import settings
from gunicorn.http.message import Request

from backoffice.uploads.ingestion import MAX_FILES
from config.middleware import PREFIXES

MEBIBYTE = 1024 * 1024
PAGES_WITHOUT_DATABASE = ("/sign-in",)
"""Those that answer visitors without asking the database anything."""


class Admission:
    """The settings that the worker asks for with each request."""

    def __init__(self):
        self.root = os.environ.get("SCRIPT_NAME", "").rstrip("/")
        self.is_behind_proxy = settings.BEHIND_PROXY
        self.max_document = settings.UPLOAD_MAX_MB * MEBIBYTE + MEBIBYTE
        # (Forms with too many files get a better answer, with what was typed in it, as long as they are not absurd.)
        self.max_form = 2 * MAX_FILES * settings.UPLOAD_MAX_MB * MEBIBYTE + MEBIBYTE
        self.static = (
            settings.STATIC_URL if settings.STATIC_URL.startswith("/") else f"/{settings.STATIC_URL}"
        )
        self.session_cookie = f"{settings.SESSION_COOKIE_NAME}="

    def path(self, request: Request) -> str:
        return (request.path or "").removeprefix(self.root)

    def max_body(self, request: Request) -> int:
        """Bytes."""
        return self.max_document if self.reads_length_only(request) else self.max_form

    def reads_length_only(self, request: Request) -> bool:
        """Whether the application itself refuses what is too large, by its length. (Then it has better words for it,
        and says first who may not send anything.)"""
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
