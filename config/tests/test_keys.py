"""The keys that an installation makes for itself."""

import stat
from concurrent.futures import ThreadPoolExecutor

from cryptography.fernet import Fernet

from config.keys import fernet_key, kept_key


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "var" / "secret_key"
    key = kept_key(path)
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept_key(path) == key
    assert kept_key(tmp_path / "other") != key


def test_many_that_start_at_once_agree_and_leave_nothing_else(tmp_path):
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(8) as crowd:
        keys = {future.result() for future in [crowd.submit(kept_key, path) for _start in range(32)]}
    assert keys == {path.read_text()}
    assert [found.name for found in tmp_path.iterdir()] == ["secret_key"]


def test_whoever_comes_second_takes_the_first_ones_key(tmp_path, monkeypatch):
    path = tmp_path / "secret_key"
    first = kept_key(path)
    # The second looked before the first had written.
    monkeypatch.setattr("pathlib.Path.exists", lambda self: False)
    assert kept_key(path) == first


def test_a_key_for_secrets_is_one_that_encrypts(tmp_path):
    key = kept_key(tmp_path / "field_keys", fernet_key)
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"4711")) == b"4711"
    assert kept_key(tmp_path / "field_keys", fernet_key) == key
