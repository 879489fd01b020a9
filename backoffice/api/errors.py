"""API errors, independent of the dialect that formats them."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.annotations import BodyPath
from backoffice.db.annotations import JsonObject

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

MAX_ERRORS = 1000
"""The maximum number of errors in one response. A body with hundreds of thousands is an attack, not a mistake: the
check of a body ends soon after as many."""


@dataclass(frozen=True)
class ErrorDetail:
    """An error in one property: its dotted path in the body, the message, one of `error_codes.CODES`, and
    `more` keys of its entry (for a conflict: both values, the author and the time)."""

    field: str
    message: str
    code: str = error_codes.INVALID
    more: JsonObject = dataclasses.field(default_factory=dict)

    @classmethod
    def from_error(cls, field: str, error: ValidationError) -> "ErrorDetail":
        """Return the first error of a ValidationError as the detail of a field."""
        first = error.error_list[0]
        return cls(field, first.messages[0], error_codes.code_of(first))


def dotted(path: BodyPath) -> str:
    """Join a path with dots."""
    return ".".join(map(str, path))


class ApiError(Exception):
    """An error response. `kind` is one of the constants above; the message defaults to that of the first
    detail."""

    def __init__(
        self,
        kind: str,
        message: str = "",
        details: Iterable[ErrorDetail] = (),
        headers: dict[str, str] | None = None,
    ):
        self.kind = kind
        self.details = list(details)
        self.message = message or self._first_message()
        self.headers = headers or {}
        super().__init__(self.message)

    def _first_message(self) -> str:
        first = self.details[0]
        return f"{first.field}: {first.message}" if first.field else first.message


def invalid(details: list[ErrorDetail]) -> ApiError:
    """Return the 400 for errors in properties; of more than MAX_ERRORS the first ones."""
    shown = details[:MAX_ERRORS]
    if len(details) > MAX_ERRORS:
        shown.append(ErrorDetail("", _("There are more errors; these are the first."), error_codes.TOO_MANY))
    return ApiError(INVALID, details=shown)


def not_found() -> ApiError:
    """Return a 404. Records that do not exist and records that the actor may not see get the same error."""
    return ApiError(NOT_FOUND, _("Nothing was found at this address."))
