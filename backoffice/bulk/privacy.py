"""Redaction of personal data in bulk edits: their values, the queries of their lists, and reasons that quote
either."""

import re

from django.utils import translation
from django.utils.translation import gettext as _

from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.outcomes import REFUSED
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, redact_query_string, register_eraser, register_text_columns
from backoffice.privacy.mentions import MentionRedactor
from backoffice.privacy.redaction import Redactor, map_values
from backoffice.records.fields import now


def redact_edits(job: Job, column: str, redactor: Redactor) -> list[dict]:
    """Redact the values of a job like those of a record."""
    leaf = redactor.make_value_redactor(job.model)
    siblings = {each["property"]: each["value"] for each in job.wanted}
    redacted = []
    for each in job.wanted:
        prop = job.model.properties.get(each["property"])
        value = each["value"]
        if prop is not None:
            value = map_values(prop, "whole", value, each["property"], leaf, siblings)
        redacted.append(each | {"value": value})
    return redacted


def redact_reason(item: JobItem, column: str, redactor: Redactor) -> str:
    """Redact names within the sentence of a reason."""
    if not isinstance(redactor, MentionRedactor):
        return redactor.redact_text(item.why)
    if not redactor.person.names:
        return item.why
    pattern = "|".join(map(re.escape, sorted(redactor.person.names, key=len, reverse=True)))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", redactor.person.replacement, item.why, flags=re.I)


job_columns = register_text_columns(Job, owner="user_id", wanted=redact_edits, query=redact_query_string)
register_text_columns(JobItem, owner="job__user_id", why=redact_reason)


@register_eraser
def end_jobs_with_personal_data(erasure: Erasure):
    """End jobs that would write personal data of the person again."""
    redactor, count = MentionRedactor(erasure.person), 0
    for job in job_columns.rows_of_company(erasure.person, Job.objects.exclude(state=Job.State.ENDED)):
        if redact_edits(job, "wanted", redactor) != job.wanted:
            with translation.override(job.language or None):
                why = _("The new value was redacted in the meantime.")
            JobItem.objects.filter(job_id=job.pk, outcome="").update(outcome=REFUSED, why=why)
            count += Job.objects.filter(pk=job.pk).update(state=Job.State.ENDED, ended_at=now())
    yield "bulk edits ended", count


@register_eraser
def delete_own_jobs(erasure: Erasure):
    """Delete the jobs of the user, which only the user sees."""
    if erasure.person.model is User:
        job_ids = list(Job.objects.filter(user_id=erasure.person.pk).values_list("pk", flat=True))
        JobItem.objects.filter(job_id__in=job_ids).delete()
        yield str(Job._meta.verbose_name_plural), Job.objects.filter(pk__in=job_ids).delete()[0]
