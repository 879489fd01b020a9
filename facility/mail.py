"""Mails to those who reported a complaint. They contain its description and our replies, nothing internal."""

from django.utils.translation import gettext_lazy as _

from backoffice.mail.customer_events import CustomerEvent, CustomerMails, MailText, Recipient
from backoffice.mail.customer_mails import register_customer_mails
from facility.models import Complaint

MAILS = CustomerMails(
    model=Complaint,
    find_recipient=lambda complaint: Recipient(email=complaint.contact_email, phone=complaint.contact_telephone),
    is_finished=lambda complaint: complaint.complaint_status == Complaint.State.FINISHED,
    placeholders={"number": "number", "description": "desc", "room": "room_description",
                  "object": "object", "contact": "contact_name"},
    texts={
        CustomerEvent.RECEIVED: MailText(
            label=_("Complaint received"),
            subject=_("We have received your complaint no. {{ number }}"),
            text=_("Hello,\n\nThank you for your message. We are looking into it. It has the number {{ number }}.\n\nYou wrote:\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.REPLY: MailText(
            label=_("Reply about a complaint"),
            subject=_("Your complaint no. {{ number }}"),
            text=_("Hello,\n\n{{ reply }}\n\nThis is about your complaint no. {{ number }}:\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.FINISHED: MailText(
            label=_("Complaint finished"),
            subject=_("Your complaint no. {{ number }} is finished"),
            text=_("Hello,\n\nYour complaint no. {{ number }} is finished.\n\n{{ reply }}\n\nYou wrote:\n\n{{ description }}\n\n{{ company }}"),
        ),
        CustomerEvent.REOPENED: MailText(
            label=_("Complaint reopened"),
            subject=_("We are working on your complaint no. {{ number }} again"),
            text=_("Hello,\n\nWe have reopened your complaint no. {{ number }} and are working on it again.\n\nYou wrote:\n\n{{ description }}\n\n{{ company }}"),
        ),
    },
)  # fmt: skip
register_customer_mails(MAILS)
