"""Object ids: 24 lower-case hexadecimal digits in the form of MongoDB's ObjectIds, sortable by time."""

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeGuard

_SHAPE = re.compile(r"[0-9a-fA-F]{24}")
_TICKS = 2**24
"""Ticks per second: the resolution of ids."""
_id_source: ContextVar[Iterator[str] | None] = ContextVar("id_source", default=None)
_lock = threading.Lock()
_last_tick = 0


def _release_lock() -> None:
    """A forked worker must not wait for a thread of its parent."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_release_lock)


def _next_tick() -> int:
    """Return the time in ticks since 1970, strictly increasing in this process, whatever the clock does."""
    global _last_tick
    tick = time.time_ns() * _TICKS // 1_000_000_000
    with _lock:
        _last_tick = tick = max(tick, _last_tick + 1)
    return tick


def new_object_id() -> str:
    """Return a new id: four bytes of Unix seconds, three of their fraction, and five random ones, so that an
    id reveals neither other ids nor their number."""
    source = _id_source.get()
    if source is not None:
        return next(source)
    return (_next_tick().to_bytes(7, "big") + os.urandom(5)).hex()


@contextmanager
def generate_ids(source: Iterator[str]) -> Iterator[None]:
    """Take new ids from `source` within this block, for reproducible data."""
    token = _id_source.set(source)
    try:
        yield
    finally:
        _id_source.reset(token)


def is_object_id(value: object) -> TypeGuard[str]:
    """Return whether a value is text of 24 hexadecimal digits, in either case."""
    return isinstance(value, str) and _SHAPE.fullmatch(value) is not None
