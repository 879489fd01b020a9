"""Why a request is not answered as asked, before a dialect puts it into words and numbers."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.api import error_codes

UNAUTHENTICATED = "unauthenticated"
FORBIDDEN = "forbidden"
MISSING = "missing"
MALFORMED = "malformed"
INVALID = "invalid"
CONFLICT = "conflict"
REUSED = "reused"
STALE = "stale"
METHOD = "method"
TOO_LARGE = "too large"
ADDRESS_TOO_LONG = "address too long"
HEADERS_TOO_LARGE = "headers too large"
TOO_SLOW = "too slow"
ENCODED = "encoded"
TOO_OFTEN = "too often"
AWAY = "away"
FULL = "full"
FAILURE = "failure"


@dataclass(frozen=True)
class ErrorDetail:
    """What is wrong with one property: its dotted path in the body, why, as which of `codes.CODES`, and what else is
    known of it (both values of a conflict, who and when)."""

    field: str
    message: str
    code: str = error_codes.INVALID
    more: dict = field(default_factory=dict)

    @classmethod
    def of(cls, field: str, error: ValidationError) -> "ErrorDetail":
        """Return the first thing that a ValidationError says about a field."""
        first = error.error_list[0]
        return cls(field, first.messages[0], error_codes.code_of(first))


Faults = dict[tuple, ValidationError]
"""What is wrong in a body, by path."""


def dotted(path: tuple) -> str:
    """Return a path as errors have it."""
    return ".".join(map(str, path))


class ApiError(Exception):
    """`kind` is one of the words above. Without a message it is the first offence that speaks."""

    def __init__(self, kind: str, message: str = "", offences=(), headers: dict[str, str] | None = None):
        self.kind = kind
        self.offences = list(offences)
        self.message = message or self._first_offence()
        self.headers = headers or {}
        super().__init__(self.message)

    def _first_offence(self) -> str:
        first = self.offences[0]
        return f"{first.field}: {first.message}" if first.field else first.message


def not_found() -> ApiError:
    """The same for what does not exist and for what is not the caller's to see."""
    return ApiError(MISSING, _("There is nothing here."))
