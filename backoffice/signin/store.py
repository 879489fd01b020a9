"""Where sessions are kept: Django's table, asked by a query that is prepared, for every page asks it."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from backoffice.records.prepared import Prepared

_OF_KEY = Prepared(lambda key: Session.objects.filter(session_key=key).order_by())


class SessionStore(db.SessionStore):
    """(The name is part of what sessions are signed with.)"""

    def _get_session_from_db(self) -> Session | None:
        found = next(iter(_OF_KEY(self.session_key)), None)
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        return found
