"""Requests of one process in turns, where the database works within the process."""

import io
import threading
from collections.abc import Callable, Iterable

LONGEST_WAIT = 0.05
"""Seconds that a request waits for the one before it. A long one (an export) holds nobody up for longer."""
READ_AHEAD = 64 * 1024
"""Bodies up to this size are read before a request takes its turn. (Larger ones are uploads.)"""


def in_turn(application: Callable) -> Callable:
    """The WSGI application, answering requests of this process one after the other as long as each is soon done, once
    they have come whole. Python runs one thread at a time anyway; where SQLite works within the process, threads that
    run at once only take the interpreter from each other, most of all from the one that others wait for, because it
    writes."""
    turn = threading.Lock()

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) <= READ_AHEAD:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        is_mine = turn.acquire(timeout=LONGEST_WAIT)
        try:
            return application(environ, start_response)
        finally:
            if is_mine:
                turn.release()

    return answer
