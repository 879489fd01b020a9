"""Examples for machines and people, put together from the documents' own."""

from collections.abc import Mapping

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import (
    AWAY,
    CONFLICT,
    ENCODED,
    FAILURE,
    FORBIDDEN,
    FULL,
    INVALID,
    MALFORMED,
    METHOD,
    MISSING,
    REUSED,
    STALE,
    TOO_LARGE,
    TOO_OFTEN,
    UNAUTHENTICATED,
    ApiError,
    ErrorDetail,
)
from backoffice.api.openapi.schemas import NEW
from backoffice.api.operations.base import Schema
from backoffice.api.schema.documents import Document, registered_documents
from backoffice.api.schema.fields import NestedList, Property, parts_of
from backoffice.lists.query_params import MOMENT_TEXT, OBJECT_ID
from backoffice.records.properties import CollectionProperty, ColumnProperty

AN_ID = "507f1f77bcf86cd799439011"
A_TEXT = "complaints"
ADDRESS = "https://example.dk/uploads/507f1f77bcf86cd799439020/opgang-b.jpg"
ENOUGH = 3
"""How many properties an example of an update changes."""

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
    MISSING: ApiError(MISSING, "There is nothing here."),
    MALFORMED: ApiError(MALFORMED, "The body is not valid JSON (line 1, column 15)."),
    INVALID: ApiError(
        INVALID, offences=[ErrorDetail("name", "This field cannot be blank.", error_codes.REQUIRED)]
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
    STALE: ApiError(
        STALE,
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
    REUSED: ApiError(
        REUSED, offences=[ErrorDetail("Idempotency-Key", "This Idempotency-Key was sent with another body.")]
    ),
    METHOD: ApiError(METHOD, "PUT is not possible here."),
    TOO_LARGE: ApiError(TOO_LARGE, "The body is larger than 1 MiB."),
    ENCODED: ApiError(ENCODED, "Send the body as it is: the Content-Encoding gzip is not understood."),
    TOO_OFTEN: ApiError(TOO_OFTEN, "Too many requests. Try again in a moment."),
    AWAY: ApiError(AWAY, "The database is away or busy. Try again in a moment."),
    FULL: ApiError(FULL, "There is no room left on the server. Nothing was saved."),
    FAILURE: ApiError(FAILURE, "Something went wrong on our side."),
}
"""One of each kind."""


def answered_example(document: Document, dialect: Dialect) -> dict:
    """A document as a dialect answers it."""
    found: dict = {}
    for leaf in document.properties:
        if told := dialect.told([(leaf.key, _example_value(document, leaf))]):
            (found.setdefault(leaf.group, {}) if leaf.group else found).update(told)
    return found


def sent_example(document: Document, purpose: str, required: tuple[str, ...] = ()) -> dict:
    """A body: of a new record what its maker would say, of an update the first few of the properties that say
    something by themselves; all of what an action takes."""
    found: dict = {}
    for leaf in document.properties:
        prop, value = document.bound[leaf.attribute], _example_value(document, leaf)
        if not leaf.writable or prop.derived or value in (None, "", []):
            continue
        if purpose == NEW and isinstance(leaf, NestedList):
            value = _without_ids(value, leaf, prop)
        wanted = not document.slug or leaf.path in required or leaf.group in required
        enough = purpose != NEW and len(found) == ENOUGH
        if wanted or (_stands_alone(leaf, prop) and not enough):
            (found.setdefault(leaf.group, {}) if leaf.group else found)[leaf.key] = value
    return found | dict(document.options)


def example_of(schema: Schema) -> object:
    """Something that a schema allows."""
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
    """From the document's own example; that of a part of a record is in the whole one's."""
    whole = document
    if not document.example:
        whole = next(other for other in registered_documents.values() if other.model is document.model)
        leaf = next(other for other in whole.properties if other.attribute == leaf.attribute)
    within: Mapping = whole.example.get(leaf.group, {}) if leaf.group else whole.example
    return within.get(leaf.key)


def _without_ids(entries: list[dict], leaf: NestedList, rows: CollectionProperty) -> list[dict]:
    """Entries of a list as they are sent with a new record: it is for the server to give them ids."""
    parts = parts_of(rows)
    leaves = {inner.key: (inner, parts[inner.attribute]) for inner in leaf.shape.properties}
    ids = {key for key, (_inner, prop) in leaves.items() if not prop.many and prop.field.primary_key}
    nested = {key: found for key, found in leaves.items() if isinstance(found[0], NestedList)}
    return [
        {
            key: _without_ids(value, *nested[key]) if key in nested else value
            for key, value in entry.items()
            if key not in ids
        }
        for entry in entries
    ]


def _stands_alone(leaf: Property, prop: ColumnProperty | CollectionProperty) -> bool:
    """Whether a value says something without records that it points at, and is not usually the server's to give."""
    plain = not prop.many and prop.target is None and prop.guard is None
    return plain and leaf.path not in ("number", "status.status")
