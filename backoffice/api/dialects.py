"""What tells the two documented systems apart: status codes, error bodies, dates and empty properties.
Everything else in this package is common to both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime

from backoffice.api import errors
from backoffice.api.errors import ApiError
from backoffice.records.properties import instant_as_text

Pairs = Iterable[tuple[str, object]]
_SECONDS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"


class Dialect(ABC):
    """How one of the systems speaks. Statuses that both share are here."""

    statuses = {
        errors.UNAUTHENTICATED: 401,
        errors.FORBIDDEN: 403,
        errors.MISSING: 404,
        errors.MALFORMED: 400,
        errors.INVALID: 400,
        errors.CONFLICT: 409,
        errors.REUSED: 422,
        errors.STALE: 412,
        errors.METHOD: 405,
        errors.TOO_LARGE: 413,
        errors.ADDRESS_TOO_LONG: 414,
        errors.HEADERS_TOO_LARGE: 431,
        errors.TOO_SLOW: 408,
        errors.ENCODED: 415,
        errors.TOO_OFTEN: 429,
        errors.AWAY: 503,
        errors.FULL: 507,
        errors.FAILURE: 500,
    }
    omits_empties = False
    """Whether a property without a value is left out of an answer."""
    instant_pattern: str
    """The regular expression of a date as `instant` writes it."""

    def status(self, problem: ApiError) -> int:
        return self.statuses[problem.kind]

    @abstractmethod
    def error_body(self, problem: ApiError) -> dict:
        """The body of an answer that reports a problem."""

    @abstractmethod
    def instant(self, value: datetime) -> str:
        """A date as this system writes it."""

    @property
    def told(self) -> Callable[[Pairs], dict]:
        """What makes an object of an answer, of its keys and values. False and empty lists are values."""
        return _without_empties if self.omits_empties else dict


class PlanD(Dialect):
    """The facility system."""

    instant_pattern = rf"{_SECONDS}(?:\.[0-9]{{3}})?Z"

    def error_body(self, problem):
        return {"message": problem.message, "errors": _offences(problem)}

    def instant(self, value):
        return instant_as_text(value).replace(".000Z", "Z")


class TelecomX(Dialect):
    """The support desk system. It documents no 401, and names errors by a word."""

    statuses = Dialect.statuses | {errors.UNAUTHENTICATED: 403, errors.INVALID: 422}
    words = {
        errors.UNAUTHENTICATED: "access_denied",
        errors.FORBIDDEN: "access_denied",
        errors.MISSING: "not_found",
        errors.MALFORMED: "bad_request",
        errors.CONFLICT: "conflict",
        errors.STALE: "precondition_failed",
        errors.METHOD: "method_not_allowed",
        errors.TOO_LARGE: "payload_too_large",
        errors.ADDRESS_TOO_LONG: "uri_too_long",
        errors.HEADERS_TOO_LARGE: "request_header_fields_too_large",
        errors.TOO_SLOW: "request_timeout",
        errors.ENCODED: "unsupported_media_type",
        errors.TOO_OFTEN: "too_many_requests",
        errors.AWAY: "service_unavailable",
        errors.FULL: "insufficient_storage",
        errors.FAILURE: "internal_error",
    }
    omits_empties = True
    instant_pattern = rf"{_SECONDS}\.[0-9]{{3}}Z"

    def error_body(self, problem):
        return {
            "code": self.status(problem),
            "message": self.words.get(problem.kind) or problem.offences[0].field or "invalid",
            "description": problem.message,
            "errors": _offences(problem),
        }

    def instant(self, value):
        return instant_as_text(value)


def _without_empties(pairs: Pairs) -> dict:
    return {key: value for key, value in pairs if value is not None and value != ""}


def _offences(problem: ApiError) -> list[dict]:
    return [
        {"field": offence.field, "message": offence.message, "code": offence.code, **offence.more}
        for offence in problem.offences
    ]


PLAND = PlanD()
TELECOMX = TelecomX()
