"""Validation of a planned write: all errors at once, by dotted path."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.records.fields.base import FORMERLY_ACCEPTED, now
from backoffice.records.models import Entity
from backoffice.records.properties.base import ColumnProperty, nested_errors
from backoffice.records.properties.collections import CollectionProperty
from backoffice.records.writes.planned_write import PlannedWrite, default_resolver
from backoffice.records.writes.size_limits import bound_errors


def validate(
    planned: PlannedWrite, touched: dict[str, ColumnProperty | CollectionProperty], errors: dict
) -> None:
    """Apply the model's rules to all touched properties, its cross-property rules and its references.

    Raises one ValidationError whose dict has all errors by dotted path.
    """
    record = planned.record
    skip = {item.name for item in record._meta.fields if item.name not in touched or item.name in errors}
    relations = {name for name, prop in touched.items() if not prop.many and prop.target}
    blank_number = {"number"} if planned.before is None and getattr(record, "number", 0) is None else set()
    unique = planned.before is None or any(prop.field.unique for prop in touched.values() if not prop.many)
    try:
        record.full_clean(
            exclude=skip | relations | blank_number, validate_unique=unique, validate_constraints=False
        )
    except ValidationError as error:
        for name, new_errors in error.error_dict.items():
            new_errors = _without_unchanged_entries(planned, touched.get(name), new_errors)
            for path, path_errors in nested_errors(name, ValidationError(new_errors)).items():
                if path.split(".")[0] not in errors:
                    errors.setdefault(path, []).extend(path_errors)
    if "number" in touched and "number" not in blank_number | set(errors):
        try:
            record.check_number()
        except ValidationError as error:
            errors |= error.error_dict
    references = _provenance_references(planned, errors) if planned.provenance else []
    for name, prop in touched.items():
        if name in errors:
            continue
        value = prop.read(record)
        before = prop.read(planned.before) if planned.before else None
        if planned.is_bounded and (new_errors := bound_errors(prop, before, value)):
            errors |= new_errors
        elif prop.many:
            nested, before = [], before or []
            errors_below = prop.check(record, value, nested, planned.element_indexes, before)
            errors |= {f"{name}.{path}": path_errors for path, path_errors in errors_below.items()}
            # Unchanged references need not be visible to the actor.
            old_ids = prop.references(before) if nested else ()
            references += [
                (name, f"{name}.{path}", model, pk) for path, model, pk in nested if pk not in old_ids
            ]
        elif prop.target and value is not None:
            references.append((name, name, prop.target, value))
        elif prop.target and not prop.field.null:
            errors[name] = [ValidationError(prop.field.error_messages["null"], code="null")]
    _check_references(planned, references, errors)
    errors |= record.validate_change(planned)
    if not planned.is_bounded:
        errors = _without_restorable(record, errors)
    if errors:
        raise ValidationError(errors)


def _without_unchanged_entries(
    planned: PlannedWrite, prop: ColumnProperty | CollectionProperty | None, errors: list
) -> list:
    """Return the errors of a property without those of entries that its list had before."""
    old = prop.read(planned.before) if prop and planned.before else None
    if not isinstance(old, list):
        return errors
    value = prop.read(planned.record)
    return [error for error in errors if not hasattr(error, "place") or value[error.place] not in old]


def _without_restorable(record: Entity, errors: dict) -> dict:
    """Return the errors without those of values that older versions accepted: they may be restored."""
    remaining = {
        path: path_errors
        for path, path_errors in errors.items()
        if any(error.code not in FORMERLY_ACCEPTED for error in path_errors)
    }
    return remaining | _unique_errors(record, errors.keys() - remaining.keys())


def _unique_errors(record: Entity, names: Collection[str]) -> dict:
    """Return the errors of properties whose value another record has. (`full_clean` does not check the
    uniqueness of properties that have another error.)"""
    try:
        record.validate_unique(exclude={field.name for field in record._meta.fields} - set(names))
    except ValidationError as error:
        return error.error_dict
    return {}


def _provenance_references(planned: PlannedWrite, errors: dict) -> list:
    """Return the references to the users that the stamps name; add the errors of impossible times to
    `errors`."""
    provenance = planned.provenance
    for name in ("created_at", "last_modified_at"):
        if getattr(provenance, name) > now():
            errors[name] = [ValidationError(_("Enter a time that is not in the future."), code="future")]
    if provenance.last_modified_at < provenance.created_at:
        message = _("Enter a time that is not before the time of creation.")
        errors.setdefault("last_modified_at", [ValidationError(message, code="order")])
    user = planned.record._meta.get_field("created_by").related_model
    user_ids = {name: getattr(provenance, name) for name in ("created_by", "last_modified_by")}
    return [(name, name, user, pk) for name, pk in user_ids.items() if pk is not None]


def _check_references(planned: PlannedWrite, references: list, errors: dict) -> None:
    by_target = {}
    for name, path, model, pk in references:
        by_target.setdefault((name, model), []).append((path, pk))
    for (name, model), references_to_model in by_target.items():
        ids = {pk for _path, pk in references_to_model}
        if (
            planned.resolve_references is default_resolver
        ):  # records that are imported together need not exist yet
            planned.referenced_ids.setdefault(model, set()).update(ids)
        allowed = planned.resolve_references(planned.record, name, model, ids, planned.actor)
        for path, pk in references_to_model:
            if pk not in allowed:
                errors[path] = [missing_reference_error(model)]


def missing_reference_error(model: type[models.Model]) -> ValidationError:
    """Return the error of a reference to a record that does not exist or that the actor may not see: the two
    must not be distinguishable."""
    message = _("There is no %(kind)s with this id.") % {"kind": model._meta.verbose_name}
    return ValidationError(message, code="reference")
