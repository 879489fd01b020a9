"""Examples of requests and responses, derived from the examples of documents."""

from typing import Any

from backoffice.api.annotations import Schema
from backoffice.api.dialects import Dialect
from backoffice.api.openapi.schemas import NEW
from backoffice.api.schema.default_documents import A_LINK, AN_ID, example_value
from backoffice.api.schema.documents import Document, registered_documents
from backoffice.api.schema.fields import NestedList, Property
from backoffice.db.annotations import JsonObject
from backoffice.lists.query_params import MOMENT_TEXT, OBJECT_ID
from backoffice.records.properties import RecordProperty

A_TEXT = "complaints"
UPDATED_PROPERTIES = 3
"""The number of properties in an example of an update."""


def answered_example(document: Document, dialect: Dialect) -> JsonObject:
    """Return an example of a response with the document."""
    example: JsonObject = {}
    for leaf in document.properties:
        if entry := dialect.make_object([(leaf.key, _example_value(document, leaf))]):
            (example.setdefault(leaf.group, {}) if leaf.group else example).update(entry)
    return example


def sent_example(document: Document, purpose: str, required: tuple[str, ...] = ()) -> JsonObject:
    """Return an example of a request body: all properties that a client sets in a new record, the first few
    self-contained properties for an update, all properties for an action."""
    example: JsonObject = {}
    for leaf in document.properties:
        prop, value = document.bound[leaf.attribute], _example_value(document, leaf)
        if not leaf.writable or prop.derived or value in (None, "", []):
            continue
        if purpose == NEW and isinstance(leaf, NestedList):
            value = _without_ids(value)
        wanted = not document.slug or leaf.path in required or leaf.group in required
        is_full = purpose != NEW and len(example) == UPDATED_PROPERTIES
        if wanted or (_is_self_contained(leaf, prop) and not is_full):
            (example.setdefault(leaf.group, {}) if leaf.group else example)[leaf.key] = value
    return example | dict(document.options)


def example_of(schema: Schema) -> object:
    """Return a value that a schema allows."""
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0])
    if schema == MOMENT_TEXT:
        return "2026-01-01T00:00:00Z"
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return {name: example_of(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema["items"])]
    if kind == "string":
        return AN_ID if schema == OBJECT_ID else A_LINK if schema.get("format") == "uri" else A_TEXT
    return {"integer": max(schema.get("minimum", 0), 12), "number": 12.5, "boolean": True}[kind]


def _example_value(document: Document, leaf: Property) -> object:
    """Return a property's value in the document's example, or in that of the complete document of the same
    model."""
    whole = document
    if not document.example:
        whole = next(other for other in registered_documents.values() if other.model is document.model)
        leaf = next(other for other in whole.properties if other.attribute == leaf.attribute)
    within: Any = whole.example.get(leaf.group, {}) if leaf.group else whole.example
    return (
        within[leaf.key] if leaf.key in within else example_value(whole.bound[leaf.attribute], whole.dialect)
    )


def _without_ids(value: object) -> object:
    """Return the entries of a list as sent with a new record, without ids, which the server assigns."""
    if isinstance(value, list):
        return [_without_ids(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _without_ids(entry) for key, entry in value.items() if key != "_id"}
    return value


def _is_self_contained(leaf: Property, prop: RecordProperty) -> bool:
    """Whether a value makes sense without referenced records, and is not usually set by the server."""
    plain = not prop.many and prop.target is None and prop.guard is None
    return plain and leaf.path not in ("number", "status.status")
