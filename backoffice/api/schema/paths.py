"""Paths in request bodies, and the removal of invalid values so that the rest can still be validated."""

from bisect import bisect_right
from collections.abc import Iterable

Gaps = dict[tuple[str, ...], list[int]]
"""Removed items of lists, by the path of the list: for each, the new index of the item that followed it."""


def remove_paths(body: dict, paths) -> tuple[dict, Gaps]:
    """Return the body without the values at `paths`, and the gaps left in lists."""
    gaps: Gaps = {}
    if not paths:
        return body, gaps
    return _remove_paths(body, (), set(paths), gaps), gaps


def _remove_paths(value, path, paths, gaps):
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


def original_path(steps: Iterable[str | int], gaps: Gaps) -> tuple:
    """Return the path in the original body for a path in the pruned body."""
    original: list[str | int] = []
    for step in steps:
        places = gaps.get(tuple(map(str, original)))
        if places and str(step).isdecimal():
            step = type(step)(int(step) + bisect_right(places, int(step)))
        original.append(step)
    return tuple(original)


def split_path(body: dict, dotted: str) -> tuple:
    """Split a dotted path into steps, with list indexes as integers."""
    steps, value = [], body
    for step in dotted.split("."):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            steps.append(int(step))
            value = value[int(step)]
        else:
            steps.append(step)
            value = value.get(step) if isinstance(value, dict) else None
    return tuple(steps)


def has_path(body: dict, steps: tuple[str, ...]) -> bool:
    """Whether the body has a value at a path through objects."""
    value = body
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True
