"""The mail with a link to choose a password."""

import logging

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language, gettext_lazy, override

from backoffice.db.transactions import with_retry
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import has_mail_server, mail_event, queue_mail
from backoffice.people.models import User
from backoffice.people.public_url import public_url

logger = logging.getLogger("backoffice.mail")

KIND = "accounts.reset_mail"


def queue_reset_mail(user: User, request_id: str) -> None:
    """Queue the mail, in the current language."""
    if not has_mail_server():
        logger.error(
            "The mail about the password reset of user %s was not accepted: EMAIL_URL is not set.", user.pk
        )
        return
    params = {"language": get_language() or settings.LANGUAGE_CODE}
    with_retry(
        lambda: queue_mail(
            KIND, user, company_id=user.company_id, user_id=user.pk, params=params, request_id=request_id
        )
    )


@mail_event(KIND, label=gettext_lazy("Mail to choose a password"), is_about_account=True)
def build_reset_mail(delivery: Delivery) -> EmailMessage | None:
    """Return the mail, unless the user may no longer sign in. The link is made now, so that it is never stored."""
    user = User._base_manager.filter(pk=delivery.user_id).first()
    if user is None or not user.can_sign_in or not user.email:
        return None
    context = {
        "user": user,
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
        "public_url": public_url(),
    }
    with override(delivery.params["language"]):
        subject = "".join(render_to_string("web/account/reset_subject.txt", context).splitlines())
        text = render_to_string("web/account/reset_mail.txt", context)
    return EmailMessage(subject, text, to=[user.email])
