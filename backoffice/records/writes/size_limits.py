"""Bounds of one change: how many elements and members it may add to a record, and how long texts may be.

Existing values are never refused: only what a change adds is counted.
"""

import json
from collections import Counter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.records.fields.base import AnyField, OpenObjectField, ParagraphField, TextListField

LONGEST_TEXT = 20_000
"""Maximum length of a paragraph, and of the JSON text of a value, in characters."""


def bound_errors(prop, old, new) -> dict[str, list[ValidationError]]:
    """Return the errors, by dotted path, of changing a property from `old` (None for no value) to `new`."""
    errors_by_path = _find_errors(prop, old, new)
    return {
        f"{prop.name}.{path}" if path else prop.name: path_errors
        for path, path_errors in errors_by_path.items()
    }


def _find_errors(prop, old, new) -> dict[str, list[ValidationError]]:
    """Return the errors by path below the property; the path is empty for the property itself."""
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


def _check_list(rows, old: list, new: list) -> dict[str, list[ValidationError]]:
    if not rows.has_ids:
        return _check_added(_count_added(old, new), rows.max_added)
    old_by_id = {element["id"]: element for element in old}
    errors = _check_added(sum(element["id"] not in old_by_id for element in new), rows.max_added)
    for place, element in enumerate(new):
        before = old_by_id.get(element["id"])
        if before is element:
            continue
        for name, column in rows.columns().items():
            if isinstance(column.field, ParagraphField) and (not before or before[name] != element[name]):
                errors |= _check_length(f"{place}.{name}", element[name])
        for name, nested in rows.nested.items():
            nested_errors = _check_list(nested, before[name] if before else [], element[name])
            errors |= {
                f"{place}.{name}{'.' if path else ''}{path}": path_errors
                for path, path_errors in nested_errors.items()
            }
    return errors


def _check_members(field, old: dict, new: dict) -> dict[str, list[ValidationError]]:
    errors = _check_added(len(new.keys() - old.keys()), field.max_added)
    for name, value in new.items():
        if name not in old or old[name] != value:
            errors |= _check_length(name, value)
            if len(name) > field.longest_name:
                errors |= {name[:50]: [_length_error(field.longest_name, len(name))]}
    return errors


def _count_added(old: list, new: list) -> int:
    """Return how many entries of a list of plain values are new."""
    if len(new) <= len(old) and new == old[: len(new)]:
        return 0
    return (_count_entries(new) - _count_entries(old)).total()


def _count_entries(entries: list) -> Counter:
    return Counter(entry if isinstance(entry, str) else json.dumps(entry, default=str) for entry in entries)


def _check_added(added: int, most: int) -> dict[str, list[ValidationError]]:
    if added <= most:
        return {}
    message = _("Add at most %(most)d at a time (these are %(added)d).")
    return {"": [ValidationError(message, code="too_many", params={"most": most, "added": added})]}


def _check_length(path: str, value: object) -> dict[str, list[ValidationError]]:
    """Return the error of a JSON value whose text is too long."""
    if value is None or isinstance(value, (bool, int, float)):
        return {}
    length = len(value) if isinstance(value, str) else len(json.dumps(value, ensure_ascii=False))
    return {path: [_length_error(LONGEST_TEXT, length)]} if length > LONGEST_TEXT else {}


def _length_error(most: int, length: int) -> ValidationError:
    message = _("Enter at most %(most)d characters (these are %(length)d).")
    return ValidationError(message, code="max_length", params={"most": most, "length": length})
