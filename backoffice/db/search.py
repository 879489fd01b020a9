"""Search by words: each word of the query is the beginning of a word of the record, whatever its case,
accents and spelling (`Müller`, `Mueller`).

`search_text` has the record's words, a space before each, so that any database can search for `" lamp"`. For
many records, an index finds a word (`search_index`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.db import search_index
from backoffice.db.annotations import RowsT
from backoffice.db.folding import fold, respell
from backoffice.db.phone_numbers import find_numbers, normalize

MAX_SEARCH_LENGTH = 200
LONGEST_WORD = 100
MOST_LETTERS = 60_000
"""Maximum length of the search text: PostgreSQL indexes at most a megabyte of each."""
SHORT = 3
"""Words with fewer letters are not looked up in the index: they have too many matches."""
RULES = "2"
"""The prefix of `search_text`: a row with another one was made by earlier rules
(`records.writes.derived_text.update_outdated`)."""
_APOSTROPHE = re.compile(r"['`]")
_WORD = re.compile(r"[^\W_]+(?:['`][^\W_]+)*")


def split_words(text: str) -> list[str]:
    """Return the folded words of a text, which are separated by whatever is neither a letter nor a digit."""
    return [part[:LONGEST_WORD] for word in _WORD.findall(fold(text)) for part in _APOSTROPHE.split(word)]


def _without_apostrophes(word: str) -> str:
    """Return a word without its apostrophes: `obrien`."""
    return _APOSTROPHE.sub("", word)[:LONGEST_WORD]


def make_search_text(text: str) -> str:
    """Return the search text: each word of a text once, in each of its spellings."""
    words: dict[str, None] = {}
    for spelling in dict.fromkeys((text, respell(text))):
        folded = fold(spelling)
        found_words = _WORD.findall(folded)
        if _APOSTROPHE.search(folded):
            found_words = [
                part
                for word in found_words
                for part in (*_APOSTROPHE.split(word), _without_apostrophes(word))
            ]
        words |= dict.fromkeys([word[:LONGEST_WORD] for word in found_words])
    return "".join(f" {word}" for word in words)[:MOST_LETTERS]


def find_number_words(text: str) -> list[str]:
    """Return the words by which the telephone numbers of a text are found."""
    return [form for _start, _end, forms in find_numbers(normalize(text)) for form in forms]


@dataclass(frozen=True)
class Term:
    """A search condition: all words of one of the alternatives, each the beginning of a word of the
    record."""

    alternatives: tuple[tuple[str, ...], ...]
    is_number: bool = False

    @property
    def is_frequent(self) -> bool:
        """Whether scanning the records is as fast as the index. (The short parts of a telephone number are
        rare together.)"""
        return not self.is_number and any(len(word) < SHORT for words in self.alternatives for word in words)

    @property
    def condition(self) -> Q:
        """The condition for any database, without the index."""
        condition = Q()
        for words in self.alternatives:
            alternative = Q()
            for word in words:
                alternative &= Q(search_text__contains=f" {word}")
            condition |= alternative
        return condition


def parse_terms(text: str) -> list[Term]:
    """Return the terms of a query: one for each of its words and of its telephone numbers."""
    text = normalize(text[:MAX_SEARCH_LENGTH])
    terms, texts, position = [], [], 0
    for start, end, forms in find_numbers(text):
        words = tuple(split_words(text[start:end]))
        if words != forms:
            other_forms = tuple((form,) for form in forms if form not in words or len(words) > 1)
            terms.append(Term((words, *other_forms), is_number=True))
            texts.append(text[position:start])
            position = end
    rest = " ".join([*texts, text[position:]])
    folded, spelled = (_WORD.findall(fold(spelling)) for spelling in (rest, respell(rest)))
    for word, other in zip(folded, spelled, strict=False):
        terms.append(Term(_shorter_spellings(_without_apostrophes(word), _without_apostrophes(other))))
    return list(dict.fromkeys(terms))


def _shorter_spellings(word: str, other: str) -> tuple[tuple[str, ...], ...]:
    """Return two spellings of a word, or only the one that the other begins with."""
    if other.startswith(word):
        return ((word,),)
    return ((other,),) if word.startswith(other) else ((word,), (other,))


def validate_search(text: str) -> None:
    """Refuse a query without a letter or digit."""
    if not split_words(text[:MAX_SEARCH_LENGTH]):
        raise ValidationError(_("Enter at least one letter or digit."), code="invalid")


def word_start_pattern(word: str) -> re.Pattern[str]:
    """Return a pattern that finds a folded word at the beginning of words of folded text."""
    return re.compile(rf"(?<![^\W_]){re.escape(word)}")


def filter_by_words(rows: RowsT, text: str) -> RowsT:
    """Filter records by the words of a text (its first 200 characters). The index is used if the rows are all
    rows of some companies (`rows.query.whole_companies`); on SQLite, a query finds out whether the words are rare.
    Empty text matches all records, text without words none."""
    terms = parse_terms(text)
    if not terms:
        return rows.none() if text else rows
    vendor, companies = connections[rows.db].vendor, search_index.companies_of(rows)
    if companies and vendor == "postgresql":
        return rows.filter(search_text__has_words=(terms, companies))
    rare = [term for term in terms if not term.is_frequent]
    is_indexed = companies and vendor == "sqlite" and rare
    if is_indexed and (few := search_index.find_rare(rows, rare, companies)) is not None:
        rows, terms = few, [term for term in terms if term.is_frequent]
    for term in terms:
        rows = rows.filter(term.condition)
    return rows


def rebuild_words(app_label: str, *names: str) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    """Return a migration function that rebuilds search texts from before they were stored as words."""

    def write(state: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        connection = schema_editor.connection
        for name in names:
            model = state.get_model(app_label, name)
            if connection.vendor == "sqlite":
                connection.connection.create_function(
                    "caretaker_words", 1, make_search_text, deterministic=True
                )
                table = connection.ops.quote_name(model._meta.db_table)
                schema_editor.execute(f"UPDATE {table} SET search_text = caretaker_words(search_text)")  # noqa: S608 # nosec B608
                continue
            batch = []
            for record in model._base_manager.only("pk", "search_text").order_by().iterator(chunk_size=500):
                record.search_text = make_search_text(record.search_text)
                batch.append(record)
                if len(batch) == 500:
                    model._base_manager.bulk_update(batch, ["search_text"])
                    batch = []
            model._base_manager.bulk_update(batch, ["search_text"])

    return write
