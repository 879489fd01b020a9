"""Redaction of preferences."""

from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser
from backoffice.workplace.models import Preferences


@register_eraser
def delete_preferences(erasure: Erasure):
    if erasure.person.model is User:
        count = Preferences.objects.filter(user_id=erasure.person.pk).delete()[0]
        yield str(Preferences._meta.verbose_name_plural), count
