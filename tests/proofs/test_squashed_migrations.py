"""`migrate` adopts a database that an earlier version made, finishes an incomplete one, and makes a new one with
the same tables."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.throwaway_servers import another_database

pytestmark = [pytest.mark.deep, pytest.mark.everywhere]
PROJECT_ROOT = Path(__file__).resolve().parents[2]
EARLIER = ("-m", "tests.support.earlier_migrations")


def run(url: str, *words: str) -> str:
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.test_settings"}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def new_database(tmp_path_factory):
    with another_database(tmp_path_factory.mktemp("new")) as url:
        assert run(url, "manage.py", "migrate", "--verbosity", "1").count("0001_v1... OK") == 11
        found = json.loads(run(url, *EARLIER, "describe"))
    assert len(found["roles"]) == 5
    return found


@pytest.mark.parametrize("share", [0.2, 0.5, 0.75, 0.9])
def test_an_incomplete_database_is_finished(tmp_path, new_database, share):
    with another_database(tmp_path) as url:
        run(url, *EARLIER, str(share))
        run(url, "manage.py", "migrate", "--verbosity", "0")
        assert json.loads(run(url, *EARLIER, "describe")) == new_database
        assert "[ ]" not in run(url, "manage.py", "showmigrations", "--plan")


def test_a_complete_database_is_adopted(tmp_path, new_database):
    with another_database(tmp_path) as url:
        run(url, *EARLIER, "1")
        assert "0001_v1" not in run(url, "manage.py", "migrate")
        assert json.loads(run(url, *EARLIER, "describe")) == new_database
        assert "No migrations to apply" in run(url, "manage.py", "migrate")
        run(url, "manage.py", "demo", "--password", "moth-lantern-cobble")
        assert "0001_v1" in run(url, "manage.py", "showmigrations", "people")
