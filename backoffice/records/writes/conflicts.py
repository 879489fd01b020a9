"""Conflicts with what others changed, and the current state of a record."""

from collections.abc import Callable, Collection
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.db.annotations import Values
from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, PropertyConflict, RecordDeleted
from backoffice.records.history.versions import changes_since, record_at
from backoffice.records.models import Entity, History


def reload(record: Entity) -> Entity:
    """Return the record as it is in the database now. Raises RecordDeleted if it was deleted."""
    current = type(record)._base_manager.filter(pk=record.pk).first()
    if current is None:
        raise RecordDeleted()
    return current


def stale_version_conflict(record: Entity, base: int | None, actor: Actor) -> Conflict:
    """Return the conflict with all changes since `base`; without a base, with all changes."""
    return Conflict(_conflicts_of(changes_since(record, base or 0, actor), keeps_old=False))


def _conflicts_of(
    rows: list[History], *, keeps_old: bool, without: Collection[str] = ()
) -> list[PropertyConflict]:
    """Return the changes of history rows as conflicts. With `keeps_old`, the editor's value is the old one."""
    return [
        PropertyConflict(
            entry["property"],
            entry["old"],
            entry["old"] if keeps_old else None,
            entry["new"],
            row.who,
            row.at,
            row.via,
        )
        for row in rows
        for entry in row.changes
        if entry["property"].split(".")[0] not in without
    ]


def add_author(conflict: PropertyConflict, since: list[History]) -> PropertyConflict:
    """Return the conflict with the author of the other edit: that of the last history row that touched the
    property."""
    for row in reversed(since):
        if any(_overlaps(entry["property"], conflict.property) for entry in row.changes):
            return replace(conflict, who=row.who, when=row.at, via=row.via)
    return conflict


def _overlaps(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".") or other.startswith(path + ".")


def raise_if_combined(
    record: Entity,
    base: int,
    edits: Values,
    since: list[History],
    error: ValidationError,
    plan_at_base: Callable[[Entity], object],
) -> None:
    """Raise a conflict that names both sides if the edits were valid on the version `base` that the editor saw and
    are invalid only together with what others changed `since`. `plan_at_base` plans the edits on that version."""
    past_record = record_at(record, base)
    try:
        plan_at_base(past_record)
    except ValidationError:
        return
    last_row, conflicts = since[-1], []
    for name, value in edits.items():
        prop = record.properties[name]
        seen, mine, theirs = (
            prop.history_value(prop.plain(each), record)
            for each in (prop.read(past_record), value, prop.read(record))
        )
        conflict = PropertyConflict(name, seen, mine, theirs, last_row.who, last_row.at, last_row.via)
        conflicts.append(add_author(conflict, since))
    conflicts += _conflicts_of(since, keeps_old=True, without=edits)
    message = _("This does not fit what %(who)s changed in the meantime: %(errors)s")
    params = {"who": last_row.who, "errors": " ".join(error.messages)}
    raise Conflict(conflicts, message % params, is_combined=True) from error
