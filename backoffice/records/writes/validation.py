"""Validation of a planned write: all errors at once, by dotted path.

Each step returns the errors that it finds. Existing values are never refused: the limits of one change count
only what it adds.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.annotations import Errors, JsonObject, PlainValue
from backoffice.records.exceptions import EntryError
from backoffice.records.fields.base import (
    FORMERLY_ACCEPTED,
    AnyField,
    OpenObjectField,
    ParagraphField,
    TextListField,
    now,
)
from backoffice.records.fields.class_attributes import get_related_model
from backoffice.records.models import Entity, Record
from backoffice.records.properties.base import nested_errors
from backoffice.records.properties.collections import CollectionProperty, RecordProperty, RowReference
from backoffice.records.properties.elements import ElementsProperty

if TYPE_CHECKING:
    from backoffice.records.writes.plan import PlannedWrite

LONGEST_TEXT = 20_000
"""Maximum length of a paragraph, and of the JSON text of a value, in characters."""
_FAR_MORE = 10
"""Times what one change may add to a list. (A change of an earlier version may have what was removed since.)"""

Properties = Mapping[str, RecordProperty]


def find_errors(planned: "PlannedWrite", touched: Properties, earlier: Errors) -> Errors:
    """Return all errors of a planned write by dotted path: the `earlier` ones, those of the model's rules for the
    touched properties, of its rules for several properties, and of its references."""
    errors = earlier | _column_errors(planned, touched, earlier)
    errors |= _number_errors(planned, touched, errors)
    errors |= _unique_pair_errors(planned, touched, errors)
    errors |= _provenance_errors(planned)
    # A list that is derived has values of other properties, which are validated as theirs.
    derived_lists = {name for name, prop in touched.items() if prop.many} - planned.edited_properties
    valid = {name: prop for name, prop in touched.items() if name not in errors and name not in derived_lists}
    limit_errors = _limit_errors(planned, valid) if planned.is_bounded else {}
    errors |= limit_errors
    roots = {path.partition(".")[0] for path in limit_errors}
    references, list_errors = _find_references(
        planned, [prop for name, prop in valid.items() if name not in roots]
    )
    errors |= list_errors
    errors |= _reference_errors(planned, references)
    errors |= planned.record.validate_change(planned)
    return errors if planned.is_bounded else _without_restorable(planned.record, errors)


def _column_errors(planned: "PlannedWrite", touched: Properties, earlier: Errors) -> Errors:
    """Return the errors of columns by their field's rules. Cleaned values are written to the record."""
    record = planned.record
    errors: Errors = {}
    skip = {item.name for item in record._meta.fields if item.name not in touched or item.name in earlier}
    skip |= {name for name, prop in touched.items() if not prop.many and prop.target}
    skip |= _blank_number(planned)
    unique = planned.before is None or any(prop.field.unique for prop in touched.values() if not prop.many)
    try:
        record.full_clean(exclude=skip, validate_unique=unique, validate_constraints=False)
    except ValidationError as error:
        for name, column_errors in error.error_dict.items():
            if name not in earlier:
                column_errors = _without_unchanged_entries(planned, touched.get(name), column_errors)
                errors |= nested_errors(name, ValidationError(column_errors))
    return errors


def _blank_number(planned: "PlannedWrite") -> set[str]:
    """Return the property that a new record gets a number for."""
    return {"number"} if planned.before is None and getattr(planned.record, "number", 0) is None else set()


def _without_unchanged_entries(
    planned: "PlannedWrite", prop: RecordProperty | None, errors: list[ValidationError]
) -> list[ValidationError]:
    """Return the errors of a property without those of entries that its list had before."""
    if prop is None or planned.before is None or not isinstance(old := prop.read(planned.before), list):
        return errors
    value = prop.read(planned.record)
    return [error for error in errors if not isinstance(error, EntryError) or value[error.place] not in old]


def _number_errors(planned: "PlannedWrite", touched: Properties, earlier: Errors) -> Errors:
    record = planned.record
    if "number" not in touched or not isinstance(record, Record):
        return {}
    if "number" not in _blank_number(planned) | earlier.keys():
        try:
            record.check_number()
        except ValidationError as error:
            return error.error_dict
    return {}


def unique_pairs(model: type[models.Model]) -> list[models.UniqueConstraint]:
    """Return the model's own constraints of several columns, such as company and plate. (`check_number` words that of
    the number.)"""
    return [
        constraint
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and constraint.fields
        and "number" not in constraint.fields
    ]


def _unique_pair_errors(planned: "PlannedWrite", touched: Properties, earlier: Errors) -> Errors:
    """Return the errors of values that another record has and that the model's constraints do not allow twice."""
    record = planned.record
    errors: Errors = {}
    for constraint in unique_pairs(type(record)):
        names = [name for name in constraint.fields if name in record.properties]
        if touched.keys() & names and not earlier.keys() & names:
            try:
                constraint.validate(type(record), record)
            except ValidationError:
                errors[names[0]] = [record.unique_error_message(type(record), names)]
    return errors


def _provenance_errors(planned: "PlannedWrite") -> Errors:
    """Return the errors of impossible times of an imported record."""
    provenance = planned.provenance
    errors: Errors = {}
    if provenance is None:
        return errors
    for name in ("created_at", "last_modified_at"):
        if getattr(provenance, name) > now():
            errors[name] = [ValidationError(_("Enter a time that is not in the future."), code="future")]
    if provenance.last_modified_at < provenance.created_at:
        message = _("Enter a time that is not before the time of creation.")
        errors.setdefault("last_modified_at", [ValidationError(message, code="order")])
    return errors


def _limit_errors(planned: "PlannedWrite", valid: Properties) -> Errors:
    """Return the errors of what the change adds beyond the limits of one change."""
    errors: Errors = {}
    for name, prop in valid.items():
        before = prop.read(planned.before) if planned.before else None
        found = _added_errors(prop, before, prop.read(planned.record))
        errors |= {f"{name}.{path}" if path else name: path_errors for path, path_errors in found.items()}
    return errors


Reference = tuple[str, str, type[models.Model], str]
"""The property, the path, the model and the id that a reference refers to."""


def _find_references(
    planned: "PlannedWrite", valid: Collection[RecordProperty]
) -> tuple[list[Reference], Errors]:
    """Return the references to look up together, and the errors in the rows of lists."""
    record, references = planned.record, _provenance_references(planned)
    errors: Errors = {}
    for prop in valid:
        name = prop.name
        if prop.many:
            nested: list[RowReference] = []
            before = prop.read(planned.before) if planned.before else []
            errors_below = prop.check(record, prop.read(record), nested, planned.element_indexes, before)
            errors |= {f"{name}.{path}": path_errors for path, path_errors in errors_below.items()}
            # Unchanged references need not be visible to the actor.
            old_ids = prop.references(before) if nested else set()
            references += [
                (name, f"{name}.{path}", model, pk) for path, model, pk in nested if pk not in old_ids
            ]
        elif prop.target is None:
            continue
        elif (pk := prop.read(record)) is not None:
            references.append((name, name, prop.target, pk))
        elif not prop.field.null:
            errors[name] = [ValidationError(prop.field.error_messages["null"], code="null")]
    return references, errors


def _provenance_references(planned: "PlannedWrite") -> list[Reference]:
    """Return the references to the users that the stamps of an imported record name."""
    if planned.provenance is None:
        return []
    user = get_related_model(type(planned.record), "created_by")
    user_ids = {name: getattr(planned.provenance, name) for name in ("created_by", "last_modified_by")}
    return [(name, name, user, pk) for name, pk in user_ids.items() if pk is not None]


def _reference_errors(planned: "PlannedWrite", references: list[Reference]) -> Errors:
    errors: Errors = {}
    by_target: dict[tuple[str, type[models.Model]], list[tuple[str, str]]] = {}
    for name, path, model, pk in references:
        by_target.setdefault((name, model), []).append((path, pk))
    for (name, model), references_to_model in by_target.items():
        ids = {pk for _path, pk in references_to_model}
        if planned.locks_references:
            planned.referenced_ids.setdefault(model, set()).update(ids)
        allowed = planned.resolve_references(planned.record, name, model, ids, planned.actor)
        errors |= {
            path: [missing_reference_error(model)] for path, pk in references_to_model if pk not in allowed
        }
    return errors


def missing_reference_error(model: type[models.Model]) -> ValidationError:
    """Return the error of a reference to a record that does not exist or that the actor may not see: the two
    must not be distinguishable."""
    message = _("There is no %(kind)s with this id.") % {"kind": model._meta.verbose_name}
    return ValidationError(message, code="reference")


def _without_restorable(record: Entity, errors: Errors) -> Errors:
    """Return the errors without those of values that older versions accepted: they may be restored."""
    remaining = {
        path: path_errors
        for path, path_errors in errors.items()
        if any(error.code not in FORMERLY_ACCEPTED for error in path_errors)
    }
    return remaining | _unique_errors(record, errors.keys() - remaining.keys())


def _unique_errors(record: Entity, names: Collection[str]) -> Errors:
    """Return the errors of properties whose value another record has. (`full_clean` does not check the
    uniqueness of properties that have another error.)"""
    try:
        record.validate_unique(exclude={field.name for field in record._meta.fields} - set(names))
    except ValidationError as error:
        return error.error_dict
    return {}


def check_size(prop: RecordProperty, sent: object, record: Entity) -> None:
    """Raise ValidationError for a list that adds far more than one change may, before its entries are looked at: a
    request has room for hundreds of thousands. `_limit_errors` is exact."""
    most = prop.max_added if prop.many else getattr(prop.field, "max_added", 0)
    if most and isinstance(sent, list) and len(sent) > _FAR_MORE * most:
        known = len(prop.read(record) or [])
        if len(sent) > known + _FAR_MORE * most:
            raise ValidationError(_check_added(len(sent) - known, most)[""])


def _added_errors(prop: RecordProperty, old: Any, new: Any) -> Errors:
    """Return the errors of changing a property from `old` to `new`, by path below the property; the path is empty
    for the property itself."""
    if prop.many:
        return _check_list(prop, old or [], new or [])
    field = prop.field
    if isinstance(field, TextListField):
        return _check_added(_count_added(old or [], new or []), field.max_added)
    if isinstance(field, OpenObjectField):
        return _check_members(field, old or {}, new or {})
    if isinstance(field, (ParagraphField, AnyField)):
        return _check_length("", new)
    return {}


def _check_list(prop: CollectionProperty, old: list[Any], new: list[Any]) -> Errors:
    if not isinstance(prop, ElementsProperty):
        return _check_added(_count_added(old, new), prop.max_added)
    old_by_id = {element["id"]: element for element in old}
    errors = _check_added(sum(element["id"] not in old_by_id for element in new), prop.max_added)
    for place, element in enumerate(new):
        before = old_by_id.get(element["id"])
        if before is element:
            continue
        for name, column in prop.columns().items():
            if isinstance(column.field, ParagraphField) and (not before or before[name] != element[name]):
                errors |= _check_length(f"{place}.{name}", element[name])
        for name, nested in prop.nested.items():
            nested_errors = _check_list(nested, before[name] if before else [], element[name])
            errors |= {
                f"{place}.{name}{'.' if path else ''}{path}": path_errors
                for path, path_errors in nested_errors.items()
            }
    return errors


def _check_members(field: OpenObjectField[Any, Any], old: JsonObject, new: JsonObject) -> Errors:
    errors = _check_added(len(new.keys() - old.keys()), field.max_added)
    for name, value in new.items():
        if name not in old or old[name] != value:
            errors |= _check_length(name, value)
            if len(name) > field.longest_name:
                errors |= {name[:50]: [_length_error(field.longest_name, len(name))]}
    return errors


def _count_added(old: list[PlainValue], new: list[PlainValue]) -> int:
    """Return how many entries of a list of plain values are new."""
    if len(new) <= len(old) and new == old[: len(new)]:
        return 0
    return (_count_entries(new) - _count_entries(old)).total()


def _count_entries(entries: list[PlainValue]) -> Counter[str]:
    return Counter(entry if isinstance(entry, str) else json.dumps(entry, default=str) for entry in entries)


def _check_added(added: int, most: int) -> Errors:
    if added <= most:
        return {}
    message = _("Add at most %(most)d at a time (these are %(added)d).")
    return {"": [ValidationError(message, code="too_many", params={"most": most, "added": added})]}


def _check_length(path: str, value: object) -> Errors:
    """Return the error of a JSON value whose text is too long."""
    if value is None or isinstance(value, (bool, int, float)):
        return {}
    length = len(value) if isinstance(value, str) else len(json.dumps(value, ensure_ascii=False))
    return {path: [_length_error(LONGEST_TEXT, length)]} if length > LONGEST_TEXT else {}


def _length_error(most: int, length: int) -> ValidationError:
    message = _("Enter at most %(most)d characters (these are %(length)d).")
    return ValidationError(message, code="max_length", params={"most": most, "length": length})
