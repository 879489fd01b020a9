"""The runner of jobs: claims one job after the other by a lease, and does it. A job whose worker was killed is done
by another one when the lease expires."""

import logging
import random
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, models

from backoffice.db.health import is_unavailable
from backoffice.db.transactions import LOCK_PAUSE, has_one_writer, with_retry
from backoffice.jobs.kinds import JobFailed, JobKind, Lane, kinds, names_in
from backoffice.jobs.models import QueuedJob
from backoffice.records.fields import now

logger = logging.getLogger("backoffice.jobs")

RETRY_DELAYS = (10, 60, 300, 1800, 7200, 28_800, 86_400)
"""Seconds between attempts, give or take a fifth. After the last one a job is given up."""
JITTER = 0.2
FETCH_SIZE = 20
"""The number of due jobs fetched at a time. They are claimed one by one."""
WORKER_ENDED = "The worker ended during the job."


class LeaseLost(Exception):
    """The job was stopped, dropped or claimed by another worker."""


def run_due(
    lanes: Iterable[Lane] = tuple(Lane), worker: str = "", stop: threading.Event | None = None
) -> int:
    """Do the jobs that are due until there are none, or until `stop`. Return their number. Raises an error of the
    database if it is away. With `stop`, as in a serving process, requests on SQLite write between two jobs."""
    pause = LOCK_PAUSE if stop is not None and has_one_writer() else 0
    worker, stop = worker or secrets.token_hex(8), stop or threading.Event()
    count = 0
    for run in _claims(worker, names_in(lanes), stop):
        count += 1
        run.execute()
        stop.wait(pause)
    return count


def claim(worker: str, names: list[str], stop: threading.Event) -> "JobRun | None":
    """Lease the job of these kinds that has been due longest to this worker, atomically."""
    return next(_claims(worker, names, stop), None)


def _claims(worker: str, names: list[str], stop: threading.Event) -> "Iterator[JobRun]":
    """Lease one due job after the other to this worker, until there are none, or until `stop`."""
    while not stop.is_set() and (jobs := list(_due(names)[:FETCH_SIZE])):
        for job in jobs:
            if stop.is_set():
                return
            seen = QueuedJob.objects.filter(
                pk=job.pk, state=QueuedJob.State.WAITING, worker=job.worker, due_at=job.due_at
            )
            if job.worker and job.attempts > len(RETRY_DELAYS) and kinds[job.kind].every is None:
                with_retry(lambda job=job, seen=seen: give_up(job, seen, WORKER_ENDED))
                continue
            lease = now() + kinds[job.kind].lease
            values = {"worker": worker, "due_at": lease, "attempts": job.attempts + 1}
            if with_retry(lambda seen=seen, values=values: seen.update(**values)):
                yield JobRun(job, worker, stop, job.attempts + 1)


def _due(names: list[str]):
    waiting = QueuedJob.objects.filter(state=QueuedJob.State.WAITING, due_at__lte=now(), kind__in=names)
    return waiting.order_by("due_at", "pk")


def find_due_lanes() -> set[Lane]:
    """Return the lanes with jobs that are due. Takes one query."""
    names = _due(list(kinds)).order_by().values_list("kind", flat=True).distinct()
    return {kinds[name].lane for name in names}


def give_up(job: QueuedJob, rows: models.QuerySet[QueuedJob], reason: str) -> None:
    """Give a job up, if it is still among the rows, in a transaction."""
    if not rows.update(state=QueuedJob.State.GIVEN_UP, worker="", reason=reason[:300]):
        return
    logger.error("Job %s (%s) was given up: %s", job.pk, job.kind, reason)
    if (on_given_up := kinds[job.kind].on_given_up) is not None:
        on_given_up(job, reason)


class JobRun:
    """One attempt at a job by one worker."""

    def __init__(self, job: QueuedJob, worker: str, stop: threading.Event, attempts: int) -> None:
        self.job, self.worker, self.stop, self.attempts = job, worker, stop, attempts
        self.kind: JobKind = kinds[job.kind]
        self.leased = QueuedJob.objects.filter(pk=job.pk, worker=worker, state=QueuedJob.State.WAITING)
        self._is_released = False

    def __str__(self) -> str:
        request = f", request {self.job.request_id}" if self.job.request_id else ""
        return f"Job {self.job.pk} ({self.kind.name}{request})"

    def execute(self) -> None:
        """Do the job, and delete it; if that fails, save when to retry it, or that it is given up."""
        try:
            if self.kind.is_atomic:
                with_retry(self._do_in_transaction)
            else:
                self.kind.handler(self)
                if not self._is_released:
                    with_retry(self._finish)
        except LeaseLost:
            return
        except Exception as error:
            if is_unavailable(error):
                with suppress(DatabaseError):
                    self.release()
                raise
            self._fail(error)

    def _do_in_transaction(self) -> None:
        # First, so that of two concurrent workers the second finds it done.
        if not self._finish():
            raise LeaseLost
        self.kind.handler(self)

    def _finish(self) -> bool:
        """Delete the job, or have it wait for its next time. Return False if the lease is lost."""
        if self.kind.every is None:
            return bool(self.leased.delete()[0])
        due_at = now() + self.kind.every
        return bool(self.leased.update(worker="", due_at=due_at, attempts=0, reason=""))

    def renew_lease(self, *, has_progressed: bool = False) -> bool:
        """Extend the lease of a long job. Return False if the lease is lost. A job that has progressed may be
        interrupted as often as any new one."""
        if has_progressed:
            self.attempts = 1
        return bool(self.leased.update(due_at=now() + self.kind.lease, attempts=self.attempts))

    def release(self) -> None:
        """Leave the job to another worker, at once. The attempt does not count."""
        self._is_released = True
        self.leased.update(worker="", due_at=now(), attempts=self.attempts - 1)

    def _fail(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, JobFailed) else type(error).__name__
        is_permanent = isinstance(error, JobFailed) and error.is_permanent
        if not isinstance(error, JobFailed):
            logger.exception("%s failed.", self)
        delay = RETRY_DELAYS[min(self.attempts, len(RETRY_DELAYS)) - 1]
        if self.kind.every is not None:
            delay = min(delay, self.kind.every.total_seconds())
        elif is_permanent or self.attempts > len(RETRY_DELAYS):
            with_retry(lambda: give_up(self.job, self.leased, reason))
            return
        delay *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 # nosec B311 # no secret
        logger.warning("%s could not be done yet: %s Next attempt in %d s.", self, reason, delay)
        values = {"worker": "", "due_at": now() + timedelta(seconds=delay), "reason": reason[:300]}
        with_retry(lambda: self.leased.update(**values))
