"""Numbers of records created concurrently over JSON, in a separate database: no number is used twice, not
even after a deletion."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facility.tests.concurrent_creation import THREADS, TURNS
from scripts.throwaway_servers import another_database

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database(tmp_path):
    """The URL of a separate database."""
    with another_database(tmp_path) as url:
        yield url


@pytest.mark.deep
@pytest.mark.everywhere
def test_no_number_is_used_twice(database):
    environment = os.environ | {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "only-for-the-tests-" + "0" * 40,
        "SECRETS_HASH_KEY": "only-for-the-tests-" + "1" * 40,
    }

    def run(*words) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert "locked" not in done.stderr
        return done.stdout

    run("manage.py", "migrate", "--verbosity", "0")
    given = json.loads(run("-m", "facility.tests.concurrent_creation"))
    assert given["troubles"] == []
    # A customer and an object existed before.
    assert sorted(given["complaints"]) == list(range(1, THREADS * TURNS + 1))
    for kind in ("objects", "customers"):
        assert sorted(given[kind]) == list(range(2, THREADS * TURNS + 2))
