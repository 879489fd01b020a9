"""JSON Schemas as readable text, for the reference pages."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice.api.annotations import Schema
from backoffice.api.openapi import patterns
from backoffice.api.schema.json_types import ANYTHING
from backoffice.lists.query_params import MOMENT_TEXT

STORABLE = 2**31 - 1
"""Limits of this size are due to the storage of numbers and are not shown."""
LONGEST_PATTERN = 40
"""Longer patterns are not shown: the format or the description says what they mean."""
IDS = {patterns.full_match(patterns.ID), patterns.full_match(patterns.ID_OF_EITHER_CASE)}
NUL = r"\u0000"
"""Patterns that exclude null characters are not shown."""


@dataclass(frozen=True)
class SchemaRow:
    """A property or a parameter as a row of a table."""

    name: str
    schema: Schema
    required: bool = False
    description: str = ""
    location: str = ""
    """Where a parameter is sent, if not in the query string."""

    @property
    def kind(self) -> SafeString:
        return inline(describe_type(self.schema))

    @property
    def about(self) -> SafeString:
        return inline(self.description or self.schema.get("description", ""))

    @property
    def example(self) -> str:
        return "".join(schema_as_text(value) for value in self.schema.get("examples", ())[:1])


def inline(text: str) -> SafeString:
    """Convert a sentence to HTML, with text between backticks as code."""
    return mark_safe(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 # nosec B308 B703 # escaped before


def paragraphs(text: str) -> list[SafeString]:
    """Split a text into paragraphs of HTML."""
    return [inline(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]


def compact(value: object) -> str:
    """Format a value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


def schema_as_text(value: object) -> str:
    """Format a value for a URL: text unchanged, other values as JSON."""
    return value if isinstance(value, str) else compact(value)


def rows_of(schema: Schema, within: str = "") -> Iterator[SchemaRow]:
    """Yield the properties of an object and of nested objects by their paths."""
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        path = f"{within}{name}"
        parts = inner.get("items", {})
        if "properties" not in inner or (name in required and not inner.get("required")):
            yield SchemaRow(path, inner, name in required)
        if "properties" in inner:
            yield from rows_of(inner, f"{path}.")
        elif "properties" in parts:
            yield from rows_of(parts, f"{path}[].")


def describe_type(schema: Schema) -> str:
    """Describe the type and limits of a value, with code between backticks."""
    if schema.get("$ref") == ANYTHING["$ref"]:
        return _("any JSON")
    if schema.get("pattern") == MOMENT_TEXT["pattern"]:
        return _("date and time, or Unix milliseconds")
    if schema.get("format") == "binary":
        return _("file")
    if "contentSchema" in schema:
        return _("JSON object as text")
    if "type" not in schema:
        return _(" or ").join(dict.fromkeys(describe_type(one) for one in schema["anyOf"]))
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = [_(" or ").join(_type_and_limits(kind, schema) for kind in types if kind != "null")]
    if "default" in schema:
        words.append(_("default %(value)s") % {"value": f"`{compact(schema['default'])}`"})
    if "null" in types:
        words.append(_("or %(value)s") % {"value": "`null`"})
    return ", ".join(words)


def _type_and_limits(kind: str, schema: Schema) -> str:
    if "const" in schema:
        return f"`{compact(schema['const'])}`"
    if "enum" in schema:
        values = ", ".join(
            f"`{schema_as_text(value) or compact(value)}`" for value in schema["enum"] if value is not None
        )
        return _("one of %(values)s") % {"values": values}
    if kind == "string":
        return ", ".join([_name_of_text(schema), *_limits_of_text(schema)])
    if kind in ("integer", "number"):
        name = _("whole number") if kind == "integer" else pgettext("JSON", "number")
        return " ".join([name, *_limits_of_number(schema)])
    if kind == "array":
        text = _("list (%(entries)s)") % {"entries": _entries(schema["items"])}
        return _("%(list)s, each once") % {"list": text} if schema.get("uniqueItems") else text
    return {"boolean": _("true or false"), "object": pgettext("JSON", "object")}[kind]


def _entries(schema: Schema) -> str:
    return pgettext("JSON", "objects") if "properties" in schema else describe_type(schema)


def _name_of_text(schema: Schema) -> str:
    if schema.get("pattern") in IDS:
        return _("id")
    named = {
        "date-time": _("date and time"),
        "e-mail address": _("e-mail address"),
        "uri": _("address (URI)"),
    }
    return named.get(schema.get("format", "")) or named.get(schema.get("title", "").lower(), _("text"))


def _limits_of_text(schema: Schema) -> Iterator[str]:
    if schema.get("minLength"):
        yield _("not empty")
    if "maxLength" in schema:
        yield _("at most %(most)s characters") % {"most": schema["maxLength"]}
    pattern = schema.get("pattern", "")
    if pattern and len(pattern) <= LONGEST_PATTERN and pattern not in IDS and NUL not in pattern:
        yield f"`{pattern}`"


def _limits_of_number(schema: Schema) -> Iterator[str]:
    least, most = (schema.get(name) for name in ("minimum", "maximum"))
    is_unlimited = most is None or most >= STORABLE
    if least is not None and abs(least) < STORABLE:
        text = _("≥ %(least)s") if is_unlimited else _("from %(least)s")
        yield text % {"least": least}
    if not is_unlimited:
        yield _("to %(most)s") % {"most": most}
