"""Invitations: mails to new users with a link that works once, for seven days, to choose their first password."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext, gettext_lazy, override

from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import has_mail_server, mail_event, queue_mail
from backoffice.people.models import User
from backoffice.people.public_url import public_url
from backoffice.records.actors import display_author
from backoffice.records.fields import now
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.records.properties import instant_as_text
from backoffice.records.services import PlannedWrite, on_write

KIND = "accounts.invitation"
LIFETIME = timedelta(days=7)


def can_be_invited(user: User) -> bool:
    """Return whether an invitation to this user can be sent."""
    return has_mail_server() and not user.find_invitation_obstacle()


def is_open(user: User) -> bool:
    """Return whether the link of an invitation works."""
    invited_at = user.invited_at
    return invited_at is not None and now() < invited_at + LIFETIME and not user.find_invitation_obstacle()


class InvitationTokens:
    """The tokens of links. Another invitation, its withdrawal, a password and another e-mail address invalidate
    them. (The interface is that of Django's `PasswordResetTokenGenerator`.)"""

    def make_token(self, user: User) -> str:
        state = f"{user.pk} {user.password} {user.email} {instant_as_text(user.invited_at)}"
        return salted_hmac("backoffice.accounts.invitations", state, algorithm="sha256").hexdigest()[:40]

    def check_token(self, user: User, token: str) -> bool:
        return is_open(user) and constant_time_compare(self.make_token(user), token)


@on_write(User)
def queue_invitation(planned: PlannedWrite) -> None:
    """Queue the mail when a user is invited."""
    user = planned.record
    if planned.action == "invite" and has_mail_server():
        request_id = planned.context.request_id if planned.context else ""
        queue_mail(KIND, user, company_id=user.company_id, user_id=user.pk, request_id=request_id)


def find_delivery(user: User) -> Delivery | None:
    """Return the latest mail with an invitation."""
    return Delivery.objects.filter(event=KIND, user_id=user.pk).order_by("-created_at", "-pk").first()


def find_host(user: User) -> str:
    """Return the name of the user who sent the latest invitation."""
    entry = history_of(user).filter(action="invite").first()
    return display_author(entry.who) if isinstance(entry, History) else ""


@mail_event(KIND, label=gettext_lazy("Invitation"), is_about_account=True)
def build_invitation(delivery: Delivery) -> EmailMessage | None:
    """Return the mail in the company's language, unless the invitation was withdrawn or has been used. The link is made
    now, so that it is never stored."""
    user = User._base_manager.filter(pk=delivery.user_id).first()
    if user is None or not is_open(user):
        return None
    language = user.company.language if user.company else settings.LANGUAGE_CODE
    with override(language):
        context = {
            "user": user,
            "host": find_host(user),
            "until": user.invited_at + LIFETIME,
            "uid": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": InvitationTokens().make_token(user),
            "public_url": public_url(),
        }
        text = render_to_string("web/account/invitation_mail.txt", context)
        return EmailMessage(gettext("Your Caretaker account"), text, to=[user.email])
