"""Formatting of table cells in the lists of objects and complaints."""

from html import escape

from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.web.cells import CellContext, archived, badge, cached_by_value, icon
from facility.models import Complaint, CustomerObject

STATE_ICONS = {
    Complaint.State.NEW: "circle",
    Complaint.State.ASSIGNED: "circle-half",
    Complaint.State.FINISHED: "check-circle-fill",
}


def complaint(record: Complaint, value, context: CellContext) -> str:
    """The start of the description as a link, and the room."""
    description = record.room_description
    room = f' <span class="list-place">{escape(description)}</span>' if description else ""
    html = f"{context.link(record, str(record))}{room}{archived(record, context)}"
    return SafeString(html)  # nosec B703 # each part is escaped


@cached_by_value
def state(value: str, context: CellContext) -> str:
    label = dict(Complaint.State.choices).get(value, value)
    return badge(f"state state-{value}", STATE_ICONS.get(value, "circle"), label)


@cached_by_value
def rating(value: float | None, context: CellContext) -> str:
    if value is None:
        return ""
    return format_html(
        '<span class="rating">{}{}<span class="visually-hidden">{}</span></span>',
        floatformat(value, "-1"),
        icon("star-fill"),
        _("of 5"),
    )


def open_complaints(record: CustomerObject, value: int, context: CellContext) -> str:
    """The number of open complaints as a link to them."""
    if not value:
        return mark_safe('<span class="muted">0</span>')  # nosec B308 B703 # no text in it
    label = ngettext("%(n)s open complaint at %(object)s", "%(n)s open complaints at %(object)s", value)
    return format_html(
        '<a class="count" href="{}?state=open&amp;object={}" aria-label="{}">{}</a>',
        reverse("facility:complaint_list"),
        record.pk,
        label % {"n": value, "object": record},
        value,
    )
