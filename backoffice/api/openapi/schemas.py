"""JSON Schemas (2020-12) of request bodies and responses, derived from the declarations of documents and
their model fields."""

from collections.abc import Collection, Iterable

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from backoffice.api.annotations import Schema
from backoffice.api.dialects import Dialect
from backoffice.api.openapi import patterns
from backoffice.api.schema.documents import Document
from backoffice.api.schema.fields import Bound, NestedList, Property, ReadOnly, Shape, item_properties
from backoffice.api.schema.json_types import ANYTHING, JSON_VALUE, accepts_null
from backoffice.db.annotations import JsonObject, ModelField
from backoffice.records.fields import (
    AnyField,
    EmailLineField,
    ObjectIdField,
    OpenObjectField,
    TextListField,
    URIField,
)
from backoffice.records.properties import CollectionProperty, RecordProperty

COMPONENTS = {
    JSON_VALUE: {
        "description": "Any JSON value, nested 64 levels deep at most, without null characters and without integers "
        "beyond 64 bits."
    },
}
"""Schemas that others refer to. They do not exclude null characters inside values: that takes a recursive
schema, on which some tools fail."""

SPECIAL_TEXT: dict[type[ModelField], JsonObject] = {
    URIField: {"title": "URI", "pattern": patterns.full_match(patterns.URI)},
    EmailLineField: {
        "title": "E-mail address",
        "format": "idn-email",
        "pattern": patterns.full_match(patterns.EMAIL),
    },
}
"""Formats of text, by the type of its field."""

NEW, UPDATE, ANSWER = "new", "update", "answer"
"""The purposes of schemas: a body that creates, a body that updates, a response."""


class Schemas:
    """A builder of schemas for one dialect and one purpose."""

    def __init__(self, dialect: Dialect, purpose: str):
        self.dialect = dialect
        self.purpose = purpose

    def document_schema(
        self, document: Document, required: Iterable[str] = (), completed: Collection[str] = ()
    ) -> Schema:
        """Return the schema of a document. `required` are paths of required properties of a body; `completed`
        are model names of properties that may be null because the server computes them."""
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

    def _object(self, shape: Shape, bound: Bound, required: tuple[str, ...] = ()) -> JsonObject:
        result = object_schema({})
        for leaf in shape.properties:
            prop = bound[leaf.attribute]
            if (schema := self._property(leaf, prop)) is None:
                continue
            within = result
            if leaf.group:
                within = result["properties"].setdefault(leaf.group, object_schema({}))
            within["properties"][leaf.key] = schema
            if leaf.alias:
                # As a property, `id` would get the same name as `_id` in generated clients.
                alias = {**schema, "description": f"The same as `{leaf.key}`."}
                within.setdefault("patternProperties", {})[f"^{leaf.alias}$"] = alias
            if self._always_answered(prop) if self._answers else leaf.path in required:
                _require(within, leaf.key)
                _require(result, leaf.group or leaf.key)
            elif leaf.group in required:
                _require(result, leaf.group)
        return result

    def _property(self, leaf: Property, prop: RecordProperty) -> JsonObject | None:
        """Return the schema of one property, or None if it cannot be sent at all."""
        is_read_only = isinstance(leaf, ReadOnly)
        if self.purpose == NEW and not prop.many and (prop.field.primary_key or prop.derived):
            # A null of a derived property is accepted, but client generators fail on its schema.
            return None
        # Clients should send the stamp, so it is not marked as `readOnly`.
        if is_read_only and leaf.is_version_stamp and self.purpose == UPDATE:
            return {
                **ANYTHING,
                "description": "The version that the client has read, as it was in the response. Never written.",
            }
        if is_read_only and not leaf.is_fixed and not self._answers:
            return {**ANYTHING, "readOnly": True, "description": "Maintained by the server, never written."}
        schema = self._list(leaf, prop) if prop.many else self._value(prop.field, leaf)
        schema["description"] = _description(leaf, prop, answers=self._answers)
        if is_read_only or prop.derived:
            schema["readOnly"] = True
        return schema

    def _always_answered(self, prop: RecordProperty) -> bool:
        if prop.guard is not None:
            return False
        if not self.dialect.omits_empties or prop.many or isinstance(prop.field, TextListField):
            return True
        return not (prop.field.null or prop.field.blank)

    def _list(self, leaf: Property, prop: CollectionProperty) -> JsonObject:
        if not isinstance(leaf, NestedList):
            (column,) = prop.columns().values()
            schema = {"type": "array", "items": self._value(column.field, leaf)}
            return schema if self._answers else {**schema, "uniqueItems": True}
        parts = item_properties(prop)
        items = self._object(leaf.shape, parts)
        if not self._answers:
            fields = [
                (inner.key, part.field)
                for inner in leaf.shape.properties
                if not (part := parts[inner.attribute]).many
            ]
            needed = [key for key, field in fields if _is_needed(field)]
            ids = [key for key, field in fields if field.primary_key]
            if ids and self.purpose == UPDATE:
                # Client generators do not support schemas with alternatives of required properties.
                names = ", ".join(f"`{name}`" for name in needed)
                items["description"] = (
                    f"An element with the `{ids[0]}` of an existing one changes the properties that are sent; an "
                    f"element without it is added and needs {names}."
                )
            else:
                items["required"] = needed
        return {"type": "array", "items": items}

    def _value(self, field: ModelField, leaf: Property) -> JsonObject:
        if isinstance(field, AnyField):
            return dict(ANYTHING)
        if isinstance(field, TextListField):
            return {"type": "array", "items": self._value(field.item, leaf)}
        schema = self._plain(field, leaf)
        nullable = accepts_null(field)
        if self._answers:
            nullable = field.null and not self.dialect.omits_empties
        return _or_null(schema) if nullable else schema

    def _plain(self, field: ModelField, leaf: Property) -> JsonObject:
        if field.is_relation or isinstance(field, ObjectIdField):
            digits = patterns.ID if self._answers else patterns.ID_OF_EITHER_CASE
            return {"type": "string", "pattern": patterns.full_match(digits)}
        if isinstance(field, models.DateTimeField):
            pattern = self.dialect.instant_pattern if self._answers else patterns.INSTANT
            return {"type": "string", "format": "date-time", "pattern": patterns.full_match(pattern)}
        if isinstance(field, models.BooleanField):
            return {"type": "boolean"}
        if isinstance(field, (models.IntegerField, models.FloatField)):
            kind = "integer" if isinstance(field, models.IntegerField) else "number"
            return {"type": kind, **_range(field)}
        if isinstance(field, OpenObjectField):
            return {"type": "object", "additionalProperties": dict(ANYTHING)}
        return self._text(field, leaf)

    def _text(self, field: ModelField, leaf: Property) -> JsonObject:
        empty = field.blank and not (self._answers and self.dialect.omits_empties)
        if field.choices:
            words = [value for value, _label in field.flatchoices]
            if not self._answers:
                words += leaf.spellings
            return {"type": "string", "enum": [*words, ""] if empty else words}
        schema: JsonObject = {"type": "string"}
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
                "pattern": patterns.full_match(f"|{special['pattern'][1:-1]}"),
            }
        return schema | (special or {"pattern": patterns.full_match(patterns.TEXT)})


def object_schema(properties: JsonObject) -> JsonObject:
    """Return the schema of an object with these properties and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _require(schema: JsonObject, name: str) -> None:
    if name not in schema.setdefault("required", []):
        schema["required"].append(name)


def _or_null(schema: JsonObject) -> JsonObject:
    schema = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _range(field: ModelField) -> JsonObject:
    """Return the limits set by the validators of a number."""
    least = [check.limit_value for check in field.validators if isinstance(check, MinValueValidator)]
    most = [check.limit_value for check in field.validators if isinstance(check, MaxValueValidator)]
    return {
        **({"minimum": max(least)} if least else {}),
        **({"maximum": min(most)} if most else {}),
    }


def _is_needed(field: ModelField) -> bool:
    """Whether a new element must have a value: the field cannot be empty and has no default."""
    return not (field.null or field.blank or field.primary_key) and field.get_default() in field.empty_values


def _description(leaf: Property, prop: RecordProperty, *, answers: bool) -> str:
    """Return the description of a property: the model's label and help text, and the rules for reading and
    sending."""
    sentences = [leaf.description or _capitalised(prop.label)]
    if not prop.many:
        words = getattr(prop.field.model, "value_labels", {}).get(prop.name, ())
        named = ", ".join(f"{value} {label}" for value, label in words)
        sentences.append(str(prop.field.help_text) or named)
    if leaf.alias:
        sentences.append(f"Returned as `{leaf.alias}`, too; both names can be sent")
    if prop.guard is not None:
        sentences.append("A secret" if prop.guard.secret else "")
        sentences.append("Users without permission do not get it and cannot set it (403)")
    if not answers and isinstance(leaf, ReadOnly):
        sentences.append("It can be sent unchanged, but not changed")
    elif not answers and prop.derived:
        sentences.append("Calculated from other properties: it can be sent unchanged, but not set")
    return " ".join(f"{part.rstrip('.')}." for part in sentences if part)


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
