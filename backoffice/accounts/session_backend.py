"""The session backend: rows are found by a keyed hash of the cookie, which itself is kept nowhere."""

from datetime import datetime, timedelta, timezone

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils.crypto import salted_hmac

from backoffice.accounts.models import UserSession
from backoffice.db.queries import CompiledQuery
from backoffice.records.fields import now

SIGNED_IN = "signed_in_at"
DEVICE, ADDRESS = "device", "address"
"""What a session says of the sign-in that began it."""

_find_by_key = CompiledQuery(lambda key: UserSession.objects.filter(session_key=key).order_by())


def hash_session_key(cookie: str) -> str:
    """Return the key of the row that belongs to a session cookie."""
    return salted_hmac("backoffice.signin.session", cookie, algorithm="sha256").hexdigest()


class SessionStore(db.SessionStore):
    """Django's database store, with `UserSession` for its rows. (The name is part of what sessions are signed with.)"""

    @classmethod
    def get_model_class(cls):
        return UserSession

    def _get_session_from_db(self) -> UserSession | None:
        found = next(iter(_find_by_key(hash_session_key(self.session_key))), None)
        if found is None or found.is_over(now()):
            self._session_key = None
            return None
        return found

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

    # Nothing of ours is asynchronous; what is asks the same rows in the same way.
    _aget_session_from_db = sync_to_async(_get_session_from_db)
    aexists = sync_to_async(exists)
    acreate_model_instance = sync_to_async(create_model_instance)
    adelete = sync_to_async(delete)
