"""Bounds of what one change may add to a record: elements of a list, members of an object, and how long they are.

What is there already is never refused: only what a change adds is counted, however much there was before.
"""

import json
from collections import Counter

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.records.fields.base import AnyField, OpenObjectField, ParagraphField, TextListField

LONGEST_TEXT = 20_000
"""Characters of a paragraph, and of the JSON text of a value."""


def bound_errors(prop, old, new) -> dict[str, list[ValidationError]]:
    """Errors by dotted path of a change of a property from `old` (None for no value) to `new`."""
    found = _errors_below(prop, old, new)
    return {f"{prop.name}.{path}" if path else prop.name: errors for path, errors in found.items()}


def _errors_below(prop, old, new) -> dict[str, list[ValidationError]]:
    """By path below the property, empty for the property itself."""
    if prop.many:
        return _list_errors(prop, old or [], new or [])
    field = prop.field
    if isinstance(field, TextListField):
        return _too_many(_added(old or [], new or []), field.max_added)
    if isinstance(field, OpenObjectField):
        return _member_errors(field, old or {}, new or {})
    if isinstance(field, (ParagraphField, AnyField)):
        return _too_long("", new)
    return {}


def _list_errors(rows, old: list, new: list) -> dict[str, list[ValidationError]]:
    if not rows.has_ids:
        return _too_many(_added(old, new), rows.max_added)
    known = {element["id"]: element for element in old}
    errors = _too_many(sum(element["id"] not in known for element in new), rows.max_added)
    for place, element in enumerate(new):
        before = known.get(element["id"])
        if before is element:
            continue
        for name, column in rows.columns().items():
            if isinstance(column.field, ParagraphField) and (not before or before[name] != element[name]):
                errors |= _too_long(f"{place}.{name}", element[name])
        for name, nested in rows.nested.items():
            found = _list_errors(nested, before[name] if before else [], element[name])
            errors |= {f"{place}.{name}{'.' if path else ''}{path}": below for path, below in found.items()}
    return errors


def _member_errors(field, old: dict, new: dict) -> dict[str, list[ValidationError]]:
    errors = _too_many(len(new.keys() - old.keys()), field.max_added)
    for name, value in new.items():
        if name not in old or old[name] != value:
            errors |= _too_long(name, value)
            if len(name) > field.longest_name:
                errors |= {name[:50]: [_length_error(field.longest_name, len(name))]}
    return errors


def _added(old: list, new: list) -> int:
    """How many entries of a list of plain values are new."""
    if len(new) <= len(old) and new == old[: len(new)]:
        return 0
    return (_counted(new) - _counted(old)).total()


def _counted(entries: list) -> Counter:
    return Counter(entry if isinstance(entry, str) else json.dumps(entry, default=str) for entry in entries)


def _too_many(added: int, most: int) -> dict[str, list[ValidationError]]:
    if added <= most:
        return {}
    message = _("At most %(most)d can be added at a time (these are %(added)d).")
    return {"": [ValidationError(message, code="too_many", params={"most": most, "added": added})]}


def _too_long(path: str, value: object) -> dict[str, list[ValidationError]]:
    """The error of a JSON value whose text is too long."""
    if value is None or isinstance(value, (bool, int, float)):
        return {}
    length = len(value) if isinstance(value, str) else len(json.dumps(value, ensure_ascii=False))
    return {path: [_length_error(LONGEST_TEXT, length)]} if length > LONGEST_TEXT else {}


def _length_error(most: int, length: int) -> ValidationError:
    message = _("This may have at most %(most)d characters (it has %(length)d).")
    return ValidationError(message, code="max_length", params={"most": most, "length": length})
