"""Finding text without regard to case, and what open objects have in them, on every database alike."""

import json
import sqlite3
from functools import lru_cache

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import IContains, Lookup

from backoffice.records.fields import OpenObjectField


def _has(text: object, part: str) -> bool | None:
    return None if text is None else part.casefold() in str(text).casefold()


def _members(text: str | None) -> dict:
    found = json.loads(text) if text else None
    return found if isinstance(found, dict) else {}


def _has_member(text: str | None, name: str) -> bool:
    return name in _members(text)


def _member_in(text: str | None, name: str, wanted: str) -> bool:
    members = _members(text)
    return name in members and _canonical(members[name]) in _each_canonical(wanted)


def _member_has(text: str | None, name: str, part: str) -> bool:
    members = _members(text)
    if name not in members:
        return False
    value = members[name]
    return _has(value if isinstance(value, str) else _canonical(value), part)


def _canonical(value: object) -> str:
    """The same text for what JSON takes for the same: 3 and 3.0, but not 1 and true, as Python would."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=16)
def _each_canonical(wanted: str) -> frozenset[str]:
    return frozenset(map(_canonical, json.loads(wanted)))


def teach_sqlite(connection, **_kwargs) -> None:
    """SQLite's own LIKE knows the case of A to Z only; to it `ÅRHUS` and `århus` are two. Its paths into JSON take
    no quotation marks, and its `true` is 1. It takes more values in a statement than Django gives it."""
    if connection.vendor == "sqlite":
        for name, count, function in (
            ("caretaker_has", 2, _has),
            ("caretaker_has_member", 2, _has_member),
            ("caretaker_member_in", 3, _member_in),
            ("caretaker_member_has", 3, _member_has),
        ):
            connection.connection.create_function(name, count, function, deterministic=True)
        if sqlite3.sqlite_version_info >= (3, 32):
            connection.features.max_query_params = 32766


connection_created.connect(teach_sqlite, dispatch_uid="caretaker_has")


class Has(IContains):
    """`name__has="rådhus"`: the text has these letters in it, in upper or lower case."""

    def as_sqlite(self, compiler, connection):
        left, left_values = self.process_lhs(compiler, connection)
        return f"caretaker_has({left}, %s)", [*left_values, self.rhs]


models.CharField.register_lookup(Has, "has")
models.TextField.register_lookup(Has, "has")


class OfMember(Lookup):
    """A condition on one member of an open object, whatever its name: Django's own take `1` for a place in an array.
    The right side is the member's name and what is asked of it. Never unknown, so that it can be negated."""

    prepare_rhs = False
    function: str

    def asked(self) -> list:
        return list(self.rhs)

    def as_sqlite(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        asked = self.asked()
        return f"{self.function}({', '.join([left, *['%s'] * len(asked)])})", [*values, *asked]


class HasMember(OfMember):
    """`custom_fields__has_member=["floor"]`"""

    lookup_name = "has_member"
    function = "caretaker_has_member"


class MemberIn(OfMember):
    """`custom_fields__member_in=["floor", [3, "third"]]`: it is one of these values."""

    lookup_name = "member_in"
    function = "caretaker_member_in"

    def asked(self):
        name, values = self.rhs
        return [name, json.dumps(values)]


class MemberHas(OfMember):
    """`custom_fields__member_has=["floor", "thi"]`: it has these letters in it, in upper or lower case."""

    lookup_name = "member_has"
    function = "caretaker_member_has"


for lookup in (HasMember, MemberIn, MemberHas):
    OpenObjectField.register_lookup(lookup)
