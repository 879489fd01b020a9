"""The query parameter `generalField`: one condition on any property, as a JSON object
`{key, operator, value, fieldType}`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.api.annotations import Schema
from backoffice.api.schema.documents import Document
from backoffice.api.transport.request_body import parameter_value
from backoffice.db.annotations import JsonObject, JsonValue, Rows
from backoffice.db.compat import subquery_ids
from backoffice.lists import query_params
from backoffice.records.actors import Actor
from backoffice.records.fields import ObjectIdField, OpenObjectField, validate_json
from backoffice.records.properties import CollectionProperty, ColumnProperty

EQUALS, NOT_EQUALS, IN, NOT_IN = "equals", "not_equals", "in", "not_in"
EXISTS, NOT_EXISTS, CONTAINS = "exists", "not_exists", "contains"
ORDERED = {"greater_than": "gt", "less_than": "lt", "greater_equal": "gte", "less_equal": "lte"}
ANY_TYPE = (EQUALS, NOT_EQUALS, IN, NOT_IN, EXISTS, NOT_EXISTS)
FIELD_TYPES = ("string", "number", "boolean", "date", "objectid", "objectId")
"""Values of `fieldType`. The type follows from the property; with `number` and `boolean` the value may be
text."""


@dataclass(frozen=True, eq=False)
class ValueType:
    """The schema, the parser and the operators of conditions on properties of one type."""

    schema: Schema
    read: Callable[[JsonValue], object]
    operators: tuple[str, ...]


def _read_text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("This must be text."), code="type")
    validate_json(value)
    return value


def _read_reference(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("This must be an id."), code="type")
    return query_params.object_id(value)


def _read_number(value: JsonValue) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValidationError(_("This must be a number."), code="type")
    validate_json(value)
    if not FEWEST <= value <= MOST:
        raise ValidationError(_("This number has too many digits."), code="precision")
    return value


def _read_whole(value: JsonValue) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError(_("This must be a whole number."), code="type")
    validate_json(value)
    return value


def _read_flag(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("This must be true or false."), code="type")
    return value


def _read_instant(value: JsonValue) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValidationError(_("This must be a date and time."), code="type")
    return query_params.moment(str(value)) if isinstance(value, int) else query_params.iso_moment(value)


def _read_simple(value: JsonValue) -> str | int | float | bool:
    if isinstance(value, (dict, list)) or value is None:
        raise ValidationError(_("This must be text, a number, true or false."), code="type")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _read_number(value)
    validate_json(value)
    return value


LONGEST_CONTAINED = 100
"""The maximum number of characters for `contains`."""
_SAFE: Schema = {"type": "string", "pattern": r"^[^\u0000]*$", "maxLength": 1000}
FEWEST, MOST = -(2**63), 2**63 - 1
_NUMBER: Schema = {"type": "number", "minimum": FEWEST, "maximum": MOST}
TEXT = ValueType(_SAFE, _read_text, (*ANY_TYPE, CONTAINS, *ORDERED))
NUMBER = ValueType(_NUMBER, _read_number, (*ANY_TYPE, *ORDERED))
WHOLE = ValueType({**_NUMBER, "type": "integer"}, _read_whole, (*ANY_TYPE, *ORDERED))
INSTANT = ValueType(query_params.MOMENT, _read_instant, (*ANY_TYPE, *ORDERED))
REFERENCE = ValueType(query_params.OBJECT_ID, _read_reference, ANY_TYPE)
FLAG = ValueType(query_params.FLAG, _read_flag, ANY_TYPE)
CUSTOM = ValueType({"anyOf": [_SAFE, _NUMBER, {"type": "boolean"}]}, _read_simple, (*ANY_TYPE, CONTAINS))


def value_type_of(column: ColumnProperty) -> ValueType:
    """Return the type of conditions on a property."""
    field = column.field
    if field.is_relation or isinstance(field, ObjectIdField):
        return REFERENCE
    if isinstance(field, models.DateTimeField):
        return INSTANT
    if isinstance(field, models.BooleanField):
        return FLAG
    if isinstance(field, models.IntegerField):
        return WHOLE
    if isinstance(field, models.FloatField):
        return NUMBER
    return TEXT


class GeneralField:
    """The conditions on one type of document."""

    def __init__(self, document: Document):
        self.document = document
        self.columns = document.scalars
        self.lists = document.plain_lists
        self.open = {
            leaf.path: document.bound[leaf.attribute].name
            for leaf in document.properties
            if isinstance(getattr(document.bound[leaf.attribute], "field", None), OpenObjectField)
        }

    @property
    def schema(self) -> Schema:
        """The JSON Schema of the parameter."""
        by_kind: dict[ValueType, list[str]] = {}
        for path, kind in self._kinds().items():
            by_kind.setdefault(kind, []).append(path)
        shapes = []
        for kind, paths in by_kind.items():
            shapes += _shapes(kind, {"type": "string", "enum": paths})
        for path in self.open:
            key = {"type": "string", "pattern": rf"^{path}\.[^.\u0000]{{1,100}}$"}
            shapes += _shapes(CUSTOM, key)
        return {"anyOf": shapes}

    def _kinds(self) -> dict[str, ValueType]:
        kinds = {path: value_type_of(column) for path, column in self.columns.items()}
        for path, rows in self.lists.items():
            (column,) = rows.columns().values()
            kind = value_type_of(column)
            kinds[path] = LIST_OF[kind]
        return kinds

    def parse(self, text: str) -> Callable[[Rows, Actor], Rows]:
        """Parse the parameter and return a function that filters a queryset for an actor. Raises
        ValidationError."""
        sent = parameter_value(text)
        if not isinstance(sent, dict):
            raise ValidationError(_("This must be a JSON object with key, operator and value."), code="type")
        if unknown := sent.keys() - {"key", "operator", "value", "fieldType"}:
            raise ValidationError(
                _("There is no “%(name)s” here.") % {"name": sorted(unknown)[0][:100]},
                code="unknown_property",
            )
        if sent.get("fieldType", "string") not in FIELD_TYPES:
            raise ValidationError(
                _("fieldType is one of: %(types)s.") % {"types": ", ".join(FIELD_TYPES)}, code="choice"
            )
        key, operator = sent.get("key"), sent.get("operator")
        if not isinstance(key, str) or not isinstance(operator, str):
            raise ValidationError(_("Enter a key and an operator."), code="required")
        kind = self._kind_of(key)
        if operator not in kind.operators:
            raise ValidationError(
                _("For %(key)s the operator is one of: %(operators)s.")
                % {"key": key[:100], "operators": ", ".join(kind.operators)},
                code="choice",
            )
        value = _value(kind, operator, sent)
        return lambda queryset, actor: self._filter(queryset, actor, key, operator, value)

    def _kind_of(self, key: str) -> ValueType:
        if (kind := self._kinds().get(key)) is not None:
            return kind
        path, _dot, name = key.partition(".")
        if path in self.open and name and len(name) <= 100 and "." not in name and "\x00" not in name:
            validate_json(name)
            return CUSTOM
        raise ValidationError(_("“%(key)s” cannot be searched.") % {"key": key[:100]}, code="choice")

    def _filter(self, queryset: Rows, actor: Actor, key: str, operator: str, value: Any) -> Rows:
        if key in self.lists:
            return self._filter_by_rows(queryset, actor, self.lists[key], operator, value)
        if key in self.columns:
            field = self.columns[key].field
            name = field.attname
            empty = Q(**{f"{name}__isnull": True})
            if value_type_of(self.columns[key]) is TEXT:
                empty |= Q(**{name: ""})
            return _filter_by_column(queryset, name, operator, value, empty)
        path, _dot, name = key.partition(".")
        return queryset.filter(_member_condition(self.open[path], name, operator, value))

    def _filter_by_rows(
        self, queryset: Rows, actor: Actor, prop: CollectionProperty, operator: str, value: Any
    ) -> Rows:
        (name,) = prop.fields
        entries = prop.searchable_by(actor)
        if operator in (EQUALS, NOT_EQUALS):
            entries = entries.filter(**{name: value})
        elif operator in (IN, NOT_IN):
            entries = entries.filter(**{f"{name}__in": value})
        elif operator == CONTAINS:
            entries = entries.filter(**{f"{name}__has": value})
        having = Q(pk__in=subquery_ids(entries.values("record_id")))
        return queryset.filter(~having if operator in (NOT_EQUALS, NOT_IN, NOT_EXISTS) else having)


LIST_OF = {
    TEXT: ValueType(_SAFE, _read_text, (*ANY_TYPE, CONTAINS)),
    REFERENCE: ValueType(query_params.OBJECT_ID, REFERENCE.read, ANY_TYPE),
}
"""The type of a list by that of its entries."""


def _value(kind: ValueType, operator: str, sent: JsonObject) -> object:
    if operator in (EXISTS, NOT_EXISTS):
        return None
    value = sent.get("value")
    if operator in (IN, NOT_IN):
        if not isinstance(value, list) or len(value) > 1000:
            raise ValidationError(_("The value must be a list of at most 1000 entries."), code="too_many")
        return [kind.read(_convert(kind, entry, sent.get("fieldType"))) for entry in value]
    value = kind.read(_convert(kind, value, sent.get("fieldType")))
    if operator == CONTAINS and isinstance(value, str) and not 1 <= len(value) <= LONGEST_CONTAINED:
        raise ValidationError(
            _("With contains, the value must have 1 to %(most)s characters.") % {"most": LONGEST_CONTAINED}
        )
    return value


def _convert(kind: ValueType, value: JsonValue, field_type: str | None) -> JsonValue:
    if isinstance(value, str) and field_type == "number" and kind in (NUMBER, WHOLE, CUSTOM):
        number = query_params.number(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, str) and field_type == "boolean" and kind in (FLAG, CUSTOM):
        return query_params.flag(value)
    return value


def _filter_by_column(queryset: Rows, name: str, operator: str, value: Any, empty: Q) -> Rows:
    if operator in (EXISTS, NOT_EXISTS):
        return queryset.filter(~empty if operator == EXISTS else empty)
    if operator == CONTAINS:
        return queryset.filter(**{f"{name}__has": value})
    if operator in ORDERED:
        return queryset.filter(**{f"{name}__{ORDERED[operator]}": value})
    condition = Q(**{f"{name}__in": value}) if operator in (IN, NOT_IN) else Q(**{name: value})
    return queryset.filter(~condition if operator in (NOT_EQUALS, NOT_IN) else condition)


def _member_condition(column: str, name: str, operator: str, value: Any) -> Q:
    if operator in (EXISTS, NOT_EXISTS):
        condition = Q(**{f"{column}__has_member": [name]})
    elif operator == CONTAINS:
        part = value if isinstance(value, str) else json.dumps(value)
        condition = Q(**{f"{column}__member_has": [name, part]})
    else:
        condition = Q(**{f"{column}__member_in": [name, value if isinstance(value, list) else [value]]})
    return ~condition if operator in (NOT_EQUALS, NOT_IN, NOT_EXISTS) else condition


def _shapes(kind: ValueType, key: Schema) -> list[Schema]:
    """Return the schemas of conditions on properties of a type: without a value, with one, with several."""
    without = (EXISTS, NOT_EXISTS)
    many = (IN, NOT_IN)
    part = tuple(operator for operator in kind.operators if operator == CONTAINS)
    one = tuple(operator for operator in kind.operators if operator not in without + many + part)
    several = {"type": "array", "items": kind.schema, "maxItems": 1000}

    def shape(operators: tuple[str, ...], value: Schema | None) -> Schema:
        properties: dict[str, Schema] = {
            "key": key,
            "operator": {"type": "string", "enum": list(operators)},
            "fieldType": {"type": "string", "enum": list(FIELD_TYPES)},
        }
        if value:
            properties["value"] = value
        return {
            "type": "object",
            "properties": properties,
            "required": ["key", "operator", *(["value"] if value else [])],
            "additionalProperties": False,
        }

    shapes = [shape(without, None), shape(one, kind.schema), shape(many, several)]
    return [*shapes, shape(part, _contained(kind.schema))] if part else shapes


def _contained(schema: Schema) -> Schema:
    """Return the schema of values for `contains`, with a limited length."""
    if "anyOf" in schema:
        return {"anyOf": [_contained(one) for one in schema["anyOf"]]}
    return {**schema, "minLength": 1, "maxLength": LONGEST_CONTAINED} if schema is _SAFE else schema
