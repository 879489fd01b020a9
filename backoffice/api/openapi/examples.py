"""Examples of requests and responses, derived from the examples of documents."""

from collections.abc import Mapping

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import (
    CONFLICT,
    FAILURE,
    FORBIDDEN,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    STALE_VERSION,
    STORAGE_FULL,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNSUPPORTED_ENCODING,
    ApiError,
    ErrorDetail,
)
from backoffice.api.openapi.schemas import NEW
from backoffice.api.operations.base import Schema
from backoffice.api.schema.documents import Document, registered_documents
from backoffice.api.schema.fields import NestedList, Property, item_properties
from backoffice.lists.query_params import MOMENT_TEXT, OBJECT_ID
from backoffice.records.properties import CollectionProperty, ColumnProperty

AN_ID = "507f1f77bcf86cd799439011"
A_TEXT = "complaints"
ADDRESS = "https://example.dk/uploads/507f1f77bcf86cd799439020/opgang-b.jpg"
UPDATED_PROPERTIES = 3
"""The number of properties in an example of an update."""

_CHANGED = {"who": "Alice Sørensen", "when": "2026-03-02T09:40:12.345Z", "via": "web"}
PROBLEMS = {
    UNAUTHENTICATED: ApiError(UNAUTHENTICATED, "Send an API key in the header X-API-Key."),
    FORBIDDEN: ApiError(
        FORBIDDEN,
        "You may not change this. The API key does not have the scope facility:write.",
        [
            ErrorDetail(
                "",
                "The API key does not have the scope facility:write.",
                error_codes.MISSING_SCOPE,
                {"scope": "facility:write"},
            )
        ],
    ),
    NOT_FOUND: ApiError(NOT_FOUND, "There is nothing here."),
    MALFORMED: ApiError(MALFORMED, "The body is not valid JSON (line 1, column 15)."),
    INVALID: ApiError(
        INVALID, details=[ErrorDetail("name", "This field cannot be blank.", error_codes.REQUIRED)]
    ),
    CONFLICT: ApiError(
        CONFLICT,
        "Somebody else changed this meanwhile.",
        [
            ErrorDetail(
                "name",
                "Alice Sørensen changed this in the browser.",
                error_codes.CONFLICT,
                {"base": "A", "yours": "B", "theirs": "C"} | _CHANGED,
            )
        ],
    ),
    STALE_VERSION: ApiError(
        STALE_VERSION,
        "This is not the present version any more.",
        [
            ErrorDetail(
                "name",
                "Alice Sørensen changed this in the browser.",
                error_codes.CONFLICT,
                {"base": "A", "theirs": "C"} | _CHANGED,
            )
        ],
    ),
    KEY_REUSED: ApiError(
        KEY_REUSED,
        details=[ErrorDetail("Idempotency-Key", "This Idempotency-Key was sent with another body.")],
    ),
    METHOD_NOT_ALLOWED: ApiError(METHOD_NOT_ALLOWED, "PUT is not possible here."),
    TOO_LARGE: ApiError(TOO_LARGE, "The body is larger than 1 MiB."),
    UNSUPPORTED_ENCODING: ApiError(
        UNSUPPORTED_ENCODING, "Send the body as it is: the Content-Encoding gzip is not understood."
    ),
    TOO_MANY_REQUESTS: ApiError(TOO_MANY_REQUESTS, "Too many requests. Try again in a moment."),
    UNAVAILABLE: ApiError(UNAVAILABLE, "The database is away or busy. Try again in a moment."),
    STORAGE_FULL: ApiError(STORAGE_FULL, "There is no room left on the server. Nothing was saved."),
    FAILURE: ApiError(FAILURE, "Something went wrong on our side."),
}
"""An example of each kind of error."""


def answered_example(document: Document, dialect: Dialect) -> dict:
    """Return an example of a response with the document."""
    example: dict = {}
    for leaf in document.properties:
        if entry := dialect.make_object([(leaf.key, _example_value(document, leaf))]):
            (example.setdefault(leaf.group, {}) if leaf.group else example).update(entry)
    return example


def sent_example(document: Document, purpose: str, required: tuple[str, ...] = ()) -> dict:
    """Return an example of a request body: all properties that a client sets in a new record, the first few
    self-contained properties for an update, all properties for an action."""
    example: dict = {}
    for leaf in document.properties:
        prop, value = document.bound[leaf.attribute], _example_value(document, leaf)
        if not leaf.writable or prop.derived or value in (None, "", []):
            continue
        if purpose == NEW and isinstance(leaf, NestedList):
            value = _without_ids(value, leaf, prop)
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
        return AN_ID if schema == OBJECT_ID else ADDRESS if schema.get("format") == "uri" else A_TEXT
    return {"integer": max(schema.get("minimum", 0), 12), "number": 12.5, "boolean": True}[kind]


def _example_value(document: Document, leaf: Property) -> object:
    """Return a property's value in the document's example, or in that of the complete document of the same
    model."""
    whole = document
    if not document.example:
        whole = next(other for other in registered_documents.values() if other.model is document.model)
        leaf = next(other for other in whole.properties if other.attribute == leaf.attribute)
    within: Mapping = whole.example.get(leaf.group, {}) if leaf.group else whole.example
    return within.get(leaf.key)


def _without_ids(entries: list[dict], leaf: NestedList, rows: CollectionProperty) -> list[dict]:
    """Return the entries of a list as sent with a new record, without ids, which the server assigns."""
    parts = item_properties(rows)
    leaves = {inner.key: (inner, parts[inner.attribute]) for inner in leaf.shape.properties}
    ids = {key for key, (_inner, prop) in leaves.items() if not prop.many and prop.field.primary_key}
    nested = {key: pair for key, pair in leaves.items() if isinstance(pair[0], NestedList)}
    return [
        {
            key: _without_ids(value, *nested[key]) if key in nested else value
            for key, value in entry.items()
            if key not in ids
        }
        for entry in entries
    ]


def _is_self_contained(leaf: Property, prop: ColumnProperty | CollectionProperty) -> bool:
    """Whether a value makes sense without referenced records, and is not usually set by the server."""
    plain = not prop.many and prop.target is None and prop.guard is None
    return plain and leaf.path not in ("number", "status.status")
