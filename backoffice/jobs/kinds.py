"""The kinds of jobs, and their registration."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from backoffice.db.annotations import StrOrPromise

if TYPE_CHECKING:
    from backoffice.jobs.models import QueuedJob
    from backoffice.jobs.runner import JobRun


class Lane(StrEnum):
    """Each server process has one thread for each lane, so that a slow mail server or a long job holds up no
    other jobs."""

    QUICK = "quick"
    MAIL = "mail"
    COMPANY_MAIL = "company mail"
    LONG = "long"


class JobFailed(Exception):
    """The job could not be done. The message says why, without data of people; it is shown to administrators.
    A permanent failure is not retried."""

    def __init__(self, reason: str, *, is_permanent: bool = False) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of job, and the function that does it."""

    name: str
    label: StrOrPromise
    handler: "Callable[[JobRun], None]"
    lane: Lane = Lane.QUICK
    is_atomic: bool = True
    """Whether the handler runs in the transaction that deletes the job, so that its effects in the database
    happen exactly once. Otherwise it may run again if the process is killed before the job is deleted."""
    lease: timedelta = timedelta(seconds=30)
    """How long a worker counts as alive. A handler that takes longer calls `JobRun.renew_lease`."""
    every: timedelta | None = None
    """The interval of a scheduled job, which is never given up."""
    on_given_up: "Callable[[QueuedJob, str], None] | None" = None
    """Called with the reason in the transaction that gives a job up or drops it."""

    @property
    def schedule_key(self) -> str:
        return f"schedule:{self.name}"


kinds: dict[str, JobKind] = {}
"""All kinds by name. Apps register their kinds in `ready`."""


def job_kind(
    name: str,
    *,
    label: StrOrPromise,
    lane: Lane = Lane.QUICK,
    is_atomic: bool = True,
    lease: timedelta = timedelta(seconds=30),
    every: timedelta | None = None,
    on_given_up: "Callable[[QueuedJob, str], None] | None" = None,
) -> "Callable[[Callable[[JobRun], None]], Callable[[JobRun], None]]":
    """Decorator: register the function that does the jobs of a kind. See `JobKind`."""

    def register(handler: "Callable[[JobRun], None]") -> "Callable[[JobRun], None]":
        kinds[name] = JobKind(
            name=name,
            label=label,
            handler=handler,
            lane=lane,
            is_atomic=is_atomic,
            lease=lease,
            every=every,
            on_given_up=on_given_up,
        )
        return handler

    return register


def names_in(lanes: Iterable[Lane]) -> list[str]:
    """Return the names of the kinds in some lanes."""
    return [kind.name for kind in kinds.values() if kind.lane in lanes]
