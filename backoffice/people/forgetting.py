"""What is kept of a user outside their record: keys that act for them, sessions in which they are signed in."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from backoffice.people.models import ApiKey, User
from backoffice.records.elsewhere import Forgetting, also_forgets
from backoffice.records.forgetting import blanked, own_properties


@also_forgets
def revoke_keys(forgetting: Forgetting):
    """Their keys open nothing any more, and are called by nobody's name."""
    if forgetting.person.model is User:
        keys = list(ApiKey._base_manager.filter(owner_id=forgetting.person.pk))
        for key in keys:
            judge = own_properties(ApiKey, key, ApiKey.personal)
            blanked(ApiKey, key.pk, judge, forgetting.actor, forgetting.via)
        yield str(ApiKey._meta.verbose_name_plural), len(keys)


@also_forgets
def end_sessions(forgetting: Forgetting):
    """Wherever they are signed in, they are not any more."""
    if forgetting.person.model is User:
        theirs = [
            session.pk
            for session in Session.objects.iterator()
            if session.get_decoded().get(SESSION_KEY) == forgetting.person.pk
        ]
        Session.objects.filter(pk__in=theirs).delete()
        User._base_manager.filter(pk=forgetting.person.pk).update(last_login=None)
        yield str(Session._meta.verbose_name_plural), len(theirs)
