"""The background threads of a process that does jobs: one that looks for due jobs, and one for each lane that has
had any."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connections

from backoffice.db.health import is_unavailable
from backoffice.db.transactions import WriteConflict, with_retry
from backoffice.jobs.kinds import Lane, kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import enqueue
from backoffice.jobs.runner import find_due_lanes, run_due
from backoffice.records.fields import now

logger = logging.getLogger("backoffice.jobs")

POLL_INTERVAL = 5
"""Seconds between queries for due jobs. An idle process makes no others."""
JOIN_SECONDS = 5
FIRST_AFTER = timedelta(minutes=5)
"""When a new schedule runs first."""


def ensure_schedules() -> None:
    """Add the scheduled jobs that the table lacks."""
    scheduled = {kind.schedule_key: kind for kind in kinds.values() if kind.every is not None}
    known = set(QueuedJob.objects.filter(key__in=list(scheduled)).values_list("key", flat=True))
    for key in sorted(scheduled.keys() - known):
        due_at = now() + FIRST_AFTER
        with_retry(lambda key=key, due_at=due_at: enqueue(scheduled[key].name, key=key, due_at=due_at))


class _LaneThread(threading.Thread):
    """Does the jobs of one lane each time it is woken."""

    def __init__(self, lane: Lane, ended: threading.Event) -> None:
        super().__init__(name=f"jobs-{lane}", daemon=True)
        self.lane, self.ended, self.woken = lane, ended, threading.Event()

    def run(self) -> None:
        worker = secrets.token_hex(8)
        while not self.ended.is_set():
            self.woken.clear()
            _attempt(lambda: run_due([self.lane], worker, self.ended), f"The jobs of lane {self.lane}")
            self.woken.wait()


def _attempt(work: Callable[[], object], what: str) -> None:
    """Call a function, log its failure, and close the connections of this thread."""
    try:
        work()
    except Exception as error:
        if not is_unavailable(error) or isinstance(error, WriteConflict):
            logger.exception("%s failed. The next attempt is in %s seconds.", what, POLL_INTERVAL)
    finally:
        connections.close_all()


class Worker(threading.Thread):
    """Looks for due jobs, and wakes the threads of their lanes."""

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self.woken, self.ended = threading.Event(), threading.Event()
        self.lanes: dict[Lane, _LaneThread] = {}
        self.has_schedules = False
        self.requested: set[Lane] = set()

    def run(self) -> None:
        """Look for due jobs at each interval. Between two, wake the lanes requested, without a query."""
        next_query = time.monotonic()
        while not self.ended.is_set():
            self.woken.clear()
            if time.monotonic() >= next_query:
                _attempt(self._wake_due_lanes, "Looking for due jobs")
                next_query = time.monotonic() + POLL_INTERVAL
            _attempt(self._wake_requested_lanes, "Waking the threads of new jobs")
            self.woken.wait(max(0.0, next_query - time.monotonic()))

    def wake(self, lane: Lane) -> None:
        """Have the jobs of a lane done soon. Called from any thread."""
        self.requested.add(lane)
        self.woken.set()

    def _wake_due_lanes(self) -> None:
        if not self.has_schedules:
            ensure_schedules()
            self.has_schedules = True
        for lane in find_due_lanes():
            self._wake_lane(lane)

    def _wake_requested_lanes(self) -> None:
        while self.requested:
            self._wake_lane(self.requested.pop())

    def _wake_lane(self, lane: Lane) -> None:
        if lane not in self.lanes:
            thread = _LaneThread(lane, self.ended)
            thread.start()  # may fail: then the next query finds the jobs
            self.lanes[lane] = thread
        self.lanes[lane].woken.set()

    def stop(self) -> None:
        """End the threads: each finishes its job, or the current record of a long one. What is left is done by
        another worker."""
        self.ended.set()
        self.woken.set()
        for thread in list(self.lanes.values()):
            thread.woken.set()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in [self, *self.lanes.values()]:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))


_workers: list[Worker] = []


def start() -> None:
    """Start the worker of a server process."""
    if not _workers:
        _workers.append(Worker())
        _workers[0].start()


def wake(lane: Lane) -> None:
    """Wake the worker for a new job of a lane. In a process without one, another process finds the job soon."""
    for worker in _workers:
        worker.wake(lane)


def stop() -> None:
    """End the worker before the process exits."""
    while _workers:
        _workers.pop().stop()
