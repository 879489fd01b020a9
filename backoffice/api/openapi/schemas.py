"""The JSON Schema (2020-12) of documents: what may be sent, and what is answered. All of it follows from the
declarations of documents and from the model fields behind them."""

from collections.abc import Collection, Iterable

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from backoffice.api.dialects import Dialect
from backoffice.api.openapi import patterns
from backoffice.api.operations.base import Schema
from backoffice.api.schema.documents import Document
from backoffice.api.schema.fields import Bound, NestedList, Property, ReadOnly, Shape, parts_of
from backoffice.api.schema.json_types import ANYTHING, JSON_VALUE, accepts_null
from backoffice.records.fields import (
    AnyField,
    EmailLineField,
    ObjectIdField,
    OpenObjectField,
    TextListField,
    URIField,
)
from backoffice.records.properties import CollectionProperty, ColumnProperty

COMPONENTS = {
    JSON_VALUE: {
        "description": "Any JSON value, nested 64 levels deep at most, without null characters and without integers "
        "beyond 64 bits."
    },
}
"""Schemas that the others refer to. (That nothing inside a value may have a null character would take a schema that
refers to itself, which tools are known to choke on.)"""

SPECIAL_TEXT = {
    URIField: {"title": "URI", "pattern": patterns.whole(patterns.URI)},
    EmailLineField: {
        "title": "E-mail address",
        "format": "idn-email",
        "pattern": patterns.whole(patterns.EMAIL),
    },
}
"""What text must be beside its length, by the kind of its field."""

NEW, UPDATE, ANSWER = "new", "update", "answer"
"""What a schema is for: a body that creates, a body that changes, an answer."""


class Schemas:
    """The schemas of one dialect, for one of these purposes."""

    def __init__(self, dialect: Dialect, purpose: str):
        self.dialect = dialect
        self.purpose = purpose

    def of(self, document: Document, required: Iterable[str] = (), completed: Collection[str] = ()) -> Schema:
        """The schema of a document; `required` is what must be there of what is sent, by path, and `completed` what may
        be null all the same, by the model's names."""
        schema = self._object(document, document.bound, tuple(required))
        for leaf in document.properties:
            if leaf.attribute in completed and "null" not in schema["properties"][leaf.key]["type"]:
                schema["properties"][leaf.key] = _or_null(schema["properties"][leaf.key])
        for name, default in document.options.items():
            schema["properties"][name] = {"type": "boolean", "default": default}
        return schema

    @property
    def _answers(self) -> bool:
        return self.purpose == ANSWER

    def _object(self, shape: Shape, bound: Bound, required: tuple[str, ...] = ()) -> dict:
        found = object_schema({})
        for leaf in shape.properties:
            prop = bound[leaf.attribute]
            if (schema := self._property(leaf, prop)) is None:
                continue
            within = found
            if leaf.group:
                within = found["properties"].setdefault(leaf.group, object_schema({}))
            within["properties"][leaf.key] = schema
            if (
                leaf.also
            ):  # (As a property of its own, generators of clients would call `id` what `_id` is called.)
                said = f"The same as `{leaf.key}`."
                within.setdefault("patternProperties", {})[f"^{leaf.also}$"] = {**schema, "description": said}
            if self._always_answered(prop) if self._answers else leaf.path in required:
                _require(within, leaf.key)
                _require(found, leaf.group or leaf.key)
            elif leaf.group in required:
                _require(found, leaf.group)
        return found

    def _property(self, leaf: Property, prop: ColumnProperty | CollectionProperty) -> dict | None:
        """The schema of one property; None if it cannot be sent at all."""
        kept = isinstance(leaf, ReadOnly)
        if self.purpose == NEW and not prop.many and (prop.field.primary_key or prop.derived):
            return (
                None  # (A null of what is derived is taken, but generators of clients choke on its schema.)
            )
        if (
            kept and leaf.stamp and self.purpose == UPDATE
        ):  # to be sent, so it is not marked as for reading only
            return {
                **ANYTHING,
                "description": "As it was answered, it says which version was read. Never written.",
            }
        if kept and not leaf.fixed and not self._answers:
            return {**ANYTHING, "readOnly": True, "description": "Kept by the server: never written."}
        schema = self._list(leaf, prop) if prop.many else self._value(prop.field, leaf)
        schema["description"] = _description(leaf, prop, answers=self._answers)
        if kept or prop.derived:
            schema["readOnly"] = True
        return schema

    def _always_answered(self, prop: ColumnProperty | CollectionProperty) -> bool:
        if prop.guard is not None:
            return False
        if not self.dialect.omits_empties or prop.many or isinstance(prop.field, TextListField):
            return True
        return not (prop.field.null or prop.field.blank)

    def _list(self, leaf: Property, rows: CollectionProperty) -> dict:
        if not isinstance(leaf, NestedList):
            (column,) = rows.columns().values()
            schema = {"type": "array", "items": self._value(column.field, leaf)}
            return schema if self._answers else {**schema, "uniqueItems": True}
        parts = parts_of(rows)
        items = self._object(leaf.shape, parts)
        if not self._answers:
            plain = [inner for inner in leaf.shape.properties if not parts[inner.attribute].many]
            needed = [inner.key for inner in plain if _is_needed(parts[inner.attribute].field)]
            ids = [inner.key for inner in plain if parts[inner.attribute].field.primary_key]
            if ids and self.purpose == UPDATE:
                # (What is required of one or the other, generators of clients do not understand as a schema.)
                told = ", ".join(f"`{name}`" for name in needed)
                items["description"] = (
                    f"With the `{ids[0]}` of an element that is there, what is sent of it is changed; one without is "
                    f"added and needs {told}."
                )
            else:
                items["required"] = needed
        return {"type": "array", "items": items}

    def _value(self, field: models.Field, leaf: Property) -> dict:
        if isinstance(field, AnyField):
            return dict(ANYTHING)
        if isinstance(field, TextListField):
            return {"type": "array", "items": self._value(field.item, leaf)}
        schema = self._plain(field, leaf)
        nullable = accepts_null(field)
        if self._answers:
            nullable = field.null and not self.dialect.omits_empties
        return _or_null(schema) if nullable else schema

    def _plain(self, field: models.Field, leaf: Property) -> dict:
        if field.is_relation or isinstance(field, ObjectIdField):
            digits = patterns.ID if self._answers else patterns.ID_OF_EITHER_CASE
            return {"type": "string", "pattern": patterns.whole(digits)}
        if isinstance(field, models.DateTimeField):
            pattern = self.dialect.instant_pattern if self._answers else patterns.INSTANT
            return {"type": "string", "format": "date-time", "pattern": patterns.whole(pattern)}
        if isinstance(field, models.BooleanField):
            return {"type": "boolean"}
        if isinstance(field, (models.IntegerField, models.FloatField)):
            kind = "integer" if isinstance(field, models.IntegerField) else "number"
            return {"type": kind, **_range(field)}
        if isinstance(field, OpenObjectField):
            return {"type": "object", "additionalProperties": dict(ANYTHING)}
        return self._text(field, leaf)

    def _text(self, field: models.Field, leaf: Property) -> dict:
        empty = field.blank and not (self._answers and self.dialect.omits_empties)
        if field.choices:
            words = [value for value, _label in field.flatchoices]
            if not self._answers:
                words += leaf.spellings
            return {"type": "string", "enum": [*words, ""] if empty else words}
        schema: dict = {"type": "string"}
        if field.max_length:
            schema["maxLength"] = field.max_length
        if not empty:
            schema["minLength"] = 1
        if self._answers:
            return schema
        special = SPECIAL_TEXT.get(type(field))
        if special and empty:
            return schema | {
                "title": special["title"],
                "pattern": patterns.whole(f"|{special['pattern'][1:-1]}"),
            }
        return schema | (special or {"pattern": patterns.whole(patterns.TEXT)})


def object_schema(properties: dict) -> dict:
    """The schema of an object with these properties, and none besides."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _require(schema: dict, name: str) -> None:
    if name not in schema.setdefault("required", []):
        schema["required"].append(name)


def _or_null(schema: dict) -> dict:
    schema = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _range(field: models.Field) -> dict:
    """The limits that the validators of a number set."""
    least = [check.limit_value for check in field.validators if isinstance(check, MinValueValidator)]
    most = [check.limit_value for check in field.validators if isinstance(check, MaxValueValidator)]
    return {
        **({"minimum": max(least)} if least else {}),
        **({"maximum": min(most)} if most else {}),
    }


def _is_needed(field: models.Field) -> bool:
    """Whether a new element must say it: it cannot be empty, and nothing else fills it."""
    return not (field.null or field.blank or field.primary_key) and field.get_default() in field.empty_values


def _description(leaf: Property, prop: ColumnProperty | CollectionProperty, *, answers: bool) -> str:
    """What a property is, in the model's own words, and what there is to know of seeing and sending it."""
    said = [leaf.description or _capitalised(prop.label)]
    if not prop.many:
        words = getattr(prop.field.model, "value_labels", {}).get(prop.name, ())
        named = ", ".join(f"{value} {label}" for value, label in words)
        said.append(str(prop.field.help_text) or named)
    if leaf.also:
        said.append(f"Answered as `{leaf.also}`, too, and may be sent by either name")
    if prop.guard is not None:
        said.append("A secret" if prop.guard.secret else "")
        said.append("Left out of answers to those who may not see it, and refused from them (403)")
    if not answers and isinstance(leaf, ReadOnly):
        said.append("May be sent as it is, and cannot be changed")
    elif not answers and prop.derived:
        said.append("Follows from other properties: may be sent as it is, and cannot be set")
    return " ".join(f"{part.rstrip('.')}." for part in said if part)


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
