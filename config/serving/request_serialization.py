"""Serialization of the requests of a process, for databases that run within the process (SQLite)."""

import io
import threading
import time
from collections.abc import Callable, Iterable

LONGEST_WAIT = 0.05
"""The maximum time in seconds that a request waits for another one, such as an export."""
READ_AHEAD = 64 * 1024
"""Bodies up to this size are read before a request takes its turn. Larger ones are uploads."""


def serialize_requests(application: Callable) -> Callable:
    """Wrap a WSGI application so that it handles one request at a time, except while one takes long. With
    SQLite in the process, concurrent threads only compete for the interpreter, and delay the writer that
    others wait for (see docs/performance.md)."""
    lock = threading.Lock()
    acquired_at = [0.0]

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) <= READ_AHEAD:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        # If the current holder is known to take long, do not wait for it again.
        is_long = time.monotonic() - acquired_at[0] > LONGEST_WAIT
        is_locked = lock.acquire(blocking=False) if is_long else lock.acquire(timeout=LONGEST_WAIT)
        if is_locked:
            acquired_at[0] = time.monotonic()
        try:
            return application(environ, start_response)
        finally:
            if is_locked:
                lock.release()

    return answer
