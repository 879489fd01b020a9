"""Concurrent writes: the current state of a record, and the conflict of a write to an outdated version."""

from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, PropertyConflict, RecordDeleted
from backoffice.records.history.versions import changes_since
from backoffice.records.models import Entity


def reload(record: Entity) -> Entity:
    """Return the record as it is in the database now. Raises RecordDeleted if it was deleted."""
    current = type(record)._base_manager.filter(pk=record.pk).first()
    if current is None:
        raise RecordDeleted()
    return current


def stale_version_conflict(record: Entity, base: int, actor: Actor) -> Conflict:
    return Conflict(
        [
            PropertyConflict(entry["property"], entry["old"], None, entry["new"], row.who, row.at, row.via)
            for row in changes_since(record, base, actor)
            for entry in row.changes
        ]
    )
