"""Lookups with the same result on all databases: text without regard to case, and members of open objects.

The databases differ in which letters have case, in what is a pattern, in whether `true` equals 1, and in
whether `"0"` is an index of an array.
"""

import json
import re
import sqlite3
from copy import copy
from functools import lru_cache
from typing import Any, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import Exact, Lookup, Regex
from django.db.models.sql.compiler import SQLCompiler

from backoffice.db.annotations import Connection, JsonObject, Sql
from backoffice.db.compat import escape_member_name, exact_json
from backoffice.records.fields.base import OpenObjectField

_LAST_WITH_CASE = 0x1E943
Mql: TypeAlias = dict[str, Any]
"""A condition in MongoDB's query language."""


@lru_cache(maxsize=1)
def _cases() -> dict[str, str]:
    """Map each letter that has another case to all of its forms: `s` is also `S` and the long `ſ`."""
    groups: dict[str, list[str]] = {}
    for code in range(_LAST_WITH_CASE + 1):
        letter = chr(code)
        folded = next(form for form in (letter.casefold(), letter.lower(), letter) if len(form) == 1)
        groups.setdefault(folded, []).append(letter)
    return {letter: "".join(forms) for forms in groups.values() if len(forms) > 1 for letter in forms}


def case_insensitive(text: str) -> str:
    """Return a regular expression for text in upper or lower case that all three databases read alike: letter
    by letter, without their own notions of case and of classes."""
    cases = _cases()
    return "".join(f"[{cases[letter]}]" if letter in cases else re.escape(letter) for letter in text)


class _CaseFoldingTable(dict[int, int]):
    """A table for `str.translate`: maps each letter to the first of its forms. Filled on demand."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(min(_cases().get(chr(code), chr(code))))
        return self[code]


_CASE_FOLDING = _CaseFoldingTable()


def fold_case(text: str) -> str:
    """Fold upper and lower case, letter by letter: the result is as long as the text."""
    return text.upper() if text.isascii() else text.translate(_CASE_FOLDING)


def _contains(text: str | None, folded: str) -> bool | None:
    """The SQL function `caretaker_contains`: linear in the length of the text, unlike a regular
    expression."""
    return None if text is None else folded in fold_case(str(text))


def _fold_column(column: str, text: str) -> tuple[str, list[str]]:
    """Return PostgreSQL's expression, with its parameters, that folds a column as `fold_case` does, for the
    letters of `text` only, because no others can match."""
    cases = _cases()
    pairs = [(form, min(cases[letter])) for letter in set(text) & cases.keys() for form in cases[letter]]
    pairs = sorted({(form, target) for form, target in pairs if form != target})
    return f"translate({column}, %s, %s)", [
        "".join(form for form, _target in pairs),
        "".join(target for _form, target in pairs),
    ]


class HasLookup(Regex):
    """`name__has="rådhus"`: the text contains these letters, in upper or lower case. (SQLite's LIKE does not
    fold `Å`; PostgreSQL's depends on the collation.) Linear in the length of the text: only MongoDB gets a
    regular expression, with one class for each letter of the search text."""

    def get_prep_lookup(self) -> str:
        return str(self.rhs)

    def as_sqlite(self, compiler: SQLCompiler, connection: Connection) -> Sql:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"caretaker_contains({lhs}, %s)", [*lhs_params, fold_case(self.rhs)]

    def as_postgresql(self, compiler: SQLCompiler, connection: Connection) -> Sql:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        folded, letters = _fold_column(lhs, self.rhs)
        return f"strpos({folded}, %s) > 0", [*lhs_params, *letters, fold_case(self.rhs)]

    def as_mql(self, compiler: SQLCompiler, connection: Connection, as_expr: bool = False) -> Mql:
        pattern = copy(self)
        pattern.rhs = case_insensitive(self.rhs)
        # django-mongodb-backend adds this method to Django's lookups.
        condition: Mql = super(HasLookup, pattern).as_mql(compiler, connection, as_expr=as_expr)  # type: ignore[misc]
        return condition


models.CharField.register_lookup(HasLookup, "has")
models.TextField.register_lookup(HasLookup, "has")


class ExactText(Exact):
    """Exact match of text. Text with a NUL matches nothing: PostgreSQL raises an error for it."""

    def get_db_prep_lookup(self, value: Any, connection: Connection) -> tuple[str, Any]:
        if isinstance(value, str) and "\x00" in value:
            raise EmptyResultSet
        return super().get_db_prep_lookup(value, connection)


models.CharField.register_lookup(ExactText)
models.TextField.register_lookup(ExactText)


def _members(text: str | None) -> JsonObject:
    value = json.loads(text) if text else None
    return value if isinstance(value, dict) else {}


def _has_member(text: str | None, name: str) -> bool:
    return name in _members(text)


def _member_in(text: str | None, name: str, values: str) -> bool:
    members = _members(text)
    return name in members and _canonical(members[name]) in _canonical_set(values)


def _member_has(text: str | None, name: str, folded: str) -> bool:
    value = _members(text).get(name)
    return isinstance(value, str) and folded in fold_case(value)


def _canonical(value: object) -> str:
    """Return the same text for values that are equal in JSON: 3 and 3.0, but not 1 and true, as in Python."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=16)
def _canonical_set(values: str) -> frozenset[str]:
    return frozenset(map(_canonical, json.loads(values)))


def register_sqlite_functions(connection: Any, **_kwargs: object) -> None:
    """Register SQL functions, because SQLite's JSON paths have no quotation marks and its `true` is 1; and
    raise Django's limit of query parameters to SQLite's own."""
    if connection.vendor == "sqlite":
        for name, count, function in (
            ("caretaker_contains", 2, _contains),
            ("caretaker_has_member", 2, _has_member),
            ("caretaker_member_in", 3, _member_in),
            ("caretaker_member_has", 3, _member_has),
        ):
            connection.connection.create_function(name, count, function, deterministic=True)
        if sqlite3.sqlite_version_info >= (3, 32):
            connection.features.max_query_params = 32766


connection_created.connect(register_sqlite_functions, dispatch_uid="caretaker_lookups")


class MemberLookup(Lookup):
    """A condition on one member of an open object, whatever its name: Django's own take `1` for an index of
    an array. The right side is the member's name and the values to compare it with. Never NULL, so that it
    can be negated."""

    prepare_rhs = False
    function: str
    """The SQL function on SQLite."""
    condition: str
    """The condition in PostgreSQL's SQL."""

    def parameters(self, vendor: str) -> list[Any]:
        """Return the member's name, and the text or texts that the database compares it with."""
        return list(self.rhs)

    def as_sqlite(self, compiler: SQLCompiler, connection: Connection) -> Sql:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        parameters = self.parameters("sqlite")
        return f"{self.function}({', '.join([lhs, *['%s'] * len(parameters)])})", [*lhs_params, *parameters]

    def as_postgresql(self, compiler: SQLCompiler, connection: Connection) -> Sql:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        name, *parameters = self.parameters("postgresql")
        member = [*lhs_params, name]
        times = self.condition.count("{member}")
        condition = self.condition.format(member=f"({lhs} -> %s::text)")
        return f"COALESCE({condition}, FALSE)", [*member * times, *parameters]

    def as_mql(self, compiler: SQLCompiler, connection: Connection, as_expr: bool = False) -> Mql:
        column = self.lhs.as_mql(compiler, connection, as_expr=True)
        expression = self.mql(f"{column}.{escape_member_name(self.rhs[0])}")
        return expression if as_expr else {"$expr": expression}

    def mql(self, path: str) -> Mql:
        """Return the condition on the member at `path` as a MongoDB expression."""
        raise NotImplementedError


class HasMemberLookup(MemberLookup):
    """`custom_fields__has_member=["floor"]`"""

    lookup_name = "has_member"
    function = "caretaker_has_member"
    condition = "{member} IS NOT NULL"

    def mql(self, path: str) -> Mql:
        return {"$ne": [{"$type": path}, "missing"]}


class MemberInLookup(MemberLookup):
    """`custom_fields__member_in=["floor", [3, "third"]]`: the member has one of these values."""

    lookup_name = "member_in"
    function = "caretaker_member_in"
    condition = "{member} = ANY(%s::text[]::jsonb[])"

    def parameters(self, vendor: str) -> list[Any]:
        name, values = self.rhs
        return [name, json.dumps(values) if vendor == "sqlite" else [exact_json(value) for value in values]]

    def mql(self, path: str) -> Mql:
        among = {"$in": [path, [{"$literal": value} for value in self.rhs[1]]]}
        return {"$and": [{"$ne": [{"$type": path}, "missing"]}, among]}  # missing is not null


class MemberContainsLookup(MemberLookup):
    """`custom_fields__member_has=["floor", "thi"]`: the member is text that contains these letters, in upper
    or lower case."""

    lookup_name = "member_has"
    function = "caretaker_member_has"
    condition = "jsonb_typeof({member}) = 'string' AND strpos(translate({member} #>> '{{}}', %s, %s), %s) > 0"

    def parameters(self, vendor: str) -> list[Any]:
        name, part = self.rhs
        letters = _fold_column("", part)[1] if vendor == "postgresql" else []
        return [name, *letters, fold_case(part)]

    def mql(self, path: str) -> Mql:
        matches = {"$regexMatch": {"input": path, "regex": {"$literal": case_insensitive(self.rhs[1])}}}
        return {"$cond": [{"$eq": [{"$type": path}, "string"]}, matches, False]}


for lookup in (HasMemberLookup, MemberInLookup, MemberContainsLookup):
    OpenObjectField.register_lookup(lookup)
