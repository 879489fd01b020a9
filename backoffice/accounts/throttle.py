"""How often somebody may try a password, a code, or ask for a mail.

Each try is counted before it is judged, so that many at once are no way around it, and taken back if it was right. After
a few failures each further try has to wait: one second, two, four, up to a quarter of an hour. Tries that come too early
are refused without being judged or counted: whoever waits for an account to open cannot be kept waiting for ever.

An account is counted by whom the name means that was typed, by the very function that signs in
(`find_by_sign_in_name`), so that it has no more tries by other spellings or by its e-mail address; a name that means nobody is
counted by its key. The answers say nothing about which it was. A browser in which somebody has signed in before is counted
by itself (its cookie `known_device`, bound to the user's id): others who guess at an account do not keep its owner out.
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

from backoffice.accounts.client_ip import client_address, network
from backoffice.accounts.models import Attempts
from backoffice.people.usernames import email_key, username_key
from backoffice.records.fields import now

MOST_ROWS = 100_000
"""How many rows are kept at most; over that, those go that would soonest be forgotten."""
RACES = 20
"""How often a row is read again because somebody else wrote it meanwhile."""
COOKIE = "known_device"
COOKIE_AGE = 365 * 86400
COOKIE_PEOPLE = 8
"""How many people one browser is remembered for."""


@dataclass(frozen=True)
class Limit:
    """`free` failures cost nothing, each further one doubles the wait. One is forgiven for every `forgive` seconds of
    quiet. What is right `clears` the failures, or is only not counted itself: else whoever has one account could
    go on guessing at others."""

    name: str
    free: int
    forgive: int
    first: int = 1
    longest: int = 900
    clears: bool = True

    def wait(self, count: int) -> int:
        """Seconds to wait after `count` failures."""
        return 0 if count < self.free else min(self.first * 2 ** (count - self.free), self.longest)

    @property
    def most(self) -> int:
        """More than this is not counted: the wait grows no further."""
        return self.free + math.ceil(math.log2(self.longest / self.first))


ACCOUNT = Limit("account", free=5, forgive=3600)
DEVICE = Limit("device", free=5, forgive=3600)
ADDRESS = Limit("address", free=30, forgive=300, clears=False)
PASSWORD_AGAIN = Limit("password again", free=5, forgive=3600)
CODE = Limit("code", free=5, forgive=3600)
"""By each known device, and by each network address for others: so nobody who knows the password keeps its owner out."""
RECOVERY_CODE = Limit("recovery code", free=5, forgive=3600)
CODE_EVERYWHERE = Limit("code everywhere", free=100, forgive=600)
"""By account, from devices that are not known. One address alone cannot reach it; many together guess no faster."""
MAIL = Limit("mail", free=3, forgive=3600, first=60)
MAIL_ADDRESS = Limit("mail address", free=10, forgive=600, first=60)


class Attempt:
    """One try, counted against each of some limits."""

    def __init__(self, *counted: tuple[Limit, str], user=None):
        self.user = user
        """Whom the name means that was typed, if anybody."""
        self._counted = [(limit, _key(limit, who)) for limit, who in counted]

    def acquire(self) -> int:
        """Count the try: it may be judged if this is 0, else it is not counted and has to wait so many seconds."""
        at = now()
        keys = [key for _limit, key in self._counted]
        held = Attempts.objects.filter(key__in=keys, held_until__gt=at).values_list("held_until", flat=True)
        if held := list(held):
            return _seconds(max(held) - at)
        for place, (limit, key) in enumerate(self._counted):
            if wait := _count(limit, key, at):
                for earlier, earlier_key in self._counted[:place]:
                    _take_back(earlier, earlier_key)
                return wait
        return 0

    def release(self) -> None:
        """It was right: forget what went before, or at least this one."""
        for limit, key in self._counted:
            if limit.clears:
                Attempts.objects.filter(key=key).delete()
            else:
                _take_back(limit, key)


def _key(limit: Limit, who: str) -> str:
    return salted_hmac(f"backoffice.signin.{limit.name}", who, algorithm="sha256").hexdigest()


def keys_of(pk: str, names: Iterable[str]) -> list[str]:
    """What a user is counted by, who is or was called by some names and addresses. (Not the counts by an address of a network
    together with the user: only who has that address knows them, and they go by themselves.)"""
    found = [_key(limit, pk) for limit in (PASSWORD_AGAIN, CODE, CODE_EVERYWHERE)]
    found.append(_key(ACCOUNT, hash_name(pk)))
    for name in names:
        found += [_key(ACCOUNT, hash_name(username_key(name))), _key(MAIL, email_key(name) or "")]
    return found


def _count(limit: Limit, key: str, at: datetime) -> int:
    """Count one more; or for how many seconds it has to wait."""
    for _race in range(RACES):
        row = Attempts.objects.filter(key=key).first() or _new_row(key, at)
        if row.held_until and row.held_until > at:
            return _seconds(row.held_until - at)
        count = min(_left(row, limit, at) + 1, limit.most)
        wait = limit.wait(count)
        if _write(
            row,
            count=count,
            counted_at=at,
            held_until=at + timedelta(seconds=wait) if wait else None,
            forgotten_at=at + timedelta(seconds=count * limit.forgive),
        ):
            return 0
    return 1


def _take_back(limit: Limit, key: str) -> None:
    """Uncount the last one, and open what it had closed."""
    for _race in range(RACES):
        row = Attempts.objects.filter(key=key).first()
        if row is None or _write(row, count=max(row.count - 1, 0), held_until=None):
            return


def _left(row: Attempts, limit: Limit, at: datetime) -> int:
    """The failures that are not forgiven yet."""
    return max(0, row.count - int((at - row.counted_at).total_seconds() // limit.forgive))


def _write(row: Attempts, **values) -> bool:
    """Write a row as it was read; False if somebody else was faster."""
    return bool(Attempts.objects.filter(pk=row.pk, turn=row.turn).update(turn=row.turn + 1, **values))


def _new_row(key: str, at: datetime) -> Attempts:
    _make_room(at)
    fresh = {"counted_at": at, "forgotten_at": at + timedelta(hours=1)}
    row, _made = Attempts.objects.get_or_create(key=key, defaults=fresh)
    return row


def _make_room(at: datetime) -> None:
    """Drop the rows of which all is forgiven; and a tenth of them if there are too many even so."""
    Attempts.objects.filter(forgotten_at__lte=at).delete()
    if Attempts.objects.count() >= MOST_ROWS:
        oldest = Attempts.objects.order_by("forgotten_at").values_list("pk", flat=True)
        Attempts.objects.filter(pk__in=list(oldest[: max(1, MOST_ROWS // 10)])).delete()


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))


def wait_message(seconds: int) -> str:
    """How long to wait, for people."""
    if seconds < 60:
        when = ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    else:
        minutes = math.ceil(seconds / 60)
        when = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return _("Too many attempts. Try again in %(when)s.") % {"when": when}


def sign_in_attempt(request: HttpRequest, username: str) -> Attempt:
    """A try to sign in with a password."""
    user = get_user_model()._default_manager.find_by_sign_in_name(username)
    account = hash_name(username_key(username) if user is None else user.pk)
    if device := _known_people(request).get(account):
        return Attempt((DEVICE, device), user=user)
    return Attempt((ADDRESS, _network(request)), (ACCOUNT, account), user=user)


def reset_account(user) -> None:
    """Let an account be tried again at once."""
    Attempt((ACCOUNT, hash_name(user.pk)), (CODE_EVERYWHERE, user.pk)).release()


def mail_attempt(request: HttpRequest, email: str) -> Attempt:
    """A wish for a mail with which to choose a new password. There is no right or wrong: each counts."""
    return Attempt((MAIL_ADDRESS, _network(request)), (MAIL, email_key(email) or ""))


def password_attempt(user) -> Attempt:
    """Somebody who has signed in tells their password once more. Strangers who guess at it do not count here."""
    return Attempt((PASSWORD_AGAIN, user.pk))


def code_attempt(request: HttpRequest, user) -> Attempt:
    """A code of the second factor, by somebody who knows the password."""
    if device := _known_people(request).get(hash_name(user.pk)):
        return Attempt((CODE, device))
    return Attempt((CODE, f"{user.pk} {_network(request)}"), (CODE_EVERYWHERE, user.pk))


def recovery_code_attempt(request: HttpRequest, user) -> Attempt:
    """A recovery code. It has 49 random bits, so it is not counted by account: its owner gets in by it whatever others try."""
    if device := _known_people(request).get(hash_name(user.pk)):
        return Attempt((RECOVERY_CODE, device))
    return Attempt((RECOVERY_CODE, f"{user.pk} {_network(request)}"))


def setup_code_attempt(user) -> Attempt:
    """A code that proves a new second factor, by somebody who has signed in."""
    return Attempt((CODE, user.pk))


def remember_device(request: HttpRequest, response: HttpResponse, user) -> None:
    """Note in a cookie that somebody has signed in with this browser."""
    people = _known_people(request)
    account = hash_name(user.pk)
    kept = {account: people.pop(account, None) or secrets.token_hex(8)}
    kept |= dict(list(people.items())[: COOKIE_PEOPLE - 1])
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=COOKIE),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path=resolve_url(settings.LOGIN_URL),  # and below: the code of the second factor
    )


def _known_people(request: HttpRequest) -> dict[str, str]:
    """The accounts that this browser is known to, each with the name of the device."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}


def hash_name(who: str) -> str:
    """What stands for a user's id, or for the key of a name that means nobody."""
    return salted_hmac("backoffice.signin.name", who, algorithm="sha256").hexdigest()[:32]


def _network(request: HttpRequest) -> str:
    return network(client_address(request))
