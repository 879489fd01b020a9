"""Stable codes of errors in one property or parameter.

Validators give their ValidationError a code, Django's own or one of ours. This module maps those codes to the
codes of the API. Codes never change; the messages beside them may."""

from django.core.exceptions import ValidationError

REQUIRED = "required"
UNKNOWN_PROPERTY = "unknown_property"
UNKNOWN_PARAMETER = "unknown_parameter"
INVALID_TYPE = "invalid_type"
INVALID = "invalid"
INVALID_CHOICE = "invalid_choice"
OUT_OF_RANGE = "out_of_range"
TOO_LONG = "too_long"
TOO_MANY = "too_many"
TOO_LARGE = "too_large"
DUPLICATE = "duplicate"
TAKEN = "taken"
UNKNOWN_REFERENCE = "unknown_reference"
READ_ONLY = "read_only"
NOT_ALLOWED = "not_allowed"
MISSING_SCOPE = "missing_scope"
MISSING_PERMISSION = "missing_permission"
CONFLICT = "conflict"
IN_USE = "in_use"

CODES = {
    REQUIRED: "It must be there and may not be empty.",
    UNKNOWN_PROPERTY: "There is no such property.",
    UNKNOWN_PARAMETER: "There is no such query parameter or part of a form.",
    INVALID_TYPE: "It has another JSON type.",
    INVALID: "The value breaks a rule that has no code of its own.",
    INVALID_CHOICE: "It is none of the possible values.",
    OUT_OF_RANGE: "The number or time is too small or too large.",
    TOO_LONG: "The text is too long.",
    TOO_MANY: "The list has too many entries.",
    TOO_LARGE: "The file is too large, or more than may be sent.",
    DUPLICATE: "It was sent twice.",
    TAKEN: "Another record has it already.",
    UNKNOWN_REFERENCE: "There is no such record, or the caller may not see it.",
    READ_ONLY: "It cannot be changed.",
    NOT_ALLOWED: "The caller may not say or see this.",
    MISSING_SCOPE: "The API key does not have the `scope` that this takes.",
    MISSING_PERMISSION: "The owner of the API key does not have the `permission` that this takes.",
    CONFLICT: "Somebody else changed it meanwhile.",
    IN_USE: "Other records depend on it.",
}
"""Every code with its meaning, as in the OpenAPI document."""

_BY_VALIDATION_CODE = {
    "blank": REQUIRED,
    "invisible": REQUIRED,
    "null": REQUIRED,
    "empty": REQUIRED,
    "missing": REQUIRED,
    "max_length": TOO_LONG,
    "min_length": OUT_OF_RANGE,
    "min_value": OUT_OF_RANGE,
    "max_value": OUT_OF_RANGE,
    "calendar": OUT_OF_RANGE,
    "precision": OUT_OF_RANGE,
    "depth": OUT_OF_RANGE,
    "overflow": OUT_OF_RANGE,
    "future": OUT_OF_RANGE,
    "order": OUT_OF_RANGE,
    "twice": DUPLICATE,
    "unique": TAKEN,
    "unique_together": TAKEN,
    "reference": UNKNOWN_REFERENCE,
    "unknown": UNKNOWN_REFERENCE,
    "ambiguous": UNKNOWN_REFERENCE,
    "fixed": READ_ONLY,
    "derived": READ_ONLY,
    "choice": INVALID_CHOICE,
    "type": INVALID_TYPE,
    "other": NOT_ALLOWED,
    "owner": NOT_ALLOWED,
    "role": NOT_ALLOWED,
    "scope": MISSING_SCOPE,
    "expiry": OUT_OF_RANGE,
}
"""The API's codes for codes of ValidationError that differ from them."""


def code_of(error: ValidationError) -> str:
    """Return the API's code for a validation error."""
    code = _BY_VALIDATION_CODE.get(error.code, error.code)
    return code if code in CODES else INVALID
