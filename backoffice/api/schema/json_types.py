"""JSON types of model fields: the type check of request bodies by pydantic, and the encoding of values in
responses.

Only types are checked here, strictly. Rules for values are part of the model, which all channels share.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Strict,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from backoffice.api.dialects import Dialect
from backoffice.api.error_codes import INVALID_TYPE, UNKNOWN_PROPERTY
from backoffice.api.errors import Faults
from backoffice.db.object_ids import is_object_id
from backoffice.records.fields import AnyField, InstantField, ObjectIdField, OpenObjectField, TextListField

JSON_VALUE = "JsonValue"
ANYTHING = {"$ref": f"#/components/schemas/{JSON_VALUE}"}
"""The schema of any JSON value."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OBJECT_ID, _DATE = ObjectIdField(), InstantField()

EXACT_FLOATS = 2**53
"""Below this a double represents every integer exactly, so whole numbers are written as integers: 3, not
3.0."""


def parse_instant(text: str) -> datetime:
    """Parse an ISO 8601 date and time with a time zone. Raises Django's ValidationError."""
    if not _INSTANT.fullmatch(text):
        raise ModelError(
            _("Enter a date and time with its zone, such as 2023-11-07T05:31:56Z."), code="invalid"
        )
    return _DATE.to_python(text)


def parse_stamp(value: object) -> datetime | None:
    """Parse a stamp: Unix milliseconds, or ISO 8601 or RFC 3339 with a time zone in any notation. Return None
    for values that no record can have: finer than milliseconds, without digits, of another type. Raises
    Django's ValidationError for other text that cannot be parsed."""
    text = str(value).strip() if type(value) in (str, int) else ""
    if not re.search(r"[0-9]", text):
        return None
    try:
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
    return _check_text(parse_instant, text)


def _object_id(text: str) -> str:
    return text if is_object_id(text) else _check_text(_parse_id, text)


def _parse_id(text: str) -> str:
    if not text:  # the model would accept it as null, because forms send empty text
        raise ModelError(_OBJECT_ID.error_messages["invalid"], params={"value": text})
    return _OBJECT_ID.to_python(text)


def _check_text(check, text: str) -> str:
    """Return the text if `check` accepts it. Otherwise raise its error as one of pydantic's."""
    try:
        check(text)
    except ModelError as error:
        raise _fault(" ".join(error.messages), error.error_list[0].code) from None
    return text


def _fault(message: str, code: str) -> PydanticCustomError:
    return PydanticCustomError("model", "{message}", {"message": message, "code": code})


def _to_integer(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_only(value, check):
    check(value)
    return value


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), BeforeValidator(_to_integer)]
Number = Annotated[float, Strict(), WrapValidator(_check_only)]
Instant = Annotated[str, Strict(), AfterValidator(_instant)]
ObjectId = Annotated[str, Strict(), AfterValidator(_object_id)]
OpenObject = dict[str, Any]


def type_of(field: models.Field) -> object:
    """Return the JSON type of a model field, nullable if null clears it."""
    if isinstance(field, AnyField):
        return Any
    if isinstance(field, TextListField):
        return list[Text]
    if isinstance(field, models.BooleanField):
        return Flag
    plain = Text if is_text(field) else _plain_type(field)
    return plain | None if accepts_null(field) else plain


def is_text(field: models.Field) -> bool:
    """Whether plain values of this field are free text, not ids."""
    return isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, ObjectIdField)


def accepts_null(field: models.Field) -> bool:
    """Whether null may be sent to clear the field."""
    if isinstance(field, AnyField):
        return True
    if isinstance(field, (TextListField, models.BooleanField)):
        return False
    return field.null or (field.blank and is_text(field))


def _plain_type(field: models.Field) -> object:
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


def object_of(name: str, properties: dict[str, object]) -> type:
    """Return the type of an object with these optional properties and no others."""
    shape = TypedDict(name, properties, total=False)
    shape.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return shape


def require_equal_aliases(shape: type, pairs: list[tuple[str, ...]]) -> object:
    """Return the type of an object in which the two keys of each pair, if both are present, have equal
    values."""

    def check(sent: dict) -> dict:
        for one, other in pairs:
            if one in sent and other in sent and sent[one] != sent[other]:
                message = _("Send either %(one)s or %(other)s: their values differ.") % {
                    "one": one,
                    "other": other,
                }
                raise _fault(message, "duplicate")
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


def find_type_errors(adapter: TypeAdapter, body: dict) -> Faults:
    """Return the errors of values with a wrong type and of unknown properties."""
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        return {entry["loc"]: _type_fault(entry) for entry in error.errors(include_url=False)}
    return {}


def _type_fault(entry: dict) -> ModelError:
    kind = entry["type"]
    if kind == "extra_forbidden":
        return ModelError(str(_MESSAGES[kind]), code=UNKNOWN_PROPERTY)
    if entry["input"] is None:
        return ModelError(str(models.Field.default_error_messages["null"]), code="null")
    if kind in _MESSAGES:
        return ModelError(str(_MESSAGES[kind]), code=INVALID_TYPE)
    return ModelError(entry["msg"], code=entry.get("ctx", {}).get("code", INVALID_TYPE))


Encoder = Callable[[Any], object]
"""A function that converts a Python value other than None to a JSON value."""


def encoder_for(field: models.Field, dialect: Dialect) -> Encoder | None:
    """Return the encoder of a field's values, or None if they need no encoding."""
    if isinstance(field, models.DateTimeField):
        return dialect.instant
    return _encode_number if isinstance(field, models.FloatField) else None


def _encode_number(value: float) -> float:
    if abs(value) >= EXACT_FLOATS:
        return value
    return int(value) if value.is_integer() else value


def encode_value(field: models.Field, value: object, dialect: Dialect) -> object:
    """Convert a property's Python value to a JSON value."""
    encode = encoder_for(field, dialect)
    return encode(value) if encode and value is not None else value
