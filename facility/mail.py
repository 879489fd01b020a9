"""Mail to customers about finished complaints. It contains their description and our response, nothing
internal."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from backoffice.api.transport import count_event
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
"""Outcomes of mailing a response, as the response header names them."""


def mail_response(complaint: Complaint, request_id: str = "") -> str:
    """Queue the mail about a finished complaint to the customer after the commit, and return the outcome. A
    full queue or a failure to send is logged and does not affect the change."""
    if not complaint.contact_email:
        return NO_ADDRESS
    if not has_mail_server():
        return NO_SERVER
    if _exceeds_limit(complaint):
        logger.warning("No mail about complaint %s (request %s): limit exceeded.", complaint.pk, request_id)
        return LIMITED
    message, about = build_message(complaint), f"complaint {complaint.pk}"
    is_queued = [True]
    after_commit(lambda: is_queued.append(send_later(message, about=about, request_id=request_id)))
    return QUEUED if is_queued[-1] else NOT_TAKEN


def _exceeds_limit(complaint: Complaint) -> bool:
    """Count this mail, and return whether it exceeds a limit: keys and sessions must not be usable to send mail
    to strangers."""
    by_complaint = count_event(settings.MAIL_LIMIT_COMPLAINT, "mail-complaint", complaint.pk)
    return bool(
        by_complaint or count_event(settings.MAIL_LIMIT_COMPANY, "mail-company", complaint.company_id)
    )


def build_message(complaint: Complaint) -> EmailMessage:
    """Return the mail in the installation's language: the customer's is unknown, and the request's is
    unrelated."""
    context = {
        "number": complaint.number,
        "description": complaint.desc,
        "response": complaint.response,
        "company": complaint.company.name,
    }
    with override(settings.LANGUAGE_CODE):
        subject = gettext("Your complaint no. %(number)s is finished") % context
        text = render_to_string("facility/mail/finished.txt", context)
    return EmailMessage(
        subject, text, to=[complaint.contact_email], headers={"Auto-Submitted": "auto-generated"}
    )
