"""Pinned packages: the exact versions of the requirements, each with its hash."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pins(*names: str) -> set[tuple[str, str]]:
    """Return the packages and versions that files pin, with names normalised as pip does."""
    found = "\n".join((ROOT / name).read_text() for name in names)
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in PIN.findall(found)}


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("requirements.lock", ["requirements.txt"]),
        ("requirements-dev.lock", ["requirements.txt", "requirements-dev.txt"]),
    ],
)
def test_lock_files_contain_the_requirements(lock, requirements):
    assert pins(*requirements) <= pins(lock), "Run make lock."


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_has_a_hash(lock):
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text())
    assert [entry for entry in entries if not entry.startswith("#") and "--hash=sha256:" not in entry] == []


def test_make_installs_by_hash():
    installs = re.findall(r"\$\(PIP\) .*-r .*", (ROOT / "Makefile").read_text())
    assert installs
    assert all("--require-hashes" in line for line in installs)
