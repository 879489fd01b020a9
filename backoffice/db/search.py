"""Finding records by the words in them: each word of what is searched for begins one of theirs, whatever its case, its
accents and its spelling (`Müller`, `Mueller`). `search_text` has their words, a space before each, so that any database
can be asked for `" lamp"`; where there are many, an index says which records have a word (`search_index`)."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backoffice.db import search_index
from backoffice.db.folding import fold, respell
from backoffice.db.phone_numbers import find_numbers, normalize

LONGEST_SEARCH = 200
LONGEST_WORD = 100
MOST_LETTERS = 60_000
"""As much of a record's words is kept to be searched in: PostgreSQL indexes no more than a megabyte of each."""
SHORT = 3
"""A word with fewer letters begins so many that looking them all up takes longer than looking through the records."""
RULES = "2"
"""What `search_text` begins with: a row with another beginning has its words by earlier rules (`search_index.renew`)."""
_APOSTROPHE = re.compile(r"['`]")
_WORD = re.compile(r"[^\W_]+(?:['`][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words of a text, folded. Whatever is neither a letter nor a digit stands between words."""
    return [part[:LONGEST_WORD] for word in _WORD.findall(fold(text)) for part in _APOSTROPHE.split(word)]


def _whole(word: str) -> str:
    """A word without its apostrophes: `obrien`."""
    return _APOSTROPHE.sub("", word)[:LONGEST_WORD]


def search_text_of(text: str) -> str:
    """What `search_text` has of a text: each of its words once, in each of its spellings."""
    words = {}
    for spelled in dict.fromkeys((text, respell(text))):
        folded = fold(spelled)
        found = _WORD.findall(folded)
        if _APOSTROPHE.search(folded):
            found = [part for word in found for part in (*_APOSTROPHE.split(word), _whole(word))]
        words |= dict.fromkeys([word[:LONGEST_WORD] for word in found])
    return "".join(f" {word}" for word in words)[:MOST_LETTERS]


def numbers_of(text: str) -> list[str]:
    """The words by which the telephone numbers of a text are found."""
    return [form for _start, _end, forms in find_numbers(normalize(text)) for form in forms]


@dataclass(frozen=True)
class Term:
    """What a record is to have: all words of one of the alternatives, each as the beginning of one of its own."""

    alternatives: tuple[tuple[str, ...], ...]
    is_number: bool = False

    @property
    def is_frequent(self) -> bool:
        """Whether it is found as soon by looking through the records. (Short pieces of a telephone number come
        together, and are rare.)"""
        return not self.is_number and any(len(word) < SHORT for words in self.alternatives for word in words)

    @property
    def condition(self) -> Q:
        """The same, to be asked of any database."""
        found = Q()
        for words in self.alternatives:
            one = Q()
            for word in words:
                one &= Q(search_text__contains=f" {word}")
            found |= one
        return found


def terms_of(text: str) -> list[Term]:
    """What a text asks for: each of its words, and each of its telephone numbers."""
    text = normalize(text[:LONGEST_SEARCH])
    found, rest, last = [], [], 0
    for start, end, forms in find_numbers(text):
        words = tuple(words_of(text[start:end]))
        if words != forms:
            others = tuple((form,) for form in forms if form not in words or len(words) > 1)
            found.append(Term((words, *others), is_number=True))
            rest.append(text[last:start])
            last = end
    rest = " ".join([*rest, text[last:]])
    folded, spelled = (_WORD.findall(fold(each)) for each in (rest, respell(rest)))
    for word, other in zip(folded, spelled, strict=False):
        found.append(Term(_shortest(_whole(word), _whole(other))))
    return list(dict.fromkeys(found))


def _shortest(word: str, other: str) -> tuple[tuple[str, ...], ...]:
    """Two spellings of a word, or the one with which the other begins."""
    if other.startswith(word):
        return ((word,),)
    return ((other,),) if word.startswith(other) else ((word,), (other,))


def validate_search(text: str) -> None:
    """Refuse a text with nothing in it to search for."""
    if not words_of(text[:LONGEST_SEARCH]):
        raise ValidationError(_("Enter at least one letter or digit to search for."), code="invalid")


def begin_of_word(word: str) -> re.Pattern:
    """Finds a folded word where it begins one in folded text."""
    return re.compile(rf"(?<![^\W_]){re.escape(word)}")


def filter_by_words(rows: models.QuerySet, text: str) -> models.QuerySet:
    """Those of some records that have words which begin as those of a text (its first 200 characters). The index is
    asked if the rows are all that some companies have (`rows.whole_companies`); on SQLite it is looked up at once how
    rare the words are. An empty text finds all, one without words nothing."""
    terms = terms_of(text)
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


def rebuild_words(app_label: str, *names: str):
    """For a migration: brings the texts that were kept to be searched in, before they were kept as words, up to date."""

    def write(state, schema_editor) -> None:
        connection = schema_editor.connection
        for name in names:
            model = state.get_model(app_label, name)
            if connection.vendor == "sqlite":
                connection.connection.create_function(
                    "caretaker_words", 1, search_text_of, deterministic=True
                )
                table = connection.ops.quote_name(model._meta.db_table)
                schema_editor.execute(f"UPDATE {table} SET search_text = caretaker_words(search_text)")  # noqa: S608 # nosec B608
                continue
            batch = []
            for record in model._base_manager.only("pk", "search_text").order_by().iterator(chunk_size=500):
                record.search_text = search_text_of(record.search_text)
                batch.append(record)
                if len(batch) == 500:
                    model._base_manager.bulk_update(batch, ["search_text"])
                    batch = []
            model._base_manager.bulk_update(batch, ["search_text"])

    return write
