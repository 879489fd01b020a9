"""Comparison of two states of a record, and reverting history entries."""

import json

from backoffice.records.fields.encryption import binding_of, is_unreadable
from backoffice.records.properties.base import keyed_hash
from backoffice.records.properties.elements import ElementsProperty

_encode_json = json.JSONEncoder(sort_keys=True).encode


def is_same(one, other) -> bool:
    """Return whether two plain values are equal in JSON: 1 is not true, and the order of keys does not
    matter."""
    if one is other:
        return True
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return one == other
    # Encoding as JSON is the last resort: see docs/performance.md.
    if type(one) is float and type(other) is float:
        return repr(one) == repr(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    return _encode_json(one) == _encode_json(other)


def history_value(prop, plain, record):
    """Return the plain value of a property as the history stores it. A hashed property is represented by its
    keyed hash, bound to its place, so that two objects with the same code have different hashes."""
    if not (prop.guard and prop.guard.hashed):
        return plain
    if plain is None or plain == "" or is_unreadable(plain):
        return keyed_hash(plain)
    return keyed_hash([binding_of(type(record), record.pk, prop.name), plain])


def differences(prop, old, new, record) -> list[dict]:
    """Return the changes (see `History.changes`) that lead from one plain value of a record's property to
    another; none if they are the same."""
    if isinstance(prop, ElementsProperty):
        return _element_differences(prop, prop.name, old, new)
    old, new = history_value(prop, old, record), history_value(prop, new, record)
    return [] if is_same(old, new) else [{"property": prop.name, "old": old, "new": new}]


def _element_differences(rows: ElementsProperty, path: str, old: list, new: list) -> list[dict]:
    before = {element["id"]: element for element in old}
    after = {element["id"]: element for element in new}
    entries = [
        {"property": f"{path}.{pk}", "old": element, "new": None, "place": place}
        for place, (pk, element) in enumerate(before.items())
        if pk not in after
    ]
    for pk, element in after.items():
        if pk not in before:
            entries.append({"property": f"{path}.{pk}", "old": None, "new": element})
            continue
        old_element = before[pk]
        if old_element is element:
            continue
        entries += [
            {"property": f"{path}.{pk}.{name}", "old": old_element[name], "new": element[name]}
            for name in rows.fields
            if not is_same(old_element[name], element[name])
        ]
        for name, nested in rows.nested.items():
            entries += _element_differences(nested, f"{path}.{pk}.{name}", old_element[name], element[name])
    return entries


def revert(state: dict, changes: list[dict]) -> None:
    """Undo one history row on a state (property name to plain value), in place.

    A hashed property is reverted to its hash. Removed elements return to their former position.
    """
    for entry in sorted(changes, key=lambda entry: entry.get("place", -1)):
        name, *rest = entry["property"].split(".")
        if name not in state:
            continue
        if not rest:
            state[name] = entry["old"]
        else:
            state[name] = _revert_element(state[name], rest, entry)


def _revert_element(elements: list, path: list[str], entry: dict) -> list:
    pk, *rest = path
    if not rest:
        if entry["old"] is None:
            return [element for element in elements if element["id"] != pk]
        place = entry.get("place", len(elements))
        return [*elements[:place], entry["old"], *elements[place:]]
    name, *nested_path = rest
    return [
        {**element, name: _revert_element(element[name], nested_path, entry) if nested_path else entry["old"]}
        if element["id"] == pk
        else element
        for element in elements
    ]
