"""The viewset and related panels of support cases."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.people.models import Customer, User
from backoffice.web.assignments import (
    ASSIGNED,
    PRIORITY,
    assign_to_me,
    assignee_column,
    own_and_unassigned,
    priority_of,
)
from backoffice.web.components import link_to, related_panel
from backoffice.web.page_parts import (
    Action,
    Composer,
    UploadArea,
    answer_composer,
    note_composer,
    register_panel,
)
from backoffice.web.viewsets import (
    CHANGED,
    CREATED,
    NUMBER,
    ListColumn,
    ListShortcut,
    RecordViewSet,
    register,
)
from supportdesk import cells as desk_cells
from supportdesk import filters
from supportdesk.forms import SupportCaseForm
from supportdesk.mail import MAILS
from supportdesk.models import FileType, SupportCase

OWN = {"solved": "no", "assignee": "me"}
UNASSIGNED = {"solved": "no", "assignee": "null"}


def case_file(url: str, is_picture: bool) -> dict:
    return {"url": url, "type": FileType.IMAGE.value if is_picture else FileType.DOC.value}


@register
class SupportCaseViewSet(RecordViewSet):
    model = SupportCase
    slug = "cases"
    icon = "headset"
    new_label = _("New case")
    short_label = _("Cases")
    order = 30
    filterset_class = filters.SupportCaseFilters
    form_class = SupportCaseForm
    prefetch = ("customer", "employee")
    badges = ("priority", "solved")
    composers = (
        note_composer(SupportCase.kind("note"), name="note"),
        Composer(
            name="comment",
            kind=SupportCase.kind("comment"),
            title=_("Comment"),
            button_label=_("Add comment"),
            success_message=_("Comment added."),
            key="w",
            is_folded=True,
            action="comment",
            build_attachment=case_file,
        ),
        answer_composer(SupportCase.kind("answer"), MAILS),
    )
    upload_areas = (
        UploadArea(property="files", label=_("Files"), accepts_documents=True, build_entry=case_file),
    )
    shortcuts = (
        ListShortcut(label=_("All"), filters={}),
        ListShortcut(label=pgettext_lazy("shortcut", "Open"), filters={"solved": "no"}),
        ListShortcut(label=_("Mine"), filters=OWN),
        ListShortcut(label=_("Unassigned"), filters=UNASSIGNED),
        ListShortcut(label=_("Reported by me"), filters={"raised_by": "me"}),
    )
    columns = (
        NUMBER,
        ListColumn(name="name", label=_("Case"), sort=("name",), css="subject"),
        PRIORITY,
        ListColumn(
            name="solved",
            label=_("State"),
            sort=("solved",),
            show=desk_cells.solved,
            data=lambda record: _("Solved") if record.solved else _("Open"),
        ),
        ListColumn(
            name="customer",
            label=_("Customer"),
            sort=("customer_name",),
            show=desk_cells.customer,
            css="wide",
            data=lambda record: record.customer_name or record.customer,
        ),
        assignee_column("assignee"),
        ListColumn(
            name="device",
            label=_("Device"),
            value=SupportCase.get_device_display,
            sort=("device",),
            css="minor",
        ),
        ListColumn(name="employee_name", label=_("Reported by"), sort=("employee_name",), css="minor"),
        ListColumn(name="date", label=_("Reported"), sort=("date",)),
    )
    more_columns = (
        ListColumn(name="system_version", label=_("System version"), sort=("system_version",)),
        ListColumn(name="play_maker_version", label=_("PlayMaker"), sort=("play_maker_version",)),
        ASSIGNED,
        ListColumn(name="response_date", label=_("Replied"), sort=("response_date",)),
        CREATED,
        CHANGED,
    )
    quick_properties = ("priority", "solved", "assignee")
    quick_labels = {"solved": ((False, _("Open")), (True, _("Solved")))}
    queue_badges = ("priority",)
    queue = (
        *own_and_unassigned(own=OWN, unassigned=UNASSIGNED, waiting_since=SupportCase.waiting_since),
        ListShortcut(
            label=_("Awaiting first reply"),
            filters={"solved": "no", "answered": "no"},
            sort="date",
            empty=_("All cases have a reply."),
        ),
        ListShortcut(
            label=_("Reported by me"),
            filters={"solved": "no", "raised_by": "me"},
            sort="date",
            empty=_("None of the cases that you reported is open."),
        ),
        ListShortcut(
            label=_("Longest without activity"),
            filters={"solved": "no"},
            sort="last_modified_at",
            empty=_("All cases are solved."),
        ),
    )

    def subtitle(self, record):
        return record.customer_name

    def meta(self, record):
        state = _("Solved") if record.solved else _("Open")
        return f"{state}, {priority_of(record).label}"

    def links(self, record, actor):
        return link_to(record, "customer", actor) + link_to(record, "employee", actor)

    def placeholders(self, record, actor):
        return super().placeholders(record, actor) | {
            "customer": record.customer_name,
            "contact": record.employee_name,
            "device": str(record.get_device_display()),
        }

    def actions(self, record, actor):
        """Return the actions: assign to me, solve, reopen."""
        if record.solved:
            reopen = Action(
                name="unsolve",
                label=_("Reopen"),
                icon="arrow-counterclockwise",
                values={"solved": False},
                action="reopen",
                success_message=_("Reopened."),
            )
            return [reopen] if actor.may("reopen", record) else []
        if not actor.may("change", record):
            return []
        solve = Action(
            name="solve",
            label=_("Mark as solved"),
            icon="check2-circle",
            values={"solved": True},
            success_message=_("Solved."),
            style="primary",
        )
        return [*assign_to_me(record, actor), solve]


@register_panel(Customer)
def unsolved_cases_of_customer(record, actor):
    """The newest unsolved support cases of a customer."""
    of_customer = {"customer": record.pk}
    lookups, of_list = of_customer | {"solved": False}, of_customer | {"solved": "no"}
    return related_panel(
        _("Open cases"), SupportCase, actor, lookups, list_filters=of_list, initial=of_customer
    )


@register_panel(Customer)
def solved_cases_of_customer(record, actor):
    """The newest solved support cases of a customer."""
    of_customer = {"customer": record.pk}
    lookups, of_list = of_customer | {"solved": True}, of_customer | {"solved": "yes"}
    return related_panel(_("Solved cases"), SupportCase, actor, lookups, list_filters=of_list)


@register_panel(User)
def open_cases_of_person(record, actor):
    """The newest unsolved cases assigned to a user, if there are any and the actor may see who is assigned."""
    if not SupportCase.shows_values_to(actor, "assignee"):
        return None
    of_person = {"assignee": record.pk}
    lookups, of_list = of_person | {"solved": False}, of_person | {"solved": "no"}
    title = _("Open cases")
    return related_panel(title, SupportCase, actor, lookups, list_filters=of_list, hide_if_empty=True)


@register_panel(SupportCase)
def other_cases_of_customer(record, actor):
    """The newest other cases of the same customer."""
    if record.customer_id is None:
        return None
    of_customer = {"customer": record.customer_id}
    title = _("Customer's other cases")
    return related_panel(title, SupportCase, actor, of_customer, initial=of_customer, exclude=record)


@register_panel(SupportCase)
def similar_cases(record, actor):
    """The newest other cases with the same device and PlayMaker version."""
    if not record.device or not record.play_maker_version:
        return None
    lookups = {"device": record.device, "play_maker_version": record.play_maker_version}
    title = _("%(device)s with PlayMaker %(version)s") % {
        "device": record.get_device_display(), "version": record.play_maker_version,
    }  # fmt: skip
    of_list = {"device": record.device, "version": record.play_maker_version}
    return related_panel(title, SupportCase, actor, lookups, list_filters=of_list, exclude=record)
