"""The threads of a server process that wait for SQLite's write lock."""

import threading
import time

MAX_WAITING_WRITERS = 4
"""Maximum number of threads of a serving process that wait for a slow writer. The remaining ones
(`config.serving.gunicorn_worker`) are for readers."""
SINGLE_WAIT = 2
"""Seconds that a statement outside a transaction waits for SQLite's write lock in such a process."""
STUCK_SECONDS = 0.5
"""Seconds without any begun transaction in this process after which the other writer counts as slow."""


class _Writers:
    """The threads of this process that wait for SQLite's write lock, and since when."""

    def __init__(self) -> None:
        self.are_limited = False
        self.last_begin = 0.0
        self._since: dict[int, float] = {}

    def wait(self, since: float) -> None:
        self._since[threading.get_ident()] = since

    def end_wait(self) -> None:
        self._since.pop(threading.get_ident(), None)

    def is_too_many(self, since: float) -> bool:
        """Return whether a thread that waits since then must give up: enough others wait, and none gets the
        lock."""
        if not self.are_limited:
            return False
        earlier = [began for began in list(self._since.values()) if began < since]
        if len(earlier) < MAX_WAITING_WRITERS:
            return False
        return time.monotonic() - max(self.last_begin, min(earlier)) > STUCK_SECONDS


writers = _Writers()


def limit_waiting_writers() -> None:
    """Limit the number of waiting threads. For a process that serves requests by threads, before its first
    connection: not all threads may wait for a slow writer in another process (an import, a backup tool). A
    thread beyond the limit gets the error that the database is locked."""
    writers.are_limited = True
