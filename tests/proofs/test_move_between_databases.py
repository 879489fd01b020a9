"""A round trip of all data from SQLite to PostgreSQL, to MongoDB, and back, with the process killed on the
way."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from backoffice.exchange.exportables import exportables
from backoffice.moving.tests.files import make_unusual_records, manage, read_contents
from scripts.throwaway_servers import mongodb, postgres
from tests.support.mongodb_stand_in import ENDS_TRANSACTIONS_OF_THE_DEAD

pytestmark = pytest.mark.deep

PROJECT_ROOT = Path(__file__).resolve().parents[2]
RECORDS = 6_000


def run_command(url, *words) -> str:
    found = manage(url, *words)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The URL of a database with the demo data and many more records."""
    url = f"sqlite:///{tmp_path_factory.mktemp('moving')}/original.sqlite3"
    run_command(url, "migrate", "--verbosity", "0")
    run_command(url, "demo", "--password", "moth-lantern-cobble")
    make_unusual_records(url, RECORDS)
    return url


def export_all(url) -> dict[str, str]:
    """Return the export of each record type, in whole documents where it has them."""
    formats = {kind: "documents" if subject.document else "json" for kind, subject in exportables().items()}
    return {kind: run_command(url, "export", kind, "--format", form) for kind, form in formats.items()}


def start_and_kill(source, target, tables: int, everybody: bool) -> None:
    """Start a move, and kill it by SIGKILL once it has moved so many tables: the command alone, or its workers too."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "move_data", source, target],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.test_settings", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text
    moved = list(islice((line for line in process.stdout if line.startswith("  ")), tables))
    assert len(moved) == tables, f"It ended after {moved}"
    time.sleep(0.2)
    victims = [process.pid, *(map(int, workers().split()) if everybody else ())]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    unfinished = manage(target, "check_database")
    assert unfinished.returncode == 1
    assert "a part of the data" in unfinished.stderr


def move(source, target, *kills, workers_too=True) -> None:
    for turn, tables in enumerate(kills):
        start_and_kill(source, target, tables, everybody=workers_too and turn % 2 == 0)
    output = run_command("sqlite://:memory:", "move_data", source, target)
    assert "source and target are identical" in output
    assert ("Continuing" in output) == bool(kills)
    run_command(target, "check_database", "--migrated")


def test_a_round_trip_keeps_all_data(original, tmp_path):
    last = f"sqlite:///{tmp_path}/last.sqlite3"
    with ExitStack() as servers:
        first, second = (servers.enter_context(server()) for server in (postgres, mongodb))
        move(original, first, 1, 6, 4)
        move(first, second, 2, 10, workers_too=ENDS_TRANSACTIONS_OF_THE_DEAD)
        move(second, last)
    before, after = (read_contents(url.removeprefix("sqlite:///")) for url in (original, last))
    assert sum(map(len, before.values())) > 3 * RECORDS
    for table, rows in before.items():
        assert after[table] == rows, table
    assert export_all(last) == export_all(original)
