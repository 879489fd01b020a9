"""Formatting of table cells in the list of support cases."""

from django.utils.html import conditional_escape
from django.utils.translation import gettext_lazy as _

from backoffice.web.cells import CellContext, link_to_record, yes_or_no
from supportdesk.models import SupportCase

solved = yes_or_no(_("Solved"), _("Unsolved"), ("state-new", "circle"))


def customer(record: SupportCase, value, look: CellContext) -> str:
    """The customer's name in the case, as a link if the case refers to a customer."""
    if value:
        return link_to_record(value, look.actor, record.customer_name)
    return conditional_escape(record.customer_name)
