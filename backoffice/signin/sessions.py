"""How long somebody stays signed in, and how that ends everywhere at once."""

import time

from backoffice.people.models import User
from backoffice.records.actors import Via
from backoffice.records.change import change
from backoffice.records.fields import now
from backoffice.signin.again import remember

RENEWED = "renewed_at"
RENEW_SECONDS = 86400
"""How old a session in use may grow before its time begins anew: not every request writes."""


def begin(sender, request, user, **kwargs) -> None:
    """Somebody has signed in: their session is new, their password just given; sessions that have run out can go."""
    request.session[RENEWED] = int(time.time())
    remember(request)
    request.session.clear_expired()


def renew(request) -> None:
    """Let the time of a session in use begin anew, once a day."""
    if time.time() - request.session.get(RENEWED, 0) > RENEW_SECONDS:
        request.session[RENEWED] = int(time.time())


def end_everywhere(user: User, via: Via) -> User:
    """End every session of a user, this one included."""
    record = User._base_manager.get(pk=user.pk)  # the request's own is a proxy, not a record
    values = {"sessions_ended_at": now()}
    return change(record, values, actor=user, via=via, action="sign_out_everywhere").record
