"""Planning a change without writing it: rights, merge, derived properties, validation."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, Forbidden, PropertyConflict
from backoffice.records.fields.base import now
from backoffice.records.history.versions import changes_since, record_at, state_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import ColumnProperty, nested_errors
from backoffice.records.properties.collections import CollectionProperty
from backoffice.records.properties.diff import differences, history_value, is_same
from backoffice.records.writes.merge import ConflictChoices, Merge
from backoffice.records.writes.planned_write import (
    PlannedWrite,
    Provenance,
    ReferenceResolver,
    default_resolver,
    plain_pair,
)
from backoffice.records.writes.validation import validate


def plan(
    record: Entity,
    values: dict,
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
    require_permission(actor, action, record)
    typed, errors = coerce_values(record, values, actor)
    since = changes_since(record, base, actor) if base is not None and base < record.version else []
    properties = record.properties
    compared = {*typed, *(name for name, prop in properties.items() if not prop.many)} if since else ()
    base_state = state_at(record, base, names=compared, since=since) if since else None
    if since and conflict_choices:
        state_at_choice = state_at(record, conflict_choices.version, names=compared)
        merge = Merge(record, True, base_state, conflict_choices.choices, state_at_choice)
    else:
        merge = Merge(record, base is not None, base_state, restores_elements=restores_elements)
    edits, conflicts = {}, []
    sent = set(typed) if base is None else set()
    for name, value in typed.items():
        prop = properties[name]
        try:
            edited, value = merge.merge_property(prop, value)
        except ValidationError as error:
            errors |= nested_errors(name, error)
            continue
        conflicts += merge.take_conflicts()
        if edited:
            _require_property(actor, record, prop)
            edits[name] = value
        elif since and merge.differs_from_base(prop, value):
            sent.add(name)
    if conflicts:
        raise Conflict([_with_author(conflict, since) for conflict in conflicts], merge.message)
    indexes = merge.element_indexes
    kwargs = {
        "actor": actor, "action": action, "at": at, "restores_elements": restores_elements,
        "resolve_references": resolve_references, "sent_properties": sent,
    }  # fmt: skip
    try:
        planned = build_planned_write(record.copy(), record, edits, errors, indexes, **kwargs)
        if since and (kept := _values_to_keep(planned, merge, since)):
            planned = build_planned_write(record.copy(), record, edits | kept, errors, indexes, **kwargs)
    except ValidationError as error:
        if since and not errors:
            _raise_if_combined(record, base, edits, error, since, actor, action)
        raise
    planned.merged_entries = [row for row in since if row.user_id != actor.user_id or actor.user_id is None]
    return planned


def require_permission(actor: Actor, action: str, record: Entity) -> None:
    """Raise Forbidden if an actor may not do this to a record."""
    if not actor.may(action, record):
        raise Forbidden()
    if reason := record.protected_reason(actor):
        raise Forbidden(reason)


def _require_property(actor: Actor, record: Entity, prop: ColumnProperty | CollectionProperty) -> None:
    """Raise Forbidden if an actor may not change this property of a record. (`coerce_values` refuses a
    property that the actor may not even see, whatever the value.)"""
    if prop.change_permissions and not actor.may("change", record, prop.name):
        raise Forbidden(_("You do not have permission to change this property."), prop.name)


def _values_to_keep(planned: PlannedWrite, merge: Merge, since: list[History]) -> dict:
    """Return the values to keep of properties that the edits would set by default and that others have set
    meanwhile, as the editor chose. Raises Conflict for those that the editor was not shown."""
    record, kept_values = planned.before, {}
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
    if conflicts := merge.take_conflicts():
        raise Conflict([_with_author(conflict, since) for conflict in conflicts])
    return kept_values


def plan_creation(
    record: Entity,
    values: dict,
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
    typed, errors = coerce_values(record, values, actor)
    merge = Merge(record, False, None, restores_elements=provenance is not None)
    edits, properties = {}, record.properties
    for name, value in typed.items():
        try:
            edits[name] = merge.merge_new_property(properties[name], value)
            if value is not None:
                _require_property(actor, record, properties[name])
        except ValidationError as error:
            errors |= nested_errors(name, error)
    options = {
        "actor": actor,
        "at": at,
        "provenance": provenance,
        "resolve_references": resolve_references,
        "sent_properties": set(typed),
    }
    return build_planned_write(
        record,
        None,
        edits,
        errors,
        merge.element_indexes,
        action="import" if provenance else "create",
        **options,
    )


def coerce_values(record: Entity, values: dict, actor: Actor) -> tuple[dict, dict]:
    """Return the typed values, and the errors of those that have the wrong type. Raises Forbidden for a
    guarded property that the actor may not change."""
    typed, errors, properties = {}, {}, record.properties
    for name, raw in values.items():
        prop = properties.get(name)
        if prop is None:
            errors[name] = [ValidationError(_("This property does not exist."), code="unknown")]
            continue
        if prop.guard and not actor.may("change", record, name):
            raise Forbidden(_("You do not have permission to view or change this property."), name)
        try:
            typed[name] = prop.to_python(raw)
        except ValidationError as error:
            errors |= nested_errors(name, error)
    return typed, errors


def build_planned_write(
    record,
    before,
    edits: dict,
    errors: dict,
    element_indexes: dict,
    *,
    actor,
    action,
    at=None,
    provenance=None,
    resolve_references: ReferenceResolver = default_resolver,
    sent_properties: Collection[str] = (),
    restores_elements: bool = False,
) -> PlannedWrite:
    """Apply edits to `record`, derive, validate and compare. Earlier `errors` are raised together with the
    new ones."""
    at = at or now()
    if before is not None and at <= before.last_modified_at:
        at = before.last_modified_at + timedelta(milliseconds=1)
    if provenance:
        at = provenance.last_modified_at
    planned = PlannedWrite(
        record, before, actor, at, action, set(edits), element_indexes=element_indexes, provenance=provenance,
        resolve_references=resolve_references, sent_properties=set(edits).union(sent_properties),
        is_bounded=not (provenance or restores_elements),
    )  # fmt: skip
    errors, properties = dict(errors), record.properties
    _apply_edits(planned, edits, errors)
    touched, lists = {}, {}
    new_values, old_values = record.__dict__, before.__dict__ if before is not None else None
    for name, prop in properties.items():
        attname = prop.attname
        if old_values is not None and new_values.get(attname) is old_values.get(attname):
            continue  # unchanged; encrypted values need not even be decrypted
        if prop.many and attname not in new_values:
            continue  # a list that was neither loaded nor set cannot differ
        pair = plain_pair(prop, record, before)
        if before is None or not is_same(*pair):
            touched[name] = prop
        if prop.many:
            lists[name] = pair
    validate(planned, touched, errors)
    for name, prop in touched.items():
        # Validation may have cleaned columns, but not lists: their pairs are still right.
        pair = lists.get(name) or plain_pair(prop, record, before)
        if before is not None or not prop.is_empty(pair[1]):
            planned.changes += differences(prop, *pair, record)
    return planned


def _apply_edits(planned: PlannedWrite, edits: dict, errors: dict) -> None:
    """Write edits to the record and derive the other properties. A derived value can only be imported."""
    record, properties = planned.record, planned.record.properties
    imported = {
        name: value for name, value in edits.items() if planned.provenance and properties[name].derived
    }
    for name, value in edits.items():
        prop = properties[name]
        if name in imported:
            continue
        if prop.derived and not _equals_before(prop, value, planned.before):
            errors[name] = [
                ValidationError(
                    _("This is calculated from other properties and cannot be set."), code="derived"
                )
            ]
        elif not prop.derived:
            prop.write(record, value)
    record.compute_derived(planned)
    for name, value in imported.items():
        properties[name].write(record, value)


def _equals_before(prop, value, before) -> bool:
    old = prop.plain(prop.read(before)) if before else None
    return is_same(prop.plain(value), old)


def _with_author(conflict: PropertyConflict, since: list[History]) -> PropertyConflict:
    """Return the conflict with the author of the other edit: that of the last history row that touched the
    property."""
    for row in reversed(since):
        for entry in row.changes:
            if _overlaps(entry["property"], conflict.property):
                return PropertyConflict(
                    conflict.property, conflict.base, conflict.mine, conflict.theirs, row.who, row.at, row.via
                )
    return conflict


def _overlaps(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".") or other.startswith(path + ".")


def _raise_if_combined(record, base, edits, error, since, actor, action) -> None:
    """Raise a conflict that names both sides if the edits were valid on the version that the editor saw and
    are invalid only together with what others changed since."""
    past_record = record_at(record, base)
    try:
        build_planned_write(past_record.copy(), past_record, edits, {}, {}, actor=actor, action=action)
    except ValidationError:
        return
    last_row, conflicts = since[-1], []
    for name in edits:
        prop = record.properties[name]
        seen, mine, theirs = (
            prop.plain(value) for value in (prop.read(past_record), edits[name], prop.read(record))
        )
        conflict = PropertyConflict(
            name,
            *(history_value(prop, value, record) for value in (seen, mine, theirs)),
            last_row.who,
            last_row.at,
            last_row.via,
        )
        conflicts.append(_with_author(conflict, since))
    for row in since:
        for entry in row.changes:
            if entry["property"].split(".")[0] not in edits:
                old, new = entry["old"], entry["new"]
                conflicts.append(PropertyConflict(entry["property"], old, old, new, row.who, row.at, row.via))
    raise Conflict(
        conflicts,
        _("This does not fit what %(who)s changed in the meantime: %(errors)s")
        % {
            "who": since[-1].who,
            "errors": " ".join(error.messages),
        },
        is_combined=True,
    ) from error
