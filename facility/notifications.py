"""Which changes of complaints users are notified of."""

from backoffice.notifications import events
from backoffice.notifications.events import Trigger
from backoffice.notifications.services import register_triggers
from backoffice.records.services import PlannedWrite
from facility.models import Complaint


def _assignee(complaint: Complaint) -> list[str | None]:
    return [complaint.user_id]


def _object_manager(complaint: Complaint) -> list[str | None]:
    return [complaint.object.object_manager_id] if complaint.object else []


def _is_state_changed(planned: PlannedWrite, action: str) -> bool:
    return planned.action == action


register_triggers(
    Complaint,
    Trigger(
        event=events.ASSIGNED,
        happens=lambda planned: planned.record.user_id is not None,
        property="user",
        find_recipients=_assignee,
        for_followers=False,
    ),
    Trigger(
        event=events.REPORTED,
        happens=lambda planned: planned.before is None,
        property="object",
        find_recipients=_object_manager,
        for_followers=False,
    ),
    Trigger(event=events.MENTIONED, property="notes", is_mention=True, for_followers=False),
    Trigger(event=events.REPLIED, property="answers", find_recipients=_assignee),
    Trigger(event=events.NOTED, property="notes", find_recipients=_assignee),
    Trigger(
        event=events.FINISHED,
        happens=lambda planned: _is_state_changed(planned, "finish"),
        property="complaint_status",
        find_recipients=_assignee,
    ),
    Trigger(
        event=events.REOPENED,
        happens=lambda planned: _is_state_changed(planned, "reopen"),
        property="complaint_status",
        find_recipients=_assignee,
    ),
)
