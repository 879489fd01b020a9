"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost.

Both belong to the user's record and change as it does, so the history tells of it. The secret is encrypted in the
database; of recovery codes there are keyed hashes. Each code works once.
"""

import re
import secrets
import time
from datetime import datetime, timezone
from functools import cached_property

import pyotp
import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from pyotp.exceptions import OTPVerificationError

from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict
from backoffice.records.fields import is_unreadable
from backoffice.records.properties import keyed_hash

ISSUER = "Caretaker"
STEP = 30
"""Seconds for which a code is shown."""
DRIFT = 1
"""How many steps a telephone's clock may be off."""
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of recovery codes: those that are not mistaken for one another."""
SECRET = re.compile(r"[A-Z2-7]{32}")


class TotpSetup:
    """A secret that is being set up. It is nowhere but on the page until a code proves that the app has it."""

    def __init__(self, user: User, secret: str = ""):  # nosec B107 # empty: a new one is made
        self._user = user
        self.secret = secret if SECRET.fullmatch(secret) else pyotp.random_base32()

    @cached_property
    def address(self) -> str:
        """What the picture says, for those who read this on their telephone."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=self._user.username, issuer_name=ISSUER)

    @property
    def in_fours(self) -> str:
        """The secret as people type it."""
        return " ".join(re.findall("....", self.secret))

    def picture(self) -> SafeString:
        """The QR code as SVG, for apps to look at."""
        drawn = segno.make(self.address, error="m", micro=False)
        return mark_safe(  # noqa: S308 # nosec B308 B703 # modules of a QR code, no text
            drawn.svg_inline(omitsize=True, border=4, svgclass="qr-code", lineclass=None)
        )

    def confirm(self, code: str, via: ChangeContext) -> tuple[User, list[str]] | None:
        """Set it up, if the code is right: the user as they are now, and their recovery codes, to be read this once."""
        step = _step_of(self.secret, code)
        if step is None or not _take_step(self._user, step):
            return None
        codes, hashes = _new_codes(self._user)
        values = {"totp_secret": self.secret, "recovery_codes": hashes}
        return _changed(self._user, values, self._user, via, "set_up_second_factor"), codes


def make_recovery_codes(user: User, via: ChangeContext) -> list[str]:
    """New ones; those there were work no more."""
    codes, hashes = _new_codes(user)
    _changed(user, {"recovery_codes": hashes}, user, via, "make_recovery_codes")
    return codes


def remove_factor(user: User, actor: Actor, via: ChangeContext) -> User:
    """Take the second factor away."""
    return _changed(user, {"totp_secret": "", "recovery_codes": []}, actor, via, "remove_second_factor")  # nosec B105 # empty: none


def accepts_code(user: User, typed: str, via: ChangeContext) -> bool:
    """Whether a code is right, of either kind; it is used up then."""
    code = _bare(typed)
    record = User._base_manager.get(pk=user.pk)
    if is_app_code(typed) and not is_unreadable(record.totp_secret):
        step = _step_of(record.totp_secret, code)
        return step is not None and _take_step(record, step)
    used = _hash(record, code)
    if used not in record.recovery_codes:
        return False
    left = [kept for kept in record.recovery_codes if kept != used]
    try:
        services.update(
            record,
            {"recovery_codes": left},
            actor=record,
            via=via,
            base=record.version,
            strict=True,
            action="use_recovery_code",
        )
    except Conflict:
        return False  # of two who come with it at the same moment, one
    return True


def is_app_code(typed: str) -> bool:
    """Whether what was typed is a code of the app, right or wrong, and not a recovery code."""
    return _bare(typed).isdecimal()


def _bare(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).lower()


def is_required(user: User) -> bool:
    """Whether this person needs a second factor: whoever is in one of SECOND_FACTOR_GROUPS, and superusers if there
    are any such groups."""
    named = settings.SECOND_FACTOR_GROUPS
    return bool(named) and (user.is_superuser or user.groups.filter(name__in=named).exists())


def _changed(user: User, values: dict, actor: Actor, via: ChangeContext, action: str) -> User:
    record = User._base_manager.get(pk=user.pk)  # the request's own is a proxy, not a record
    return services.update(record, values, actor=actor, via=via, action=action).record


def _step_of(secret: str, code: str) -> int | None:
    """The step of time that a code belongs to, if it is right."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=int(time.time()), valid_window=DRIFT)
    except OTPVerificationError:
        return None


def _take_step(user: User, step: int) -> bool:
    """Whether no code of this step or a later one was used yet: of many at once, one gets through."""
    at = datetime.fromtimestamp(step * STEP, timezone.utc)
    mine = User._base_manager.filter(pk=user.pk)
    fresh = mine.filter(last_code_at__lt=at) | mine.filter(last_code_at__isnull=True)
    return bool(fresh.update(last_code_at=at))


def _new_codes(user: User) -> tuple[list[str], list[str]]:
    """Recovery codes as people read them, and what is kept of them."""
    plain = ["".join(secrets.choice(LETTERS) for _letter in range(10)) for _code in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in plain], [_hash(user, code) for code in plain]


def _hash(user: User, code: str) -> str:
    return keyed_hash(f"recovery code {user.pk} {code}")
