"""Planning a change without writing it: rights, merge, derived properties, validation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.annotations import Change, Errors, Values
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields.base import now
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import is_same, nested_errors
from backoffice.records.properties.collections import RecordProperty
from backoffice.records.writes.conflicts import raise_if_combined
from backoffice.records.writes.merge import ConflictChoices, Merge
from backoffice.records.writes.validation import check_size, find_errors


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
    changes: list[Change] = field(default_factory=list)
    element_indexes: dict[str, int] = field(default_factory=dict)
    """The index of each element, by id, in the lists that were sent: the path of its errors."""
    merged_entries: list[History] = field(default_factory=list)
    """The history rows since the editor's base, merged into this change."""
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
    results: dict[str, str] = field(default_factory=dict)
    """What listeners (`services.on_write`) tell the channel."""
    sent_properties: set[str] = field(default_factory=set)
    """The properties that the actor sent a value of their own for. Without a base those are all that were
    sent, changed or not; a value equal to the one at the base was only sent back."""

    @property
    def locks_references(self) -> bool:
        """Whether referenced records must still exist when it is written. Records that are imported together need
        not exist yet."""
        return self.resolve_references is default_resolver

    def changed(self, name: str) -> bool:
        """Return whether a property differs from before, by an edit or by derivation."""
        return name in self._differing(name)

    def touched_properties(self) -> Mapping[str, RecordProperty]:
        """Return the properties that differ from before; all properties of a new record."""
        properties = self.record.properties
        return properties if self.before is None else self._differing(*properties)

    def _differing(self, *names: str) -> dict[str, RecordProperty]:
        record, before = self.record, self.before
        values, old_values = record.__dict__, {} if before is None else before.__dict__
        return {
            name: prop
            for name, prop in ((name, record.properties[name]) for name in names)
            # The identical object is unchanged; encrypted values need not even be decrypted.
            if (before is None or values.get(prop.attname) is not old_values.get(prop.attname))
            and prop.differs(before, record)
        }


def plan(
    record: Entity,
    values: Values,
    *,
    actor: Actor,
    base: int | None = None,
    conflict_choices: ConflictChoices | None = None,
    action: str = "change",
    at: datetime | None = None,
    restores_elements: bool = False,
    resolve_references: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Plan what `update` would write, without writing it. Raises what `update` raises."""
    check_rights(actor, action, record, values)
    typed, errors = coerce_values(record, values, is_bounded=not restores_elements)
    merge = Merge.onto(
        record,
        base,
        typed,
        actor=actor,
        conflict_choices=conflict_choices,
        restores_elements=restores_elements,
    )
    edits, merge_errors = merge.find_edits(typed)
    errors |= merge_errors
    for name in edits:
        _require_property(actor, record, name)
    if merge.conflicts:
        merge.raise_conflicts()

    def complete(edits: Values) -> PlannedWrite:
        planned = PlannedWrite(
            record.copy(),
            record,
            actor,
            at or now(),
            action,
            set(edits),
            element_indexes=merge.element_indexes,
            resolve_references=resolve_references,
            sent_properties=merge.sent_properties.union(edits),
            is_bounded=not restores_elements,
        )
        return complete_plan(planned, edits, errors)

    try:
        planned = complete(edits)
        if merge.since and (kept := _values_to_keep(record, planned, merge)):
            planned = complete(edits | kept)
    except ValidationError as error:
        if base is not None and merge.since and not errors:
            raise_if_combined(
                record,
                base,
                edits,
                merge.since,
                error,
                lambda past: _plan_at_base(past, edits, actor, action),
            )
        raise
    planned.merged_entries = list(merge.since)
    return planned


def plan_creation(
    record: Entity,
    values: Values,
    *,
    actor: Actor,
    at: datetime | None = None,
    provenance: Provenance | None = None,
    resolve_references: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """Plan what `create` would write, without writing it. `record` is a new, empty record with its company
    set."""
    # For a superuser without a company, the record says which company it belongs to.
    if not actor.may("add", type(record) if actor.company_id else record):
        raise Forbidden()
    require_properties(actor, record, values)
    typed, errors = coerce_values(record, values, is_bounded=provenance is None)
    merge = Merge(record, restores_elements=provenance is not None)
    edits: Values = {}
    for name, value in typed.items():
        try:
            edits[name] = merge.merge_new_property(record.properties[name], value)
            if value is not None:
                _require_property(actor, record, name)
        except ValidationError as error:
            errors |= nested_errors(name, error)
    planned = PlannedWrite(
        record,
        None,
        actor,
        provenance.last_modified_at if provenance else at or now(),
        "import" if provenance else "create",
        set(edits),
        element_indexes=merge.element_indexes,
        provenance=provenance,
        resolve_references=resolve_references,
        sent_properties=set(typed),
        is_bounded=provenance is None,
    )
    return complete_plan(planned, edits, errors)


def require_permission(actor: Actor, action: str, record: Entity) -> None:
    """Raise Forbidden if an actor may not do this to a record."""
    if not actor.may(action, record):
        raise Forbidden()
    if reason := record.protected_reason(actor):
        raise Forbidden(reason)


def require_properties(actor: Actor, record: Entity, names: Iterable[str]) -> None:
    """Raise Forbidden if the actor may not see guarded properties among `names` (see `properties.base`)."""
    if forbidden := forbidden_properties(record, names, actor):
        raise Forbidden(_("You do not have permission to view or change this property."), *forbidden)


def check_rights(actor: Actor, action: str, record: Entity, names: Iterable[str]) -> None:
    """Raise Forbidden if an actor may not do this to a record, or not send these properties."""
    require_permission(actor, action, record)
    require_properties(actor, record, names)


def _require_property(actor: Actor, record: Entity, name: str) -> None:
    """Raise Forbidden if an actor lacks the permissions to change a property that is edited."""
    if record.properties[name].change_permissions and not actor.may("change", record, name):
        raise Forbidden(_("You do not have permission to change this property."), name)


def forbidden_properties(record: Entity, names: Iterable[str], actor: Actor) -> list[str]:
    """Return the names of the guarded properties among `names` that the actor may not change."""
    guarded = [name for name in names if name in record.properties and record.properties[name].guard]
    return [name for name in guarded if not actor.may("change", record, name)]


def coerce_values(record: Entity, values: Values, *, is_bounded: bool) -> tuple[Values, Errors]:
    """Return the typed values, and the errors of those that have the wrong type or, if the change `is_bounded`, are
    far too long."""
    typed: Values = {}
    errors: Errors = {}
    for name, raw in values.items():
        if (prop := record.properties.get(name)) is None:
            errors[name] = [ValidationError(_("This property does not exist."), code="unknown")]
            continue
        try:
            if is_bounded:
                check_size(prop, raw, record)
            typed[name] = prop.to_python(raw, prop.read(record)) if prop.many else prop.to_python(raw)
        except ValidationError as error:
            errors |= nested_errors(name, error)
    return typed, errors


def complete_plan(planned: PlannedWrite, edits: Values, errors: Errors) -> PlannedWrite:
    """Apply edits to the new state, derive the other properties, validate and compare. Raises the earlier
    `errors` together with the new ones."""
    record, before = planned.record, planned.before
    if before is not None and planned.at <= before.last_modified_at:
        planned.at = before.last_modified_at + timedelta(milliseconds=1)
    errors = errors | _apply_edits(planned, edits)
    touched = planned.touched_properties()
    if errors := find_errors(planned, touched, errors):
        raise ValidationError(errors)
    for prop in touched.values():
        planned.changes += prop.changes(before, record)
    return planned


def _apply_edits(planned: PlannedWrite, edits: Values) -> Errors:
    """Write edits to the record and derive the other properties. A derived value can only be imported: return the
    errors of others."""
    record, properties = planned.record, planned.record.properties
    errors: Errors = {}
    imported: Values = {}
    for name, value in edits.items():
        prop = properties[name]
        if not prop.derived:
            prop.write(record, value)
        elif planned.provenance:
            imported[name] = value
        elif not _equals_before(prop, value, planned.before):
            message = _("This is calculated from other properties and cannot be set.")
            errors[name] = [ValidationError(message, code="derived")]
    record.compute_derived(planned)
    for name, value in imported.items():
        properties[name].write(record, value)
    return errors


def _equals_before(prop: RecordProperty, value: Any, before: Entity | None) -> bool:
    old = prop.plain(prop.read(before)) if before else None
    return is_same(prop.plain(value), old)


def _plan_at_base(past_record: Entity, edits: Values, actor: Actor, action: str) -> PlannedWrite:
    """Plan edits on an earlier version."""
    planned = PlannedWrite(
        past_record.copy(), past_record, actor, now(), action, set(edits), sent_properties=set(edits)
    )
    return complete_plan(planned, edits, {})


def _values_to_keep(record: Entity, planned: PlannedWrite, merge: Merge) -> Values:
    """Return the record's values to keep: those that others have set meanwhile, that the edits would replace by
    defaults, and that the editor chose to keep. Raises Conflict for those that the editor was not shown."""
    kept_values: Values = {}
    implied_names = (
        {entry["property"] for entry in planned.changes}
        - planned.edited_properties
        - planned.forced_properties
    )
    for name, prop in record.properties.items():
        if (
            name in implied_names
            and not prop.many
            and not prop.derived
            and not merge.should_write_default(prop, planned.record)
        ):
            kept_values[name] = prop.read(record)
    if merge.conflicts:
        merge.raise_conflicts()
    return kept_values
