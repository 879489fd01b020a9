"""Actors for work that outlives the request that asked for it: bulk edits, commands."""

from django.utils.crypto import constant_time_compare

from backoffice.people.models import User
from backoffice.records.models import ACTIVE


def fetch_actor(user_id: str, sign_in: str = "") -> User:
    """Return a user as they are in the database now, without cached permissions. Not active, and so without any
    rights, is one who is gone or archived, and one whose sessions have ended since `sign_in`
    (`get_session_auth_hash()` of that time)."""
    user = User._base_manager.filter(pk=user_id).first() or User(pk=user_id, is_active=False)
    ended = sign_in and not constant_time_compare(sign_in, user.get_session_auth_hash())
    if user.status != ACTIVE or ended:
        user.is_active = False
    return user
