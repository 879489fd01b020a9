"""Password reset links. Each works once. The session that opened a link holds no link, only a note of the
user, so read access to the session table is not enough to use it."""

import time

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from backoffice.db.object_ids import is_object_id
from backoffice.people.models import User
from backoffice.records.properties import instant_as_text

OPENED = "reset_link_opened"
SECONDS = 3600
"""How long the password can be chosen after the link was opened. After that, the link has to be opened
again."""


def note_opened_link(request: HttpRequest, user: User) -> None:
    """Note in the session that a valid link of a user was opened."""
    request.session[OPENED] = {"user": user.pk, "at": int(time.time()), "tied": _hash_state(user)}


def has_opened_link(request: HttpRequest, user: User) -> bool:
    """Return whether a valid link of this user was opened in this session, and the user has not changed
    since."""
    note = request.session.get(OPENED)
    return (
        bool(note)
        and note["user"] == user.pk
        and 0 <= time.time() - note["at"] < SECONDS
        and constant_time_compare(note["tied"], _hash_state(user))
    )


def forget_opened_link(request: HttpRequest) -> None:
    """Remove the note of `note_opened_link`."""
    request.session.pop(OPENED, None)


def find_user_of_link(pk: str) -> User | None:
    """Return the user of a link, if they may sign in."""
    user = get_user_model()._base_manager.filter(pk=pk).first() if is_object_id(pk) else None
    return user if user is not None and user.can_sign_in else None


def _hash_state(user: User) -> str:
    """Return a hash of the state that the link depends on: a new password, e-mail address, sign-in or
    invitation invalidates it."""
    state = default_token_generator._make_hash_value(user, 0) + (instant_as_text(user.invited_at) or "")
    return salted_hmac("backoffice.signin.reset", state, algorithm="sha256").hexdigest()
