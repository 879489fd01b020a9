"""What the list of support cases shows where plain text is not enough."""

from django.utils.html import conditional_escape
from django.utils.translation import gettext_lazy as _

from backoffice.web.cells import CellContext, link_to_record, yes_or_no
from supportdesk.models import SupportCase

solved = yes_or_no(_("Solved"), _("Unsolved"), ("state-new", "circle"))


def customer(record: SupportCase, value, look: CellContext) -> str:
    """The customer by the name that the case has, which may be all that is known of them."""
    if value:
        return link_to_record(value, look.actor, record.customer_name)
    return conditional_escape(record.customer_name)
