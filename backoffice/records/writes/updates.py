"""Creating and updating records, whatever the channel.

See `docs/development/concurrent-edits.md`. All functions may raise ValidationError (with a dict of errors by dotted
path), `Forbidden`, `Conflict`, `RecordDeleted` and, if other writers were faster for seconds, `WriteConflict`; then
nothing was written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from backoffice.db import queries
from backoffice.db.annotations import Values
from backoffice.db.object_ids import new_object_id
from backoffice.db.transactions import ATTEMPTS, WriteConflict, atomic, lock_references, pause, retries
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields.base import now
from backoffice.records.history.versions import history_of
from backoffice.records.idempotency import store_key
from backoffice.records.models import Entity, History, Record
from backoffice.records.properties.collections import CollectionProperty, ListChange
from backoffice.records.writes.conflicts import reload, stale_version_conflict
from backoffice.records.writes.derived_text import set_text_columns
from backoffice.records.writes.merge import ConflictChoices
from backoffice.records.writes.numbering import advance_number_series, ensure_number_series, next_numbers
from backoffice.records.writes.plan import (
    PlannedWrite,
    Provenance,
    ReferenceResolver,
    default_resolver,
    plan,
    plan_creation,
)

Listener: TypeAlias = Callable[[PlannedWrite], None]
_listeners: dict[type[Entity], list[Listener]] = {}


def update(
    record: Entity,
    values: Values,
    *,
    actor: Actor,
    context: ChangeContext,
    base: int | None = None,
    strict: bool = False,
    conflict_choices: ConflictChoices | None = None,
    action: str = "change",
    at: datetime | None = None,
    restores_elements: bool = False,
    resolve_references: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Update properties of a record and append a history row, in one transaction.

    `values` maps property names to raw values. `base` is the version that the editor saw: a property whose
    value equals the one at `base` is no edit, and the edits are merged with what others changed since.
    Without a base every value is an edit of the current version. With `strict`, any other version than `base`
    is a conflict. `conflict_choices` says how an editor who was shown a conflict wants it resolved. Nothing
    is written if nothing differs. `at` is the time of an event in the past (demo data); `last_modified_at`
    still strictly increases. With `restores_elements`, elements of lists keep the ids that they had.
    `resolve_references` may accept records that the same transaction is going to create.

    `record` is not modified; the new state is the `record` of the returned PlannedWrite.
    """
    for attempt in retries():
        if strict and base != record.version:
            raise stale_version_conflict(record, base, actor)
        planned = plan(
            record,
            values,
            actor=actor,
            base=base,
            conflict_choices=conflict_choices,
            action=action,
            at=at,
            restores_elements=restores_elements,
            resolve_references=resolve_references,
        )
        try:
            if not planned.changes:
                if context.request_key is not None:
                    with atomic():  # a repeated request finds the key, even if the record changes until then
                        store_key(context.request_key, record.pk)
                return planned
            if write(planned, context):
                return planned
        except IntegrityError:
            # Since planning, the number was taken or a referenced record deleted: planning again reports it.
            if attempt > ATTEMPTS:
                raise
        except WriteConflict:
            pass
        pause(attempt)
        record = reload(record)
    raise WriteConflict()


def create(
    model: type[Entity],
    values: Values,
    *,
    actor: Actor,
    context: ChangeContext,
    company_id: str | None = None,
    id: str | None = None,
    at: datetime | None = None,
    provenance: Provenance | None = None,
    resolve_references: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Create a record in the actor's company, or in `company_id` (for commands). `at` and `resolve_references`
    are as in `update`.

    With the `id` of a deleted record, its history is continued. With `provenance` the record is imported: it
    keeps its timestamps and authors, the ids of its elements and its derived properties. The caller checks
    that the actor may import. The history entry records the time of import.
    """

    def plan_all() -> list[PlannedWrite]:
        record = model(**({"id": id} if id else {}))
        if hasattr(record, "company_id"):
            record.company_id = company_id or actor.company_id
            if record.company_id is None and isinstance(record, Record):
                raise Forbidden(_("You belong to no company, so you cannot create this."))
        last_entry = history_of(record).first() if id else None
        at_or_later = max(at or now(), last_entry.at + timedelta(milliseconds=1)) if last_entry else at
        planned = plan_creation(
            record,
            values,
            actor=actor,
            at=at_or_later,
            provenance=provenance,
            resolve_references=resolve_references,
        )
        if last_entry:
            record.version = last_entry.version + 1
        if provenance:
            planned.at = at_or_later or now()
        return [planned]

    (planned,) = _plan_and_insert(plan_all, context)
    return planned


@dataclass(frozen=True)
class ImportedRecord:
    """A record to import: see `create` with `provenance`. No record ever had its `id`."""

    values: Values
    provenance: Provenance
    company_id: str
    id: str


def create_many(
    model: type[Entity],
    items: list[ImportedRecord],
    *,
    actor: Actor,
    context: ChangeContext,
    resolve_references: ReferenceResolver = default_resolver,
) -> list[PlannedWrite]:
    """Create records of one model, each as `create` would: all of them or none. The number of queries does
    not depend on the number of records (if `resolve_references` makes none)."""

    def plan_all() -> list[PlannedWrite]:
        drafts = []
        for item in items:
            columns = {"id": item.id, "company_id": item.company_id}  # not every entity has a company
            record = model(**columns)
            drafts.append(
                plan_creation(
                    record,
                    item.values,
                    actor=actor,
                    provenance=item.provenance,
                    resolve_references=resolve_references,
                )
            )
            drafts[-1].at = now()
        return drafts

    return _plan_and_insert(plan_all, context) if items else []


def write(planned: PlannedWrite, context: ChangeContext) -> bool:
    """Write the columns that differ and the history row. Return False if another writer was first. (For
    `update` and `redaction`.)"""
    record, before, planned.context = planned.record, planned.before, context
    if before is None:
        raise TypeError("A new record is inserted, not updated.")
    touched = {entry["property"].split(".")[0] for entry in planned.changes}
    record.version = before.version + 1
    record.last_modified_at = planned.at
    record.last_modified_by_id = planned.actor.user_id
    record.search_text = (
        record.make_search_text() if touched & set(record.searched_properties) else before.search_text
    )
    columns = {"version", "last_modified_at"}
    # Unchanged columns are left out: writing one also writes its indexes.
    columns |= {"last_modified_by"} if record.last_modified_by_id != before.last_modified_by_id else set()
    columns |= {"search_text"} if record.search_text != before.search_text else set()
    if touched & record.sorted_properties:
        columns |= record.set_sort_keys(record.sort_language or record.home_language(), touched)
    columns |= {name for name in touched if not record.properties[name].many}
    with atomic():
        if not queries.execute_update(record, columns, version=before.version):
            return False
        _lock_references([planned])
        for name in touched:
            prop = record.properties[name]
            if prop.many:
                prop.store(record, prop.read(before), prop.read(record))
        if "number" in touched and isinstance(record, Record):
            advance_number_series(type(record), record.company_id, record.number)
        record.after_write(planned)
        append_history([planned], context)
        call_listeners(planned)
        if context.request_key is not None:
            store_key(context.request_key, record.pk)
    return True


def _plan_and_insert(
    plan_all: Callable[[], list[PlannedWrite]], context: ChangeContext
) -> list[PlannedWrite]:
    """Plan and write new records. While another writer is first, plan again."""
    last_error: Exception = WriteConflict()
    for attempt in retries():
        drafts = plan_all()
        records = [planned.record for planned in drafts]
        for company_id in {record.company_id for record in records if isinstance(record, Record)}:
            ensure_number_series(type(records[0]), company_id)
        try:
            _insert(drafts, context)
        except (IntegrityError, WriteConflict) as error:
            if attempt > ATTEMPTS and isinstance(error, IntegrityError):
                raise
            last_error = error
            pause(attempt)
            continue
        return drafts
    raise last_error


def _insert(drafts: list[PlannedWrite], context: ChangeContext) -> None:
    """Insert new records of one model."""
    records = [planned.record for planned in drafts]
    model = type(records[0])
    for planned in drafts:
        _set_provenance(planned)
    with atomic():
        _assign_numbers(model, drafts)
        _lock_references(drafts)
        set_text_columns(records)
        collections: list[tuple[CollectionProperty, list[ListChange]]] = [
            (prop, [(record.pk, [], prop.read(record)) for record in records])
            for prop in model.properties.values()
            if prop.many
        ]
        companies = {record.pk: record.home_company_id() for record in records}
        model._base_manager.bulk_create(records)
        for prop, lists in collections:
            prop.store_all(lists, companies)
        for planned in drafts:
            planned.record.after_write(planned)
        append_history(drafts, context)
        for planned in drafts:
            planned.context = context
            call_listeners(planned)
        if context.request_key is not None:
            store_key(context.request_key, records[0].pk)


def _set_provenance(planned: PlannedWrite) -> None:
    record, user_id = planned.record, planned.actor.user_id
    provenance = planned.provenance or Provenance(planned.at, user_id, planned.at, user_id)
    record.created_at, record.created_by_id = provenance.created_at, provenance.created_by
    record.last_modified_at, record.last_modified_by_id = (
        provenance.last_modified_at,
        provenance.last_modified_by,
    )


def _assign_numbers(model: type[Entity], drafts: list[PlannedWrite]) -> None:
    """Assign numbers to records that have none, after each company's series was advanced past the numbers
    that were chosen by hand."""
    unnumbered: dict[str, list[tuple[PlannedWrite, Record]]] = {}
    for planned in drafts:
        record = planned.record
        if not isinstance(record, Record):
            continue
        if record.number is None:
            unnumbered.setdefault(record.company_id, []).append((planned, record))
        else:
            advance_number_series(model, record.company_id, record.number)
    for company_id, company_drafts in unnumbered.items():
        numbers = next_numbers(model, company_id, len(company_drafts))
        for (planned, record), number in zip(company_drafts, numbers, strict=True):
            record.number = number
            number_changes = model.properties["number"].differences(None, number, record)
            planned.changes = number_changes + planned.changes


def _lock_references(drafts: list[PlannedWrite]) -> None:
    ids_by_model: dict[type[models.Model], set[str]] = {}
    for planned in drafts:
        for model, ids in planned.referenced_ids.items():
            ids_by_model.setdefault(model, set()).update(ids)
    for model, ids in ids_by_model.items():
        if not lock_references(model, ids):
            raise IntegrityError("A referenced record was deleted.")


def on_write(*models: type[Entity]) -> Callable[[Listener], Listener]:
    """Decorator: call the function in the transaction of each creation, update or deletion of records of these
    models, after their rows and the history entry are written. If it fails, the change fails. Effects outside the
    database belong in background jobs."""

    def register(listener: Listener) -> Listener:
        for model in models:
            _listeners.setdefault(model, []).append(listener)
        return listener

    return register


def call_listeners(planned: PlannedWrite) -> None:
    """Call the listeners of a record's model."""
    for listener in _listeners.get(type(planned.record), ()):
        listener(planned)


def append_history(drafts: list[PlannedWrite], context: ChangeContext, pk: str | None = None) -> None:
    """Append a history row for each planned write. `pk` is the id of a record that was just deleted and has lost
    it."""
    rows = [_history_row(planned, context, pk or planned.record.pk) for planned in drafts]
    if len(rows) == 1:
        queries.execute_insert(rows[0])
    else:
        History.objects.bulk_create(rows)


def _history_row(planned: PlannedWrite, context: ChangeContext, pk: str) -> History:
    record = planned.record
    return History(
        id=new_object_id(),
        record_type=record._meta.label_lower,
        record_id=pk,
        record_name=str(planned.before or record),
        company_id=record.home_company_id(),
        version=record.version,
        action=planned.action,
        at=planned.at,
        user_id=planned.actor.user_id,
        who=planned.actor.history_name,
        via=context.channel,
        request_id=context.request_id[:64],
        stamp=planned.provenance.last_modified_at if planned.provenance else None,
        changes=planned.changes,
    )
