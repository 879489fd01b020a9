"""Differences between the two documented systems: status codes, error bodies, dates and empty properties.
Everything else in this package is common to both."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime

from backoffice.api import errors
from backoffice.api.errors import ApiError
from backoffice.db.annotations import JsonObject
from backoffice.records.properties import instant_as_text

Pairs = Iterable[tuple[str, object]]
_SECONDS = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"


class Dialect(ABC):
    """The conventions of one documented system. The status codes here are common to both."""

    statuses = {
        errors.UNAUTHENTICATED: 401,
        errors.FORBIDDEN: 403,
        errors.NOT_FOUND: 404,
        errors.MALFORMED: 400,
        errors.INVALID: 400,
        errors.CONFLICT: 409,
        errors.KEY_REUSED: 422,
        errors.STALE_VERSION: 412,
        errors.METHOD_NOT_ALLOWED: 405,
        errors.TOO_LARGE: 413,
        errors.ADDRESS_TOO_LONG: 414,
        errors.HEADERS_TOO_LARGE: 431,
        errors.REQUEST_TIMEOUT: 408,
        errors.UNSUPPORTED_ENCODING: 415,
        errors.TOO_MANY_REQUESTS: 429,
        errors.UNAVAILABLE: 503,
        errors.STORAGE_FULL: 507,
        errors.FAILURE: 500,
    }
    omits_empties = False
    """Whether a property without a value is left out of a response."""
    instant_pattern: str
    """The regular expression of a date as `instant` formats it."""

    def status(self, error: ApiError) -> int:
        return self.statuses[error.kind]

    @abstractmethod
    def error_body(self, error: ApiError) -> JsonObject:
        """Return the body of an error response."""

    @abstractmethod
    def instant(self, value: datetime) -> str:
        """Format a date."""

    @property
    def make_object(self) -> Callable[[Pairs], JsonObject]:
        """The function that builds a JSON object of a response from keys and values. False and empty lists
        count as values."""
        return _without_empties if self.omits_empties else dict


class PlanD(Dialect):
    """The facility system."""

    instant_pattern = rf"{_SECONDS}(?:\.[0-9]{{3}})?Z"

    def error_body(self, error: ApiError) -> JsonObject:
        return {"message": error.message, "errors": _serialize_details(error)}

    def instant(self, value: datetime) -> str:
        return instant_as_text(value).replace(".000Z", "Z")


class TelecomX(Dialect):
    """The support desk system. It documents no 401, and has a code word for each kind of error."""

    statuses = Dialect.statuses | {errors.UNAUTHENTICATED: 403, errors.INVALID: 422}
    error_words = {
        errors.UNAUTHENTICATED: "access_denied",
        errors.FORBIDDEN: "access_denied",
        errors.NOT_FOUND: "not_found",
        errors.MALFORMED: "bad_request",
        errors.CONFLICT: "conflict",
        errors.STALE_VERSION: "precondition_failed",
        errors.METHOD_NOT_ALLOWED: "method_not_allowed",
        errors.TOO_LARGE: "payload_too_large",
        errors.ADDRESS_TOO_LONG: "uri_too_long",
        errors.HEADERS_TOO_LARGE: "request_header_fields_too_large",
        errors.REQUEST_TIMEOUT: "request_timeout",
        errors.UNSUPPORTED_ENCODING: "unsupported_media_type",
        errors.TOO_MANY_REQUESTS: "too_many_requests",
        errors.UNAVAILABLE: "service_unavailable",
        errors.STORAGE_FULL: "insufficient_storage",
        errors.FAILURE: "internal_error",
    }
    omits_empties = True
    instant_pattern = rf"{_SECONDS}\.[0-9]{{3}}Z"

    def error_body(self, error: ApiError) -> JsonObject:
        return {
            "code": self.status(error),
            "message": self.error_words.get(error.kind) or error.details[0].field or "invalid",
            "description": error.message,
            "errors": _serialize_details(error),
        }

    def instant(self, value: datetime) -> str:
        return instant_as_text(value)


def _without_empties(pairs: Pairs) -> JsonObject:
    return {key: value for key, value in pairs if value is not None and value != ""}


def _serialize_details(error: ApiError) -> list[JsonObject]:
    return [
        {"field": detail.field, "message": detail.message, "code": detail.code, **detail.more}
        for detail in error.details
    ]


PLAND = PlanD()
TELECOMX = TelecomX()
