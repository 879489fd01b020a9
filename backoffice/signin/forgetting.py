"""What is counted of people who are forgotten."""

from backoffice.people.models import User
from backoffice.records.elsewhere import Forgetting, also_forgets
from backoffice.signin.models import Attempts
from backoffice.signin.throttle import keys_of


@also_forgets
def forget_attempts(forgetting: Forgetting):
    """How often somebody tried to be them. (What a device of theirs was counted by, only it knows; it goes by itself.)"""
    person = forgetting.person
    if person.model is User:
        keys = keys_of(person.pk, person.names)
        yield str(Attempts._meta.verbose_name_plural), Attempts.objects.filter(key__in=keys).delete()[0]
