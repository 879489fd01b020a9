"""Working out a change without writing it: rights, merging, derived properties, validation."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden, PropertyConflict
from backoffice.records.fields.base import TAKEN_BEFORE, now
from backoffice.records.history.versions import changes_since, record_at, state_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import ColumnProperty, nested_errors
from backoffice.records.properties.collections import CollectionProperty, ElementsProperty
from backoffice.records.properties.diff import differences, displayed_value, is_same
from backoffice.records.writes.bounds import bound_errors
from backoffice.records.writes.merge import ConflictChoices, Merge


@dataclass(frozen=True)
class Provenance:
    """Who made a record and who changed it last, and when. A record from elsewhere brings its own."""

    created_at: datetime
    created_by: str | None
    last_modified_at: datetime
    last_modified_by: str | None


ReferenceResolver = Callable[[Entity, str, type[models.Model], set[str], Actor], set[str]]
"""Who says which of some ids a property of a record may point at: see `Entity.check_references`."""


def default_resolver(
    record: Entity, name: str, target: type[models.Model], ids: set[str], actor: Actor
) -> set[str]:
    """The record itself says it."""
    return record.check_references(name, target, ids, actor)


@dataclass
class PlannedWrite:
    """A change being worked out. `record` is the state to come, `before` the state it comes from (None when it
    is being created); `edited` names the properties that the actor really changes."""

    record: Entity
    before: Entity | None
    actor: Actor
    at: datetime
    action: str
    edited: set[str] = field(default_factory=set)
    changes: list[dict] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """Where in the lists that were sent each element stood: where its errors belong."""
    others: list[History] = field(default_factory=list)
    """What others changed since the editor's base, kept alongside."""
    stamps: Provenance | None = None
    """Those that the record brings from elsewhere. It brings what follows from other properties, too: `compute_derived`
    only completes what is missing, and makes nothing up."""
    known: ReferenceResolver = default_resolver
    is_bounded: bool = True
    """Whether it may add no more than one change may, and only texts that show something: not so where the product
    brings back what was there."""
    forced: set[str] = field(default_factory=set)
    """The properties that follow from the edits whatever others set them to: nobody has a choice."""
    referred: dict[type[models.Model], set[str]] = field(default_factory=dict)
    """The records that it comes to refer to."""
    via: ChangeContext | None = None
    """How the change came in, once it is written."""
    sent: set[str] = field(default_factory=set)
    """The properties that the actor sent with a value of their own. Without a base that is every property that was
    sent, the same as before or not; a value equal to that of the base was only sent back."""

    def changed(self, name: str) -> bool:
        """Whether a property differs from before, by an edit or by derivation."""
        return _differs(self.record.properties[name], self.record, self.before)


def plan(
    record: Entity,
    values: dict,
    *,
    actor: Actor,
    base: int | None = None,
    conflict_choices: ConflictChoices | None = None,
    action: str = "change",
    at: datetime | None = None,
    restoring: bool = False,
    known: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """What `change` would do, without writing. Raises what it raises."""
    require(actor, action, record)
    typed, errors = coerce_values(record, values, actor)
    since = changes_since(record, base, actor) if base is not None and base < record.version else []
    properties = record.properties
    compared = {*typed, *(name for name, prop in properties.items() if not prop.many)} if since else ()
    at_base = state_at(record, base, names=compared, since=since) if since else None
    if since and conflict_choices:
        at_settling = state_at(record, conflict_choices.version, names=compared)
        merge = Merge(record, True, at_base, conflict_choices.choices, at_settling)
    else:
        merge = Merge(record, base is not None, at_base, restoring=restoring)
    edits, clashes = {}, []
    sent = set(typed) if base is None else set()
    for name, value in typed.items():
        prop = properties[name]
        try:
            edited, value = merge.property(prop, value)
        except ValidationError as error:
            errors |= nested_errors(name, error)
            continue
        clashes += merge.apply_choices()
        if edited:
            _demand_property(actor, record, prop)
            edits[name] = value
        elif since and merge.differs_from_base(prop, value):
            sent.add(name)
    if clashes:
        raise Conflict([_with_author(clash, since) for clash in clashes], merge.message)
    how = {"actor": actor, "action": action, "at": at, "known": known, "sent": sent, "restoring": restoring}
    try:
        draft = build_planned_write(record.copy(), record, edits, errors, merge.places, **how)
        if since and (kept := _defaults_of_others(draft, merge, since)):
            draft = build_planned_write(record.copy(), record, edits | kept, errors, merge.places, **how)
    except ValidationError as error:
        if since and not errors:
            _raise_if_combined(record, base, edits, error, since, actor, action)
        raise
    draft.others = [row for row in since if row.user_id != actor.user_id or actor.user_id is None]
    return draft


def require(actor: Actor, action: str, record: Entity) -> None:
    """Raise Forbidden if an actor may not do this to a record."""
    if not actor.may(action, record):
        raise Forbidden()
    if why := record.protected_reason(actor):
        raise Forbidden(why)


def _demand_property(actor: Actor, record: Entity, prop: ColumnProperty | CollectionProperty) -> None:
    """Raise Forbidden if an actor may not change this property of a record. (One that they may not even see is refused
    whatever is sent: see `coerce_values`.)"""
    if prop.change_permissions and not actor.may("change", record, prop.name):
        raise Forbidden(_("You may not change this property."), prop.name)


def _defaults_of_others(draft: PlannedWrite, merge: Merge, since: list[History]) -> dict:
    """What stays of the properties that the edits would set by default and that somebody else has set
    meanwhile, as the editor chose. Raises Conflict for those of which they could not know."""
    record, kept = draft.before, {}
    implied = {entry["property"] for entry in draft.changes} - draft.edited - draft.forced
    for name, prop in record.properties.items():
        if name in implied and not prop.many and not prop.derived and not merge.default(prop, draft.record):
            kept[name] = prop.read(record)
    if clashes := merge.apply_choices():
        raise Conflict([_with_author(clash, since) for clash in clashes])
    return kept


def plan_creation(
    record: Entity,
    values: dict,
    *,
    actor: Actor,
    at: datetime | None = None,
    stamps: Provenance | None = None,
    known: ReferenceResolver = default_resolver,
) -> PlannedWrite:
    """What `create` would do, without writing; `record` is a new, empty one that knows its company."""
    # (For a superuser of no company it depends on the record: an import says whose it is.)
    if not actor.may("add", type(record) if actor.company_id else record):
        raise Forbidden()
    typed, errors = coerce_values(record, values, actor)
    merge = Merge(record, False, None, restoring=stamps is not None)
    edits = {}
    for name, value in typed.items():
        try:
            edits[name] = merge.new_property(record.properties[name], value)
            if value is not None:
                _demand_property(actor, record, record.properties[name])
        except ValidationError as error:
            errors |= nested_errors(name, error)
    how = {"actor": actor, "at": at, "stamps": stamps, "known": known, "sent": set(typed)}
    return build_planned_write(
        record, None, edits, errors, merge.places, action="import" if stamps else "create", **how
    )


def coerce_values(record: Entity, values: dict, actor: Actor) -> tuple[dict, dict]:
    """The values with their types, and the errors of those that have the wrong one. Raises Forbidden for a
    property that the actor may not touch."""
    typed, errors, properties = {}, {}, record.properties
    for name, raw in values.items():
        prop = properties.get(name)
        if prop is None:
            errors[name] = [ValidationError(_("There is no such property."), code="unknown")]
            continue
        if prop.guard and not actor.may("change", record, name):
            raise Forbidden(_("You may not see or change this property."), name)
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
    places: dict,
    *,
    actor,
    action,
    at=None,
    stamps=None,
    known: ReferenceResolver = default_resolver,
    sent: Collection[str] = (),
    restoring: bool = False,
) -> PlannedWrite:
    """Apply edits to `record`, derive, validate and compare. `errors` found so far are raised with the rest."""
    at = at or now()
    if before is not None and at <= before.last_modified_at:
        at = before.last_modified_at + timedelta(milliseconds=1)
    if stamps:
        at = stamps.last_modified_at
    draft = PlannedWrite(
        record, before, actor, at, action, set(edits), places=places, stamps=stamps, known=known,
        sent=set(edits).union(sent), is_bounded=not (stamps or restoring),
    )  # fmt: skip
    errors, properties = dict(errors), record.properties
    brought = {name: value for name, value in edits.items() if stamps and properties[name].derived}
    for name, value in edits.items():
        prop = properties[name]
        if name in brought:
            continue
        if prop.derived and not _equal(prop, value, before):
            errors[name] = [
                ValidationError(_("This follows from other properties and cannot be set."), code="derived")
            ]
        elif not prop.derived:
            prop.write(record, value)
    record.compute_derived(draft)
    for name, value in brought.items():
        properties[name].write(record, value)
    touched, lists = {}, {}
    mine, theirs = record.__dict__, before.__dict__ if before is not None else None
    for name, prop in properties.items():
        attname = prop.attname
        if theirs is not None and mine.get(attname) is theirs.get(attname):
            continue  # as of most: secrets among them need not even be opened
        if prop.many and attname not in mine:
            continue  # a list that nobody loaded or set cannot differ
        pair = _plain_pair(prop, record, before)
        if before is None or not is_same(*pair):
            touched[name] = prop
        if prop.many:
            lists[name] = pair
    _validate(draft, touched, errors)
    for name, prop in touched.items():
        # (Validation cleans what is in columns, not what is in lists.)
        pair = lists.get(name) or _plain_pair(prop, record, before)
        if before is not None or not prop.is_empty(pair[1]):
            draft.changes += differences(prop, *pair, record)
    return draft


def _equal(prop, value, before) -> bool:
    old = prop.plain(prop.read(before)) if before else None
    return is_same(prop.plain(value), old)


def _is_untouched(prop, record, before) -> bool:
    """Whether a property has the very value of before."""
    return before is not None and record.__dict__.get(prop.attname) is before.__dict__.get(prop.attname)


def _differs(prop, record, before) -> bool:
    if _is_untouched(prop, record, before):
        return False
    old, new = _plain_pair(prop, record, before)
    return not is_same(old, new) and not (before is None and prop.is_empty(new))


def _plain_pair(prop, record, before) -> tuple[object, object]:
    """The plain values of a property before and now."""
    if before is None:
        return [] if prop.many else None, prop.plain(prop.read(record))
    if isinstance(prop, ElementsProperty):
        return prop.plain_pair(prop.read(before), prop.read(record))
    return prop.plain(prop.read(before)), prop.plain(prop.read(record))


def _validate(
    draft: PlannedWrite, touched: dict[str, ColumnProperty | CollectionProperty], errors: dict
) -> None:
    """The model's own rules on all that is touched, its cross rules, its references; one ValidationError whose
    dict has a dotted path for each offence."""
    record = draft.record
    skip = {item.name for item in record._meta.fields if item.name not in touched or item.name in errors}
    relations = {name for name, prop in touched.items() if not prop.many and prop.target}
    blank_number = {"number"} if draft.before is None and getattr(record, "number", 0) is None else set()
    unique = draft.before is None or any(prop.field.unique for prop in touched.values() if not prop.many)
    try:
        record.full_clean(
            exclude=skip | relations | blank_number, validate_unique=unique, validate_constraints=False
        )
    except ValidationError as error:
        for name, found in error.error_dict.items():
            found = _without_kept(draft, touched.get(name), found)
            for path, offences in nested_errors(name, ValidationError(found)).items():
                if path.split(".")[0] not in errors:
                    errors.setdefault(path, []).extend(offences)
    if "number" in touched and "number" not in blank_number | set(errors):
        try:
            record.check_number()
        except ValidationError as error:
            errors |= error.error_dict
    references = _stamp_references(draft, errors) if draft.stamps else []
    for name, prop in touched.items():
        if name in errors:
            continue
        value = prop.read(record)
        before = prop.read(draft.before) if draft.before else None
        if draft.is_bounded and (found := bound_errors(prop, before, value)):
            errors |= found
        elif prop.many:
            below, before = [], before or []
            errors |= {
                f"{name}.{path}": found
                for path, found in prop.check(record, value, below, draft.places, before).items()
            }
            # (They need not be visible to whoever edits beside them.)
            old = prop.references(before) if below else ()
            references += [(name, f"{name}.{path}", model, pk) for path, model, pk in below if pk not in old]
        elif prop.target and value is not None:
            references.append((name, name, prop.target, value))
        elif prop.target and not prop.field.null:
            errors[name] = [ValidationError(prop.field.error_messages["null"], code="null")]
    _check_references(draft, references, errors)
    errors |= record.validate_change(draft)
    if not draft.is_bounded:  # what it was is brought back
        shown = {
            path: found
            for path, found in errors.items()
            if any(each.code not in TAKEN_BEFORE for each in found)
        }
        errors = shown | _unique_errors(record, errors.keys() - shown.keys())
    if errors:
        raise ValidationError(errors)


def _without_kept(
    draft: PlannedWrite, prop: ColumnProperty | CollectionProperty | None, errors: list
) -> list:
    """The errors of a property, without those of entries that its list had before."""
    old = prop.read(draft.before) if prop and draft.before else None
    if not isinstance(old, list):
        return errors
    value = prop.read(draft.record)
    return [error for error in errors if not hasattr(error, "place") or value[error.place] not in old]


def _unique_errors(record: Entity, names: Collection[str]) -> dict:
    """Errors of properties whose value another record has. (Of those that have another error, Django asks nothing.)"""
    try:
        record.validate_unique(exclude={field.name for field in record._meta.fields} - set(names))
    except ValidationError as error:
        return error.error_dict
    return {}


def _stamp_references(draft: PlannedWrite, errors: dict) -> list:
    """The users that the stamps name, to be looked up; the errors of moments that cannot be."""
    stamps = draft.stamps
    for name in ("created_at", "last_modified_at"):
        if getattr(stamps, name) > now():
            errors[name] = [ValidationError(_("This is in the future."), code="future")]
    if stamps.last_modified_at < stamps.created_at:
        message = _("A record is not changed before it is made.")
        errors.setdefault("last_modified_at", [ValidationError(message, code="order")])
    user = draft.record._meta.get_field("created_by").related_model
    named = {name: getattr(stamps, name) for name in ("created_by", "last_modified_by")}
    return [(name, name, user, pk) for name, pk in named.items() if pk is not None]


def _check_references(draft: PlannedWrite, references: list, errors: dict) -> None:
    by_target = {}
    for name, path, model, pk in references:
        by_target.setdefault((name, model), []).append((path, pk))
    for (name, model), wanted in by_target.items():
        ids = {pk for _path, pk in wanted}
        if draft.known is default_resolver:  # those that come from elsewhere together need not be there yet
            draft.referred.setdefault(model, set()).update(ids)
        known = draft.known(draft.record, name, model, ids, draft.actor)
        for path, pk in wanted:
            if pk not in known:
                errors[path] = [no_such_record(model)]


def no_such_record(model: type[models.Model]) -> ValidationError:
    """The error of a reference to what is not there for the actor: nobody learns which of the two it is."""
    message = _("There is no %(kind)s with this id.") % {"kind": model._meta.verbose_name}
    return ValidationError(message, code="reference")


def _with_author(clash: PropertyConflict, since: list[History]) -> PropertyConflict:
    """The clash with who made the other edit: the last history row that touched the property."""
    for row in reversed(since):
        for entry in row.changes:
            if _concerns(entry["property"], clash.property):
                return PropertyConflict(
                    clash.property, clash.base, clash.mine, clash.theirs, row.who, row.at, row.via
                )
    return clash


def _concerns(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".") or other.startswith(path + ".")


def _raise_if_combined(record, base, edits, error, since, actor, action) -> None:
    """Edits that were fine on what the editor saw, and are not with what others did since: a conflict that
    names both sides."""
    past = record_at(record, base)
    try:
        build_planned_write(past.copy(), past, edits, {}, {}, actor=actor, action=action)
    except ValidationError:
        return
    last, clashes = since[-1], []
    for name in edits:
        prop = record.properties[name]
        was, mine, theirs = (prop.plain(value) for value in (prop.read(past), edits[name], prop.read(record)))
        clash = PropertyConflict(
            name,
            *(displayed_value(prop, value, record) for value in (was, mine, theirs)),
            last.who,
            last.at,
            last.via,
        )
        clashes.append(_with_author(clash, since))
    for row in since:
        for entry in row.changes:
            if entry["property"].split(".")[0] not in edits:
                old, new = entry["old"], entry["new"]
                clashes.append(PropertyConflict(entry["property"], old, old, new, row.who, row.at, row.via))
    said = " ".join(error.messages)
    raise Conflict(
        clashes,
        _("Together with what %(who)s changed meanwhile this is not valid: %(said)s")
        % {
            "who": since[-1].who,
            "said": said,
        },
        is_combined=True,
    ) from error
