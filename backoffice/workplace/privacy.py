"""What people who are forgotten preferred."""

from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser
from backoffice.workplace.models import Preferences


@register_eraser
def drop_preferences(forgetting: Erasure):
    if forgetting.person.model is User:
        count = Preferences.objects.filter(user_id=forgetting.person.pk).delete()[0]
        yield str(Preferences._meta.verbose_name_plural), count
