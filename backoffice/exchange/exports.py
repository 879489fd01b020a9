"""Exports of one type of record: the table of its list in several formats, or its documents."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from backoffice.api.schema import Document
from backoffice.exchange.csv_format import conventions_of, csv_pieces
from backoffice.exchange.exportables import Exportable
from backoffice.exchange.formats import array_pieces, json_pieces, xlsx_pieces
from backoffice.exchange.models import ImportRun
from backoffice.exchange.tables import in_chunks, table_rows
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.fields import AnyField, OpenObjectField, is_unreadable
from backoffice.records.history import log_secret_access
from backoffice.records.models import Entity
from backoffice.web.viewsets import ListColumn

_logger = logging.getLogger(__name__)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Format:
    """A file format of exports. `pieces` writes a table; formats without it export documents. `localized`
    formats are for people: their words are in the language of the page."""

    name: str
    label: str | Promise
    content_type: str
    extension: str
    pieces: Callable | None = None
    localized: bool = False

    @property
    def is_table(self) -> bool:
        return self.pieces is not None


def _localized_csv_pieces(title: str, labels: list[str], rows: Iterable[list]) -> Iterator[bytes]:
    """Write a table as CSV for spreadsheets, by the conventions of the active language."""
    return csv_pieces(title, labels, rows, conventions_of(get_language() or "en"))


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    each.name: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", "csv", _localized_csv_pieces, localized=True),
        Format("xlsx", "XLSX", XLSX, "xlsx", xlsx_pieces, localized=True),
        Format("plain-csv", _("CSV for programs"), "text/csv; charset=utf-8", "csv", csv_pieces),
        Format("json", "JSON", "application/json", "json", json_pieces),
        Format("documents", _("JSON documents"), "application/json", "json"),
    )
}


def formats_of(subject: Exportable) -> list[Format]:
    """Return the formats in which a type of record can be exported."""
    return [
        each
        for each in FORMATS.values()
        if (subject.viewset if each.is_table else subject.document) is not None
    ]


def shows_secrets(subject: Exportable, format: Format) -> bool:
    """Whether an export may contain secrets. Then it requires a POST, as on pages."""
    return not format.is_table and subject.document.has_secrets


def file_name(subject: Exportable, format: Format) -> str:
    """Return a name such as `complaints-2026-11-22.csv` or `complaints-documents-2026-11-22.json`."""
    stem = subject.slug if format.is_table else f"{subject.slug}-{format.name}"
    return f"{stem}-{timezone.localdate().isoformat()}.{format.extension}"


def pieces_of(
    subject: Exportable,
    format: Format,
    queryset: QuerySet,
    actor: Actor,
    context: ChangeContext,
    progress: Progress = lambda count: None,
    columns: Iterable[ListColumn] | None = None,
    language: str = "en",
) -> Iterator[bytes]:
    """Yield the file with the records of a sorted queryset in pieces. A table has the default columns unless
    `columns` are given. Localized formats are in `language`; the words of all others are English, so that programs
    can rely on them."""
    pieces = _write_pieces(subject, format, queryset, actor, context, progress, columns)
    while True:
        with override(language if format.localized else "en"):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _write_pieces(subject, format, queryset, actor, context, progress, columns) -> Iterator[bytes]:
    if format.pieces is None:
        yield from array_pieces(_documents(subject, queryset, actor, context, progress))
        return
    viewset = subject.viewset
    columns = viewset.columns_visible_to(actor, viewset.columns if columns is None else columns)
    rows = table_rows(viewset, queryset, actor, columns, progress)
    yield from format.pieces(viewset.label, [str(column.label) for column in columns], rows)


def _documents(
    subject: Exportable, queryset: QuerySet, actor: Actor, context: ChangeContext, progress: Progress
) -> Iterator[dict]:
    """Yield the documents as in API responses to this actor, or the export documents if the actor may import.
    Reads of secrets are recorded in the access log before they are yielded."""
    document = subject.export_document if actor.may("import", ImportRun) else subject.document
    missing = 0
    for records in in_chunks(queryset, actor):
        missing += sum(map(_count_unreadable, records))
        answers = document.serialize_records(records, actor, document.dialect)
        log_secret_access(records, actor, context)
        for answer in answers:
            yield with_sorted_keys(document, answer)
        progress(len(records))
    if missing:
        _logger.warning(
            "%d secrets of the exported %s are omitted: their encryption key is missing.",
            missing,
            subject.plural,
        )


def _count_unreadable(record: Entity) -> int:
    """Return the number of secrets of a record that cannot be decrypted."""
    return sum(
        is_unreadable(prop.read(record))
        for prop in record.properties.values()
        if prop.guard is not None and prop.guard.secret
    )


def with_sorted_keys(document: Document, answer: dict) -> dict:
    """Sort the keys of open objects in the document: not every database preserves their order."""
    for leaf in document.properties:
        prop = document.bound[leaf.attribute]
        if not prop.many and isinstance(prop.field, (AnyField, OpenObjectField)):
            within = answer.get(leaf.group, {}) if leaf.group else answer
            if leaf.key in within:
                within[leaf.key] = json.loads(json.dumps(within[leaf.key], sort_keys=True))
    return answer


def visible_records(model: type[Entity], actor: Actor, company_id: str | None = None) -> QuerySet:
    """Return the records that the actor may see, of all companies or one."""
    queryset = model.objects.visible_to(actor)
    if company_id is None:
        return queryset
    return queryset.filter(**{"company_id" if hasattr(model, "company_id") else "pk": company_id})
