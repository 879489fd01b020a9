"""Mail to customers. Their words and our answer are in it, and nothing that is for the house."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from facility.models import Complaint

logger = logging.getLogger("facility.mail")


def tell_customer(complaint: Complaint) -> None:
    """Write to whoever complained that it is done, if there is an address. That the mail cannot be sent is logged,
    without the address, and is nobody's failure: the work is done all the same."""
    if not complaint.contact_email:
        return
    try:
        message_about(complaint).send()
    except Exception as error:  # whatever the mail server, or the way there, may come up with
        logger.warning(
            "The mail about complaint %s could not be sent: %s", complaint.pk, type(error).__name__
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
