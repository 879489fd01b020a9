"""What became of a user's invitation, in words."""

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice.accounts.invitations import LIFETIME, find_delivery, is_open
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import has_mail_server, prints_mail
from backoffice.people.models import User


def describe_invitation(user: User) -> str:
    """Return whether the user was invited, whether the mail was sent, and what to do next."""
    if not has_mail_server():
        return _("This installation sends no mail. Set a password for the user in the administration.")
    if obstacle := user.find_invitation_obstacle():
        return str(obstacle)
    if not is_open(user):
        was_invited = user.invited_at is not None
        return _("The invitation has expired. Send it again.") if was_invited else _("Not invited yet.")
    delivery = find_delivery(user)
    was_sent = delivery is not None and delivery.state == Delivery.State.SENT
    if delivery is None or delivery.state == Delivery.State.CANCELLED:
        return _("The mail was not sent. Send it again.")
    if was_sent and delivery.recipient != user.email:
        return _("The link went to %(address)s and does not work any more. Send it again.") % {
            "address": delivery.recipient
        }
    if delivery.state == Delivery.State.QUEUED:
        return _("The mail to %(address)s is in the queue.") % {"address": user.email}
    if delivery.state == Delivery.State.FAILED:
        names = {"address": user.email, "reason": delivery.reason.partition(" (")[0]}
        return (
            _("The mail to %(address)s could not be sent: %(reason)s. Check the address, and send it again.")
            % names
        )
    names = {
        "address": delivery.recipient,
        "sent": _format(delivery.sent_at),
        "until": _format(user.invited_at + LIFETIME),
    }
    if prints_mail():
        return _("Printed in the terminal on %(sent)s. The link works until %(until)s.") % names
    return _("Sent to %(address)s on %(sent)s. The link works until %(until)s.") % names


def _format(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
