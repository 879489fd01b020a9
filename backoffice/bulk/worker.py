"""The background thread of a server process that runs bulk edits and hourly purges. Each process has one;
each job is run by one of them."""

import logging
import secrets
import threading
import time
from collections.abc import Callable

from django.db import connections

from backoffice.bulk.runner import run_waiting
from backoffice.bulk.services import purge
from backoffice.db.health import is_unavailable

logger = logging.getLogger("backoffice.bulk")

POLL_INTERVAL = 5
"""Seconds between checks for waiting jobs."""
PURGE_INTERVAL = 3600
FIRST_PURGE_AFTER = 300
"""Seconds after the start, so that a server that restarts often purges as well."""

hourly_tasks: list[Callable[[], object]] = [purge]
"""Functions that run every hour. Apps add theirs in `ready`."""


def run_hourly_tasks() -> None:
    """Run all hourly functions. A failure does not affect the others."""
    for function in hourly_tasks:
        try:
            function()
        except Exception as error:
            if is_unavailable(error):
                raise
            logger.exception("%s failed.", function.__name__)


class BulkWorker(threading.Thread):
    """Runs waiting jobs, then waits for more."""

    def __init__(self):
        super().__init__(name="bulk", daemon=True)
        self.woken, self.ended = threading.Event(), threading.Event()
        self.purged_at = time.monotonic() - PURGE_INTERVAL + FIRST_PURGE_AFTER

    def run(self):
        name = secrets.token_hex(8)
        while not self.ended.is_set():
            try:
                run_waiting(name, self.ended)
                if time.monotonic() - self.purged_at > PURGE_INTERVAL:
                    self.purged_at = time.monotonic()
                    run_hourly_tasks()
            except Exception as error:
                if not is_unavailable(error):
                    logger.exception("The bulk worker failed. It retries in %s seconds.", POLL_INTERVAL)
            finally:
                connections.close_all()
            self.woken.wait(POLL_INTERVAL)
            self.woken.clear()

    def stop(self) -> None:
        """Finish the current record, and leave the rest to another worker."""
        self.ended.set()
        self.woken.set()
        self.join(POLL_INTERVAL)


_workers: list[BulkWorker] = []


def start() -> None:
    """Start the worker of a server process."""
    if not _workers:
        _workers.append(BulkWorker())
        _workers[0].start()


def wake() -> None:
    """Wake the worker for a new job. In a process without one, another process finds the job soon."""
    for worker in _workers:
        worker.woken.set()


def stop() -> None:
    """End the worker before the process exits."""
    while _workers:
        _workers.pop().stop()
