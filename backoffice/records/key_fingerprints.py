"""Fingerprints of the installation's keys in the database: a start with other keys is refused.

With another key, existing secrets cannot be read, and new ones would be encrypted so that servers with the
right key cannot read them.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, models

from backoffice.db.health import describe_trouble
from backoffice.records.fields.base import InstantField, ObjectIdField, now
from backoffice.records.fields.encryption import (
    check_field_keys,
    decrypt_value,
    encrypted_columns,
    is_unreadable,
    iterate_tokens,
)
from backoffice.records.key_files import missing_key_files

ITERATIONS = 100_000
"""Of PBKDF2: a key may have been chosen by a person, and must not be easy to guess from a copy of the
database."""


class KeyFingerprint(models.Model):
    """The fingerprint of a key that this database was used with."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    setting = models.CharField(max_length=32)
    fingerprint = models.CharField(max_length=64)
    recorded_at = InstantField(default=now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["setting", "fingerprint"], name="unique_key_fingerprint")
        ]

    def __str__(self) -> str:
        return self.setting


@lru_cache(maxsize=16)
def fingerprint_of(setting: str, key: str) -> str:
    """Return the fingerprint of a key. Slow by design, therefore cached."""
    return hashlib.pbkdf2_hmac("sha256", key.encode(), setting.encode(), ITERATIONS).hex()


def current_fingerprints() -> dict[str, list[str]]:
    """Return the fingerprints of the keys in the settings, by setting; that of the encrypting key comes
    first."""
    keys = {
        "SECRET_KEY": [settings.SECRET_KEY],
        "SECRETS_HASH_KEY": [settings.SECRETS_HASH_KEY],
        "FIELD_KEYS": list(settings.FIELD_KEYS),
    }
    return {
        setting: [fingerprint_of(setting, key) for key in setting_keys]
        for setting, setting_keys in keys.items()
    }


def recorded_fingerprints() -> dict[str, set[str]]:
    fingerprints: dict[str, set[str]] = {}
    for setting, fingerprint in KeyFingerprint.objects.values_list("setting", "fingerprint"):
        fingerprints.setdefault(setting, set()).add(fingerprint)
    return fingerprints


def has_fingerprints() -> bool:
    """Return whether the database has the table of fingerprints: that of an earlier version does not."""
    return KeyFingerprint._meta.db_table in connections[DEFAULT_DB_ALIAS].introspection.table_names()


def find_key_problem() -> str:
    """Return why the keys do not fit the database, in one line; empty if they do. If none is recorded yet,
    the existing secrets must be readable."""
    current, recorded = current_fingerprints(), recorded_fingerprints()
    missing = {path.name.upper(): path for path in missing_key_files()}
    for setting, fingerprints in current.items():
        if not recorded.get(setting, set()) <= set(fingerprints):
            if path := missing.get(setting):
                return (
                    f"The key file {path} is missing. Put it back from your backup. "
                    "If it is lost for good: manage.py accept_keys (what was encrypted with it stays unreadable)."
                )
            return (
                f"{setting} is not the key that this database was used with. Use the key of the other servers, or that "
                "of your backup. If you changed it on purpose: manage.py accept_keys."
            )
    if not recorded and not _are_secrets_readable():
        return (
            "FIELD_KEYS does not open the secrets in this database. Put var/field_keys back from your backup. "
            "If it is lost for good: manage.py accept_keys."
        )
    return ""


def _are_secrets_readable() -> bool:
    """Return whether the first secret of each encrypted column can be read."""
    for model, field in encrypted_columns():
        for pk, token in iterate_tokens(model, field):
            if is_unreadable(decrypt_value(token, model, pk, field.attname)):
                return False
            break
    return True


def record_keys() -> None:
    """Record the current keys: all of them in a database without recorded keys, else a new first key. The
    caller has checked `find_key_problem`."""
    recorded = recorded_fingerprints()
    for setting, fingerprints in current_fingerprints().items():
        recorded_for_setting = recorded.get(setting, set())
        for fingerprint in fingerprints[:1] if recorded_for_setting else fingerprints:
            if fingerprint not in recorded_for_setting:
                _record(setting, fingerprint)


def accept_keys(setting: str = "", keys: int | None = None) -> None:
    """Record the current keys (of one setting, and the first `keys` of them), and delete all other
    fingerprints."""
    for name, fingerprints in current_fingerprints().items():
        if setting in ("", name):
            for fingerprint in fingerprints[:keys]:
                _record(name, fingerprint)
            KeyFingerprint.objects.filter(setting=name).exclude(fingerprint__in=fingerprints[:keys]).delete()


def _record(setting: str, fingerprint: str) -> None:
    if not KeyFingerprint.objects.filter(setting=setting, fingerprint=fingerprint).exists():
        with suppress(IntegrityError):  # another process recorded it
            KeyFingerprint.objects.create(setting=setting, fingerprint=fingerprint)


@checks.register(checks.Tags.database)
def check_keys(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[checks.CheckMessage]:
    """Compare the keys with those that the database was used with."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    if problems := check_field_keys(app_configs):
        return problems
    try:
        if not has_fingerprints():
            return []  # before the first `migrate`
        problem = find_key_problem()
    except Exception as error:
        if describe_trouble(error):
            return []  # reported where the database is used
        raise
    return [checks.Error(problem, id="records.E003")] if problem else []


@checks.register(checks.Tags.security)
def check_keys_of_commands(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[checks.CheckMessage]:
    """Run `check_keys` for each command with system checks: none works with other keys."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return []  # connecting would create the file
    return check_keys(app_configs, databases=[DEFAULT_DB_ALIAS])
