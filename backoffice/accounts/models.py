"""Sessions, and what is counted of those who try to sign in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from backoffice.records.fields import InstantField, ObjectIdField


class UserSession(AbstractBaseSession):
    """One browser's session. `session_key` is a keyed hash of the cookie (`store.hash_session_key`): whoever reads the
    table cannot sign in with it. `address` is coarse (`addresses.coarse_address`)."""

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
        """Whether the session has ended by itself: unused for too long, or too long since its sign-in."""
        longest = timedelta(seconds=settings.SESSION_MAX_AGE)
        return self.expire_date <= at or (self.started_at is not None and self.started_at + longest <= at)

    @property
    def last_used_at(self) -> datetime:
        """When the session was last written, which a session in use is once a day."""
        return self.expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE)


class Attempts(models.Model):
    """How often something was tried in vain of late, by one account, device or address. `key` is a hash: what people
    type where a username belongs may be a password. The row goes when all is forgiven."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(default=0)
    """Which writing of the row this is: of two who read the same turn, one writes the next."""
    counted_at = InstantField()
    held_until = InstantField(null=True)
    forgotten_at = InstantField(db_index=True)

    class Meta:
        verbose_name = "attempts"
        verbose_name_plural = "attempts"

    def __str__(self):
        return f"{self.count} attempts until {self.counted_at}"
