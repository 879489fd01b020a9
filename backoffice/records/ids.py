"""Object ids: 24 lower-case hexadecimal digits, made as MongoDB makes them, so that they sort by age."""

import itertools
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SHAPE = re.compile(r"[0-9a-fA-F]{24}")
_counter = itertools.count(secrets.randbelow(2**24))
_process = secrets.token_bytes(5)
_given: ContextVar[Iterator[str] | None] = ContextVar("given", default=None)


def _new_process() -> None:
    """A forked worker must not share its parent's five random bytes."""
    global _process
    _process = secrets.token_bytes(5)


os.register_at_fork(after_in_child=_new_process)


def new_object_id() -> str:
    """Four bytes of Unix seconds, five random bytes of this process, a counter of three."""
    given = _given.get()
    if given is not None:
        return next(given)
    seconds = int(time.time()).to_bytes(4, "big")
    count = (next(_counter) % 2**24).to_bytes(3, "big")
    return (seconds + _process + count).hex()


@contextmanager
def ids_from(source: Iterator[str]):
    """Within it, new ids come from `source`: for data that must come out the same every time."""
    token = _given.set(source)
    try:
        yield
    finally:
        _given.reset(token)


def is_object_id(value: object) -> bool:
    """True for text of 24 hexadecimal digits, either case."""
    return isinstance(value, str) and _SHAPE.fullmatch(value) is not None
