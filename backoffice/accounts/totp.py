"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes in case it is lost.

Both are properties of the user's record and change through the write service, so they appear in the history.
The secret is encrypted in the database; recovery codes are stored as keyed hashes. Each code works once.
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
"""How many steps the clock of a phone may be off."""
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""The alphabet of recovery codes, without characters that are easily confused."""
SECRET = re.compile(r"[A-Z2-7]{32}")


class TotpSetup:
    """A secret that is being set up. It exists only on the page until a code proves that the app has it."""

    def __init__(self, user: User, secret: str = ""):  # nosec B107 # empty: generate one
        self._user = user
        self.secret = secret if SECRET.fullmatch(secret) else pyotp.random_base32()

    @cached_property
    def uri(self) -> str:
        """The provisioning URI, which the QR code contains, as a link for users who read the page on their
        phone."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=self._user.username, issuer_name=ISSUER)

    @property
    def grouped_secret(self) -> str:
        """The secret in groups of four characters."""
        return " ".join(re.findall("....", self.secret))

    def qr_code(self) -> SafeString:
        """Return the QR code as SVG."""
        code = segno.make(self.uri, error="m", micro=False)
        return mark_safe(  # noqa: S308 # nosec B308 B703 # modules of a QR code, no text
            code.svg_inline(omitsize=True, border=4, svgclass="qr-code", lineclass=None)
        )

    def confirm(self, code: str, context: ChangeContext) -> tuple[User, list[str]] | None:
        """Enable the second factor if the code is right. Returns the updated user and the recovery codes,
        which are shown only once."""
        step = _find_step(self.secret, code)
        if step is None or not _take_step(self._user, step):
            return None
        codes, hashes = _new_codes(self._user)
        values = {"totp_secret": self.secret, "recovery_codes": hashes}
        return _update_user(self._user, values, self._user, context, "set_up_second_factor"), codes


def make_recovery_codes(user: User, context: ChangeContext) -> list[str]:
    """Generate new recovery codes; the previous ones stop working."""
    codes, hashes = _new_codes(user)
    _update_user(user, {"recovery_codes": hashes}, user, context, "make_recovery_codes")
    return codes


def remove_second_factor(user: User, actor: Actor, context: ChangeContext) -> User:
    """Remove the second factor of a user."""
    empty = {"totp_secret": "", "recovery_codes": []}  # nosec B105
    return _update_user(user, empty, actor, context, "remove_second_factor")


def verify_code(user: User, typed_code: str, context: ChangeContext) -> bool:
    """Return whether a code of either kind is right, and mark it as used."""
    code = _normalize_code(typed_code)
    record = User._base_manager.get(pk=user.pk)
    if is_app_code(typed_code) and not is_unreadable(record.totp_secret):
        step = _find_step(record.totp_secret, code)
        return step is not None and _take_step(record, step)
    used = _hash(record, code)
    if used not in record.recovery_codes:
        return False
    remaining = [digest for digest in record.recovery_codes if digest != used]
    try:
        services.update(
            record,
            {"recovery_codes": remaining},
            actor=record,
            context=context,
            base=record.version,
            strict=True,
            action="use_recovery_code",
        )
    except Conflict:
        return False  # a concurrent request has used the same code
    return True


def is_app_code(typed_code: str) -> bool:
    """Return whether the text has the form of an app code, right or wrong, and not of a recovery code."""
    return _normalize_code(typed_code).isdecimal()


def _normalize_code(typed_code: str) -> str:
    return re.sub(r"[\s-]", "", typed_code).lower()


def requires_second_factor(user: User) -> bool:
    """Return whether a user needs a second factor: members of a group in SECOND_FACTOR_GROUPS, and superusers
    if there are any such groups."""
    groups = settings.SECOND_FACTOR_GROUPS
    return bool(groups) and (user.is_superuser or user.groups.filter(name__in=groups).exists())


def _update_user(user: User, values: dict, actor: Actor, context: ChangeContext, action: str) -> User:
    record = User._base_manager.get(pk=user.pk)  # `request.user` is a lazy proxy, not a record
    return services.update(record, values, actor=actor, context=context, action=action).record


def _find_step(secret: str, code: str) -> int | None:
    """Return the time step that a code belongs to; None if it is wrong."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=int(time.time()), valid_window=DRIFT)
    except OTPVerificationError:
        return None


def _take_step(user: User, step: int) -> bool:
    """Mark a time step as used; False if a code of this step or a later one was used already. Of concurrent
    requests, one succeeds."""
    at = datetime.fromtimestamp(step * STEP, timezone.utc)
    users = User._base_manager.filter(pk=user.pk)
    unused = users.filter(last_code_at__lt=at) | users.filter(last_code_at__isnull=True)
    return bool(unused.update(last_code_at=at))


def _new_codes(user: User) -> tuple[list[str], list[str]]:
    """Return new recovery codes as the user reads them, and their hashes."""
    plain = ["".join(secrets.choice(LETTERS) for _letter in range(10)) for _code in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in plain], [_hash(user, code) for code in plain]


def _hash(user: User, code: str) -> str:
    return keyed_hash(f"recovery code {user.pk} {code}")
