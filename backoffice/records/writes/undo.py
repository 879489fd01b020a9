"""Undoing one earlier change: an update like any other, with merge, conflicts and a history entry."""

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.history.versions import state_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.diff import revert
from backoffice.records.writes.planned_write import PlannedWrite
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
