"""How support cases are shown in the browser."""

from django.utils.translation import gettext_lazy as _

from backoffice.web.kinds import Column, Kind, Shortcut, register
from supportdesk import filters
from supportdesk.models import SupportCase


@register
class SupportCases(Kind):
    model = SupportCase
    slug = "cases"
    icon = "headset"
    short_label = _("Cases")
    order = 30
    filterset_class = filters.SupportCaseFilters
    prefetch = ("customer", "employee")
    shortcuts = (
        Shortcut(_("All"), {}),
        Shortcut(_("Unsolved"), {"solved": "no"}),
        Shortcut(_("Raised by me"), {"raised_by": "me"}),
    )
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column("name", _("Case"), sort=("name",), template="web/cells/subject.html", css="subject"),
        Column("solved", _("State"), sort=("solved",), template="supportdesk/cells/solved.html"),
        Column(
            "customer",
            _("Customer"),
            sort=("customer_name",),
            template="supportdesk/cells/customer.html",
            css="wide",
        ),
        Column("device", _("Device"), value=SupportCase.get_device_display, sort=("device",), css="minor"),
        Column("employee_name", _("Raised by"), sort=("employee_name",), css="minor"),
        Column("date", _("Raised"), sort=("date",), template="web/cells/when.html"),
        Column(
            "last_modified_at",
            _("Updated"),
            sort=("last_modified_at",),
            template="web/cells/when.html",
            css="minor",
        ),
    )

    def subtitle(self, record):
        return record.customer_name
