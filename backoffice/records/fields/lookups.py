"""Finding text without regard to case, and what open objects have in them, on every database alike. Their own ways
differ: in whose case they know, in what is a pattern, in whether `true` is 1 and `"0"` is a place in an array."""

import json
import re
import sqlite3
from copy import copy
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import Exact, Lookup, Regex

from backoffice.db.compat import exact_json, path_of
from backoffice.records.fields.base import OpenObjectField

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


def case_insensitive(text: str) -> str:
    """A regular expression for text in upper or lower case, letter by letter, that the three databases read
    alike: their own notions of case and of classes do not come into it."""
    cases = _cases()
    return "".join(f"[{cases[letter]}]" if letter in cases else re.escape(letter) for letter in text)


class _ToOneCase(dict):
    """For `str.translate`: each letter as the first of its forms. Each is looked up once."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(min(_cases().get(chr(code), chr(code))))
        return self[code]


_TO_ONE_CASE = _ToOneCase()


def fold_case(text: str) -> str:
    """Fold upper and lower case, letter by letter: the result is as long as the text."""
    return text.upper() if text.isascii() else text.translate(_TO_ONE_CASE)


def _contains(text: str | None, folded: str) -> bool | None:
    """(Python's `in` takes time in proportion to the length of the text, whatever is looked for in it.)"""
    return None if text is None else folded in fold_case(str(text))


def _in_one_case(column: str, wanted: str) -> tuple[str, list[str]]:
    """The SQL of PostgreSQL, with its values, for a column whose letters that occur in `wanted` are folded as by
    `fold_case`: no others matter."""
    cases = _cases()
    pairs = [(form, min(cases[letter])) for letter in set(wanted) & cases.keys() for form in cases[letter]]
    pairs = sorted({(form, to) for form, to in pairs if form != to})
    return f"translate({column}, %s, %s)", [
        "".join(form for form, _to in pairs),
        "".join(to for _form, to in pairs),
    ]


class HasLookup(Regex):
    """`name__has="rådhus"`: the text has these letters in it, in upper or lower case. (To SQLite's LIKE `ÅRHUS` and
    `århus` are two; PostgreSQL's goes by the collation.) Takes time in proportion to the length of the text: only
    MongoDB gets a regular expression, of one class for each letter that is looked for."""

    def get_prep_lookup(self):
        return str(self.rhs)

    def as_sqlite(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        return f"caretaker_contains({left}, %s)", [*values, fold_case(self.rhs)]

    def as_postgresql(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        folded, letters = _in_one_case(left, self.rhs)
        return f"strpos({folded}, %s) > 0", [*values, *letters, fold_case(self.rhs)]

    def as_mql(self, compiler, connection, as_expr=False):
        pattern = copy(self)
        pattern.rhs = case_insensitive(self.rhs)
        return super(HasLookup, pattern).as_mql(compiler, connection, as_expr=as_expr)


models.CharField.register_lookup(HasLookup, "has")
models.TextField.register_lookup(HasLookup, "has")


class ExactText(Exact):
    """Text with a NUL in it is nowhere: PostgreSQL fails when asked for it, the others find nothing."""

    def get_db_prep_lookup(self, value, connection):
        if isinstance(value, str) and "\x00" in value:
            raise EmptyResultSet
        return super().get_db_prep_lookup(value, connection)


models.CharField.register_lookup(ExactText)
models.TextField.register_lookup(ExactText)


def _members(text: str | None) -> dict:
    found = json.loads(text) if text else None
    return found if isinstance(found, dict) else {}


def _has_member(text: str | None, name: str) -> bool:
    return name in _members(text)


def _member_in(text: str | None, name: str, wanted: str) -> bool:
    members = _members(text)
    return name in members and _canonical(members[name]) in _each_canonical(wanted)


def _member_has(text: str | None, name: str, folded: str) -> bool:
    value = _members(text).get(name)
    return isinstance(value, str) and folded in fold_case(value)


def _canonical(value: object) -> str:
    """The same text for what JSON takes for the same: 3 and 3.0, but not 1 and true, as Python would."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=16)
def _each_canonical(wanted: str) -> frozenset[str]:
    return frozenset(map(_canonical, json.loads(wanted)))


def register_sqlite_functions(connection, **_kwargs) -> None:
    """SQLite's paths into JSON take no quotation marks, and its `true` is 1. It takes more values in a statement
    than Django gives it."""
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
    """A condition on one member of an open object, whatever its name: Django's own take `1` for a place in an array.
    The right side is the member's name and what is asked of it. Never unknown, so that it can be negated."""

    prepare_rhs = False
    function: str
    """What SQLite was taught."""
    condition: str
    """The same in PostgreSQL's words."""

    def asked(self, vendor: str) -> list:
        """The member's name, and the text or texts that the database gets to compare with."""
        return list(self.rhs)

    def as_sqlite(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        asked = self.asked("sqlite")
        return f"{self.function}({', '.join([left, *['%s'] * len(asked)])})", [*values, *asked]

    def as_postgresql(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        name, *asked = self.asked("postgresql")
        member = [*values, name]
        times = self.condition.count("{member}")
        condition = self.condition.format(member=f"({left} -> %s::text)")
        return f"COALESCE({condition}, FALSE)", [*member * times, *asked]

    def as_mql(self, compiler, connection, as_expr=False):
        column = self.lhs.as_mql(compiler, connection, as_expr=True)
        found = self.mql(f"{column}.{path_of(self.rhs[0])}")
        return found if as_expr else {"$expr": found}

    def mql(self, path: str) -> dict:
        """The same as an expression of MongoDB's, of the member at `path`."""
        raise NotImplementedError


class HasMemberLookup(MemberLookup):
    """`custom_fields__has_member=["floor"]`"""

    lookup_name = "has_member"
    function = "caretaker_has_member"
    condition = "{member} IS NOT NULL"

    def mql(self, path):
        return {"$ne": [{"$type": path}, "missing"]}


class MemberInLookup(MemberLookup):
    """`custom_fields__member_in=["floor", [3, "third"]]`: it is one of these values."""

    lookup_name = "member_in"
    function = "caretaker_member_in"
    condition = "{member} = ANY(%s::text[]::jsonb[])"

    def asked(self, vendor):
        name, values = self.rhs
        return [name, json.dumps(values) if vendor == "sqlite" else [exact_json(value) for value in values]]

    def mql(self, path):
        among = {"$in": [path, [{"$literal": value} for value in self.rhs[1]]]}
        return {"$and": [{"$ne": [{"$type": path}, "missing"]}, among]}  # what is missing is not null


class MemberContainsLookup(MemberLookup):
    """`custom_fields__member_has=["floor", "thi"]`: it is text with these letters in it, in upper or lower case."""

    lookup_name = "member_has"
    function = "caretaker_member_has"
    condition = "jsonb_typeof({member}) = 'string' AND strpos(translate({member} #>> '{{}}', %s, %s), %s) > 0"

    def asked(self, vendor):
        name, part = self.rhs
        letters = _in_one_case("", part)[1] if vendor == "postgresql" else []
        return [name, *letters, fold_case(part)]

    def mql(self, path):
        matches = {"$regexMatch": {"input": path, "regex": {"$literal": case_insensitive(self.rhs[1])}}}
        return {"$cond": [{"$eq": [{"$type": path}, "string"]}, matches, False]}


for lookup in (HasMemberLookup, MemberInLookup, MemberContainsLookup):
    OpenObjectField.register_lookup(lookup)
