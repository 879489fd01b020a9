"""API errors, independent of the dialect that formats them."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.api import error_codes

UNAUTHENTICATED = "unauthenticated"
FORBIDDEN = "forbidden"
NOT_FOUND = "missing"
MALFORMED = "malformed"
INVALID = "invalid"
CONFLICT = "conflict"
KEY_REUSED = "reused"
STALE_VERSION = "stale"
METHOD_NOT_ALLOWED = "method"
TOO_LARGE = "too large"
ADDRESS_TOO_LONG = "address too long"
HEADERS_TOO_LARGE = "headers too large"
REQUEST_TIMEOUT = "too slow"
UNSUPPORTED_ENCODING = "encoded"
TOO_MANY_REQUESTS = "too often"
UNAVAILABLE = "away"
STORAGE_FULL = "full"
FAILURE = "failure"


@dataclass(frozen=True)
class ErrorDetail:
    """An error in one property: its dotted path in the body, the message, one of `error_codes.CODES`, and
    `more` keys of its entry (for a conflict: both values, the author and the time)."""

    field: str
    message: str
    code: str = error_codes.INVALID
    more: dict = field(default_factory=dict)

    @classmethod
    def from_error(cls, field: str, error: ValidationError) -> "ErrorDetail":
        """Return the first error of a ValidationError as the detail of a field."""
        first = error.error_list[0]
        return cls(field, first.messages[0], error_codes.code_of(first))


Faults = dict[tuple, ValidationError]
"""Errors in a request body, by path."""


def dotted(path: tuple) -> str:
    """Join a path with dots."""
    return ".".join(map(str, path))


class ApiError(Exception):
    """An error response. `kind` is one of the constants above; the message defaults to that of the first
    detail."""

    def __init__(self, kind: str, message: str = "", details=(), headers: dict[str, str] | None = None):
        self.kind = kind
        self.details = list(details)
        self.message = message or self._first_message()
        self.headers = headers or {}
        super().__init__(self.message)

    def _first_message(self) -> str:
        first = self.details[0]
        return f"{first.field}: {first.message}" if first.field else first.message


def not_found() -> ApiError:
    """Return a 404. Records that do not exist and records that the caller may not see get the same error."""
    return ApiError(NOT_FOUND, _("Nothing was found at this address."))
