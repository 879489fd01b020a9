"""Paths in request bodies, and the removal of invalid values so that the rest can still be validated."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

from backoffice.api.annotations import BodyPath
from backoffice.db.annotations import JsonObject, JsonValue

Gaps: TypeAlias = dict[tuple[str, ...], list[int]]
"""Removed items of lists, by the path of the list: for each, the new index of the item that followed it."""


def remove_paths(body: JsonObject, paths: Collection[BodyPath]) -> tuple[JsonObject, Gaps]:
    """Return the body without the values at `paths`, and the gaps left in lists."""
    gaps: Gaps = {}
    if not paths:
        return body, gaps
    return _remove_paths(body, (), set(paths), gaps), gaps


def _remove_paths(value: Any, path: BodyPath, paths: set[BodyPath], gaps: Gaps) -> Any:
    if isinstance(value, dict):
        return {
            key: _remove_paths(entry, (*path, key), paths, gaps)
            for key, entry in value.items()
            if (*path, key) not in paths
        }
    if isinstance(value, list):
        missing = [place for place in range(len(value)) if (*path, place) in paths]
        if missing:
            gaps[tuple(map(str, path))] = [place - count for count, place in enumerate(missing)]
        return [
            _remove_paths(entry, (*path, place), paths, gaps)
            for place, entry in enumerate(value)
            if (*path, place) not in paths
        ]
    return value


def list_index(step: str | int) -> int | None:
    """Return the index that a step of a path may be, None for a name. (Python refuses to convert thousands of digits.)"""
    text = str(step)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def original_path(steps: Iterable[str | int], gaps: Gaps) -> BodyPath:
    """Return the path in the original body for a path in the pruned body."""
    original: list[str | int] = []
    for step in steps:
        places = gaps.get(tuple(map(str, original)))
        if places and (index := list_index(step)) is not None:
            step = type(step)(index + bisect_right(places, index))
        original.append(step)
    return tuple(original)


def split_path(body: JsonObject, dotted: str) -> BodyPath:
    """Split a dotted path into steps, with list indexes as integers."""
    steps: list[str | int] = []
    value: JsonValue = body
    for step in dotted.split("."):
        index = list_index(step)
        if isinstance(value, list) and index is not None and index < len(value):
            steps.append(index)
            value = value[index]
        else:
            steps.append(step)
            value = value.get(step) if isinstance(value, dict) else None
    return tuple(steps)


def has_path(body: JsonObject, steps: tuple[str, ...]) -> bool:
    """Whether the body has a value at a path through objects."""
    value: JsonValue = body
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True
