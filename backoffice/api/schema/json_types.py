"""JSON types of model fields: the type check of request bodies by pydantic, and the encoding of values in
responses.

Only types are checked here, strictly. Rules for values are part of the model, which all channels share.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import GenericAlias
from typing import Annotated, Any, TypeAlias

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Strict,
    ValidationError,
    WrapValidator,
    with_config,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import TypedDict

from backoffice.api.annotations import BodyErrors, Schema
from backoffice.api.dialects import Dialect
from backoffice.api.error_codes import INVALID_TYPE, UNKNOWN_PROPERTY
from backoffice.db.annotations import JsonObject, JsonValue, ModelField
from backoffice.db.object_ids import is_object_id
from backoffice.records.fields import AnyField, InstantField, ObjectIdField, OpenObjectField, TextListField

JsonType: TypeAlias = Any
"""A type annotation that pydantic understands."""

JSON_VALUE = "JsonValue"
ANYTHING: Schema = {"$ref": f"#/components/schemas/{JSON_VALUE}"}
"""The schema of any JSON value."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NOT_AN_ID = "object_id"
_OBJECT_ID, _DATE = ObjectIdField(), InstantField()

EXACT_FLOATS = 2**53
"""Below this a double represents every integer exactly, so whole numbers are written as integers: 3, not
3.0."""


def validate_instant(text: str) -> None:
    """Check for an ISO 8601 date and time with a time zone. Raises Django's ValidationError."""
    if not _INSTANT.fullmatch(text):
        raise ModelError(
            _("Enter a date and time with its zone, such as 2023-11-07T05:31:56Z."), code="invalid"
        )
    _DATE.to_python(text)


def parse_stamp(value: object) -> datetime | None:
    """Parse a stamp: Unix milliseconds, or ISO 8601 or RFC 3339 with a time zone in any notation. Return None
    for values that no record can have: finer than milliseconds, without digits, of another type. Raises Django's
    ValidationError for other text that cannot be parsed, and for MongoDB's notation of an instant."""
    text = str(_to_integer(value)).strip() if type(value) in (str, int, float) else ""
    if not re.search(r"[0-9]", text) and not (isinstance(value, dict) and "$date" in value):
        return None
    try:
        if type(value) is float and not value.is_integer():
            return None
        if text.removeprefix("-").isdecimal():
            return _EPOCH + timedelta(milliseconds=int(text))
        at = datetime.fromisoformat(text.upper())
        if at.tzinfo is not None:
            is_finer = re.search(r"[.,][0-9]{3}[0-9]*[1-9]", text)
            return None if is_finer else at.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        pass
    raise ModelError(
        _("Send this value as it was in the response, such as 2023-11-07T05:31:56.123Z, or leave it out."),
        code="invalid",
    )


def _instant(text: str) -> str:
    return _check_text(validate_instant, text)


def _object_id(text: str) -> str:
    """Return an id. (The field would accept empty text as null, because forms send it.)"""
    if is_object_id(text):
        return text
    # `_type_error` words it: there may be hundreds of thousands.
    raise PydanticCustomError(_NOT_AN_ID, "no id")


def _check_text(check: Callable[[str], object], text: str) -> str:
    """Return the text if `check` accepts it. Otherwise raise its error as one of pydantic's."""
    try:
        check(text)
    except ModelError as error:
        raise _custom_error(" ".join(error.messages), error.error_list[0].code) from None
    return text


def _custom_error(message: str, code: str | None) -> PydanticCustomError:
    return PydanticCustomError("model", "{message}", {"message": message, "code": code})


def _to_integer(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_only(value: object, check: Callable[[object], object]) -> object:
    check(value)
    return value


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), BeforeValidator(_to_integer)]
Number = Annotated[float, Strict(), WrapValidator(_check_only)]
Instant = Annotated[str, Strict(), AfterValidator(_instant)]
ObjectId = Annotated[str, Strict(), AfterValidator(_object_id)]
OpenObject = dict[str, Any]


def type_of(field: ModelField) -> JsonType:
    """Return the JSON type of a model field, nullable if null clears it."""
    if isinstance(field, AnyField):
        return Any
    if isinstance(field, TextListField):
        return list[Text]
    if isinstance(field, models.BooleanField):
        return Flag
    plain = Text if is_text(field) else _plain_type(field)
    return plain | None if accepts_null(field) else plain


def is_text(field: ModelField) -> bool:
    """Whether plain values of this field are free text, not ids."""
    return isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, ObjectIdField)


def accepts_null(field: ModelField) -> bool:
    """Whether null may be sent to clear the field."""
    if isinstance(field, AnyField):
        return True
    if isinstance(field, (TextListField, models.BooleanField)):
        return False
    return field.null or (field.blank and is_text(field))


def _plain_type(field: ModelField) -> JsonType:
    if field.is_relation or isinstance(field, ObjectIdField):
        return ObjectId
    if isinstance(field, models.DateTimeField):
        return Instant
    if isinstance(field, models.FloatField):
        return Number
    if isinstance(field, models.IntegerField):
        return Whole
    if isinstance(field, OpenObjectField):
        return OpenObject
    raise TypeError(f"{field} has no JSON type.")


def list_of(entry: JsonType) -> JsonType:
    """Return the type of a list with entries of this type."""
    return GenericAlias(list, entry)


def object_of(name: str, properties: dict[str, JsonType]) -> JsonType:
    """Return the type of an object with these optional properties and no others."""
    shape = TypedDict(name, properties, total=False)  # type: ignore[misc] # mypy knows literal names only
    return with_config(ConfigDict(extra="forbid", strict=True))(shape)


def require_equal_aliases(shape: JsonType, pairs: list[tuple[str, ...]]) -> JsonType:
    """Return the type of an object in which the two keys of each pair, if both are present, have equal
    values."""

    def check(sent: JsonObject) -> JsonObject:
        for one, other in pairs:
            if one in sent and other in sent and sent[one] != sent[other]:
                message = _("Send either %(one)s or %(other)s: their values differ.") % {
                    "one": one,
                    "other": other,
                }
                raise _custom_error(message, "duplicate")
        return sent

    return Annotated[shape, AfterValidator(check)]


_MESSAGES = {
    "extra_forbidden": gettext_lazy("This property does not exist."),
    "dict_type": gettext_lazy("This must be an object."),
    "list_type": gettext_lazy("This must be a list."),
    "string_type": gettext_lazy("This must be text."),
    "bool_type": gettext_lazy("This must be true or false."),
    "int_type": gettext_lazy("This must be a whole number."),
    "float_type": gettext_lazy("This must be a number."),
}


def type_errors(error: ValidationError, most: int) -> BodyErrors:
    """Return at most that many errors of a validator, by path, of values with a wrong type and of unknown
    properties."""
    return {entry["loc"]: _type_error(entry) for entry in error.errors(include_url=False)[:most]}


def _type_error(entry: ErrorDetails) -> ModelError:
    kind = entry["type"]
    if kind == "extra_forbidden":
        return ModelError(str(_MESSAGES[kind]), code=UNKNOWN_PROPERTY)
    if entry["input"] is None:
        return ModelError(str(models.Field.default_error_messages["null"]), code="null")
    if kind == _NOT_AN_ID:
        return ModelError(
            _OBJECT_ID.error_messages["invalid"], code="invalid", params={"value": entry["input"]}
        )
    if kind in _MESSAGES:
        return ModelError(str(_MESSAGES[kind]), code=INVALID_TYPE)
    return ModelError(entry["msg"], code=entry.get("ctx", {}).get("code", INVALID_TYPE))


Encoder: TypeAlias = Callable[[Any], JsonValue]
"""A function that converts a Python value other than None to a JSON value."""


def encoder_for(field: ModelField, dialect: Dialect) -> Encoder | None:
    """Return the encoder of a field's values, or None if they need no encoding."""
    if isinstance(field, models.DateTimeField):
        return dialect.instant
    return _encode_number if isinstance(field, models.FloatField) else None


def _encode_number(value: float) -> float:
    if abs(value) >= EXACT_FLOATS:
        return value
    return int(value) if value.is_integer() else value


def encode_value(field: ModelField, value: Any, dialect: Dialect) -> JsonValue:
    """Convert a property's Python value to a JSON value."""
    encode = encoder_for(field, dialect)
    return encode(value) if encode and value is not None else value
