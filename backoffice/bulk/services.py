"""A change of many records before it begins: which ones, seen in which version, and what would become of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.bulk.edits import PropertyEdit, values_for
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import outcome_for
from backoffice.db.transactions import with_retry
from backoffice.people.job_actors import fetch_actor
from backoffice.records import services
from backoffice.records.actors import Actor
from backoffice.records.fields import now
from backoffice.records.history import ChangeDescription, list_entries
from backoffice.records.models import Entity, History

MOST = 10_000
"""How many records one job may be about."""
FORGOTTEN = timedelta(days=1)
"""What was prepared and not begun is thrown away after this time."""
KEPT = timedelta(days=90)
"""What has ended is thrown away after this time; the history of the records stays."""


def prepare(
    found: QuerySet, actor: Actor, query: str = "", wanted: Iterable[PropertyEdit] = (), removes: bool = False
) -> Job | None:
    """A job about what a sorted queryset finds, in the versions of this moment; None if it finds nothing. Raises
    ValidationError if that is more than a job may be about."""
    rows = list(found.values_list("pk", "version")[: MOST + 1])
    if len(rows) > MOST:
        said = _("That is more than %(most)s records: choose fewer at a time.")
        raise ValidationError(said % {"most": MOST})
    if not rows:
        return None
    job = Job(
        record_type=found.model._meta.label_lower,
        user_id=actor.user_id,
        query=query,
        wanted=[each.as_json() for each in wanted],
        removes=removes,
    )

    def work():
        job.save(force_insert=True)
        JobItem.objects.bulk_create(
            [
                JobItem(job=job, position=place, record_id=pk, seen=version)
                for place, (pk, version) in enumerate(rows)
            ]
        )

    with_retry(work)
    return job


def configure(job: Job, wanted: list[PropertyEdit]) -> bool:
    """Write down what is wanted; False if the job has begun meanwhile."""
    mine = Job.objects.filter(pk=job.pk, state=Job.State.PREPARED)
    return bool(mine.update(wanted=[each.as_json() for each in wanted], removes=False))


def configure_deletion(job: Job) -> bool:
    """Write down that the records are to be removed; False if the job has begun meanwhile."""
    mine = Job.objects.filter(pk=job.pk, state=Job.State.PREPARED)
    return bool(mine.update(wanted=[], removes=True))


def begin(job: Job) -> bool:
    """Let whoever takes jobs have it; False if it has begun already."""
    mine = Job.objects.filter(pk=job.pk, state=Job.State.PREPARED)
    return _run(mine, job, started_at=now(), language=get_language() or "")


def _run(jobs: QuerySet, job: Job, **values) -> bool:
    """Let a job run for as long as what its person's sessions are tied to stays the same."""
    sign_in = fetch_actor(job.user_id).get_session_auth_hash()
    return bool(jobs.update(state=Job.State.RUNNING, sign_in=sign_in, **values))


def stop(job: Job) -> bool:
    """Do no more of it. What is done stays done."""
    return bool(
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            state=Job.State.STOPPED, leased_until=None, worker=""
        )
    )


def resume(job: Job) -> bool:
    """Do what is left of a job that was stopped."""
    return _run(Job.objects.filter(pk=job.pk, state=Job.State.STOPPED), job)


def retry(job: Job, outcomes: Iterable[str], actor: Actor) -> Job | None:
    """A new job about those records that came to such an outcome, in the versions of this moment."""
    ids = list(job.items.filter(outcome__in=list(outcomes)).values_list("record_id", flat=True))
    found = job.model.objects.visible_to(actor).filter(pk__in=ids).order_by("pk")
    return prepare(found, actor, job.query, job.all_wanted(), job.removes)


def purge() -> None:
    """Throw away what nobody will come back for."""
    at = now()
    old = [
        Job.objects.filter(state=Job.State.PREPARED, created_at__lt=at - FORGOTTEN),
        Job.objects.filter(state__in=[Job.State.ENDED, Job.State.STOPPED], created_at__lt=at - KEPT),
    ]
    for jobs in old:
        for pk in list(jobs.values_list("pk", flat=True)):
            JobItem.objects.filter(job_id=pk).delete()
            Job.objects.filter(pk=pk).delete()


@dataclass(frozen=True)
class Preview:
    """What would become of one record: `sentences` say what would change, `kind` and `why` are as outcomes are."""

    item: JobItem
    record: Entity | None
    kind: str
    why: str
    sentences: list[ChangeDescription]


def previews(items: Iterable[JobItem], job: Job, actor: Actor) -> list[Preview]:
    """What would become of some of a job's records, worked out by the same rules that will do it."""
    items, wanted = list(items), job.all_wanted()
    found = job.model.objects.visible_to(actor).filter(pk__in=[item.record_id for item in items])
    records = {record.pk: record for record in found}
    return [_preview(item, records.get(item.record_id), job.removes, wanted, actor) for item in items]


def _preview(
    item: JobItem, record: Entity | None, removes: bool, wanted: list[PropertyEdit], actor: Actor
) -> Preview:
    drafts = []

    def act() -> bool:
        if removes:
            services.check_deletion(record, actor=actor, base=item.seen)
            return True
        drafts.append(services.plan(record, values_for(record, wanted), actor=actor, base=item.seen))
        return bool(drafts[0].changes)

    if record is None:
        return Preview(item, None, "", "", [])
    kind, why = outcome_for(record, item.seen, actor, act)
    return Preview(item, record, kind, why, _sentences(drafts[0], actor) if drafts else [])


def _sentences(draft, actor: Actor) -> list[ChangeDescription]:
    row = History(changes=draft.changes, action=draft.action, at=draft.at, via="bulk", version=0)
    told = list_entries([row], type(draft.record), draft.before, actor)
    return told[0].sentences if told else []
