"""The import of documents: all are validated before any is written, and all are written or none."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from backoffice.api.errors import ApiError
from backoffice.db.object_ids import is_object_id
from backoffice.db.transactions import LOCK_PAUSE, LOCK_SECONDS, atomic, has_one_writer
from backoffice.exchange.exportables import exportables
from backoffice.exchange.json_reader import parts
from backoffice.exchange.models import ImportRun
from backoffice.exchange.staging import StagedDocument, StagingDatabase
from backoffice.exchange.validation import DocumentRefused, ImportContext, ImportFile, ImportItem, References
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict, Forbidden, RecordDeleted
from backoffice.records.fields import now
from backoffice.records.models import Entity, History
from backoffice.records.properties import load_collections
from backoffice.records.services import NUMBERING_LIMIT, advance_number_series, ensure_number_series

FIRST_BATCH = 50
"""The first number of documents in a transaction on databases with a single writer, so that others wait only
briefly."""
MIN_BATCH = 10

Bar = Callable[..., AbstractContextManager]
"""`bar(label, total)` is a context manager whose `update(count)` reports progress (see
`progress.progress_bar`)."""


class ImportStopped(Exception):
    """The import failed or cannot continue; the message is the reason."""


@dataclass
class ImportOutcome:
    """The numbers of documents that created a record, changed one, or changed nothing."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    already_imported: int = 0
    """Imported by an earlier attempt."""

    @property
    def imported(self) -> int:
        return self.created + self.changed + self.unchanged + self.already_imported


def digest_of(sources: Iterable[ImportFile], options: list[str]) -> str:
    """Return a digest of the files and options that identifies an import."""
    digest = hashlib.sha256(repr(options).encode())
    for source in sources:
        source.file.seek(0)
        while piece := source.file.read(1024 * 1024):
            digest.update(piece)
        digest.update(f"\n{source.subject.slug}\n".encode())
    return digest.hexdigest()


def batch_sizes() -> Iterator[int]:
    """Yield the number of documents of each transaction on databases with a single writer: as many as fit in
    LOCK_SECONDS."""
    size = FIRST_BATCH
    while True:
        started_at = time.monotonic()
        yield size
        duration = max(time.monotonic() - started_at, 0.001)
        size = max(MIN_BATCH, min(int(size * LOCK_SECONDS / duration), 2 * size))
        time.sleep(LOCK_PAUSE)


class Import:
    """One import: call `check`, look at `staging.errors()`, then call `write`."""

    def __init__(
        self,
        sources: list[ImportFile],
        context: ImportContext,
        run: ImportRun,
        bar: Bar,
        keep_going: bool = False,
    ):
        self.sources, self.context, self.run, self.bar = sources, context, run, bar
        self.keep_going = keep_going
        self.staging = StagingDatabase([source.name for source in sources])
        self.references = References(self.staging)
        self.change_context = ChangeContext(Channel.COMMAND, run.pk)
        self.outcome = ImportOutcome()
        self.unreadable = 0
        self.undo_on_failure = False
        """Whether it is written in several short transactions and has to be rolled back as a whole if one
        fails."""

    @property
    def refused_count(self) -> int:
        return self.unreadable + self.staging.count("refused")

    def check(self) -> None:
        """Read and validate all documents, and add their errors to the staging database."""
        for file, source in enumerate(self.sources):
            self._stage(file, source)
        for entries in self.staging.chunks():
            self._mark_existing(entries)
        self.outcome.already_imported = self.staging.count("done")
        with self.bar(_("Checking"), self.staging.count("NOT done")) as bar:
            for entries in self.staging.chunks():
                for entry, record in self._with_records(entries):
                    self._validate(entry, record)
                bar.update(len(entries))
        if self.keep_going:
            for entry, field, where in self.staging.find_refused_references():
                document = self._source(entry).subject.import_document
                message = _("This refers to a rejected document: %(where)s.") % {"where": where}
                self._refuse(entry, [(document.place_of(field).path, message)])

    def _stage(self, file: int, source: ImportFile) -> None:
        """Add the documents of a file, with their positions and ids, to the staging database."""
        source.file.seek(0, 2)
        end = source.file.tell()
        source.file.seek(0)
        with self.bar(_("Reading %(file)s") % {"file": source.name}, end, unit="B", scale=True) as bar:
            for part in parts(source.file):
                if error := part.error or self._stage_document(file, source, part):
                    field, message = error if isinstance(error, tuple) else ("", error)
                    self.unreadable += 1
                    self.staging.add_error(file, part, field, message)
                bar.update(part.offset + part.length - bar.n)

    def _stage_document(self, file: int, source: ImportFile, part) -> tuple[str, str] | None:
        """Add one document to the staging database. Return (property, message) if it cannot be added."""
        try:
            body, _unstorable = source.body(part)
        except ApiError as error:
            return "", error.message
        pk = body.get("_id")
        if not is_object_id(pk):
            return "_id", _("A document needs an id of 24 hexadecimal digits.")
        company = self.context.company_of(source.subject.model, body.get("companyId"))
        if holder := self.staging.add(file, part, source.subject.slug, pk.lower(), company):
            return "_id", _("Another document already has this: %(where)s.") % {"where": holder}
        return None

    def _mark_existing(self, entries: list[StagedDocument]) -> None:
        """Mark the documents whose records exist, and those that an earlier attempt at this run imported."""
        model = self._source(entries[0]).subject.model
        ids = [entry.id for entry in entries]
        existing = set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
        rows = History.objects.filter(
            record_type=model._meta.label_lower,
            record_id__in=ids,
            request_id=self.run.pk,
            via=Channel.COMMAND,
        )
        done = set(rows.values_list("record_id", flat=True))
        self.staging.mark("present", [entry for entry in entries if entry.id in existing])
        self.staging.mark("done", [entry for entry in entries if entry.id in done])

    def _with_records(self, entries: list[StagedDocument]) -> Iterator[tuple[StagedDocument, Entity | None]]:
        """Yield each entry with its record, or None if it does not exist. Entries whose record the actor may
        not see are refused."""
        model = self._source(entries[0]).subject.model
        rows = model._base_manager.filter(pk__in=[entry.id for entry in entries])
        records = {record.pk: record for record in rows}
        if records:
            load_collections(
                list(records.values()), [name for name, prop in model.properties.items() if prop.many]
            )
            visible = model.objects.visible_to(self.context.actor).filter(pk__in=records)
            visible_ids = set(visible.values_list("pk", flat=True))
            message = _("A record with this id already exists, and you do not have access to it.")
            for entry in entries:
                if entry.id in records and entry.id not in visible_ids:
                    self._refuse(entry, [("_id", message)])
            entries = [entry for entry in entries if entry.id not in records or entry.id in visible_ids]
        for entry in entries:
            yield entry, records.get(entry.id)

    def _validate(self, entry: StagedDocument, record: Entity | None) -> None:
        try:
            self._item(entry, record).validate()
        except DocumentRefused as error:
            self._refuse(entry, [(detail.field, detail.message) for detail in error.details])

    def _item(self, entry: StagedDocument, record: Entity | None) -> ImportItem:
        return ImportItem(entry, self._source(entry), record, self.context, self.references)

    def _source(self, entry: StagedDocument) -> ImportFile:
        return self.sources[entry.file]

    def _refuse(self, entry: StagedDocument, errors: list[tuple[str, str]]) -> None:
        self.staging.mark("refused", [entry])
        for field, message in errors:
            self.staging.add_error(entry.file, entry, field, message)

    def write(self, batch_size: int | None) -> None:
        """Write the documents that are not refused, in one transaction, or with a `batch_size` in one per
        batch, with the progress saved in the run. On databases with a single writer, more than a few
        documents are always written in short transactions. Raises ImportStopped if a document is no longer
        valid."""
        self.staging.order()
        self.undo_on_failure = (
            batch_size is None and has_one_writer() and self.staging.count("todo") > FIRST_BATCH
        )
        sizes = batch_sizes()
        has_journal = batch_size is not None or self.undo_on_failure or not self.run._state.adding
        if has_journal and self.run._state.adding:
            self.run.save()
        try:
            with self.bar(_("Writing"), self.staging.count("todo")) as bar:
                size = partial(next, sizes) if self.undo_on_failure else lambda: batch_size
                for first, last in self.staging.batches(size):
                    with atomic():
                        self._write_batch(first, last, bar, has_journal)
                if has_journal:
                    self._journal(finished_at=now())
        except IntegrityError as error:
            raise ImportStopped(_("The database has changed in the meantime.")) from error

    def _write_batch(self, first: int, last: int, bar, has_journal: bool) -> None:
        if first == 1:
            self._reserve_numbers()
        refused, imported = self.staging.count("refused"), self.outcome.imported
        for entries in self.staging.pieces(first, last):
            for entry, record in self._with_records(entries):
                self._write(entry, record)
            if not self.keep_going and self.staging.count("refused") > refused:
                raise ImportStopped(_("The database has changed in the meantime."))
            bar.update(len(entries))
        done = self.run.done + self.outcome.imported - imported
        if has_journal:
            self._journal(done=done)
        else:
            self.run.done, self.run.finished_at = done, now()
            self.run.save()

    def _reserve_numbers(self) -> None:
        """Reserve the numbers of all documents, so that records without a number do not get one of them."""
        for slug, company, number in self.staging.highest_numbers(NUMBERING_LIMIT):
            model = exportables()[slug].model
            ensure_number_series(model, company)
            advance_number_series(model, company, int(number))

    def _write(self, entry: StagedDocument, record: Entity | None) -> None:
        try:
            item = self._item(entry, record)
            values, provenance, extra = item.split(item.parsed.values)
            options = {
                "actor": self.context.actor,
                "context": self.change_context,
                "resolve_references": item.resolve_references,
            }
            if record is not None:
                changes = services.update(record, values, base=item.parsed.base, **options).changes
                self.outcome.changed += bool(changes)
                self.outcome.unchanged += not changes
                return
            created = services.create(
                item.model, values, company_id=item.company_id, id=entry.id, provenance=provenance, **options
            ).record
            if extra:
                for name, value in extra.items():
                    setattr(created, name, value)
                created.save(update_fields=list(extra))
            self.outcome.created += 1
        except (ValidationError, Conflict, Forbidden) as error:
            self._refuse(entry, [(detail.field, detail.message) for detail in item.to_details(error)])
        except RecordDeleted:
            self._refuse(entry, [("_id", _("The record was deleted in the meantime."))])

    def _journal(self, **values) -> None:
        """Save the progress of the run. Raises ImportStopped if another process has changed it."""
        rows = ImportRun.objects.filter(pk=self.run.pk, done=self.run.done, finished_at=None, undone_at=None)
        if not rows.update(**values):
            raise ImportStopped(_("Another process is running the same import."))
        for name, value in values.items():
            setattr(self.run, name, value)
