"""Numbers of records that are created over JSON by many at once, on a database in a file: none is given twice, not
even after what had it was removed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from facility.tests.creators import THREADS, TURNS

HERE = Path(__file__).resolve().parents[2]


@pytest.mark.deep
def test_no_number_is_given_twice(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'created.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "only-for-the-tests-" + "0" * 40,
        "SECRETS_HASH_KEY": "only-for-the-tests-" + "1" * 40,
    }

    def run(*words) -> str:
        command = [sys.executable, *words]
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=True)
        assert "locked" not in done.stderr
        return done.stdout

    run("manage.py", "migrate", "--verbosity", "0")
    given = json.loads(run("-m", "facility.tests.creators"))
    assert given["troubles"] == []
    # A customer and an object were there before the others came.
    assert sorted(given["complaints"]) == list(range(1, THREADS * TURNS + 1))
    for kind in ("objects", "customers"):
        assert sorted(given[kind]) == list(range(2, THREADS * TURNS + 2))
