"""Undoing one earlier change: an update like any other, with merge, conflicts and a history entry."""

from collections.abc import Iterable

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.history.versions import plain_state, revert, state_at, value_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import is_same
from backoffice.records.writes.plan import PlannedWrite
from backoffice.records.writes.updates import update


def can_undo(record: Entity, row: History, actor: Actor) -> list[str]:
    """Return the names of the properties of a history row that the actor can undo. Left out are derived
    properties, hashed ones (the history does not have their values), redacted ones, and those that the actor
    may not change."""
    if row.action in (*History.CREATION_ACTIONS, History.Action.REMOVE, History.Action.REDACT):
        return []
    names = []
    redacted = {entry["property"].split(".")[0] for entry in row.changes if "redacted" in entry}
    for name in dict.fromkeys(entry["property"].split(".")[0] for entry in row.changes):
        prop = record.properties.get(name)
        is_hashed = prop is not None and prop.guard is not None and prop.guard.hashed
        if name in redacted:
            continue
        if prop is not None and not prop.derived and not is_hashed and actor.may("change", record, name):
            names.append(name)
    return names


def find_undoable(record: Entity, rows: Iterable[History], actor: Actor) -> set[int]:
    """Return the versions of those history rows that the actor can undo now. Left out are rows whose properties have
    been changed or restored since: undoing them would be a conflict, or change nothing."""
    names_by_row = {row: names for row in rows if (names := can_undo(record, row, actor))}
    present = plain_state(record, set().union(*names_by_row.values()))
    return {
        row.version
        for row, names in names_by_row.items()
        if all(
            is_same(value_at(present, entry["property"]), entry["new"])
            for entry in row.changes
            if entry["property"].split(".")[0] in names
        )
    }


def find_not_restored(record: Entity, row: History, actor: Actor) -> list[str]:
    """Return the names of the properties of a history row that the actor cannot undo, except derived ones: they
    follow from the others."""
    names = {entry["property"].split(".")[0] for entry in row.changes} - set(can_undo(record, row, actor))
    return [name for name, prop in record.properties.items() if name in names and not prop.derived]


def undo(record: Entity, row: History, *, actor: Actor, context: ChangeContext) -> PlannedWrite:
    """Restore the old values of the properties that a history row changed. What others changed since is in
    conflict, as for an editor who last saw the record right after that change. Raises what `update`
    raises."""
    names = can_undo(record, row, actor)
    before = state_at(record, row.version, names=set(names))
    revert(before, row.changes)
    values = {name: record.properties[name].from_plain(before[name]) for name in names}
    return update(
        record, values, actor=actor, context=context, base=row.version, action="undo", restores_elements=True
    )
