"""Which changes of support cases users are notified of. The reporter may be a reseller's employee, who sees neither
internal notes nor the names of support staff."""

from django.utils.translation import gettext_lazy as _

from backoffice.notifications import events
from backoffice.notifications.events import Trigger
from backoffice.notifications.services import register_triggers
from backoffice.records.services import PlannedWrite
from supportdesk.models import SupportCase


def _assignee(case: SupportCase) -> list[str | None]:
    return [case.assignee_id]


def _reporter_and_assignee(case: SupportCase) -> list[str | None]:
    return [case.employee_id, case.assignee_id]


def _is_solved(planned: PlannedWrite, solved: bool) -> bool:
    return planned.before is not None and planned.record.solved == solved


register_triggers(
    SupportCase,
    Trigger(
        event=events.ASSIGNED,
        happens=lambda planned: planned.record.assignee_id is not None,
        property="assignee",
        find_recipients=_assignee,
        for_followers=False,
    ),
    Trigger(event=events.MENTIONED, property="notes", is_mention=True, for_followers=False),
    Trigger(event=events.COMMENTED, property="comments", find_recipients=_reporter_and_assignee),
    Trigger(event=events.REPLIED, property="answers", find_recipients=_reporter_and_assignee),
    Trigger(event=events.NOTED, property="notes", find_recipients=_assignee),
    Trigger(
        event=events.FINISHED,
        happens=lambda planned: _is_solved(planned, True),
        sentence=_("%(who)s solved this"),
        property="solved",
        find_recipients=_reporter_and_assignee,
    ),
    Trigger(
        event=events.REOPENED,
        happens=lambda planned: _is_solved(planned, False),
        property="solved",
        find_recipients=_reporter_and_assignee,
    ),
)
