"""The one way in which a record is created, changed and removed, whichever door the values came in by.

See `docs/concepts/changes.md`. All four functions may raise ValidationError (its dict has a dotted path for each
offence), `Forbidden`, `Conflict`, `Gone` and `InUse`; then nothing was written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, IntegrityError, models
from django.db.models.deletion import Collector, ProtectedError
from django.utils.translation import gettext as _

from backoffice.db import queries
from backoffice.db.object_ids import new_object_id
from backoffice.db.transactions import ATTEMPTS, WriteConflict, atomic, lock_references, pause, retries
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden, Gone, InUse, PropertyConflict
from backoffice.records.fields.base import now
from backoffice.records.history.versions import changes_since, history_of
from backoffice.records.idempotency import store_key
from backoffice.records.models import Entity, History, Record
from backoffice.records.properties.diff import differences
from backoffice.records.writes.dependants import describe_dependants
from backoffice.records.writes.derived_text import set_text_columns
from backoffice.records.writes.merge import ConflictChoices
from backoffice.records.writes.numbering import is_number_taken, next_numbers, prepare_series
from backoffice.records.writes.plan import (
    PlannedWrite,
    Provenance,
    ReferenceResolver,
    default_resolver,
    plan,
    plan_creation,
    require,
)

__all__ = [
    "ConflictChoices",
    "ImportedRecord",
    "Provenance",
    "create",
    "create_many",
    "delete",
    "plan",
    "plan_creation",
    "update",
]


def update(
    record: Entity,
    values: dict,
    *,
    actor: Actor,
    via: ChangeContext,
    base: int | None = None,
    strict: bool = False,
    conflict_choices: ConflictChoices | None = None,
    action: str = "change",
    at: datetime | None = None,
    restoring: bool = False,
    known: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Change properties of a record, and append a history row, in one transaction.

    `values` maps property names to what was sent. `base` is the version that the editor saw: properties whose
    value equals the one at `base` are no edits, the rest is merged with what others changed since. Without a
    base every value is an edit of the present. With `strict`, any version but `base` is a conflict. A
    `conflict_choices` says how an editor who was told of a conflict wants it settled. Nothing is written if nothing
    differs. `at` is for what happened earlier and is only told now (demo data); the stamps
    of a record still strictly increase. `restoring` lets elements of lists come back with the ids they had. `known`
    may know more to point at than the database: what the same transaction is going to create.

    `record` is left as it was; the new state is the `record` of the draft that comes back.
    """
    for attempt in retries():
        if strict and base != record.version:
            raise _stale(record, base, actor)
        draft = plan(
            record,
            values,
            actor=actor,
            base=base,
            conflict_choices=conflict_choices,
            action=action,
            at=at,
            restoring=restoring,
            known=known,
        )
        if not draft.changes and via.request_key is None:
            return draft
        try:
            if not draft.changes:
                with atomic():  # a retry finds it, whatever others change until then
                    store_key(via.request_key, record.pk)
                return draft
            if write(draft, via):
                return draft
        except IntegrityError:
            # A number was taken, or a reference removed, since the plan was made: planning again says so.
            if attempt > ATTEMPTS:
                break
        except WriteConflict:
            pause(attempt)
        record = reload(record)
    raise Conflict([], "")


def create(
    model: type[Entity],
    values: dict,
    *,
    actor: Actor,
    via: ChangeContext,
    company_id: str | None = None,
    id: str | None = None,
    at: datetime | None = None,
    stamps: Provenance | None = None,
    known: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Create a record of the actor's company (or of `company_id`, for the installation's own work; `at` and `known`
    as in `update`). With the `id` of a record that was removed, its history goes on. With `stamps` it comes from
    elsewhere, and keeps what it was there: its stamps, the ids of its elements, what follows from other properties.
    The door sees to it that only those do this who may; the history says when it came."""

    def planned() -> list[PlannedWrite]:
        record = model(**({"id": id} if id else {}))
        if hasattr(record, "company_id"):
            record.company_id = company_id or actor.company_id
            if record.company_id is None and isinstance(record, Record):
                raise Forbidden(_("You belong to no company that this could be made in."))
        last = history_of(record).first() if id else None
        when = max(at or now(), last.at + timedelta(milliseconds=1)) if last else at
        draft = plan_creation(record, values, actor=actor, at=when, stamps=stamps, known=known)
        if last:
            record.version = last.version + 1
        if stamps:
            draft.at = when or now()
        return [draft]

    (draft,) = _created(planned, via)
    return draft


@dataclass(frozen=True)
class ImportedRecord:
    """A record that comes from elsewhere: see `create` with stamps. No record ever had its `id`."""

    values: dict
    stamps: Provenance
    company_id: str
    id: str


def create_many(
    model: type[Entity],
    newcomers: list[ImportedRecord],
    *,
    actor: Actor,
    via: ChangeContext,
    known: ReferenceResolver = default_resolver,
) -> list[PlannedWrite]:
    """Create records of one kind together, each as `create` would: all of them or none, in as many queries as a few
    take (if `known` needs none)."""

    def planned() -> list[PlannedWrite]:
        drafts = []
        for one in newcomers:
            record = model(id=one.id, company_id=one.company_id)
            drafts.append(plan_creation(record, one.values, actor=actor, stamps=one.stamps, known=known))
            drafts[-1].at = now()
        return drafts

    return _created(planned, via) if newcomers else []


def delete(
    record: Entity,
    *,
    actor: Actor,
    via: ChangeContext,
    base: int | None = None,
    together: Callable[[models.Model], bool] | None = None,
) -> None:
    """Remove a record. Its last state is in its last history row. A record that others point at raises InUse, except
    for rows of which `together` says that the same transaction removes them too: two records may point at each
    other."""
    require(actor, "delete", record)
    for attempt in retries():
        if base is not None and base != record.version:
            raise _stale(record, base, actor)
        if together is None:  # (else it is an import that is undone)
            _check_removable(record, actor)
        entries = []
        for prop in record.properties.values():
            empty = [] if prop.many else None
            plain = prop.plain(prop.read(record))
            if not prop.is_empty(plain):
                entries += differences(prop, plain, empty, record)
        gone = record.copy()
        draft = PlannedWrite(
            gone, record, actor, max(now(), record.last_modified_at), "remove", changes=entries
        )
        try:
            with atomic():
                mine = type(record)._base_manager.filter(pk=record.pk, version=record.version)
                if mine.update(version=record.version + 1):
                    gone.version = record.version + 1
                    _delete(gone, together)
                    record.after_write(draft)
                    _append_history([draft], via, pk=record.pk)
                    return
        except ProtectedError as error:
            raise InUse(describe_dependants(error, actor)) from error
        except IntegrityError as error:
            raise InUse([]) from error
        except WriteConflict:
            pause(attempt)
        record = reload(record)
    raise Conflict([], "")


def check_deletion(record: Entity, *, actor: Actor, base: int | None = None) -> None:
    """Raise what `delete` would, and write nothing."""
    require(actor, "delete", record)
    if base is not None and base != record.version:
        raise _stale(record, base, actor)
    _check_removable(record, actor)
    try:
        Collector(using=DEFAULT_DB_ALIAS).collect([record])
    except ProtectedError as error:
        raise InUse(describe_dependants(error, actor)) from error


def _check_removable(record: Entity, actor: Actor) -> None:
    """Raise InUse for what people must not remove. Commands may."""
    if actor.user_id is not None and (why := record.deletion_problem()):
        raise InUse([], why)


def _delete(record: Entity, together: Callable[[models.Model], bool] | None) -> None:
    """Take the record and its rows out of the database. The foreign keys of what goes together are checked when
    the transaction ends."""
    try:
        models.Model.delete(record)
    except ProtectedError as error:
        if together is None or not all(map(together, error.protected_objects)):
            raise
        for prop in record.properties.values():
            if prop.many:
                prop.store(record, prop.read(record), [])
        found = type(record)._base_manager.filter(pk=record.pk)
        found._raw_delete(found.db)
        record.pk = None


def write(draft: PlannedWrite, via: ChangeContext) -> bool:
    """Write the columns that differ and the history row; False if another writer was faster. (For `update`, and for
    what stands beside it in `redaction`.)"""
    record, before, draft.via = draft.record, draft.before, via
    touched = {entry["property"].split(".")[0] for entry in draft.changes}
    record.version = before.version + 1
    record.last_modified_at = draft.at
    record.last_modified_by_id = draft.actor.user_id
    record.search_text = record.searchable() if touched & set(record.searched) else before.search_text
    columns = {"version", "last_modified_at"}
    # What is written is written into its indexes, too, the same or not.
    columns |= {"last_modified_by"} if record.last_modified_by_id != before.last_modified_by_id else set()
    columns |= {"search_text"} if record.search_text != before.search_text else set()
    columns |= record.set_sort_keys(record.sort_language or record.home_language(), touched)
    columns |= {name for name in touched if not record.properties[name].many}
    with atomic():
        if not queries.execute_update(record, columns, version=before.version):
            return False
        _hold_references([draft])
        for name in touched:
            prop = record.properties[name]
            if prop.many:
                prop.store(record, prop.read(before), prop.read(record))
        if "number" in touched:
            is_number_taken(type(record), record.company_id, record.number)
        record.after_write(draft)
        _append_history([draft], via)
        if via.request_key is not None:
            store_key(via.request_key, record.pk)
    return True


def _created(planned: Callable[[], list[PlannedWrite]], via: ChangeContext) -> list[PlannedWrite]:
    """Write what was planned, and plan it afresh while another writer is faster."""
    lost = None
    for attempt in retries():
        drafts = planned()
        model = type(drafts[0].record)
        if issubclass(model, Record):
            for company_id in {draft.record.company_id for draft in drafts}:
                prepare_series(model, company_id)
        try:
            _insert(drafts, via)
        except (IntegrityError, WriteConflict) as error:
            if attempt > ATTEMPTS and isinstance(error, IntegrityError):
                raise
            lost = error
            pause(attempt)
            continue
        return drafts
    raise lost


def _insert(drafts: list[PlannedWrite], via: ChangeContext) -> None:
    """Write new records of one kind."""
    records = [draft.record for draft in drafts]
    model = type(records[0])
    for draft in drafts:
        _stamp(draft)
    with atomic():
        if issubclass(model, Record):
            _give_numbers(model, drafts)
        _hold_references(drafts)
        set_text_columns(records)
        lists = {
            name: [(record.pk, [], prop.read(record)) for record in records]
            for name, prop in model.properties.items()
            if prop.many
        }
        companies = {record.pk: record.home_company_id() for record in records}
        model._base_manager.bulk_create(records)
        for name, values in lists.items():
            model.properties[name].store_all(values, companies)
        for draft in drafts:
            draft.record.after_write(draft)
        _append_history(drafts, via)
        if via.request_key is not None:
            store_key(via.request_key, records[0].pk)


def _stamp(draft: PlannedWrite) -> None:
    record, who = draft.record, draft.actor.user_id
    stamps = draft.stamps or Provenance(draft.at, who, draft.at, who)
    record.created_at, record.created_by_id = stamps.created_at, stamps.created_by
    record.last_modified_at, record.last_modified_by_id = stamps.last_modified_at, stamps.last_modified_by


def _give_numbers(model: type[Record], drafts: list[PlannedWrite]) -> None:
    """Each company's series goes on behind the numbers that were chosen, and then gives to those that have none."""
    without: dict[str, list[PlannedWrite]] = {}
    for draft in drafts:
        if draft.record.number is None:
            without.setdefault(draft.record.company_id, []).append(draft)
        else:
            is_number_taken(model, draft.record.company_id, draft.record.number)
    for company_id, waiting in without.items():
        numbers = next_numbers(model, company_id, len(waiting))
        for draft, number in zip(waiting, numbers, strict=True):
            draft.record.number = number
            given = differences(model.properties["number"], None, number, draft.record)
            draft.changes = given + draft.changes


def _hold_references(drafts: list[PlannedWrite]) -> None:
    referred: dict[type[models.Model], set[str]] = {}
    for draft in drafts:
        for model, ids in draft.referred.items():
            referred.setdefault(model, set()).update(ids)
    for model, ids in referred.items():
        if not lock_references(model, ids):
            raise IntegrityError("What this refers to was removed.")


def _append_history(drafts: list[PlannedWrite], via: ChangeContext, pk: str | None = None) -> None:
    """Append a row for each draft. `pk` is the id of a record that has just lost it."""
    rows = [_history_row(draft, via, pk or draft.record.pk) for draft in drafts]
    if len(rows) == 1:
        queries.execute_insert(rows[0])
    else:
        History.objects.bulk_create(rows)


def _history_row(draft: PlannedWrite, via: ChangeContext, pk: str) -> History:
    """(Made of all its columns at once, as rows that are read are: Django's constructor takes as long as writing it.)"""
    record = draft.record
    columns = {
        "id": new_object_id(),
        "record_type": record._meta.label_lower,
        "record_id": pk,
        "record_name": str(draft.before or record),
        "company_id": record.home_company_id(),
        "version": record.version,
        "action": draft.action,
        "at": draft.at,
        "user_id": draft.actor.user_id,
        "who": draft.actor.history_name,
        "via": via.channel,
        "request_id": via.request_id[:64],
        "stamp": draft.stamps.last_modified_at if draft.stamps else None,
        "changes": draft.changes,
    }
    row = History.from_db(None, columns, columns.values())
    row._state.adding = True
    return row


def reload(record: Entity) -> Entity:
    """The record as it is now. Raises Gone if it is not there."""
    found = type(record)._base_manager.filter(pk=record.pk).first()
    if found is None:
        raise Gone()
    return found


def _stale(record: Entity, base: int, actor: Actor) -> Conflict:
    return Conflict(
        [
            PropertyConflict(entry["property"], entry["old"], None, entry["new"], row.who, row.at, row.via)
            for row in changes_since(record, base, actor)
            for entry in row.changes
        ]
    )
