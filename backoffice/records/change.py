"""The one way in which a record is created, changed and removed, whichever door the values came in by.

See `docs/concepts/changes.md`. All four functions may raise ValidationError (its dict has a dotted path for each
offence), `Forbidden`, `Conflict`, `Gone` and `InUse`; then nothing was written.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, models
from django.db.models.deletion import ProtectedError

from backoffice.records.actors import Actor, Via
from backoffice.records.difference import differences
from backoffice.records.errors import Clash, Conflict, Gone, InUse
from backoffice.records.fields import now
from backoffice.records.merge import Settlement
from backoffice.records.models import Entity, History, Record
from backoffice.records.numbers import next_number, number_taken, prepare_series
from backoffice.records.past import changes_since, history_of
from backoffice.records.plan import Draft, Known, Stamps, demand, known_to, plan, plan_creation
from backoffice.records.transactions import ATTEMPTS, Contended, atomic, hold, pause

__all__ = ["Settlement", "Stamps", "change", "create", "plan", "plan_creation", "remove"]


def change(
    record: Entity,
    values: dict,
    *,
    actor: Actor,
    via: Via,
    base: int | None = None,
    strict: bool = False,
    settlement: Settlement | None = None,
    action: str = "change",
    at: datetime | None = None,
    restoring: bool = False,
    known: Known = known_to,
) -> Draft:
    """Change properties of a record, and append a history row, in one transaction.

    `values` maps property names to what was sent. `base` is the version that the editor saw: properties whose
    value equals the one at `base` are no edits, the rest is merged with what others changed since. Without a
    base every value is an edit of the present. With `strict`, any version but `base` is a conflict. A
    `settlement` says how an editor who was told of a conflict wants it settled. Nothing is written if nothing
    differs. `at` is for what happened earlier and is only told now (demo data); the stamps
    of a record still strictly increase. `restoring` lets elements of lists come back with the ids they had. `known`
    may know more to point at than the database: what the same transaction is going to create.

    `record` is left as it was; the new state is the `record` of the draft that comes back.
    """
    for attempt in range(ATTEMPTS):
        if strict and base != record.version:
            raise _stale(record, base)
        draft = plan(
            record,
            values,
            actor=actor,
            base=base,
            settlement=settlement,
            action=action,
            at=at,
            restoring=restoring,
            known=known,
        )
        if not draft.changes:
            return draft
        try:
            if write(draft, via):
                return draft
        except IntegrityError:
            pass  # a number was taken, or a reference removed, since the plan was made: plan again and say so
        except Contended:
            pause(attempt)
        record = afresh(record)
    raise Conflict([], "")


def create(
    model: type[Entity],
    values: dict,
    *,
    actor: Actor,
    via: Via,
    company_id: str | None = None,
    id: str | None = None,
    at: datetime | None = None,
    stamps: Stamps | None = None,
    known: Known = known_to,
) -> Draft:
    """Create a record of the actor's company (or of `company_id`, for the installation's own work; `at` and `known`
    as in `change`). With the `id` of a record that was removed, its history goes on. With `stamps` it comes from
    elsewhere, and keeps what it was there: its stamps, the ids of its elements, what follows from other properties.
    The door sees to it that only those do this who may; the history says when it came."""
    for attempt in range(ATTEMPTS):
        record = model(**({"id": id} if id else {}))
        if hasattr(record, "company_id"):
            record.company_id = company_id or actor.company_id
        last = history_of(record).first() if id else None
        if last is not None:
            at = max(at or now(), last.at + timedelta(milliseconds=1))
        draft = plan_creation(record, values, actor=actor, at=at, stamps=stamps, known=known)
        if isinstance(record, Record):
            prepare_series(model, record.company_id)
        try:
            _insert(draft, via, last.version + 1 if last else 1, at)
        except (IntegrityError, Contended):
            if attempt == ATTEMPTS - 1:
                raise
            pause(attempt)
            continue
        return draft
    raise AssertionError("unreachable")


def remove(
    record: Entity,
    *,
    actor: Actor,
    via: Via,
    base: int | None = None,
    together: Callable[[models.Model], bool] | None = None,
) -> None:
    """Remove a record. Its last state is in its last history row. A record that others point at raises InUse, except
    for rows of which `together` says that the same transaction removes them too: two records may point at each
    other."""
    demand(actor, "delete", record)
    for attempt in range(ATTEMPTS):
        if base is not None and base != record.version:
            raise _stale(record, base)
        entries = []
        for prop in record.properties.values():
            empty = [] if prop.many else None
            plain = prop.plain(prop.read(record))
            if not prop.is_empty(plain):
                entries += differences(prop, plain, empty)
        gone = record.copy()
        draft = Draft(gone, record, actor, max(now(), record.last_modified_at), "remove", changes=entries)
        try:
            with atomic():
                mine = type(record)._base_manager.filter(pk=record.pk, version=record.version)
                if mine.update(version=record.version + 1):
                    gone.version = record.version + 1
                    _delete(gone, together)
                    record.stored(draft)
                    _append_history(draft, via, pk=record.pk)
                    return
        except ProtectedError as error:
            raise InUse(_dependants(error)) from error
        except IntegrityError as error:
            raise InUse([]) from error
        except Contended:
            pause(attempt)
        record = afresh(record)
    raise Conflict([], "")


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
                prop.store(record.pk, prop.read(record), [])
        found = type(record)._base_manager.filter(pk=record.pk)
        found._raw_delete(found.db)
        record.pk = None


def write(draft: Draft, via: Via) -> bool:
    """Write the columns that differ and the history row; False if another writer was faster. (For `change`, and for
    what stands beside it in `redaction`.)"""
    record, before = draft.record, draft.before
    touched = {entry["property"].split(".")[0] for entry in draft.changes}
    record.version = before.version + 1
    record.last_modified_at = draft.at
    record.last_modified_by_id = draft.actor.user_id
    record.search_text = record.searchable() if touched & set(record.searched) else before.search_text
    columns = {"version", "last_modified_at", "last_modified_by", "search_text"}
    columns |= {name for name in touched if not record.properties[name].many}
    values = {name: record._meta.get_field(name).pre_save(record, add=False) for name in columns}
    with atomic():
        mine = type(record)._base_manager.filter(pk=record.pk, version=before.version)
        if not mine.update(**values):
            return False
        _hold_references(draft)
        for name in touched:
            prop = record.properties[name]
            if prop.many:
                prop.store(record.pk, prop.read(before), prop.read(record))
        if "number" in touched:
            number_taken(type(record), record.company_id, record.number)
        record.stored(draft)
        _append_history(draft, via)
    return True


def _insert(draft: Draft, via: Via, version: int, told_at: datetime | None) -> None:
    record, who = draft.record, draft.actor.user_id
    record.version = version
    stamps = draft.stamps or Stamps(draft.at, who, draft.at, who)
    record.created_at, record.created_by_id = stamps.created_at, stamps.created_by
    record.last_modified_at, record.last_modified_by_id = stamps.last_modified_at, stamps.last_modified_by
    if draft.stamps:
        draft.at = told_at or now()
    with atomic():
        if isinstance(record, Record):
            if record.number is None:
                record.number = next_number(type(record), record.company_id)
                draft.changes = differences(record.properties["number"], None, record.number) + draft.changes
            else:
                number_taken(type(record), record.company_id, record.number)
        _hold_references(draft)
        record.search_text = record.searchable()
        lists = {name: prop.read(record) for name, prop in record.properties.items() if prop.many}
        models.Model.save_base(record, force_insert=True)
        for name, value in lists.items():
            record.properties[name].store(record.pk, [], value)
        record.stored(draft)
        _append_history(draft, via)


def _hold_references(draft: Draft) -> None:
    for model, ids in draft.referred.items():
        if not hold(model, ids):
            raise IntegrityError("What this refers to was removed.")


def _append_history(draft: Draft, via: Via, pk: str | None = None) -> None:
    record = draft.record
    History.objects.bulk_create(
        [
            History(
                record_type=record._meta.label_lower,
                record_id=pk or record.pk,
                record_name=str(draft.before or record),
                company_id=record.home_company_id(),
                version=record.version,
                action=draft.action,
                at=draft.at,
                user_id=draft.actor.user_id,
                who=draft.actor.history_name,
                via=via.door,
                request_id=via.request_id[:64],
                changes=draft.changes,
            )
        ]
    )


def afresh(record: Entity) -> Entity:
    """The record as it is now. Raises Gone if it is not there."""
    found = type(record)._base_manager.filter(pk=record.pk).first()
    if found is None:
        raise Gone()
    return found


def _stale(record: Entity, base: int) -> Conflict:
    return Conflict(
        [
            Clash(entry["property"], entry["old"], None, entry["new"], row.who, row.at, row.via)
            for row in changes_since(record, base)
            for entry in row.changes
        ]
    )


def _dependants(error: ProtectedError) -> list[tuple[str, int]]:
    counts = {}
    for thing in error.protected_objects:
        name = str(thing._meta.verbose_name_plural)
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items())
