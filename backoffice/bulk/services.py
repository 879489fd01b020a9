"""Services for bulk edits: preparing, previewing, starting, stopping, retrying and purging jobs."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.bulk.edits import PropertyEdit, values_for
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import outcome_for
from backoffice.db.transactions import with_retry
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import enqueue
from backoffice.people.job_actors import fetch_actor
from backoffice.records import services
from backoffice.records.actors import Actor
from backoffice.records.fields import now
from backoffice.records.history import ChangeDescription, list_entries
from backoffice.records.models import Entity, History

KIND = "bulk.edit"
"""The kind of the background jobs that run bulk edits."""
MAX_RECORDS = 10_000
"""The maximum number of records in a job."""
PREPARED_RETENTION = timedelta(days=1)
"""Prepared jobs that were not started are deleted after this time."""
ENDED_RETENTION = timedelta(days=90)
"""Ended and stopped jobs are deleted this long after their creation. The history of their records remains."""


def prepare(
    queryset: QuerySet,
    actor: Actor,
    query: str = "",
    edits: Iterable[PropertyEdit] = (),
    removes: bool = False,
) -> Job | None:
    """Create a job for the records of a sorted queryset, with their current versions. Return None if there
    are none. Raises ValidationError if there are more than MAX_RECORDS."""
    rows = list(queryset.values_list("pk", "version")[: MAX_RECORDS + 1])
    if len(rows) > MAX_RECORDS:
        message = _("Select at most %(most)s records at a time.")
        raise ValidationError(message % {"most": MAX_RECORDS})
    if not rows:
        return None
    job = Job(
        record_type=queryset.model._meta.label_lower,
        user_id=actor.user_id,
        query=query,
        wanted=[asdict(each) for each in edits],
        removes=removes,
    )

    def save():
        job.save(force_insert=True)
        JobItem.objects.bulk_create(
            [
                JobItem(job=job, position=position, record_id=pk, seen=version)
                for position, (pk, version) in enumerate(rows)
            ]
        )

    with_retry(save)
    return job


def _update(job: Job, present: Job.State, **values) -> bool:
    """Update a job if `present` is still its state. Return whether it is."""
    return bool(Job.objects.filter(pk=job.pk, state=present).update(**values))


def configure(job: Job, edits: Iterable[PropertyEdit] = (), removes: bool = False) -> bool:
    """Save the edits of a prepared job, or that it deletes its records. Return False if it has been started
    meanwhile."""
    wanted = [asdict(each) for each in edits]
    return _update(job, Job.State.PREPARED, wanted=wanted, removes=removes)


def start(job: Job) -> bool:
    """Start a prepared job. Return False if it has been started already."""
    return _run(job, Job.State.PREPARED, started_at=now(), language=get_language() or "")


def _run(job: Job, present: Job.State, **values) -> bool:
    """Set a job to running, bound to the user's session auth hash: it ends when the user's sessions do."""
    sign_in = fetch_actor(job.user_id).get_session_auth_hash()

    def update_and_enqueue() -> bool:
        is_changed = _update(job, present, state=Job.State.RUNNING, sign_in=sign_in, **values)
        if is_changed:
            _enqueue(job)
        return is_changed

    return with_retry(update_and_enqueue)


def _key(job: Job) -> str:
    return f"{KIND}:{job.pk}"


def _enqueue(job: Job) -> None:
    """Have a running bulk edit done by a background job."""
    params = {"bulk_edit": job.pk}
    company_id = fetch_actor(job.user_id).company_id
    enqueue(KIND, key=_key(job), params=params, company_id=company_id, user_id=job.user_id)


def stop(job: Job) -> bool:
    """Stop a running job. Records that are done stay changed."""
    return _update(job, Job.State.RUNNING, state=Job.State.STOPPED)


def resume(job: Job) -> bool:
    """Continue a stopped job."""
    return _run(job, Job.State.STOPPED)


def retry(job: Job, outcomes: Iterable[str], actor: Actor) -> Job | None:
    """Create a new job for the records with these outcomes, with their current versions."""
    ids = list(job.items.filter(outcome__in=list(outcomes)).values_list("record_id", flat=True))
    queryset = job.model.objects.visible_to(actor).filter(pk__in=ids).order_by("pk")
    return prepare(queryset, actor, job.query, job.edits(), job.removes)


def purge() -> None:
    """Delete bulk edits whose retention period is over, and continue those that version 1.0.0 was running."""
    for job in Job.objects.filter(state=Job.State.RUNNING):
        if not QueuedJob.objects.filter(key=_key(job)).exists():
            with_retry(partial(_enqueue, job))
    at = now()
    expired = [
        Job.objects.filter(state=Job.State.PREPARED, created_at__lt=at - PREPARED_RETENTION),
        Job.objects.filter(
            state__in=[Job.State.ENDED, Job.State.STOPPED], created_at__lt=at - ENDED_RETENTION
        ),
    ]
    for jobs in expired:
        for pk in list(jobs.values_list("pk", flat=True)):
            JobItem.objects.filter(job_id=pk).delete()
            Job.objects.filter(pk=pk).delete()


def previews(items: Iterable[JobItem], job: Job, actor: Actor) -> list[dict]:
    """Return the expected results for some of a job's records, by the same rules as the run: `sentences` describe
    the changes, `kind` and `reason` are the outcome."""
    items, edits = list(items), job.edits()
    visible = job.model.objects.visible_to(actor).filter(pk__in=[item.record_id for item in items])
    records = {record.pk: record for record in visible}
    return [_preview(item, records.get(item.record_id), job.removes, edits, actor) for item in items]


def _preview(
    item: JobItem, record: Entity | None, removes: bool, edits: list[PropertyEdit], actor: Actor
) -> dict:
    drafts = []

    def act() -> bool:
        if removes:
            services.check_deletion(record, actor=actor, base=item.seen)
            return True
        drafts.append(services.plan(record, values_for(record, edits), actor=actor, base=item.seen))
        return bool(drafts[0].changes)

    if record is None:
        return {}
    kind, why = outcome_for(record, item.seen, actor, act)
    sentences = _sentences(drafts[0], actor) if drafts else []
    return {"record": record, "kind": kind, "reason": why, "sentences": sentences}


def _sentences(planned, actor: Actor) -> list[ChangeDescription]:
    row = History(changes=planned.changes, action=planned.action, at=planned.at, via="bulk", version=0)
    entries = list_entries([row], type(planned.record), planned.before, actor)
    return entries[0].sentences if entries else []
