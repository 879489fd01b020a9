"""Object ids: 24 lower-case hexadecimal digits in the shape of MongoDB's ObjectIds, which sort by age."""

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHAPE = re.compile(r"[0-9a-fA-F]{24}")
_TICKS = 2**24
"""Parts of a second that ids are told apart by."""
_given: ContextVar[Iterator[str] | None] = ContextVar("given", default=None)
_lock = threading.Lock()
_last = 0


def _release_lock() -> None:
    """A forked worker must not wait for a thread that its parent had."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_release_lock)


def _next_tick() -> int:
    """The time in ticks since 1970, later than every one before it in this process, whatever the clock does."""
    global _last
    tick = time.time_ns() * _TICKS // 1_000_000_000
    with _lock:
        _last = tick = max(tick, _last + 1)
    return tick


def new_object_id() -> str:
    """Four bytes of Unix seconds and three of their fraction, then five random bytes of its own: who knows an id
    knows no other one, nor how many there are."""
    given = _given.get()
    if given is not None:
        return next(given)
    return (_next_tick().to_bytes(7, "big") + os.urandom(5)).hex()


@contextmanager
def generate_ids(source: Iterator[str]):
    """Within it, new ids come from `source`: for data that must come out the same every time."""
    token = _given.set(source)
    try:
        yield
    finally:
        _given.reset(token)


def is_object_id(value: object) -> bool:
    """True for text of 24 hexadecimal digits, either case."""
    return isinstance(value, str) and _SHAPE.fullmatch(value) is not None
