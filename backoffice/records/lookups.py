"""Asking for text and for properties of open objects, on every database alike. The databases' own ways differ: in
whose case they know, in what they take for a pattern, in whether `true` is 1 and `"0"` is a place in a list."""

import json
import re
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import Exact, Lookup, Regex

from backoffice.records.fields import OpenObjectField
from backoffice.records.portable import exact_json, path_of

_LAST_WITH_CASE = 0x1E943


@lru_cache(maxsize=1)
def _cases() -> dict[str, str]:
    """Each letter that has another case, with all of its forms: `s` is also `S` and the long `ſ`."""
    groups: dict[str, list[str]] = {}
    for code in range(_LAST_WITH_CASE + 1):
        letter = chr(code)
        folded = next(form for form in (letter.casefold(), letter.lower(), letter) if len(form) == 1)
        groups.setdefault(folded, []).append(letter)
    return {letter: "".join(forms) for forms in groups.values() if len(forms) > 1 for letter in forms}


def in_any_case(text: str) -> str:
    """A regular expression for text in upper or lower case, letter by letter, that the three databases read
    alike: their own notions of case and of classes do not come into it."""
    cases = _cases()
    return "".join(f"[{cases[letter]}]" if letter in cases else re.escape(letter) for letter in text)


class Has(Regex):
    """`name__has="rådhus"`: the text has these letters in it, in upper or lower case. (To SQLite's LIKE `ÅRHUS` and
    `århus` are two; PostgreSQL's goes by the collation; MongoDB has a pattern language of its own.)"""

    def get_prep_lookup(self):
        return in_any_case(str(self.rhs))


models.CharField.register_lookup(Has, "has")
models.TextField.register_lookup(Has, "has")


class ExactText(Exact):
    """Text with a NUL in it is nowhere: PostgreSQL fails when asked for it, the others find nothing."""

    def process_rhs(self, compiler, connection):
        if isinstance(self.rhs, str) and "\x00" in self.rhs:
            raise EmptyResultSet
        return super().process_rhs(compiler, connection)

    def as_mql(self, compiler, connection, as_expr=False):
        if isinstance(self.rhs, str) and "\x00" in self.rhs:
            raise EmptyResultSet
        return super().as_mql(compiler, connection, as_expr=as_expr)


models.CharField.register_lookup(ExactText)
models.TextField.register_lookup(ExactText)


class PropertyLookup(Lookup):
    """Of a property of an open object; `rhs` is the property's name and what is asked of it. True or false, never
    NULL, so that its opposite is everything else."""

    prepare_rhs = False

    def get_db_prep_lookup(self, value, connection):
        return "%s", [value]

    def as_mql(self, compiler, connection, as_expr=False):
        column = self.lhs.as_mql(compiler, connection, as_expr=True)
        found = self.mql(f"{column}.{path_of(self.rhs[0])}")
        return found if as_expr else {"$expr": found}


@OpenObjectField.register_lookup
class PropertyKnown(PropertyLookup):
    """`custom_fields__property_known=("floor",)`: there is such a property."""

    lookup_name = "property_known"

    def as_sqlite(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        return f"caretaker_property({column}, %s) IS NOT NULL", [*values, self.rhs[0]]

    def as_postgresql(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        return f"COALESCE(jsonb_exists({column}, %s::text), FALSE)", [*values, self.rhs[0]]

    def mql(self, path):
        return {"$ne": [{"$type": path}, "missing"]}


@OpenObjectField.register_lookup
class PropertyIn(PropertyLookup):
    """`custom_fields__property_in=("floor", [3, "3"])`: the property is one of these. 3.0 is 3; true is not 1."""

    lookup_name = "property_in"

    def as_sqlite(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        among = [_canonical(value) for value in self.rhs[1]]
        found = f"caretaker_property({column}, %s) IN ({', '.join(['%s'] * len(among))})"
        return f"COALESCE({found}, FALSE)", [*values, self.rhs[0], *among]

    def as_postgresql(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        among = [exact_json(value) for value in self.rhs[1]]
        found = f"({column} -> %s::text) = ANY(%s::text[]::jsonb[])"
        return f"COALESCE({found}, FALSE)", [*values, self.rhs[0], among]

    def mql(self, path):
        return {"$in": [path, [{"$literal": value} for value in self.rhs[1]]]}


@OpenObjectField.register_lookup
class PropertyHas(PropertyLookup):
    """`custom_fields__property_has=("floor", "cell")`: the property is text and has these letters in it, in upper
    or lower case."""

    lookup_name = "property_has"

    def as_sqlite(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        return f"caretaker_property_has({column}, %s, %s)", [*values, self.rhs[0], in_any_case(self.rhs[1])]

    def as_postgresql(self, compiler, connection):
        column, values = self.process_lhs(compiler, connection)
        is_text = f"jsonb_typeof({column} -> %s::text) = 'string'"
        found = f"{is_text} AND ({column} ->> %s::text) ~ %s"
        name = self.rhs[0]
        return f"COALESCE({found}, FALSE)", [*values, name, *values, name, in_any_case(self.rhs[1])]

    def mql(self, path):
        matches = {"$regexMatch": {"input": path, "regex": {"$literal": in_any_case(self.rhs[1])}}}
        return {"$cond": [{"$eq": [{"$type": path}, "string"]}, matches, False]}


def _canonical(value) -> str:
    """The JSON text of a value, the same for equal ones."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _property(text: str | None, name: str) -> str | None:
    found = json.loads(text) if text else None
    return _canonical(found[name]) if isinstance(found, dict) and name in found else None


def _property_has(text: str | None, name: str, pattern: str) -> bool:
    found = json.loads(text) if text else None
    value = found.get(name) if isinstance(found, dict) else None
    return isinstance(value, str) and re.search(pattern, value) is not None


def teach_sqlite(connection, **_kwargs) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function("caretaker_property", 2, _property, deterministic=True)
        connection.connection.create_function("caretaker_property_has", 3, _property_has, deterministic=True)


connection_created.connect(teach_sqlite, dispatch_uid="caretaker_lookups")
