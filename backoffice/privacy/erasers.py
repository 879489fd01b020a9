"""What is kept of people outside records: who did what, files, journals, saved lists. Whoever keeps something makes it
known here: `register_text_columns` for tables in which people may be named, `register_eraser` for all else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth import get_user_model
from django.db import models

from backoffice.privacy.mentions import MentionRedactor, RedactedPerson, TextRedactor, batches
from backoffice.privacy.redaction import Redactor
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.models import History, SecretReading


@dataclass(frozen=True)
class Erasure:
    """What those who keep something of a person outside records are told: who it is, and who does the forgetting."""

    person: RedactedPerson
    actor: Actor
    via: ChangeContext


Forgets = Callable[[Erasure], Iterable[tuple[str, int]]]
Rewrite = Callable[[models.Model, str, Redactor], object]
"""A row's column as it is to be, by what a judge says."""


@dataclass(frozen=True)
class TextColumns:
    """A table that is no record's, and its columns in which people may be named."""

    columns: dict[str, Rewrite]
    owner: str = ""
    """Where its rows say whose they are: the lookup of a company or of a user. Empty: a person who is forgotten is told
    by their id in them (`register_eraser`), and not by their name, which others may have."""

    def of(self, person: RedactedPerson, rows: models.QuerySet) -> models.QuerySet:
        """The rows of the person's company."""
        if person.company_id is None:
            return rows
        if self.owner.endswith("company_id"):
            return rows.filter(**{self.owner: person.company_id})
        users = get_user_model()._base_manager.filter(company_id=person.company_id)
        return rows.filter(**{f"{self.owner}__in": list(users.values_list("pk", flat=True))})


def in_text(row: models.Model, column: str, judge: Redactor) -> object:
    """A text, or a list of them."""
    return judge.without(getattr(row, column))


def in_query_string(row: models.Model, column: str, judge: Redactor) -> str:
    """The part of an address after its question mark, in which names are written in a way of their own."""
    query = getattr(row, column)
    old = parse_qsl(query, keep_blank_values=True)
    new = [(name, judge.without(value)) for name, value in old]
    return urlencode(new) if new != old else query


_forgetters: list[Forgets] = []
_texts: dict[type[models.Model], TextColumns] = {}


def register_eraser(forgets: Forgets) -> Forgets:
    """Decorator: called, in the same transaction, when a person is forgotten; tells what it forgot, and how many."""
    _forgetters.append(forgets)
    return forgets


def register_text_columns(
    model: type[models.Model], *columns: str, owner: str = "", **read: Rewrite
) -> TextColumns:
    """Make known a table that is no record's, and its columns in which people may be named; `read` are those that are
    not just texts."""
    _texts[model] = TextColumns(dict.fromkeys(columns, in_text) | read, owner)
    return _texts[model]


def columns_with_texts(model: type[models.Model]) -> set[str]:
    """The columns of a table in which people may be named, as its keeper has made known."""
    return set(_texts[model].columns) if model in _texts else set()


register_text_columns(History, "who", "record_name")
register_text_columns(SecretReading, "who", "record_name")


def erase_elsewhere(forgetting: Erasure) -> list[tuple[str, int]]:
    """What was forgotten outside records, and how many of each."""
    judge = MentionRedactor(forgetting.person)
    told = [each for forgets in _forgetters for each in forgets(forgetting)]
    for model, texts in _texts.items():
        if texts.owner:
            rows = texts.of(forgetting.person, model._default_manager.all())
            told.append((str(model._meta.verbose_name_plural), _rewritten(rows, texts, judge, write=True)))
    return [each for each in told if each[1]]


def texts_elsewhere(words: TextRedactor, write: bool) -> list[tuple[str, int]]:
    """How many rows outside records have a text; `write` blanks it there."""
    found = [
        (
            str(model._meta.verbose_name_plural),
            _rewritten(model._default_manager.all(), texts, words, write),
        )
        for model, texts in _texts.items()
    ]
    return [each for each in found if each[1]]


def _rewritten(rows: models.QuerySet, texts: TextColumns, judge: Redactor, write: bool) -> int:
    count = 0
    if len(texts.columns) == 1:
        rows = rows.exclude(
            **dict.fromkeys(texts.columns, "")
        )  # most rows of a bulk edit have nothing to say
    for batch in batches(rows):
        for row in batch:
            old = {name: getattr(row, name) for name in texts.columns}
            new = {name: read(row, name, judge) for name, read in texts.columns.items()}
            if new != old:
                count += 1
                if write:
                    type(row)._default_manager.filter(pk=row.pk).update(**new)
    return count


@register_eraser
def erase_from_logs(forgetting: Erasure):
    """The person's name beside what they did and read."""
    for log in (History, SecretReading):
        rows = log.objects.filter(user_id=forgetting.person.pk).exclude(who=forgetting.person.put)
        yield str(log._meta.verbose_name_plural), rows.update(who=forgetting.person.put)
