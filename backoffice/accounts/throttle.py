"""Throttling of passwords, codes and password reset e-mails.

Each attempt is counted before it is checked, so that parallel requests cannot bypass the limit, and uncounted
if it succeeds. After a few failures each further attempt has to wait: one second, two, four, up to 15
minutes. Attempts that come too early are rejected without being checked or counted, so nobody can extend the
wait of an account for ever.

Attempts are counted by the account that the typed name refers to, found by the function that signs in
(`find_by_sign_in_name`): other spellings or the e-mail address give no extra attempts. An unknown name is
counted by its key; responses do not reveal whether a name is known. A browser in which the user has signed in
before is counted separately (its cookie `known_device`, bound to the user's id), so strangers who guess
cannot lock out the owner.
"""

import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts.client_ip import client_address, client_network
from backoffice.accounts.models import Attempts
from backoffice.people.usernames import email_key, username_key
from backoffice.records.fields import now

MAX_ROWS = 100_000
"""The most rows kept; above this, the rows that expire soonest are deleted."""
RACES = 20
"""How often a row is read again after a concurrent write."""
COOKIE = "known_device"
COOKIE_AGE = 365 * 86400
COOKIE_PEOPLE = 8
"""The most users that one browser remembers."""


@dataclass(frozen=True)
class Limit:
    """A limit on failed attempts. The first `free_failures` cost nothing; each further one doubles the wait,
    from `first_wait` to `longest_wait` seconds. One failure is forgiven for every `forgive_seconds` without
    attempts. A success resets the counter if `is_reset_by_success`; otherwise it only does not count
    itself, so that a user with one account cannot continue to guess at others."""

    name: str
    free_failures: int
    forgive_seconds: int
    first_wait: int = 1
    longest_wait: int = 900
    is_reset_by_success: bool = True

    def wait(self, count: int) -> int:
        """Return the seconds to wait after `count` failures."""
        if count < self.free_failures:
            return 0
        return min(self.first_wait * 2 ** (count - self.free_failures), self.longest_wait)

    @property
    def max_count(self) -> int:
        """The highest count: beyond it the wait does not grow."""
        return self.free_failures + math.ceil(math.log2(self.longest_wait / self.first_wait))


ACCOUNT = Limit("account", free_failures=5, forgive_seconds=3600)
DEVICE = Limit("device", free_failures=5, forgive_seconds=3600)
ADDRESS = Limit("address", free_failures=30, forgive_seconds=300, is_reset_by_success=False)
REAUTHENTICATION = Limit("password again", free_failures=5, forgive_seconds=3600)
CODE = Limit("code", free_failures=5, forgive_seconds=3600)
"""Counted by known device, or else by network address, so that a person who knows the password cannot lock
out the owner."""
RECOVERY_CODE = Limit("recovery code", free_failures=5, forgive_seconds=3600)
CODE_EVERYWHERE = Limit("code everywhere", free_failures=100, forgive_seconds=600)
"""Counted by account, for unknown devices. One address alone cannot reach it; many addresses together guess
no faster."""
MAIL = Limit("mail", free_failures=3, forgive_seconds=3600, first_wait=60)
MAIL_ADDRESS = Limit("mail address", free_failures=10, forgive_seconds=600, first_wait=60)


class Attempt:
    """One attempt, counted against one or more limits."""

    def __init__(self, *counters: tuple[Limit, str], user=None):
        self.user = user
        """The user whom the typed name refers to, if any."""
        self._counters = [(limit, _key(limit, subject)) for limit, subject in counters]

    def acquire(self) -> int:
        """Count the attempt. Returns 0 if it may be checked, else the seconds to wait; then it is not
        counted."""
        at = now()
        keys = [key for _limit, key in self._counters]
        holds = Attempts.objects.filter(key__in=keys, held_until__gt=at).values_list("held_until", flat=True)
        if holds := list(holds):
            return _seconds(max(holds) - at)
        for place, (limit, key) in enumerate(self._counters):
            if wait := _count(limit, key, at):
                for earlier, earlier_key in self._counters[:place]:
                    _uncount(earlier, earlier_key)
                return wait
        return 0

    def release(self) -> None:
        """Mark the attempt as successful: reset its counters, or at least uncount it."""
        for limit, key in self._counters:
            if limit.is_reset_by_success:
                Attempts.objects.filter(key=key).delete()
            else:
                _uncount(limit, key)


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(f"backoffice.signin.{limit.name}", subject, algorithm="sha256").hexdigest()


def counter_keys(pk: str, names: Iterable[str]) -> list[str]:
    """Return the keys of a user's counters, for all present and former names and e-mail addresses. (Except
    those combined with a network address, which cannot be derived from the user; they expire.)"""
    keys = [_key(limit, pk) for limit in (REAUTHENTICATION, CODE, CODE_EVERYWHERE)]
    keys.append(_key(ACCOUNT, hash_name(pk)))
    for name in names:
        keys += [_key(ACCOUNT, hash_name(username_key(name))), _key(MAIL, email_key(name) or "")]
    return keys


def _count(limit: Limit, key: str, at: datetime) -> int:
    """Count one failure and return 0, or return the seconds to wait without counting."""
    for _race in range(RACES):
        row = Attempts.objects.filter(key=key).first() or _new_row(key, at)
        if row.held_until and row.held_until > at:
            return _seconds(row.held_until - at)
        count = min(_remaining_failures(row, limit, at) + 1, limit.max_count)
        wait = limit.wait(count)
        if _write(
            row,
            count=count,
            counted_at=at,
            held_until=at + timedelta(seconds=wait) if wait else None,
            forgotten_at=at + timedelta(seconds=count * limit.forgive_seconds),
        ):
            return 0
    return 1


def _uncount(limit: Limit, key: str) -> None:
    """Uncount the last failure, and lift the wait that it caused."""
    for _race in range(RACES):
        row = Attempts.objects.filter(key=key).first()
        if row is None or _write(row, count=max(row.count - 1, 0), held_until=None):
            return


def _remaining_failures(row: Attempts, limit: Limit, at: datetime) -> int:
    """Return the number of failures that are not forgiven yet."""
    return max(0, row.count - int((at - row.counted_at).total_seconds() // limit.forgive_seconds))


def _write(row: Attempts, **values) -> bool:
    """Update a row unless it was changed since it was read; return whether it was updated."""
    return bool(Attempts.objects.filter(pk=row.pk, turn=row.turn).update(turn=row.turn + 1, **values))


def _new_row(key: str, at: datetime) -> Attempts:
    _prune(at)
    defaults = {"counted_at": at, "forgotten_at": at + timedelta(hours=1)}
    row, _created = Attempts.objects.get_or_create(key=key, defaults=defaults)
    return row


def _prune(at: datetime) -> None:
    """Delete the rows whose failures are all forgiven, and a tenth of the rest if there are still too
    many."""
    Attempts.objects.filter(forgotten_at__lte=at).delete()
    if Attempts.objects.count() >= MAX_ROWS:
        oldest = Attempts.objects.order_by("forgotten_at").values_list("pk", flat=True)
        Attempts.objects.filter(pk__in=list(oldest[: max(1, MAX_ROWS // 10)])).delete()


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))


def wait_message(seconds: int) -> str:
    """Return the message that tells the user how long to wait."""
    if seconds < 60:
        when = ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    else:
        minutes = math.ceil(seconds / 60)
        when = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return _("Too many attempts. Try again in %(when)s.") % {"when": when}


def sign_in_attempt(request: HttpRequest, username: str) -> Attempt:
    """Return an attempt to sign in with a password."""
    user = get_user_model()._default_manager.find_by_sign_in_name(username)
    account = hash_name(username_key(username) if user is None else user.pk)
    if device := _known_accounts(request).get(account):
        return Attempt((DEVICE, device), user=user)
    return Attempt((ADDRESS, _network(request)), (ACCOUNT, account), user=user)


def reset_account(user) -> None:
    """Reset the counters of an account, so that it can be tried again at once."""
    Attempt((ACCOUNT, hash_name(user.pk)), (CODE_EVERYWHERE, user.pk)).release()


def mail_attempt(request: HttpRequest, email: str) -> Attempt:
    """Return an attempt to request a password reset e-mail. It never succeeds or fails: each one counts."""
    return Attempt((MAIL_ADDRESS, _network(request)), (MAIL, email_key(email) or ""))


def password_attempt(user) -> Attempt:
    """Return an attempt of a signed-in user to confirm the password. Sign-in attempts by strangers do not
    count here."""
    return Attempt((REAUTHENTICATION, user.pk))


def code_attempt(request: HttpRequest, user, *, is_recovery_code: bool) -> Attempt:
    """Return an attempt to enter a code of the second factor, after the right password. A recovery code has 49
    random bits and need not be counted by account, so strangers cannot keep the owner from using one."""
    limit = RECOVERY_CODE if is_recovery_code else CODE
    if device := _known_accounts(request).get(hash_name(user.pk)):
        return Attempt((limit, device))
    everywhere = () if is_recovery_code else ((CODE_EVERYWHERE, user.pk),)
    return Attempt((limit, f"{user.pk} {_network(request)}"), *everywhere)


def setup_code_attempt(user) -> Attempt:
    """Return an attempt to confirm a new second factor, by a signed-in user."""
    return Attempt((CODE, user.pk))


def remember_device(request: HttpRequest, response: HttpResponse, user) -> None:
    """Set the cookie that marks this browser as a known device of the user."""
    people = _known_accounts(request)
    account = hash_name(user.pk)
    devices = {account: people.pop(account, None) or secrets.token_hex(8)}
    devices |= dict(list(people.items())[: COOKIE_PEOPLE - 1])
    response.set_cookie(
        COOKIE,
        signing.dumps(devices, salt=COOKIE),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path=resolve_url(settings.LOGIN_URL),  # and below, for the code of the second factor
    )


def _known_accounts(request: HttpRequest) -> dict[str, str]:
    """Return the accounts that this browser is a known device of, each with the device's name."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}


def hash_name(name: str) -> str:
    """Return a hash of a user's id, or of the key of an unknown name."""
    return salted_hmac("backoffice.signin.name", name, algorithm="sha256").hexdigest()[:32]


def _network(request: HttpRequest) -> str:
    return client_network(client_address(request))
