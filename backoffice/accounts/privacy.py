"""Erasers of sessions and attempt counters."""

from backoffice.accounts.models import Attempts, UserSession
from backoffice.accounts.throttle import counter_keys
from backoffice.jobs.models import QueuedJob
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser


@register_eraser
def delete_attempt_counters(erasure: Erasure):
    """Delete the attempt counters of a user. (Counters of a known device cannot be found without its cookie;
    they expire.)"""
    person = erasure.person
    if person.model is User:
        keys = counter_keys(person.pk, person.names)
        yield str(Attempts._meta.verbose_name_plural), Attempts.objects.filter(key__in=keys).delete()[0]


@register_eraser
def end_sessions(erasure: Erasure):
    """Delete the sessions of a user."""
    if erasure.person.model is User:
        ended = UserSession.objects.filter(user_id=erasure.person.pk).delete()[0]
        User._base_manager.filter(pk=erasure.person.pk).update(last_login=None)
        yield str(UserSession._meta.verbose_name_plural), ended


@register_eraser
def delete_jobs(erasure: Erasure):
    """Delete the background jobs about a user: a notice has their network address."""
    if erasure.person.model is User:
        deleted = QueuedJob.objects.filter(user_id=erasure.person.pk).delete()[0]
        yield str(QueuedJob._meta.verbose_name_plural), deleted
