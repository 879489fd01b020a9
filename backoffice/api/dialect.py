"""What tells the two documented systems apart: status codes, error bodies, dates and empty properties.
Everything else in this package is common to both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime

from backoffice.api import problems
from backoffice.api.problems import Problem
from backoffice.records.properties import instant_text

Pairs = Iterable[tuple[str, object]]
_SECONDS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"


class Dialect(ABC):
    """How one of the systems speaks. Statuses that both share are here."""

    statuses = {
        problems.UNAUTHENTICATED: 401,
        problems.FORBIDDEN: 403,
        problems.MISSING: 404,
        problems.MALFORMED: 400,
        problems.INVALID: 400,
        problems.CONFLICT: 409,
        problems.REUSED: 422,
        problems.STALE: 412,
        problems.METHOD: 405,
        problems.TOO_LARGE: 413,
        problems.ADDRESS_TOO_LONG: 414,
        problems.HEADERS_TOO_LARGE: 431,
        problems.TOO_SLOW: 408,
        problems.ENCODED: 415,
        problems.TOO_OFTEN: 429,
        problems.AWAY: 503,
        problems.FULL: 507,
        problems.FAILURE: 500,
    }
    omits_empties = False
    """Whether a property without a value is left out of an answer."""
    instant_pattern: str
    """The regular expression of a date as `instant` writes it."""

    def status(self, problem: Problem) -> int:
        return self.statuses[problem.kind]

    @abstractmethod
    def error_body(self, problem: Problem) -> dict:
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
        return instant_text(value).replace(".000Z", "Z")


class TelecomX(Dialect):
    """The support desk system. It documents no 401, and names errors by a word."""

    statuses = Dialect.statuses | {problems.UNAUTHENTICATED: 403, problems.INVALID: 422}
    words = {
        problems.UNAUTHENTICATED: "access_denied",
        problems.FORBIDDEN: "access_denied",
        problems.MISSING: "not_found",
        problems.MALFORMED: "bad_request",
        problems.CONFLICT: "conflict",
        problems.STALE: "precondition_failed",
        problems.METHOD: "method_not_allowed",
        problems.TOO_LARGE: "payload_too_large",
        problems.ADDRESS_TOO_LONG: "uri_too_long",
        problems.HEADERS_TOO_LARGE: "request_header_fields_too_large",
        problems.TOO_SLOW: "request_timeout",
        problems.ENCODED: "unsupported_media_type",
        problems.TOO_OFTEN: "too_many_requests",
        problems.AWAY: "service_unavailable",
        problems.FULL: "insufficient_storage",
        problems.FAILURE: "internal_error",
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
        return instant_text(value)


def _without_empties(pairs: Pairs) -> dict:
    return {key: value for key, value in pairs if value is not None and value != ""}


def _offences(problem: Problem) -> list[dict]:
    return [
        {"field": offence.field, "message": offence.message, "code": offence.code, **offence.more}
        for offence in problem.offences
    ]


PLAND = PlanD()
TELECOMX = TelecomX()
