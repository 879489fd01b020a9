"""The runner of bulk edits. It changes one record at a time, in a transaction with the outcome, so that each
record is changed once even if a worker is killed: another worker continues. The user's rights are read in the
same transaction."""

import logging
import time
from datetime import timedelta

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy

from backoffice.bulk.edits import PropertyEdit, values_for
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import DONE, NOTHING, REFUSALS, REFUSED, outcome_for_refusal
from backoffice.bulk.services import KIND, purge
from backoffice.db.health import is_unavailable
from backoffice.db.transactions import with_retry
from backoffice.jobs.kinds import Lane, job_kind
from backoffice.jobs.runner import JobRun, LeaseLost
from backoffice.people.job_actors import fetch_actor
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden, RecordDeleted
from backoffice.records.fields import now
from backoffice.records.models import Entity

logger = logging.getLogger("backoffice.bulk")

HEARTBEAT = 5
"""Seconds between renewals of the lease."""
FETCH_SIZE = 50
"""The number of items fetched at a time."""
PAUSE_BETWEEN_RECORDS = 0.002
"""Seconds between two records, so that others can write on SQLite, which has a single writer."""


@job_kind(KIND, label=gettext_lazy("Bulk edit"), lane=Lane.LONG, is_atomic=False)
def run_bulk_edit(run: JobRun) -> None:
    """Run a bulk edit that is still in progress."""
    job = Job.objects.filter(pk=run.job.params["bulk_edit"], state=Job.State.RUNNING).first()
    if job is not None:
        Run(job, run).execute()


@job_kind(
    "bulk.purge", label=gettext_lazy("Removal of old bulk edits"), is_atomic=False, every=timedelta(hours=1)
)
def purge_bulk_edits(run: JobRun) -> None:
    """Delete old bulk edits."""
    purge()


class Run:
    """The run of one job by one worker."""

    def __init__(self, job: Job, run: JobRun):
        self.job, self.run = job, run
        self.running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
        self.context = ChangeContext(Channel.BULK, job.pk)
        self.edits: list[PropertyEdit] = job.edits()
        self.renewed_at = 0.0
        self.actor: User | None = None
        self.record: Entity | None = None

    def execute(self) -> None:
        """Process records until none are left, the bulk edit is stopped, or the process ends. Raises LeaseLost if
        another worker has it."""
        with translation.override(self.job.language or None):
            while self.may_continue():
                items = list(self.job.items.filter(outcome="").order_by("position")[:FETCH_SIZE])
                if not items:
                    self.running.update(state=Job.State.ENDED, ended_at=now())
                    return
                for item in items:
                    if not self.may_continue():
                        return
                    self.do(item)
                    time.sleep(PAUSE_BETWEEN_RECORDS)

    def may_continue(self) -> bool:
        """Whether to process another record. Renews the lease when it is due."""
        if self.run.stop.is_set():
            self.run.release()
            return False
        if time.monotonic() - self.renewed_at > HEARTBEAT or not self.renewed_at:
            if not self.run.renew_lease(has_progressed=bool(self.renewed_at)):
                raise LeaseLost
            self.renewed_at = time.monotonic()
            return self.running.exists()
        return True

    def do(self, item: JobItem) -> None:
        """Change or delete one record, or save the reason why not."""
        self.actor = self.record = None
        try:
            with_retry(lambda: self._change(item))
            return
        except REFUSALS as error:
            outcome, why = outcome_for_refusal(error, self.record, item.seen, self.actor)
        except Exception as error:
            if is_unavailable(error):
                raise
            logger.exception("Bulk edit %s failed for a record.", self.job.pk)
            outcome, why = REFUSED, translation.gettext("Something went wrong. This was not changed.")
        if self.actor is not None and not self.actor.is_active:
            self.job.items.filter(outcome="").update(outcome=outcome, why=why)  # refuse all others, too
        else:
            self._open(item).update(outcome=outcome, why=why)

    def _open(self, item: JobItem) -> models.QuerySet:
        return JobItem.objects.filter(pk=item.pk, outcome="")

    def _change(self, item: JobItem) -> None:
        """Change or delete one record with the user's current rights. Must run in a transaction."""
        if not self.running.exists():
            self.renewed_at = 0.0  # stopped: `may_continue` finds out
            return
        # Update the item first, so that of two concurrent workers the second finds it done.
        if not self._open(item).update(outcome=DONE):
            return
        self.actor = fetch_actor(self.job.user_id, self.job.sign_in)
        if not self.actor.is_active:
            raise Forbidden(translation.gettext("The user who started this bulk edit no longer has access."))
        self.record = self.job.model.objects.visible_to(self.actor).filter(pk=item.record_id).first()
        if self.record is None:
            raise RecordDeleted()
        if self.job.removes:
            services.delete(self.record, actor=self.actor, context=self.context, base=item.seen)
            return
        values = values_for(self.record, self.edits)
        if not services.update(
            self.record, values, actor=self.actor, context=self.context, base=item.seen
        ).changes:
            JobItem.objects.filter(pk=item.pk).update(outcome=NOTHING)
