"""The planned write: the states of a record before and after a change, and what the change consists of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.models import Entity, History
from backoffice.records.properties.diff import is_same
from backoffice.records.properties.elements import ElementsProperty


@dataclass(frozen=True)
class Provenance:
    """Who created a record and who changed it last, and when. An imported record brings its own."""

    created_at: datetime
    created_by: str | None
    last_modified_at: datetime
    last_modified_by: str | None


ReferenceResolver = Callable[[Entity, str, type[models.Model], set[str], Actor], set[str]]
"""Returns those of some ids that a property of a record may refer to: see `Entity.check_references`."""


def default_resolver(
    record: Entity, name: str, target: type[models.Model], ids: set[str], actor: Actor
) -> set[str]:
    """Let the record check the references."""
    return record.check_references(name, target, ids, actor)


@dataclass
class PlannedWrite:
    """A change that is being planned. `record` is the new state, `before` the old one (None for a new
    record); `edited_properties` has the names of the properties that the actor really changes."""

    record: Entity
    before: Entity | None
    actor: Actor
    at: datetime
    action: str
    edited_properties: set[str] = field(default_factory=set)
    changes: list[dict] = field(default_factory=list)
    element_indexes: dict[str, int] = field(default_factory=dict)
    """The index of each element, by id, in the lists that were sent: the path of its errors."""
    merged_entries: list[History] = field(default_factory=list)
    """The history rows of others since the editor's base, merged into this change."""
    provenance: Provenance | None = None
    """Of an imported record. It also brings its derived properties: `compute_derived` only completes those
    that are missing and makes nothing up."""
    resolve_references: ReferenceResolver = default_resolver
    is_bounded: bool = True
    """Whether the bounds of one change and the rules added by later versions apply. They do not for an import
    or an undo, which restore earlier values."""
    forced_properties: set[str] = field(default_factory=set)
    """The properties that are derived from the edits whatever others set them to: they are never in
    conflict."""
    referenced_ids: dict[type[models.Model], set[str]] = field(default_factory=dict)
    """The ids of the records that it newly refers to, by model."""
    context: ChangeContext | None = None
    """The channel and request of the change, once it is written."""
    sent_properties: set[str] = field(default_factory=set)
    """The properties that the actor sent a value of their own for. Without a base those are all that were
    sent, changed or not; a value equal to the one at the base was only sent back."""

    def changed(self, name: str) -> bool:
        """Return whether a property differs from before, by an edit or by derivation."""
        return differs(self.record.properties[name], self.record, self.before)


def differs(prop, record, before) -> bool:
    if _is_untouched(prop, record, before):
        return False
    old, new = plain_pair(prop, record, before)
    return not is_same(old, new) and not (before is None and prop.is_empty(new))


def _is_untouched(prop, record, before) -> bool:
    """Return whether a property holds the identical object as before."""
    return before is not None and record.__dict__.get(prop.attname) is before.__dict__.get(prop.attname)


def plain_pair(prop, record, before) -> tuple[object, object]:
    """Return the plain values of a property before and after."""
    if before is None:
        return [] if prop.many else None, prop.plain(prop.read(record))
    if isinstance(prop, ElementsProperty):
        return prop.plain_pair(prop.read(before), prop.read(record))
    return prop.plain(prop.read(before)), prop.plain(prop.read(record))
