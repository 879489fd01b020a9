"""The viewset and related panels of support cases."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.forms.fieldsets import CUSTOMER
from backoffice.people.models import Customer
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
from supportdesk.forms import NOTE_READERS, SupportCaseForm
from supportdesk.models import FileType, SupportCase


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
    badges = ("solved",)
    composers = (
        note_composer(name="note", property="private_information", readers=NOTE_READERS),
        Composer(
            name="comment",
            property="comments",
            tone=CUSTOMER,
            title=_("Comment"),
            button_label=_("Add comment"),
            readers=_("For the customer"),
            message_label=_("Comment"),
            success_message=_("Comment added. No e-mail was sent."),
            icon="chat-left-text",
            element_property="comment",
            key="w",
            is_folded=True,
            build_attachment=case_file,
        ),
        answer_composer("response_answer"),
    )
    upload_areas = (
        UploadArea(property="files", label=_("Files"), accepts_documents=True, build_entry=case_file),
    )
    shortcuts = (
        ListShortcut(label=_("All"), filters={}),
        ListShortcut(label=pgettext_lazy("shortcut", "Open"), filters={"solved": "no"}),
        ListShortcut(label=_("Reported by me"), filters={"raised_by": "me"}),
    )
    columns = (
        NUMBER,
        ListColumn(name="name", label=_("Case"), sort=("name",), css="subject"),
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
        ListColumn(
            name="device",
            label=_("Device"),
            value=SupportCase.get_device_display,
            sort=("device",),
            css="minor",
        ),
        ListColumn(name="employee_name", label=_("Reported by"), sort=("employee_name",), css="minor"),
        ListColumn(name="date", label=_("Reported"), sort=("date",)),
        replace(CHANGED, css="minor"),
    )
    more_columns = (
        ListColumn(name="system_version", label=_("System version"), sort=("system_version",)),
        ListColumn(name="play_maker_version", label=_("PlayMaker"), sort=("play_maker_version",)),
        ListColumn(name="response_date", label=_("Replied"), sort=("response_date",)),
        CREATED,
    )
    quick_properties = ("solved",)
    quick_labels = {"solved": ((False, _("Open")), (True, _("Solved")))}
    queue = (
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
        return _("Solved") if record.solved else _("Open")

    def links(self, record, actor):
        return link_to(record, "customer", actor) + link_to(record, "employee", actor)

    def placeholders(self, record, actor):
        return super().placeholders(record, actor) | {
            "customer": record.customer_name,
            "contact": record.employee_name,
            "device": str(record.get_device_display()),
        }

    def actions(self, record, actor):
        """Return the action: solve, or reopen."""
        if not actor.may("change", record):
            return []
        if record.solved:
            return [
                Action(
                    name="unsolve",
                    label=_("Reopen"),
                    icon="arrow-counterclockwise",
                    values={"solved": False},
                    success_message=_("Reopened."),
                )
            ]
        solve = Action(
            name="solve",
            label=_("Mark as solved"),
            icon="check2-circle",
            values={"solved": True},
            success_message=_("Solved."),
            style="primary",
        )
        return [solve]


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
