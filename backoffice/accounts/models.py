"""User sessions, and counters of failed attempts."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from backoffice.records.fields import InstantField, ObjectIdField


class UserSession(AbstractBaseSession):
    """A browser session. `session_key` is a keyed hash of the cookie (`session_backend.hash_session_key`), so
    read access to the table is not enough to sign in. `address` is coarse (`client_ip.coarse_address`)."""

    session_key = models.CharField(max_length=64, primary_key=True)
    user_id = ObjectIdField(null=True, db_index=True)
    started_at = InstantField(null=True)
    device = models.CharField(max_length=100, default="")
    address = models.CharField(max_length=50, default="")

    class Meta:
        verbose_name = "session"
        verbose_name_plural = "sessions"

    @classmethod
    def get_session_store_class(cls):
        from backoffice.accounts.session_backend import SessionStore

        return SessionStore

    def is_over(self, at: datetime) -> bool:
        """Return whether the session has expired: unused for too long, or signed in too long ago."""
        longest = timedelta(seconds=settings.SESSION_MAX_AGE)
        return self.expire_date <= at or (self.started_at is not None and self.started_at + longest <= at)

    @property
    def last_used_at(self) -> datetime:
        """When the session was last renewed, which happens at most once a day."""
        return self.expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE)


class Attempts(models.Model):
    """Recent failed attempts of one account, device or address. `key` is a hash, because a username field may
    contain a password typed by mistake. The row is deleted when all failures are forgiven."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    """A row version for optimistic locking: of two writers that read the same turn, only one succeeds."""
    counted_at = InstantField()
    held_until = InstantField(null=True)
    forgotten_at = InstantField(db_index=True)

    class Meta:
        verbose_name = "attempts"
        verbose_name_plural = "attempts"

    def __str__(self):
        return f"{self.count} attempts until {self.counted_at}"
