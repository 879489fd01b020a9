"""Links by which a password is chosen. Each works once; the session that opened one holds no link, only a note of whose it
was: who reads the table of sessions cannot use it."""

import time

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from backoffice.db.object_ids import is_object_id
from backoffice.people.models import User

OPENED = "reset_link_opened"
SECONDS = 3600
"""How long after the link was opened the password may come. After that, the link is opened again."""


def note_opened_link(request: HttpRequest, user: User) -> None:
    """Remember in the session that whoever asks has opened a valid link of a user."""
    request.session[OPENED] = {"user": user.pk, "at": int(time.time()), "tied": _tie(user)}


def has_opened_link(request: HttpRequest, user: User) -> bool:
    """Return whether a valid link of this user was opened in this session, and the user is as they were then."""
    noted = request.session.get(OPENED)
    return (
        bool(noted)
        and noted["user"] == user.pk
        and 0 <= time.time() - noted["at"] < SECONDS
        and constant_time_compare(noted["tied"], _tie(user))
    )


def forget_opened_link(request: HttpRequest) -> None:
    """Forget what `note_opened_link` noted."""
    request.session.pop(OPENED, None)


def find_user_of_link(pk: str) -> User | None:
    """Return the user of a link, if they may sign in."""
    user = get_user_model()._base_manager.filter(pk=pk).first() if is_object_id(pk) else None
    return user if user is not None and user.can_sign_in else None


def _tie(user: User) -> str:
    """Return what the link itself depends on: with a new password, another address or another sign-in it ends."""
    state = default_token_generator._make_hash_value(user, 0)
    return salted_hmac("backoffice.signin.reset", state, algorithm="sha256").hexdigest()
