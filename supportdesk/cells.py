"""Formatting of table cells in the list of support cases."""

from django.utils.html import conditional_escape
from django.utils.translation import gettext_lazy as _

from backoffice.web.cells import CellContext, boolean_cell, link_to_record
from supportdesk.models import SupportCase

solved = boolean_cell(_("Solved"), _("Open"), ("state-new", "circle"))


def customer(record: SupportCase, value, context: CellContext) -> str:
    """The customer's name in the case, as a link if the case refers to a customer."""
    if value:
        return link_to_record(value, context.actor, record.customer_name)
    return conditional_escape(record.customer_name)
