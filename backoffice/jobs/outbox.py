"""Adding jobs, and what administrators do with them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import models

from backoffice.db.transactions import after_commit, insert, lock, with_retry
from backoffice.jobs.kinds import Lane, kinds
from backoffice.jobs.models import QueuedJob
from backoffice.records.fields import now

WAITING = QueuedJob.State.WAITING
DROPPED = "dropped by an administrator"


def enqueue(
    kind: str,
    *,
    key: str = "",
    params: Mapping[str, object] | None = None,
    due_at: datetime | None = None,
    company_id: str | None = None,
    user_id: str | None = None,
    request_id: str = "",
) -> None:
    """Add a job, in the transaction of the change that causes it.

    If there is a job with the `key`, no second one is added, and the first keeps its parameters: one that waits stays
    as it is; one that is running or was given up is done again, because it may have read what the change replaces.
    Raises KeyError for an unknown kind, and WriteConflict if a concurrent transaction adds the same key."""
    lane, due_at = kinds[kind].lane, due_at or now()
    if not (key and _revive(key, due_at)):
        job = QueuedJob(
            kind=kind,
            params=dict(params or {}),
            due_at=due_at,
            company_id=company_id,
            user_id=user_id,
            request_id=request_id[:64],
        )
        job.key = key or job.pk
        insert(job)
    after_commit(lambda: wake(lane))


def _revive(key: str, due_at: datetime) -> bool:
    """Have the job with a key wait, if there is one. Return whether there is."""
    jobs = QueuedJob.objects.filter(key=key)
    if (pk := jobs.values_list("pk", flat=True).first()) is None:
        return False
    lock(QueuedJob, pk)  # so that no worker claims or finishes it before this transaction ends
    if (job := jobs.first()) is None:
        return False
    if job.worker or job.state != WAITING:
        _set_waiting(jobs, due_at)
    return True


def _set_waiting(jobs: models.QuerySet[QueuedJob], due_at: datetime) -> int:
    return jobs.update(state=WAITING, worker="", attempts=0, due_at=due_at, reason="")


def retry(jobs: models.QuerySet[QueuedJob]) -> int:
    """Have those jobs that are not running done now. Return their number."""
    count = sum(_set_waiting(_unclaimed(job), now()) for job in list(jobs) if not job.is_running)
    for lane in Lane:
        wake(lane)
    return count


def drop(jobs: models.QuerySet[QueuedJob]) -> int:
    """Delete those jobs that are not running. Return their number."""
    return sum(with_retry(partial(_drop, job)) for job in list(jobs) if not job.is_running)


def _drop(job: QueuedJob) -> int:
    count = _unclaimed(job).delete()[0]
    kind = kinds.get(job.kind)
    if count and kind is not None and kind.on_given_up is not None:
        kind.on_given_up(job, job.reason or DROPPED)
    return count


def _unclaimed(job: QueuedJob) -> models.QuerySet[QueuedJob]:
    """Return the job, as long as no worker has claimed it since."""
    return QueuedJob.objects.filter(pk=job.pk, worker=job.worker, due_at=job.due_at)


def wake(lane: Lane) -> None:
    """Have the jobs of a lane done soon: by this process if it has a worker, by another one otherwise. (With
    `WORK_BEHIND_ANSWERS` off, as in tests, short ones are done at once.)"""
    from backoffice.jobs import runner, worker

    if settings.WORK_BEHIND_ANSWERS:
        worker.wake(lane)
    elif lane != Lane.LONG:
        runner.run_due(lanes=[lane])
