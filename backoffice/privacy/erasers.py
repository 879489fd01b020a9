"""Erasers: functions that delete or redact what apps store about people outside records, such as logs, files,
import runs and saved views.

Each app registers its own: `register_text_columns` for tables in which people may be named, `register_eraser`
for all else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth import get_user_model
from django.db import models

from backoffice.privacy.mentions import MentionRedactor, RedactedPerson, TextRedactor, batches
from backoffice.privacy.redaction import Redactor
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.models import History, SecretReading


@dataclass(frozen=True)
class Erasure:
    """The arguments of an eraser: the person to erase, and the actor and channel of the redaction."""

    person: RedactedPerson
    actor: Actor
    context: ChangeContext


Eraser = Callable[[Erasure], Iterable[tuple[str, int]]]
Rewrite = Callable[[models.Model, str, Redactor], object]
"""Returns the new value of a row's column, as a redactor decides."""


@dataclass(frozen=True)
class TextColumns:
    """The columns of a table, not a record's, in which people may be named."""

    columns: dict[str, Rewrite]
    owner: str = ""
    """The lookup of the company or user that a row belongs to. Empty if an eraser finds the person by id
    (`register_eraser`), not by name, which others may have."""

    def rows_of_company(self, person: RedactedPerson, rows: models.QuerySet) -> models.QuerySet:
        """Return the rows of the person's company."""
        if person.company_id is None:
            return rows
        if self.owner.endswith("company_id"):
            return rows.filter(**{self.owner: person.company_id})
        users = get_user_model()._base_manager.filter(company_id=person.company_id)
        return rows.filter(**{f"{self.owner}__in": list(users.values_list("pk", flat=True))})


def redact_column_text(row: models.Model, column: str, redactor: Redactor) -> object:
    """Redact a text, or a list of texts."""
    return redactor.redact_text(getattr(row, column))


def redact_query_string(row: models.Model, column: str, redactor: Redactor) -> str:
    """Redact a query string, in which names are URL-encoded."""
    query = getattr(row, column)
    old = parse_qsl(query, keep_blank_values=True)
    new = [(name, redactor.redact_text(value)) for name, value in old]
    return urlencode(new) if new != old else query


_erasers: list[Eraser] = []
_texts: dict[type[models.Model], TextColumns] = {}


def register_eraser(eraser: Eraser) -> Eraser:
    """Decorator: register a function that is called in the transaction that erases a person, and yields what
    it erased as (label, count)."""
    _erasers.append(eraser)
    return eraser


def register_text_columns(
    model: type[models.Model], *columns: str, owner: str = "", **rewriters: Rewrite
) -> TextColumns:
    """Register a table, not a record's, and its columns in which people may be named; `rewriters` has the
    functions for columns that are not plain texts."""
    _texts[model] = TextColumns(dict.fromkeys(columns, redact_column_text) | rewriters, owner)
    return _texts[model]


def columns_with_texts(model: type[models.Model]) -> set[str]:
    """Return the registered columns of a table."""
    return set(_texts[model].columns) if model in _texts else set()


register_text_columns(History, "who", "record_name")
register_text_columns(SecretReading, "who", "record_name")


def erase_outside_records(erasure: Erasure) -> list[tuple[str, int]]:
    """Erase a person outside records. Return (label, count) of what was erased."""
    redactor = MentionRedactor(erasure.person)
    counts = [entry for eraser in _erasers for entry in eraser(erasure)]
    counts += [
        _rewrite_rows(
            texts.rows_of_company(erasure.person, model._default_manager.all()), texts, redactor, write=True
        )
        for model, texts in _texts.items()
        if texts.owner
    ]
    return [entry for entry in counts if entry[1]]


def redact_text_outside_records(redactor: TextRedactor, write: bool) -> list[tuple[str, int]]:
    """Return (label, number of rows) of tables outside records with a text; with `write`, redact it there."""
    counts = [
        _rewrite_rows(model._default_manager.all(), texts, redactor, write) for model, texts in _texts.items()
    ]
    return [entry for entry in counts if entry[1]]


def _rewrite_rows(
    rows: models.QuerySet, texts: TextColumns, redactor: Redactor, write: bool
) -> tuple[str, int]:
    """Redact rows of a table. Return its label and the number of rows that have something to redact."""
    count = 0
    if len(texts.columns) == 1:
        rows = rows.exclude(**dict.fromkeys(texts.columns, ""))  # most rows of a bulk edit have no text
    for row in chain.from_iterable(batches(rows)):
        old = {name: getattr(row, name) for name in texts.columns}
        new = {name: rewrite(row, name, redactor) for name, rewrite in texts.columns.items()}
        if new != old:
            count += 1
            if write:
                type(row)._default_manager.filter(pk=row.pk).update(**new)
    return str(rows.model._meta.verbose_name_plural), count


@register_eraser
def erase_from_logs(erasure: Erasure):
    """Replace the person's name as the author of history rows and readings."""
    for log in (History, SecretReading):
        rows = log.objects.filter(user_id=erasure.person.pk).exclude(who=erasure.person.replacement)
        yield str(log._meta.verbose_name_plural), rows.update(who=erasure.person.replacement)
