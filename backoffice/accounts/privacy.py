"""What is kept of people who are forgotten: their sessions, and what is counted of them."""

from backoffice.accounts.models import Attempts, UserSession
from backoffice.accounts.throttle import keys_of
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser


@register_eraser
def forget_attempts(forgetting: Erasure):
    """How often somebody tried to be them. (What a device of theirs was counted by, only it knows; it goes by itself.)"""
    person = forgetting.person
    if person.model is User:
        keys = keys_of(person.pk, person.names)
        yield str(Attempts._meta.verbose_name_plural), Attempts.objects.filter(key__in=keys).delete()[0]


@register_eraser
def end_sessions(forgetting: Erasure):
    """Wherever they are signed in, they are not any more."""
    if forgetting.person.model is User:
        ended = UserSession.objects.filter(user_id=forgetting.person.pk).delete()[0]
        User._base_manager.filter(pk=forgetting.person.pk).update(last_login=None)
        yield str(UserSession._meta.verbose_name_plural), ended
