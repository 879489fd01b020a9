"""The life of sessions: start, renewal, listing, and ending one or all."""

import time

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.crypto import constant_time_compare

from backoffice.accounts.client_ip import client_address, coarse_address
from backoffice.accounts.devices import describe_device
from backoffice.accounts.models import UserSession
from backoffice.accounts.reauthentication import mark_confirmed
from backoffice.accounts.session_backend import ADDRESS, DEVICE, SIGNED_IN, hash_session_key
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext
from backoffice.records.fields import now

RENEWED = "renewed_at"
RENEW_SECONDS = 86400
"""The age after which a session in use is renewed, so that not every request writes."""
MAX_LISTED = 50
"""The most sessions of a user that are listed, the newest first."""


def start_session(sender, request, user, **kwargs) -> None:
    """Set up the session of a user who has just signed in, and delete expired sessions."""
    request.session[RENEWED] = request.session[SIGNED_IN] = int(time.time())
    request.session[DEVICE] = describe_device(request.META.get("HTTP_USER_AGENT", ""))
    request.session[ADDRESS] = coarse_address(client_address(request))
    mark_confirmed(request)
    request.session.clear_expired()


def renew(request) -> None:
    """Extend a session in use, once a day."""
    if time.time() - request.session.get(RENEWED, 0) > RENEW_SECONDS:
        request.session[RENEWED] = int(time.time())


def list_sessions(request) -> list[UserSession]:
    """Return the open sessions of the user: the current one (`is_current`), then the newest first."""
    user, current = request.user, hash_session_key(request.session.session_key)
    rows = UserSession.objects.filter(user_id=user.pk, expire_date__gt=now()).order_by("-started_at")
    sessions = []
    for session in rows[:MAX_LISTED]:
        auth_hash = session.get_decoded().get(HASH_SESSION_KEY, "")
        if constant_time_compare(auth_hash, user.get_session_auth_hash()) and not session.is_over(now()):
            session.is_current = session.session_key == current
            sessions.append(session)
    return sorted(sessions, key=lambda session: not session.is_current)


def end_session(request, key: str) -> bool:
    """End one other session of the user, by the key of its row; False if there is none."""
    return bool(_others(request).filter(session_key=key).delete()[0])


def end_other_sessions(request) -> int:
    """End all sessions of the user except the current one; return how many."""
    return _others(request).delete()[0]


def _others(request):
    current = hash_session_key(request.session.session_key)
    return UserSession.objects.filter(user_id=request.user.pk).exclude(session_key=current)


def end_everywhere(user: User, context: ChangeContext) -> User:
    """End every session of a user, including the current one."""
    record = User._base_manager.get(pk=user.pk)  # `request.user` is a lazy proxy, not a record
    values = {"sessions_ended_at": now()}
    return services.update(record, values, actor=user, context=context, action="sign_out_everywhere").record
