"""Redaction of the notifications and choices of users."""

from backoffice.notifications.models import EventChoice, Following, Notification
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser


@register_eraser
def delete_notifications(erasure: Erasure):
    """Delete the notifications and choices of a user."""
    if erasure.person.model is User:
        for model in (Notification, Following, EventChoice):
            yield (
                str(model._meta.verbose_name_plural),
                model.objects.filter(user_id=erasure.person.pk).delete()[0],
            )
