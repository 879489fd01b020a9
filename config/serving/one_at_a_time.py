"""Requests of one process in turns, where the database works within the process."""

import io
import threading
import time
from collections.abc import Callable, Iterable

LONGEST_WAIT = 0.05
"""Seconds that a request waits for the one before it. A long one (an export) holds nobody up for longer."""
READ_AHEAD = 64 * 1024
"""Bodies up to this size are read before a request takes its turn. (Larger ones are uploads.)"""


def serialize_requests(application: Callable) -> Callable:
    """The WSGI application, answering requests of this process one after the other as long as each is soon done, once
    they have come whole. Python runs one thread at a time anyway; where SQLite works within the process, threads that
    run at once only take the interpreter from each other, most of all from the one that others wait for, because it
    writes."""
    turn = threading.Lock()
    taken_at = [0.0]

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) <= READ_AHEAD:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        # The one that has its turn may have had it for long: that is waited out once, not by each.
        is_long = time.monotonic() - taken_at[0] > LONGEST_WAIT
        is_mine = turn.acquire(blocking=False) if is_long else turn.acquire(timeout=LONGEST_WAIT)
        if is_mine:
            taken_at[0] = time.monotonic()
        try:
            return application(environ, start_response)
        finally:
            if is_mine:
                turn.release()

    return answer
