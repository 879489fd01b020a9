"""Mails to those who reported a support case. They contain its description and our replies, nothing internal. Of a
comment they are notified (`supportdesk.notifications`)."""

from django.utils.translation import gettext_lazy as _

from backoffice.mail.customer_events import CustomerEvent, CustomerMails, MailText, Recipient
from backoffice.mail.customer_mails import register_customer_mails
from supportdesk.models import SupportCase


def find_recipient(case: SupportCase) -> Recipient:
    """Return the reseller's employee who reported the case, if they still see it; otherwise the customer, for whom a
    colleague did."""
    reporter = case.employee
    is_external = reporter is not None and reporter.customer_id and reporter.can_sign_in and reporter.email
    if is_external and reporter.find_visible(SupportCase, case.pk) is not None:
        return Recipient(email=reporter.email, user_id=reporter.pk)
    customer = case.customer
    return Recipient(email=customer.email, phone=customer.phone) if customer else Recipient()


MAILS = CustomerMails(
    model=SupportCase,
    find_recipient=find_recipient,
    is_finished=lambda case: case.solved,
    placeholders={"number": "number", "subject": "name", "description": "description", "customer": "customer_name",
                  "device": "device"},
    texts={
        CustomerEvent.RECEIVED: MailText(
            label=_("Case received"),
            subject=_("We have received your case no. {{ number }}: {{ subject }}"),
            text=_("Hello,\n\nThank you for your message. We are looking into it. It has the number {{ number }}.\n\nYour case: {{ subject }}\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.REPLY: MailText(
            label=_("Reply about a case"),
            subject=_("Your case no. {{ number }}: {{ subject }}"),
            text=_("Hello,\n\n{{ reply }}\n\nThis is about your case no. {{ number }}: {{ subject }}\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.FINISHED: MailText(
            label=_("Case solved"),
            subject=_("Your case no. {{ number }} is solved: {{ subject }}"),
            text=_("Hello,\n\nYour case no. {{ number }} is solved.\n\n{{ reply }}\n\nYour case: {{ subject }}\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.REOPENED: MailText(
            label=_("Case reopened"),
            subject=_("We are working on your case no. {{ number }} again: {{ subject }}"),
            text=_("Hello,\n\nWe have reopened your case no. {{ number }} and are working on it again.\n\nYour case: {{ subject }}\n\n{{ description }}\n\n{{ company }}"),
        ),
    },
)  # fmt: skip
register_customer_mails(MAILS)
