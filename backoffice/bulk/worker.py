"""The thread of the server that does what waits. Each process that serves has one; a job is done by one of them."""

import logging
import secrets
import threading
import time
from collections.abc import Callable

from django.db import connections

from backoffice.bulk.runner import run_waiting
from backoffice.bulk.services import purge
from backoffice.db.health import is_away

logger = logging.getLogger("backoffice.bulk")

PAUSE = 5
"""Seconds after which it looks again whether something waits, though nobody woke it."""
TIDY_EVERY = 3600
FIRST_TIDY = 300
"""Seconds after the start: a server that is restarted often tidies as well."""

tidying: list[Callable[[], object]] = [purge]
"""What is done every hour. Apps add theirs when they are ready."""


def run_purging() -> None:
    """Do all of it; one that fails keeps none of the others."""
    for work in tidying:
        try:
            work()
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("%s failed.", work.__name__)


class BulkWorker(threading.Thread):
    """Looks for jobs, does them, and waits."""

    def __init__(self):
        super().__init__(name="bulk", daemon=True)
        self.called, self.ended = threading.Event(), threading.Event()
        self.tidied = time.monotonic() - TIDY_EVERY + FIRST_TIDY

    def run(self):
        name = secrets.token_hex(8)
        while not self.ended.is_set():
            try:
                run_waiting(name, self.ended)
                if time.monotonic() - self.tidied > TIDY_EVERY:
                    self.tidied = time.monotonic()
                    run_purging()
            except Exception as error:
                if not is_away(error):
                    logger.exception("Bulk edits rest for %s seconds.", PAUSE)
            finally:
                connections.close_all()
            self.called.wait(PAUSE)
            self.called.clear()

    def end(self) -> None:
        """Finish the record at hand, and leave the rest to whoever comes next."""
        self.ended.set()
        self.called.set()
        self.join(PAUSE)


_workers: list[BulkWorker] = []


def start() -> None:
    """Begin to look for jobs, in a process that serves."""
    if not _workers:
        _workers.append(BulkWorker())
        _workers[0].start()


def wake() -> None:
    """Say that there is a job. Where this process does none, another one finds it soon."""
    for worker in _workers:
        worker.called.set()


def end() -> None:
    """The process is about to end."""
    while _workers:
        _workers.pop().end()
