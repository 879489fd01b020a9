"""The tables of notifications: what users get, which records they follow, and what they chose."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.notifications.events import EVENTS, Choice
from backoffice.records.fields import InstantField, LineField, ObjectIdField, now


class Notification(models.Model):
    """One event, or several of one kind within minutes, at one record, for one user. It has no texts: pages read
    them from the history, with the rights of the reader."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    user_id = ObjectIdField(_("user id"))
    company_id = ObjectIdField(_("company id"), null=True)
    event = LineField(_("event"), max_length=40, choices=[(event.name, event.label) for event in EVENTS])
    record_type = models.CharField(_("type"), max_length=100)
    record_id = ObjectIdField(_("record"), db_index=True)
    version = models.PositiveBigIntegerField(_("version"))
    """The version of the record that the latest of the events led to."""
    times = models.PositiveIntegerField(_("times"), default=1)
    created_at = InstantField(_("created"), default=now)
    read_at = InstantField(_("read"), null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        default_permissions = ()
        indexes = [
            models.Index(fields=["user_id", "read_at", "created_at"], name="notifications_unread"),
            models.Index(fields=["user_id", "created_at"], name="notifications_newest"),
            models.Index(fields=["created_at"], name="notifications_oldest"),
        ]

    def __str__(self):
        return f"{self.event}: {self.record_type} {self.record_id}"


class Following(models.Model):
    """Whether a user chose to follow a record, or not to."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    user_id = ObjectIdField(_("user id"))
    record_id = ObjectIdField(_("record"), db_index=True)
    is_following = models.BooleanField(_("follows"), default=True)

    class Meta:
        verbose_name = _("followed record")
        verbose_name_plural = _("followed records")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user_id", "record_id"], name="notifications_following_once")
        ]

    def __str__(self):
        return f"{self.user_id}: {self.record_id}"


class EventChoice(models.Model):
    """How a user wants to be notified of an event."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    user_id = ObjectIdField(_("user id"))
    event = LineField(_("event"), max_length=40, choices=[(event.name, event.label) for event in EVENTS])
    choice = LineField(_("choice"), max_length=10, choices=Choice.choices)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user_id", "event"], name="notifications_choice_once")]

    def __str__(self):
        return f"{self.user_id}: {self.event} {self.choice}"
