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
    REQUIRED: "The property is required and cannot be empty.",
    UNKNOWN_PROPERTY: "The property does not exist.",
    UNKNOWN_PARAMETER: "The query parameter or form part does not exist.",
    INVALID_TYPE: "The value has the wrong JSON type.",
    INVALID: "The value breaks a rule without a code of its own.",
    INVALID_CHOICE: "The value is not one of the choices.",
    OUT_OF_RANGE: "The number or time is too small or too large.",
    TOO_LONG: "The text is too long.",
    TOO_MANY: "The list has too many entries.",
    TOO_LARGE: "The file is too large, or an upload limit is reached.",
    DUPLICATE: "The value occurs twice in the request.",
    TAKEN: "Another record already has this value.",
    UNKNOWN_REFERENCE: "The record does not exist, or the caller may not see it.",
    READ_ONLY: "The property cannot be changed.",
    NOT_ALLOWED: "The caller may not see or set this.",
    MISSING_SCOPE: "The API key does not have the required `scope`.",
    MISSING_PERMISSION: "The owner of the API key does not have the required `permission`.",
    CONFLICT: "The property was changed in the meantime.",
    IN_USE: "Other records depend on the record.",
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
    code = error.code or INVALID
    code = _BY_VALIDATION_CODE.get(code, code)
    return code if code in CODES else INVALID
