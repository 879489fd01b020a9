"""How pages show records that one user at a time works on: columns, the queue, and the action “Assign to me”."""

from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor
from backoffice.records.assignments import AssignableMixin, Priority
from backoffice.web import cells
from backoffice.web.page_parts import Action
from backoffice.web.viewsets import ListColumn, ListShortcut

_ICONS = {
    Priority.LOW: "reception-1",
    Priority.MEDIUM: "reception-3",
    Priority.HIGH: "reception-4",
    Priority.CRITICAL: "exclamation-octagon-fill",
}


def priority_of(record: AssignableMixin) -> Priority:
    """Return the priority. (On MongoDB, a record that an earlier version created has none.)"""
    return Priority(record.priority or Priority.LOW)


@cells.cached_by_value
def _priority_cell(value: Priority, context: cells.CellContext) -> str:
    return cells.badge(f"priority priority-{value.value}", _ICONS[value], value.label)


PRIORITY = ListColumn(
    name="priority", label=_("Priority"), value=priority_of, sort=("priority",), show=_priority_cell
)
ASSIGNED = ListColumn(name="assigned_date", label=_("Assigned"), sort=("assigned_date",))


def assignee_column(name: str) -> ListColumn:
    """Return the column of the assignee, a reference with this name."""
    return ListColumn(
        name=name,
        label=_("Assignee"),
        sort=(f"{name}__first_name", f"{name}__last_name"),
        show=cells.assignee,
        css="person",
    )


def own_and_unassigned(
    *, own: dict[str, str], unassigned: dict[str, str], waiting_since: str
) -> tuple[ListShortcut, ...]:
    """Return the first parts of a queue: what is assigned to the user, and what waits, the most urgent first."""
    sort = f"-priority,{waiting_since}"
    return (
        ListShortcut(
            label=_("Assigned to me"), filters=own, sort=sort, empty=_("Nothing is assigned to you.")
        ),
        ListShortcut(
            label=_("Unassigned"), filters=unassigned, sort=sort, empty=_("Everything is assigned.")
        ),
    )


def assign_to_me(record: AssignableMixin, actor: Actor) -> list[Action]:
    """Return the action that assigns the record to the actor, unless it is assigned to them."""
    name = record.assignee_property
    if record.properties[name].read(record) == actor.user_id or not actor.may("change", record, name):
        return []
    return [
        Action(
            name="take",
            label=_("Assign to me"),
            icon="person-check",
            values={name: actor.user_id},
            success_message=_("Assigned to you."),
            key="m",
        )
    ]
