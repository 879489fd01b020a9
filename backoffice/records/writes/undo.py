"""Taking one earlier change back: an edit like any other, which merges, conflicts and is recorded."""

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.history.versions import state_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.diff import revert
from backoffice.records.writes.plan import PlannedWrite
from backoffice.records.writes.service import update


def can_undo(record: Entity, row: History, actor: Actor) -> list[str]:
    """The properties of a history row that the actor can take back to what they were: not those that follow
    from others, not secrets (the history does not know them), not what was redacted, not those the actor may not
    see."""
    if row.action in (*History.CREATION_ACTIONS, History.Action.REMOVE, History.Action.REDACT):
        return []
    found = []
    redacted = {entry["property"].split(".")[0] for entry in row.changes if "redacted" in entry}
    for name in dict.fromkeys(entry["property"].split(".")[0] for entry in row.changes):
        prop = record.properties.get(name)
        hashed = prop is not None and prop.guard is not None and prop.guard.hashed
        if name in redacted:
            continue
        if prop is not None and not prop.derived and not hashed and actor.may("change", record, name):
            found.append(name)
    return found


def undo(record: Entity, row: History, *, actor: Actor, via: ChangeContext) -> PlannedWrite:
    """Give the properties that a history row changed their old values. What others changed since conflicts, as
    for anybody who last saw the record right after that change. Raises what `update` raises."""
    names = can_undo(record, row, actor)
    before = state_at(record, row.version, names=set(names))
    revert(before, row.changes)
    values = {name: record.properties[name].from_plain(before[name]) for name in names}
    return update(record, values, actor=actor, via=via, base=row.version, action="undo", restoring=True)
