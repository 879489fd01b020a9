"""What bulk edits keep of people who are forgotten: values that were asked for, lists they were chosen from, and
sentences that quote either."""

import re

from django.utils import translation
from django.utils.translation import gettext as _

from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import REFUSED
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, in_query_string, register_eraser, register_text_columns
from backoffice.privacy.mentions import MentionRedactor
from backoffice.privacy.redaction import Redactor, mapped
from backoffice.records.fields import now


def in_wanted(job: Job, column: str, judge: Redactor) -> list[dict]:
    """Values that are meant for records are judged as those of a record are."""
    leaf = judge.leaf(job.model)
    beside = {each["property"]: each["value"] for each in job.wanted}
    found = []
    for each in job.wanted:
        prop = job.model.properties.get(each["property"])
        value = each["value"]
        if prop is not None:
            value = mapped(prop, "whole", value, each["property"], leaf, beside)
        found.append(each | {"value": value})
    return found


def in_sentence(item: JobItem, column: str, judge: Redactor) -> str:
    """A reason quotes what people are called in the midst of other words."""
    if not isinstance(judge, MentionRedactor):
        return judge.without(item.why)
    names = sorted(judge.person.names, key=len, reverse=True)
    pattern = "|".join(map(re.escape, names))
    return (
        re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", judge.person.put, item.why, flags=re.I) if names else item.why
    )


in_jobs = register_text_columns(Job, owner="user_id", wanted=in_wanted, query=in_query_string)
register_text_columns(JobItem, owner="job__user_id", why=in_sentence)


@register_eraser
def end_what_would_write_it(forgetting: Erasure):
    """What is still to be written of somebody is not written any more."""
    judge, count = MentionRedactor(forgetting.person), 0
    for job in in_jobs.of(forgetting.person, Job.objects.exclude(state=Job.State.ENDED)):
        if in_wanted(job, "wanted", judge) != job.wanted:
            with translation.override(job.language or None):
                why = _("What was to be written here was redacted meanwhile.")
            JobItem.objects.filter(job_id=job.pk, outcome="").update(outcome=REFUSED, why=why)
            count += Job.objects.filter(pk=job.pk).update(state=Job.State.ENDED, ended_at=now())
    yield "bulk edits that were ended", count


@register_eraser
def drop_what_they_asked_for(forgetting: Erasure):
    """Their own, that nobody else sees."""
    if forgetting.person.model is User:
        theirs = list(Job.objects.filter(user_id=forgetting.person.pk).values_list("pk", flat=True))
        JobItem.objects.filter(job_id__in=theirs).delete()
        yield str(Job._meta.verbose_name_plural), Job.objects.filter(pk__in=theirs).delete()[0]
