"""Actors for work that outlives its request: bulk edits, commands."""

from django.utils.crypto import constant_time_compare

from backoffice.people.models import User
from backoffice.records.models import ACTIVE


def fetch_actor(user_id: str, sign_in: str = "") -> User:
    """Return a user as currently stored, without cached permissions. The user is returned inactive, and so
    without rights, if they were deleted or archived, or if their sessions have ended since `sign_in` (the result of
    `get_session_auth_hash()` at that time)."""
    user = User._base_manager.filter(pk=user_id).first() or User(pk=user_id, is_active=False)
    is_stale = sign_in and not constant_time_compare(sign_in, user.get_session_auth_hash())
    if user.status != ACTIVE or is_stale:
        user.is_active = False
    return user
