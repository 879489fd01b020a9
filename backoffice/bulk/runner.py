"""Doing what was asked for, one record after the other, each in a transaction of its own together with the row that
says what became of it. So whoever does it may be killed at any moment: what is done is done once, and what is not is
done by the next who takes the job. The person's rights are read in the same transaction, every time."""

import logging
import secrets
import threading
import time
from datetime import timedelta

from django.db import models
from django.utils import translation

from backoffice.bulk.edits import PropertyEdit, values_for
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import DONE, NOTHING, REFUSALS, REFUSED, outcome_for_refusal
from backoffice.db.health import is_away
from backoffice.db.transactions import with_retry
from backoffice.people.job_actors import fetch_actor
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden, Gone
from backoffice.records.fields import now
from backoffice.records.models import Entity

logger = logging.getLogger("backoffice.bulk")

LEASE = timedelta(seconds=30)
HEARTBEAT = 5
"""Seconds after which a worker says again that it is alive."""
AT_A_TIME = 50
"""How many items are fetched at once."""
BREATH = 0.002
"""Seconds between two records: on SQLite, where one writes at a time, others get their turn."""


def run_waiting(worker: str = "", stop: threading.Event | None = None) -> int:
    """Do the jobs that wait and that nobody is at, until there are none; how many were taken."""
    worker, stop = worker or secrets.token_hex(8), stop or threading.Event()
    taken = 0
    while not stop.is_set() and (job := claim(worker)):
        taken += 1
        Run(job, worker, stop).go()
    return taken


def claim(worker: str) -> Job | None:
    """The oldest job that nobody is at, now this worker's. Two workers cannot both have it."""
    for job in Job.objects.waiting():
        at = now()
        if job.leased_until is not None and job.leased_until > at:
            continue
        mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, worker=job.worker)
        mine = mine.filter(leased_until=job.leased_until)
        if with_retry(lambda mine=mine, at=at: mine.update(worker=worker, leased_until=at + LEASE)):
            return job
    return None


class Run:
    """One worker at one job."""

    def __init__(self, job: Job, worker: str, stop: threading.Event):
        self.job, self.worker, self.stop = job, worker, stop
        self.mine = Job.objects.filter(pk=job.pk, worker=worker, state=Job.State.RUNNING)
        self.via = ChangeContext(Channel.BULK, job.pk)
        self.wanted: list[PropertyEdit] = job.all_wanted()
        self.told_at = 0.0
        self.actor: User | None = None
        self.record: Entity | None = None

    def go(self) -> None:
        """Until there is nothing left to do, somebody stops it, or it is another's by now."""
        with translation.override(self.job.language or None):
            while self.alive():
                items = list(self.job.items.filter(outcome="").order_by("position")[:AT_A_TIME])
                if not items:
                    self.mine.update(state=Job.State.ENDED, ended_at=now(), worker="", leased_until=None)
                    return
                for item in items:
                    if not self.alive():
                        return
                    self.do(item)
                    time.sleep(BREATH)

    def alive(self) -> bool:
        """Whether to go on. Says now and then that this worker is at it."""
        if self.stop.is_set():
            self.mine.update(worker="", leased_until=None)
            return False
        if time.monotonic() - self.told_at > HEARTBEAT or not self.told_at:
            self.told_at = time.monotonic()
            return bool(self.mine.update(leased_until=now() + LEASE))
        return True

    def do(self, item: JobItem) -> None:
        """Change or remove one record, or say why not."""
        self.actor = self.record = None
        try:
            with_retry(lambda: self._change(item))
            return
        except REFUSALS as error:
            kind, why = outcome_for_refusal(error, self.record, item.seen, self.actor)
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("A record of bulk edit %s could not be done.", self.job.pk)
            kind, why = REFUSED, translation.gettext("Something went wrong here; it was not changed.")
        if self.actor is not None and not self.actor.is_active:
            self.job.items.filter(outcome="").update(outcome=kind, why=why)  # none of the rest either
        else:
            self._open(item).update(outcome=kind, why=why)

    def _open(self, item: JobItem) -> models.QuerySet:
        return JobItem.objects.filter(pk=item.pk, outcome="")

    def _change(self, item: JobItem) -> None:
        """In one transaction: read whom this is for and what it is about, and do it with the rights of this moment."""
        if not self.mine.exists():
            self.told_at = 0.0  # stopped, or another worker's: `alive` finds out
            return
        # First, so that two workers meet here: the second one finds it done.
        if not self._open(item).update(outcome=DONE):
            return
        self.actor = fetch_actor(self.job.user_id, self.job.sign_in)
        if not self.actor.is_active:
            raise Forbidden(translation.gettext("The person who asked for this may not act any more."))
        self.record = self.job.model.objects.visible_to(self.actor).filter(pk=item.record_id).first()
        if self.record is None:
            raise Gone()
        if self.job.removes:
            services.delete(self.record, actor=self.actor, via=self.via, base=item.seen)
            return
        values = values_for(self.record, self.wanted)
        if not services.update(self.record, values, actor=self.actor, via=self.via, base=item.seen).changes:
            JobItem.objects.filter(pk=item.pk).update(outcome=NOTHING)
