"""Model fields for JSON values: any value, objects, and lists of text."""

import json
import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import Connection, ModelField, StrOrPromise
from backoffice.db.compat import escape_member_name, exact_json, rename_members, unescape_member_name
from backoffice.records.exceptions import EntryError
from backoffice.records.fields.generics import GetT, SetT
from backoffice.records.fields.text_fields import LineField, validate_clean_text

_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode_json = json.JSONDecoder().raw_decode  # not `decode`: stored JSON has no white space around it


MAX_DEPTH = 64
"""Maximum nesting of a JSON value."""


def validate_json(value: object, depth: int = 1) -> None:
    """Refuse JSON values that not all databases store alike: texts as in `validate_clean_text`, integers
    beyond 64 bits, NaN and infinities, and nesting beyond `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise ValidationError(_("This is nested too deeply."), code="depth")
    if isinstance(value, str):
        validate_clean_text(value)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValidationError(_("This number has too many digits."), code="precision")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(_("“%(value)s” is not a number."), code="invalid", params={"value": value})
    elif isinstance(value, dict):
        for name, inner in value.items():
            validate_clean_text(name)
            validate_json(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            validate_json(inner, depth + 1)


class AnyField(models.TextField[SetT, GetT]):
    """Any JSON value, stored as text, so that all databases return the same: order of keys, dots and dollars
    in keys, 64-bit integers. None is JSON's null and the empty value."""

    empty_values = (None,)
    # What django-stubs takes for the type of the attribute.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, expression: object, connection: Connection) -> Any:
        return None if value is None else _decode_json(value)[0]

    def to_python(self, value: Any) -> Any:
        validate_json(value)
        return value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else _encode_json(value)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        self.run_validators(value)
        return value


def _without_minus_zero(value: Any) -> Any:
    """Replace -0.0, which PostgreSQL's numbers do not have."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _without_minus_zero(inner) for name, inner in value.items()}
    return [_without_minus_zero(inner) for inner in value] if isinstance(value, list) else value


class OpenObjectField(models.JSONField[SetT, GetT]):
    """A JSON object with properties of the client's choice, or null. A change adds at most `max_added` (see
    `backoffice.records.writes.validation`)."""

    max_added = 100
    longest_name = 255

    def __init__(self, *args: Any, add_label: StrOrPromise = "", **kwargs: Any) -> None:
        self.add_label = add_label
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        validate_json(value)
        return super().to_python(_without_minus_zero(value))

    def get_db_prep_value(self, value: Any, connection: Connection, prepared: bool = False) -> Any:
        if isinstance(value, dict) and connection.vendor == "postgresql":
            from psycopg.types.json import Jsonb

            return Jsonb(value, dumps=exact_json)
        if isinstance(value, dict) and connection.vendor == "mongodb":
            value = rename_members(value, escape_member_name)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Connection) -> Any:
        if value == "{}":  # the common case, on SQLite
            return {}
        value = super().from_db_value(value, expression, connection)
        return rename_members(value, unescape_member_name) if connection.vendor == "mongodb" else value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if value is not None and not isinstance(value, dict):
            raise ValidationError(_('This must be an object, such as {"floor": 3}.'), code="invalid")


class TextListField(models.TextField[list[str], list[str]]):
    """An ordered list of text, stored as JSON. `item` is the field that validates an entry; the error of an
    entry is keyed by its place. A change adds at most `max_added`."""

    max_added = 100
    empty_values = ([], None)

    def __init__(
        self,
        *args: Any,
        item: ModelField | None = None,
        add_label: StrOrPromise = "",
        edit_label: StrOrPromise = "",
        **kwargs: Any,
    ) -> None:
        self.item, self.add_label, self.edit_label = item or LineField(), add_label, edit_label
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, expression: object, connection: Connection) -> list[str]:
        return _decode_json(value)[0] if value and value != "[]" else []

    def to_python(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError(_("This must be a list."), code="invalid")
        return list(value)

    def get_prep_value(self, value: Any) -> str:
        return _encode_json(value)

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value: Any, model_instance: models.Model | None) -> list[str]:
        """Return the list with each entry validated. Errors are `EntryError`s."""
        entries = self.to_python(value)
        errors = []
        for place, entry in enumerate(entries):
            try:
                self.item.clean(entry, model_instance)
            except ValidationError as error:
                errors += [EntryError.at(place, item_error) for item_error in error.error_list]
        if errors:
            raise ValidationError(errors)
        return entries
