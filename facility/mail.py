"""Mail to customers. Their words and our answer are in it, and nothing that is for the house."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from backoffice.api.transport import seconds_to_wait
from backoffice.db.transactions import after_commit
from backoffice.mail.queue import has_mail_server, send_later
from facility.models import Complaint

logger = logging.getLogger("facility.mail")


QUEUED, NO_ADDRESS, NO_SERVER, LIMITED, NOT_TAKEN = (
    "queued",
    "no address",
    "no mail server",
    "limited",
    "not taken",
)
"""What came of the wish to mail a response, as answers say it."""


def tell_customer(complaint: Complaint, request_id: str = "") -> str:
    """Hand the mail to whoever complained, that it is done, to the queue, once the change is committed. That it is not
    taken, or not sent, is logged and fails nothing: the work is done all the same."""
    if not complaint.contact_email:
        return NO_ADDRESS
    if not has_mail_server():
        return NO_SERVER
    if _is_over_limit(complaint):
        logger.warning("No mail about complaint %s (request %s): too many already.", complaint.pk, request_id)
        return LIMITED
    message, about = message_about(complaint), f"complaint {complaint.pk}"
    is_taken = [True]
    after_commit(lambda: is_taken.append(send_later(message, about=about, request_id=request_id)))
    return QUEUED if is_taken[-1] else NOT_TAKEN


def _is_over_limit(complaint: Complaint) -> bool:
    """Whether this mail would be one too many: a key, or a session, must not become a way to mail strangers."""
    by_complaint = seconds_to_wait(settings.MAIL_LIMIT_COMPLAINT, "mail-complaint", complaint.pk)
    return bool(
        by_complaint or seconds_to_wait(settings.MAIL_LIMIT_COMPANY, "mail-company", complaint.company_id)
    )


def message_about(complaint: Complaint) -> EmailMessage:
    """The mail, in the language of the house: nobody knows the customer's, and a script's says nothing of it."""
    told = {
        "number": complaint.number,
        "description": complaint.desc,
        "response": complaint.response,
        "company": complaint.company.name,
    }
    with override(settings.LANGUAGE_CODE):
        subject = gettext("Your complaint no. %(number)s is taken care of") % told
        text = render_to_string("facility/mail/finished.txt", told)
    return EmailMessage(
        subject, text, to=[complaint.contact_email], headers={"Auto-Submitted": "auto-generated"}
    )
