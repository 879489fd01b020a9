"""The JSON type of each kind of model field: what a body may hold, checked by pydantic, and what an answer holds.

Only types are checked here, strictly; what a value may be is for the model to say, in one place for every door.
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
"""The schema of a value that may be anything."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OBJECT_ID, _DATE = ObjectIdField(), InstantField()

EXACT_FLOATS = 2**53
"""Below this a double holds every integer, and a whole number is written as one: 3, not 3.0."""


def instant_of(text: str) -> datetime:
    """The moment that an ISO 8601 date and time with its zone names. Raises Django's ValidationError."""
    if not _INSTANT.fullmatch(text):
        raise ModelError(
            _("Enter a date and time with its zone, such as 2023-11-07T05:31:56Z."), code="invalid"
        )
    return _DATE.to_python(text)


def stamp_of(value: object) -> datetime | None:
    """The moment that a stamp names: Unix milliseconds, or ISO 8601 or RFC 3339 with a zone, in any of their spellings.
    None if it names none that a record can have: finer than milliseconds, words, another type. Raises Django's
    ValidationError for text with digits that cannot be read."""
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
        _("Send this as it was answered, such as 2023-11-07T05:31:56.123Z, or leave it out."), code="invalid"
    )


def _instant(text: str) -> str:
    return _checked(instant_of, text)


def _object_id(text: str) -> str:
    return text if is_object_id(text) else _checked(_id_of, text)


def _id_of(text: str) -> str:
    if not text:  # the model takes that for none, as forms send it
        raise ModelError(_OBJECT_ID.error_messages["invalid"], params={"value": text})
    return _OBJECT_ID.to_python(text)


def _checked(check, text: str) -> str:
    """The text itself, if `check` has nothing against it; what it has is told in pydantic's way."""
    try:
        check(text)
    except ModelError as error:
        raise _fault(" ".join(error.messages), error.error_list[0].code) from None
    return text


def _fault(said: str, code: str) -> PydanticCustomError:
    return PydanticCustomError("model", "{said}", {"said": said, "code": code})


def _whole(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_sent(value, check):
    check(value)
    return value


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
Number = Annotated[float, Strict(), WrapValidator(_as_sent)]
Instant = Annotated[str, Strict(), AfterValidator(_instant)]
ObjectId = Annotated[str, Strict(), AfterValidator(_object_id)]
OpenObject = dict[str, Any]


def type_of(field: models.Field) -> object:
    """The JSON type of a model field, with null where null empties it."""
    if isinstance(field, AnyField):
        return Any
    if isinstance(field, TextListField):
        return list[Text]
    if isinstance(field, models.BooleanField):
        return Flag
    plain = Text if is_text(field) else _plain_type(field)
    return plain | None if accepts_null(field) else plain


def is_text(field: models.Field) -> bool:
    """Whether a plain value of this field is text that people write."""
    return isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, ObjectIdField)


def accepts_null(field: models.Field) -> bool:
    """Whether null may be sent: it empties what can be empty."""
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
    """The type of an object with these properties, none required and none besides."""
    shape = TypedDict(name, properties, total=False)
    shape.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return shape


def one_of_each(shape: type, pairs: list[tuple[str, ...]]) -> object:
    """The type of such an object in which the keys of each of the pairs do not contradict each other."""

    def check(sent: dict) -> dict:
        for one, other in pairs:
            if one in sent and other in sent and sent[one] != sent[other]:
                said = _("Send %(one)s or %(other)s: the two differ.") % {"one": one, "other": other}
                raise _fault(said, "duplicate")
        return sent

    return Annotated[shape, AfterValidator(check)]


_MESSAGES = {
    "extra_forbidden": gettext_lazy("There is no such property."),
    "dict_type": gettext_lazy("This must be an object."),
    "list_type": gettext_lazy("This must be a list."),
    "string_type": gettext_lazy("This must be text."),
    "bool_type": gettext_lazy("This must be true or false."),
    "int_type": gettext_lazy("This must be a whole number."),
    "float_type": gettext_lazy("This must be a number."),
}


def type_faults(adapter: TypeAdapter, body: dict) -> Faults:
    """Return everything in the body that has the wrong type, and every property that is none."""
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        return {found["loc"]: _type_fault(found) for found in error.errors(include_url=False)}
    return {}


def _type_fault(found: dict) -> ModelError:
    kind = found["type"]
    if kind == "extra_forbidden":
        return ModelError(str(_MESSAGES[kind]), code=UNKNOWN_PROPERTY)
    if found["input"] is None:
        return ModelError(str(models.Field.default_error_messages["null"]), code="null")
    if kind in _MESSAGES:
        return ModelError(str(_MESSAGES[kind]), code=INVALID_TYPE)
    return ModelError(found["msg"], code=found.get("ctx", {}).get("code", INVALID_TYPE))


Giver = Callable[[Any], object]
"""What makes the JSON value of a Python value that is not None."""


def giver_of(field: models.Field, dialect: Dialect) -> Giver | None:
    """What makes the JSON values of a field; None if they are the Python values."""
    if isinstance(field, models.DateTimeField):
        return dialect.instant
    return _given_number if isinstance(field, models.FloatField) else None


def _given_number(value: float) -> float:
    if abs(value) >= EXACT_FLOATS:
        return value
    return int(value) if value.is_integer() else value


def answered(field: models.Field, value: object, dialect: Dialect) -> object:
    """The JSON value of a property's Python value."""
    give = giver_of(field, dialect)
    return give(value) if give and value is not None else value
