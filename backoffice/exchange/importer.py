"""Importing documents: everything is judged before anything is written, and all of it is written or nothing."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

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
from backoffice.records.exceptions import Conflict, Forbidden, Gone
from backoffice.records.fields import now
from backoffice.records.models import Entity, History
from backoffice.records.properties import load_collections
from backoffice.records.services import BEYOND, is_number_taken, prepare_series

FIRST_BATCH = 50
"""Documents that are written in one transaction wherever there is one writer at a time: some 0.2 s."""
MIN_BATCH = 10

Bar = Callable[..., AbstractContextManager]
"""`bar(what, total)` is a context whose `update(count)` says how far it is: see `records.progress.progress_bar`."""


class Stopped(Exception):
    """The import came to nothing, or not further, and why."""


@dataclass
class ImportOutcome:
    """What became of the documents: how many made a record, changed one, or said what was known already."""

    created: int = 0
    changed: int = 0
    same: int = 0
    before: int = 0
    """Taken by an earlier attempt."""

    @property
    def taken(self) -> int:
        return self.created + self.changed + self.same + self.before


def digest_of(sources: Iterable[ImportFile], options: list[str]) -> str:
    """What tells one import from another: its files and options."""
    found = hashlib.sha256(repr(options).encode())
    for source in sources:
        source.file.seek(0)
        while piece := source.file.read(1024 * 1024):
            found.update(piece)
        found.update(f"\n{source.subject.slug}\n".encode())
    return found.hexdigest()


class BatchSize:
    """How many documents a transaction writes where everybody else waits for it: as many as fit its time."""

    def __init__(self):
        self.size = FIRST_BATCH
        self._began: float | None = None

    def next_size(self) -> int:
        if self._began is not None:
            took = time.monotonic() - self._began
            fit = int(self.size * LOCK_SECONDS / max(took, 0.001))
            self.size = max(MIN_BATCH, min(fit, 2 * self.size))
            time.sleep(LOCK_PAUSE)
        self._began = time.monotonic()
        return self.size


class Import:
    """One import: `check` it, look at the `ledger`'s offences, and `write` it."""

    def __init__(
        self,
        sources: list[ImportFile],
        terms: ImportContext,
        run: ImportRun,
        bar: Bar,
        keep_going: bool = False,
    ):
        self.sources, self.terms, self.run, self.bar = sources, terms, run, bar
        self.keep_going = keep_going
        self.ledger = StagingDatabase([source.name for source in sources])
        self.references = References(self.ledger)
        self.via = ChangeContext(Channel.COMMAND, run.pk)
        self.outcome = ImportOutcome()
        self.unreadable = 0
        self.is_whole = False
        """Whether it is written in short transactions that are one import all the same: taken back if it fails."""

    @property
    def refused(self) -> int:
        return self.unreadable + self.ledger.count("refused")

    def check(self) -> None:
        """Read everything, and enter what is wrong with it into the ledger."""
        for file, source in enumerate(self.sources):
            self._gather(file, source)
        for entries in self.ledger.chunks():
            self._look_up(entries)
        self.outcome.before = self.ledger.count("done")
        with self.bar(_("Checking"), self.ledger.count("NOT done")) as bar:
            for entries in self.ledger.chunks():
                for entry, record in self._with_records(entries):
                    self._judge(entry, record)
                bar.update(len(entries))
        if self.keep_going:
            for entry, field, where in self.ledger.stranded():
                document = self._source(entry).subject.brought
                message = _("This points at a document that is refused: %(where)s.") % {"where": where}
                self._refuse(entry, [(document.place_of(field).path, message)])

    def _gather(self, file: int, source: ImportFile) -> None:
        """Where the documents are, and which ids they have."""
        source.file.seek(0, 2)
        end = source.file.tell()
        source.file.seek(0)
        with self.bar(_("Reading %(file)s") % {"file": source.name}, end, unit="B", scale=True) as bar:
            for part in parts(source.file):
                if fault := part.fault or self._enter(file, source, part):
                    field, message = fault if isinstance(fault, tuple) else ("", fault)
                    self.unreadable += 1
                    self.ledger.offend(file, part, field, message)
                bar.update(part.offset + part.length - bar.n)

    def _enter(self, file: int, source: ImportFile, part) -> tuple[str, str] | None:
        """Enter one document; (property, message) if that cannot be done."""
        try:
            body, _unstorable = source.body(part)
        except ApiError as problem:
            return "", problem.message
        pk = body.get("_id")
        if not is_object_id(pk):
            return "_id", _("A document says which record it is, by an id of 24 hexadecimal digits.")
        company = self.terms.company_of(source.subject.model, body.get("companyId"))
        if holder := self.ledger.add(file, part, source.subject.slug, pk.lower(), company):
            return "_id", _("Another document has this already: %(where)s.") % {"where": holder}
        return None

    def _look_up(self, entries: list[StagedDocument]) -> None:
        """Which records are there already, and which were taken by an earlier attempt at this run."""
        model = self._source(entries[0]).subject.model
        ids = [entry.id for entry in entries]
        there = set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
        rows = History.objects.filter(
            record_type=model._meta.label_lower,
            record_id__in=ids,
            request_id=self.run.pk,
            via=Channel.COMMAND,
        )
        done = set(rows.values_list("record_id", flat=True))
        self.ledger.mark("present", [entry for entry in entries if entry.id in there])
        self.ledger.mark("done", [entry for entry in entries if entry.id in done])

    def _with_records(self, entries: list[StagedDocument]) -> Iterator[tuple[StagedDocument, Entity | None]]:
        """Each entry with its record, if it is there and the actor's to see; those that are not are refused."""
        model = self._source(entries[0]).subject.model
        found = model._base_manager.filter(pk__in=[entry.id for entry in entries])
        records = {record.pk: record for record in found}
        if records:
            load_collections(
                list(records.values()), [name for name, prop in model.properties.items() if prop.many]
            )
            visible = model.objects.visible_to(self.terms.actor).filter(pk__in=records)
            mine = set(visible.values_list("pk", flat=True))
            for entry in entries:
                if entry.id in records and entry.id not in mine:
                    self._refuse(entry, [("_id", _("There is a record with this id, and it is not yours."))])
            entries = [entry for entry in entries if entry.id not in records or entry.id in mine]
        for entry in entries:
            yield entry, records.get(entry.id)

    def _judge(self, entry: StagedDocument, record: Entity | None) -> None:
        try:
            self._work(entry, record).judge()
        except DocumentRefused as error:
            self._refuse(entry, [(offence.field, offence.message) for offence in error.offences])

    def _work(self, entry: StagedDocument, record: Entity | None) -> ImportItem:
        return ImportItem(entry, self._source(entry), record, self.terms, self.references)

    def _source(self, entry: StagedDocument) -> ImportFile:
        return self.sources[entry.file]

    def _refuse(self, entry: StagedDocument, offences: list[tuple[str, str]]) -> None:
        self.ledger.mark("refused", [entry])
        for field, message in offences:
            self.ledger.offend(entry.file, entry, field, message)

    def write(self, batch_size: int | None) -> None:
        """Write what was not refused: in one transaction, or journalled, in one for each batch. Where there is one writer
        at a time, more than a few documents are always journalled, in short ones. Raises Stopped if something speaks
        against it that did not when it was checked."""
        self.ledger.line_up()
        self.is_whole = batch_size is None and has_one_writer() and self.ledger.count("todo") > FIRST_BATCH
        pace = BatchSize()
        journalled = batch_size is not None or self.is_whole or not self.run._state.adding
        if journalled and self.run._state.adding:
            self.run.save()
        try:
            with self.bar(_("Writing"), self.ledger.count("todo")) as bar:
                for first, last in self.ledger.batches(
                    pace.next_size if self.is_whole else lambda: batch_size
                ):
                    with atomic():
                        self._write_batch(first, last, bar, journalled)
                if journalled:
                    self._journal(finished_at=now())
        except IntegrityError as error:
            raise Stopped(_("The database changed meanwhile: %(error)s") % {"error": error}) from error

    def _write_batch(self, first: int, last: int, bar, journalled: bool) -> None:
        if first == 1:
            self._reserve_numbers()
        refused, taken = self.ledger.count("refused"), self.outcome.taken
        for entries in self.ledger.pieces(first, last):
            for entry, record in self._with_records(entries):
                self._write(entry, record)
            if not self.keep_going and self.ledger.count("refused") > refused:
                raise Stopped(_("The database changed meanwhile."))
            bar.update(len(entries))
        done = self.run.done + self.outcome.taken - taken
        if journalled:
            self._journal(done=done)
        else:
            self.run.done, self.run.finished_at = done, now()
            self.run.save()

    def _reserve_numbers(self) -> None:
        """Whoever brings no number gets none that another document brings."""
        for slug, company, number in self.ledger.highest(BEYOND):
            model = exportables()[slug].model
            prepare_series(model, company)
            is_number_taken(model, company, int(number))

    def _write(self, entry: StagedDocument, record: Entity | None) -> None:
        try:
            work = self._work(entry, record)
            values, stamps, extra = work.split(work.values)
            how = {"actor": self.terms.actor, "via": self.via, "known": work.known}
            if record is not None:
                changes = services.update(record, values, base=work.base, **how).changes
                self.outcome.changed += bool(changes)
                self.outcome.same += not changes
                return
            made = services.create(
                work.model, values, company_id=work.company_id, id=entry.id, stamps=stamps, **how
            ).record
            if extra:
                for name, value in extra.items():
                    setattr(made, name, value)
                made.save(update_fields=list(extra))
            self.outcome.created += 1
        except (ValidationError, Conflict, Forbidden) as error:
            self._refuse(entry, [(offence.field, offence.message) for offence in work.offences(error)])
        except Gone:
            self._refuse(entry, [("_id", _("The record was removed meanwhile."))])

    def _journal(self, **what) -> None:
        """Write down how far the run is, unless another process got further with it."""
        mine = ImportRun.objects.filter(pk=self.run.pk, done=self.run.done, finished_at=None, undone_at=None)
        if not mine.update(**what):
            raise Stopped(_("Another process is at the same import."))
        for name, value in what.items():
            setattr(self.run, name, value)
