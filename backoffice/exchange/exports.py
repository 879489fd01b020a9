"""What is exported of a kind of record: the table of its list in several formats, or its whole documents."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from backoffice.api.schema import Document
from backoffice.exchange.csv_format import conventions_of, csv_pieces
from backoffice.exchange.exportables import Exportable
from backoffice.exchange.formats import array_pieces, json_pieces, xlsx_pieces
from backoffice.exchange.models import ImportRun
from backoffice.exchange.tables import ExportTable, in_chunks
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.fields import AnyField, OpenObjectField, is_unreadable
from backoffice.records.history import log_readings
from backoffice.records.models import Entity
from backoffice.web.viewsets import ListColumn

_logger = logging.getLogger(__name__)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Format:
    """One way to write an export. `pieces` writes a table; without it the export is of documents. What is `localized` is
    written as the spreadsheets of a language have it."""

    name: str
    label: str | Promise
    content_type: str
    extension: str
    pieces: Callable | None = None
    localized: bool = False

    @property
    def is_table(self) -> bool:
        return self.pieces is not None


FORMATS = {
    each.name: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", "csv", csv_pieces, localized=True),
        Format(
            "xlsx",
            "XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            xlsx_pieces,
        ),
        Format("plain-csv", _("CSV for programs"), "text/csv; charset=utf-8", "csv", csv_pieces),
        Format("json", "JSON", "application/json", "json", json_pieces),
        Format("documents", _("JSON documents"), "application/json", "json"),
    )
}


def formats_of(subject: Exportable) -> list[Format]:
    """The formats that there are of a kind of record."""
    return [
        each for each in FORMATS.values() if (subject.kind if each.is_table else subject.document) is not None
    ]


def shows_secrets(subject: Exportable, format: Format) -> bool:
    """Whether an export may have secrets in it: then it takes a press of a button, as on pages."""
    return not format.is_table and subject.document.has_secrets


def file_name(subject: Exportable, format: Format) -> str:
    """`complaints-2026-11-22.csv`; documents say that they are some."""
    what = subject.slug if format.is_table else f"{subject.slug}-{format.name}"
    return f"{what}-{timezone.localdate().isoformat()}.{format.extension}"


def pieces_of(
    subject: Exportable,
    format: Format,
    found: QuerySet,
    actor: Actor,
    via: ChangeContext,
    progress: Progress = lambda count: None,
    columns: Iterable[ListColumn] | None = None,
    language: str = "en",
) -> Iterator[bytes]:
    """The file of what a sorted queryset finds, in pieces; a table with its usual columns or with others. Its words are the
    same whatever the reader's language is: whoever reads it with a script knows them. Numbers and dates of CSV are as
    spreadsheets of the language have them."""
    pieces = _pieces_of(subject, format, found, actor, via, progress, columns, language)
    while True:
        with override("en"):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _pieces_of(subject, format, found, actor, via, progress, columns, language) -> Iterator[bytes]:
    if format.pieces is None:
        yield from array_pieces(_documents(subject, found, actor, via, progress))
        return
    table = ExportTable(subject.kind, found, actor, columns)
    how = {"conventions": conventions_of(language)} if format.localized else {}
    yield from format.pieces(subject.kind.label, table.labels, table.rows(progress), **how)


def _documents(
    subject: Exportable, found: QuerySet, actor: Actor, via: ChangeContext, progress: Progress
) -> Iterator[dict]:
    """The documents as the API answers them for this actor; for who may import records again, the whole ones. That
    secrets were read is written down before they are given away."""
    document = subject.whole if actor.may("import", ImportRun) else subject.document
    missing = 0
    for records in in_chunks(found, actor):
        missing += sum(map(_unreadable, records))
        answers = document.of_many(records, actor, document.dialect)
        log_readings(records, actor, via)
        for answer in answers:
            yield with_sorted_keys(document, answer)
        progress(len(records))
    if missing:
        _logger.warning(
            "%d secrets of the exported %s are left out: the key they were encrypted with is missing.",
            missing,
            subject.plural,
        )


def _unreadable(record: Entity) -> int:
    """How many secrets of a record nobody can read."""
    return sum(
        is_unreadable(prop.read(record))
        for prop in record.properties.values()
        if prop.guard is not None and prop.guard.secret
    )


def with_sorted_keys(document: Document, answer: dict) -> dict:
    """The document with the keys of its open objects in order: not every database keeps theirs."""
    for leaf in document.properties:
        prop = document.bound[leaf.attribute]
        if not prop.many and isinstance(prop.field, (AnyField, OpenObjectField)):
            within = answer.get(leaf.group, {}) if leaf.group else answer
            if leaf.key in within:
                within[leaf.key] = _sorted(within[leaf.key])
    return answer


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(entry) for entry in value]
    return value


def everything(model: type[Entity], actor: Actor, company_id: str | None = None) -> QuerySet:
    """All that exists for an actor; with `company_id`, of that company only."""
    found = model.objects.visible_to(actor)
    if company_id is None:
        return found
    names = {field.name for field in model._meta.concrete_fields}
    return found.filter(**{"company_id" if "company" in names else "pk": company_id})
