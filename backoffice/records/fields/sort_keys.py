"""Sort keys: texts whose order by code points is the order that readers of a language expect, on all
databases.

A key has three parts. The first has the words without case, accents and punctuation, letters in the order of
the language's alphabet and numbers by their value; the second distinguishes accents, the third case and
punctuation.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import models

from backoffice.db.annotations import Connection
from backoffice.db.folding import fold
from backoffice.db.patches import POSTGRES_ORDER
from backoffice.records.fields.class_attributes import LazyClassAttribute, get_related_model

LONGEST, LONGEST_PART = 80, 100
"""Number of characters of a text that count, and of the first part of its key."""
BEGINNING = 40
"""Number of characters of a text of several lines that count."""
_NUMBER = re.compile(r"[0-9]+")
_SEPARATOR = "\x01"
_DANISH = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "ő": "|", "å": "}", "ü": "y", "ű": "y"})
"""The letters after z, and those that are sorted like one of them (as in CLDR for Danish)."""


class _Letters(dict[int, str | None]):
    """A table for `str.translate`: maps each letter to its form in the key, punctuation to spaces. Filled on
    demand."""

    def __init__(self, special: dict[int, str]):
        super().__init__()
        self.special = special

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        if letter.isalnum():
            self[code] = fold(letter.casefold().translate(self.special))
        else:
            self[code] = None if unicodedata.combining(letter) else " "
        return self[code]


_PLAIN = _Letters({})
_LETTERS = {"da": _Letters(_DANISH)}


def sort_key(text: str, language: str, is_long: bool = False) -> str:
    """Return the key of a text in a language (`da`, `de`, `en`); of a long text, only the first part, from
    its beginning."""
    text = text[: BEGINNING if is_long else LONGEST]
    is_ascii = text.isascii()
    if not is_ascii and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    words = " ".join(text.translate(_LETTERS.get(language, _PLAIN)).split())
    if language == "da":
        words = words.replace("aa", "}")
    words = _NUMBER.sub(_by_value, words)[:LONGEST_PART]
    if is_long:
        return words
    accents = "" if is_ascii else text.casefold()[:LONGEST_PART]
    return f"{words}{_SEPARATOR}{accents}{_SEPARATOR}{text if language == 'da' else text.swapcase()}"


def _by_value(match: re.Match[str]) -> str:
    """Return a number with its length before it, so that 2 comes before 10."""
    digits = match.group().lstrip("0")
    return chr(ord("0") + min(len(digits), 40)) + digits


class SortKeyField(models.TextField[str, str]):
    """The sort key of the property `of`, set by `Entity.set_sort_keys`."""

    def __init__(self, of: str = "", is_long: bool = False) -> None:
        self.of, self.is_long = of, is_long
        super().__init__(default="", editable=False)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, _args, _kwargs = super().deconstruct()
        return name, path, [], {"of": self.of, "is_long": self.is_long}

    def db_parameters(self, connection: Connection) -> dict[str, str | None]:
        parameters = super().db_parameters(connection)
        return parameters | {"collation": POSTGRES_ORDER} if connection.vendor == "postgresql" else parameters


@cache
def sort_column(model: type[models.Model], path: str) -> str:
    """Return the column to sort by for a property, which may be another record's (`object__name`): its sort
    key if it has one."""
    *references, name = path.split("__")
    for reference in references:
        model = get_related_model(model, reference)
    field = None if name == "pk" else model._meta.get_field(name)
    sort_name = getattr(field, "sort_name", "")
    return "__".join([*references, sort_name]) if sort_name else path


def sort_columns(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Return the columns to sort by for an ordering; names may begin with `-`."""
    return [
        f"-{sort_column(model, name[1:])}" if name.startswith("-") else sort_column(model, name)
        for name in names
    ]


@cache
def _sort_key_fields(model: type[models.Model]) -> list[SortKeyField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SortKeyField)]


def _sort_key_names(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.name for field in _sort_key_fields(model))


def _sorted_properties(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.of for field in _sort_key_fields(model))


class SortKeys(models.Model):
    """The base of models with sort keys."""

    sort_language = models.CharField(max_length=8, default="", editable=False)
    """The language of the sort keys; empty if they are still to be made (`writes.derived_text`)."""

    class Meta:
        abstract = True

    sort_key_names = LazyClassAttribute(_sort_key_names)
    """The names of the columns with sort keys."""
    sorted_properties = LazyClassAttribute(_sorted_properties)
    """The names of the properties that have sort keys."""

    def set_sort_keys(self, language: str, touched: set[str] | None = None) -> set[str]:
        """Set the sort keys of all properties, or of the touched ones. Return the names of the columns to
        write."""
        names = set()
        for field in _sort_key_fields(type(self)):
            if touched is None or field.of in touched:
                self.__dict__[field.name] = sort_key(self.__dict__[field.of] or "", language, field.is_long)
                names.add(field.name)
        if names or touched is None:
            self.sort_language = language
            names.add("sort_language")
        return names
