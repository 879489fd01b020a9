"""The session backend: the primary key of a row is a keyed hash of the cookie; the cookie itself is not stored."""

from datetime import datetime, timedelta, timezone

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils.crypto import salted_hmac

from backoffice.accounts.models import UserSession
from backoffice.db.queries import CompiledQuery
from backoffice.records.fields import now

SIGNED_IN = "signed_in_at"
DEVICE, ADDRESS = "device", "address"
"""Session keys for details of the sign-in."""

_find_by_key = CompiledQuery(lambda key: UserSession.objects.filter(session_key=key).order_by())


def hash_session_key(cookie: str) -> str:
    """Return the primary key of the row for a session cookie."""
    return salted_hmac("backoffice.signin.session", cookie, algorithm="sha256").hexdigest()


class SessionStore(db.SessionStore):
    """Django's database session store, with `UserSession` rows. (The class name is part of the salt that
    signs session data.)"""

    @classmethod
    def get_model_class(cls):
        return UserSession

    def load(self) -> dict:
        row = next(iter(_find_by_key(hash_session_key(self.session_key))), None)
        if row is None or row.is_over(now()):
            self._session_key = None
            return {}
        return self.decode(row.session_data)

    def exists(self, session_key: str) -> bool:
        return UserSession.objects.filter(session_key=hash_session_key(session_key)).exists()

    def create_model_instance(self, data: dict) -> UserSession:
        session = UserSession(
            session_key=hash_session_key(self._get_or_create_session_key()),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            device=data.get(DEVICE, ""),
            address=data.get(ADDRESS, ""),
        )
        if signed_in := data.get(SIGNED_IN):
            session.started_at = datetime.fromtimestamp(signed_in, timezone.utc)
            last_day = session.started_at + timedelta(seconds=settings.SESSION_MAX_AGE)
            session.expire_date = min(session.expire_date, last_day)
        return session

    def delete(self, session_key: str | None = None) -> None:
        if session_key := session_key or self.session_key:
            UserSession.objects.filter(session_key=hash_session_key(session_key)).delete()
