"""A database is used only with the keys that it was created with."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from backoffice.records import key_files
from backoffice.records.key_files import fernet_key, read_key
from backoffice.records.key_fingerprints import (
    KeyFingerprint,
    accept_keys,
    check_keys,
    find_key_problem,
    fingerprint_of,
    record_keys,
)


@pytest.fixture(autouse=True)
def recorded_keys(db, monkeypatch):
    """A database that was used with the keys of the settings."""
    monkeypatch.setattr(key_files, "_unwritten", {})
    KeyFingerprint.objects.all().delete()
    record_keys()


def start() -> str:
    out = io.StringIO()
    call_command("check_database", "--migrated", stdout=out)
    return out.getvalue()


def test_the_recorded_keys_allow_the_start():
    assert find_key_problem() == ""
    assert "can be used" in start()
    assert KeyFingerprint.objects.count() == 3


@pytest.mark.parametrize("setting", ["SECRET_KEY", "SECRETS_HASH_KEY", "FIELD_KEYS"])
def test_another_key_prevents_the_start(settings, setting):
    setattr(settings, setting, [fernet_key()] if setting == "FIELD_KEYS" else "another" * 9)
    with pytest.raises(CommandError, match=f"{setting} is not the key") as refusal:
        start()
    assert len(str(refusal.value).splitlines()) == 1
    assert "accept_keys" in str(refusal.value)
    assert [found.id for found in check_keys(None, databases=["default"])] == ["records.E003"]
    call_command("accept_keys", stdout=io.StringIO())
    assert "can be used" in start()


def test_a_missing_key_file_prevents_the_start_and_is_not_replaced(settings, tmp_path):
    path = tmp_path / "field_keys"
    settings.FIELD_KEYS = [read_key(path, fernet_key)]
    with pytest.raises(CommandError, match=f"The key file {path} is missing"):
        start()
    with pytest.raises(CommandError, match=f"The key file {path} is missing"):
        call_command("migrate", skip_checks=False, stdout=io.StringIO())
    assert not path.exists()
    call_command("accept_keys", stdout=io.StringIO())
    assert path.read_text() == settings.FIELD_KEYS[0]
    assert "can be used" in start()


def test_a_missing_key_is_reported_at_the_start(settings):
    for keys in ([], ["abc"]):
        settings.FIELD_KEYS = keys
        with pytest.raises(CommandError, match="FIELD_KEYS is empty or has an invalid key"):
            start()


@pytest.mark.slow
def test_rotating_to_a_new_key_is_allowed(settings, records):
    old = settings.FIELD_KEYS[0]
    new = Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    assert "can be used" in start()  # from now on, servers without the new key are refused
    settings.FIELD_KEYS = [old]
    with pytest.raises(CommandError, match="FIELD_KEYS is not the key"):
        start()
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_field_keys", stdout=io.StringIO())
    assert "can be used" in start()
    settings.FIELD_KEYS = [new]
    assert "can be used" in start()
    settings.FIELD_KEYS = [old]
    with pytest.raises(CommandError, match="FIELD_KEYS is not the key"):
        start()


def test_a_database_without_fingerprints_must_be_readable(settings, records):
    """A database of an earlier version whose key file was lost before `migrate` recorded it."""
    record = records.object
    type(record)._base_manager.filter(pk=record.pk).update(security_code=encrypted_code(record))
    KeyFingerprint.objects.all().delete()
    assert find_key_problem() == ""
    settings.FIELD_KEYS = [fernet_key()]
    assert "does not open the secrets" in find_key_problem()


def encrypted_code(record):
    from backoffice.records.fields.encryption import encrypt_value

    return encrypt_value({"gate": "7182"}, type(record), record.pk, "security_code")


def test_fingerprints_disclose_nothing_about_the_keys(settings):
    kept = str(list(KeyFingerprint.objects.values_list()))
    for key in (settings.SECRET_KEY, settings.SECRETS_HASH_KEY, *settings.FIELD_KEYS):
        assert key not in kept
    assert fingerprint_of("SECRET_KEY", "x") != fingerprint_of("FIELD_KEYS", "x")


def test_accept_keys_is_idempotent():
    accept_keys()
    accept_keys()
    assert KeyFingerprint.objects.count() == 3
