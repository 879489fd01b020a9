"""Key files of an installation: read, never replaced, written once."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from backoffice.records import key_files
from backoffice.records.key_files import (
    UnusableKeyFile,
    fernet_key,
    missing_key_files,
    read_key,
    write_missing_keys,
)


@pytest.fixture(autouse=True)
def no_missing_keys(monkeypatch):
    monkeypatch.setattr(key_files, "_unwritten", {})


def test_reading_never_writes_a_key_file(tmp_path):
    path = tmp_path / "var" / "secret_key"
    key = read_key(path)
    assert len(key) >= 50
    assert read_key(path) == key
    assert not path.parent.exists()
    assert missing_key_files() == [path]


def test_a_missing_key_file_is_written_once_and_private_to_its_owner(tmp_path):
    path = tmp_path / "var" / "secret_key"
    key = read_key(path)
    write_missing_keys()
    assert path.read_text() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["secret_key"]
    assert missing_key_files() == []
    assert read_key(path) == key
    assert read_key(tmp_path / "other") != key


def test_a_second_process_stops(tmp_path, monkeypatch):
    path = tmp_path / "secret_key"
    read_key(path)
    path.write_text("the key of the first process")
    monkeypatch.setattr(Path, "exists", lambda self: False)  # the second looked before the first had written
    with pytest.raises(UnusableKeyFile, match="Another process has just written"):
        write_missing_keys()
    assert path.read_text() == "the key of the first process"
    assert [found.name for found in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_an_empty_or_unreadable_key_file_is_refused(tmp_path, content):
    path = tmp_path / "secret_key"
    path.write_bytes(content)
    with pytest.raises(UnusableKeyFile, match=str(path)):
        read_key(path)
    assert path.read_bytes() == content


def test_a_new_field_key_encrypts(tmp_path):
    key = read_key(tmp_path / "field_keys", fernet_key)
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"4711")) == b"4711"
