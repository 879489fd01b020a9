"""The page docs/api/properties.md: type, null, limits and target of every property of the three requests.

python -m scripts.property_tables    writes the page from the OpenAPI documents and the declarations behind them
"""

import os
from collections.abc import Iterator

import django
from django.apps import apps
from django.db import models

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from backoffice.api.annotations import Schema
from backoffice.api.openapi.document import build_document
from backoffice.api.schema.fields import Bound, NestedList, Property, Shape, item_properties
from backoffice.db.annotations import ModelField
from backoffice.records.fields import AnyField, OpenObjectField, ParagraphField, TextListField
from backoffice.records.properties import RecordProperty
from backoffice.records.writes.validation import LONGEST_TEXT
from config.api import FACILITY, SUPPORT_DESK
from facility.api.documents import COMPLAINT, CUSTOMER_OBJECT
from scripts.documented_pages import ROOT, read_page
from supportdesk.api.documents import SUPPORT_CASE

PAGE = ROOT / "docs/api/properties.md"

INTRODUCTION = """\
# Properties

All properties of the three requests and their responses, generated from the
[OpenAPI documents](README.md#using-the-json-api) and the models by `python -m scripts.property_tables`. Properties
below the line “ours” are not on the [three pages](pages/README.md).

- **Null**: *yes* means that the request may send `null`, which empties the property. A text that accepts `null` accepts
  `""`, too.
- **Empty**: what the response has if there is no value; – means that there is always one.
- **Limits**: lengths are in characters, numbers of entries are those that one request adds. They apply to changes; an
  unchanged value beyond them stays. URIs are absolute, dates are ISO 8601 with a zone.
- **Refers to**: the record must exist in the same company, and the owner of the key must be allowed to see it.
- *own value only*: the request may send the value that the record has, no other.
- *ignored*: the server sets it, and accepts and ignores any value.
"""

# By documented path: what neither schema nor model tells.
REMARKS = {
    "chatId": "the id of the conversation: given with the record, and kept if another system sets one; not checked",
    "number": "no other record of this kind in the company has it",
    "status.status": "1 active, 2 archived; others are kept",
    "device": "`CHROMEMAC` is stored and returned as `CROMEMAC`",
    "material[].articleId": "once in the list",
    "material[].budget": "a quantity, not money",
}
STAMP = "never written; [states the version](writing.md#protect-the-work-of-others) that the request has read"

HEAD = """\
| Property | Type | Null | Empty | Limits | Refers to, remarks |
|---|---|---|---|---|---|
"""
OURS = "| **ours** | | | | | |\n"

REQUESTS = {
    "complaint": (COMPLAINT, FACILITY),
    "object": (CUSTOMER_OBJECT, FACILITY),
    "case": (SUPPORT_CASE, SUPPORT_DESK),
}


def _is_any(schema: Schema) -> bool:
    return "$ref" in schema


def _type_name(schema: Schema) -> str:
    """Return the name of the type of a JSON Schema."""
    if _is_any(schema):
        return "any JSON value"
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    kind = next(each for each in kinds if each != "null")
    if kind == "array":
        return f"array of {_type_name(schema['items'])}"
    if kind != "string":
        return str(kind)
    if schema.get("pattern", "").endswith("{24}$"):
        return "id"
    if schema.get("format") == "date-time":
        return "date"
    return str(schema.get("title", "string")).replace("E-mail", "e-mail")


def _accepts_null(schema: Schema) -> bool:
    return _is_any(schema) or "null" in schema["type"]


def _limits(schema: Schema, field: ModelField) -> list[str]:
    """Return the limits of a value: those of the schema, and those that the service checks for each change."""
    if isinstance(field, OpenObjectField):
        return [f"{field.max_added} entries; a name {field.longest_name}, a value {LONGEST_TEXT:,} long"]
    if isinstance(field, (AnyField, ParagraphField)):
        return [f"{'1 to ' if 'minLength' in schema else 'at most '}{LONGEST_TEXT:,} long"]
    if "enum" in schema:
        return [" ".join(f"`{value}`" for value, _label in field.flatchoices)]
    if "maxLength" in schema:
        return [f"{'1 to ' if 'minLength' in schema else 'at most '}{schema['maxLength']:,} long"]
    if "minimum" in schema:
        return [f"{schema['minimum']} to {schema['maximum']}".replace("-", "−")]
    return []


def _empty(answered: Schema, is_left_out: bool) -> str:
    """Return what a response has for a property without a value."""
    if is_left_out:
        return "left out"
    if _accepts_null(answered):
        return "`null`"
    if answered["type"] == "array":
        return "`[]`"
    has_empty_text = "" in answered["enum"] if "enum" in answered else "minLength" not in answered
    return '`""`' if _type_name(answered) == "string" and has_empty_text else "–"


def _remarks(path: str, leaf: Property, prop: RecordProperty) -> list[str]:
    """Return the kind of record that a property refers to, and what else neither type nor limits tell."""
    remarks = [REMARKS[path]] if path in REMARKS else []
    field = _value_field(prop)
    if isinstance(field, models.ForeignKey) and not isinstance(leaf, NestedList):
        remarks.insert(0, str(field.related_model._meta.verbose_name))
    if leaf.alias:
        remarks.append(f"also named `{leaf.alias}`")
    if leaf.is_version_stamp:
        remarks.append(STAMP)
    elif _is_maintained(leaf, prop):
        remarks.append("own value only" if leaf.writable or leaf.is_fixed else "ignored")
    return remarks


def _value_field(prop: RecordProperty) -> ModelField:
    return next(iter(prop.columns().values())).field if prop.many else prop.field


def _is_maintained(leaf: Property, prop: RecordProperty) -> bool:
    """Whether the server maintains the property, so that a request cannot set it."""
    return not leaf.writable or prop.derived


def _row(path: str, leaf: Property, prop: RecordProperty, sent: Schema, answered: Schema, omits: bool) -> str:
    """Return the row of a property; `omits` says whether a response leaves it out when it has no value."""
    field = _value_field(prop)
    limits = []
    if prop.many:
        limits.append(f"{prop.max_added} entries" + ", each once" * bool(sent.get("uniqueItems")))
    elif isinstance(field, TextListField):
        limits.append(f"{field.max_added} entries")
    if not isinstance(leaf, NestedList):
        limits += _limits(sent.get("items", sent), getattr(field, "item", None) or field)
    is_maintained = _is_maintained(leaf, prop)
    cells = [
        f"`{path}`",
        _type_name(answered if is_maintained else sent),
        "" if is_maintained else "yes" if _accepts_null(sent) else "no",
        _empty(answered, omits),
        "" if is_maintained else "; ".join(limits),
        "; ".join(_remarks(path, leaf, prop)),
    ]
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def _rows(
    shape: Shape, bound: Bound, schemas: list[Schema], omits: bool, prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the path and the row of each property of an object, with those of the objects in its lists. `schemas` are
    those of the request and of the response."""
    for leaf in shape.properties:
        prop = bound[leaf.attribute]
        inside = [schema["properties"][leaf.group] if leaf.group else schema for schema in schemas]
        own = [schema["properties"][leaf.key] for schema in inside]
        path = f"{prefix}{leaf.path}"
        is_left_out = omits and leaf.key not in inside[1].get("required", [])
        yield path, _row(path, leaf, prop, own[0], own[1], is_left_out)
        if isinstance(leaf, NestedList):
            yield from _rows(
                leaf.shape, item_properties(prop), [each["items"] for each in own], omits, f"{path}[]."
            )


def render() -> str:
    """Return the page in Markdown."""
    text = INTRODUCTION
    for page, (document, interface) in REQUESTS.items():
        schemas = build_document(interface, "")["components"]["schemas"]
        documented = read_page(page)
        text += f"\n## `{documented.method} {documented.address}`\n\n{HEAD}"
        rows = dict(
            _rows(
                document,
                document.bound,
                [schemas[f"{document.name}Update"], schemas[document.name]],
                document.dialect.omits_empties,
            )
        )
        ours = [path for path in rows if path not in documented.by_path]
        text += "".join(f"{row}\n" for path, row in rows.items() if path not in ours)
        text += OURS * bool(ours) + "".join(f"{rows[path]}\n" for path in ours)
    return text


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")
