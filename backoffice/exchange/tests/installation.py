"""Separate installations with a SQLite file, for tests of commits, killed processes and memory, which a test
transaction would hide."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class Installation:
    """An installation in a folder. Commands run in subprocesses."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.database = folder / "database.sqlite3"

    def run(self, *program) -> subprocess.CompletedProcess:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DJANGO_SETTINGS_MODULE": "config.test_settings",
        }
        return subprocess.run(
            [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def manage(self, *words) -> str:
        done = self.run("manage.py", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def killed_after(self, count: int, *words) -> None:
        done = self.run("-m", "backoffice.exchange.tests.killed_import", str(count), *words)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr

    def copy(self, folder: Path) -> "Installation":
        other = Installation(folder)
        shutil.copyfile(self.database, other.database)
        return other

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.database) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            return connection.execute(query).fetchall()

    def count(self, table: str) -> int:
        return self.rows(f"SELECT count(*) FROM {table}")[0][0]


def measure_peak_memory(installation: Installation, *words) -> int:
    """Return the peak memory of a command in KiB. (`ru_maxrss` would include the parent process.)"""
    code = (
        "import re, sys; from django.core.management import execute_from_command_line as run; run(sys.argv); "
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    done = installation.run("-c", code, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[-1])


def new_installation(folder: Path) -> Installation:
    made = Installation(folder)
    made.manage("migrate", "--verbosity", "0")
    return made


def write_complaint_files(count: int, path: Path) -> list[str]:
    """Write files with a company, an object and complaints about it. Return the arguments that import
    them."""
    company, customer, place = "c" * 24, "a" * 24, "b" * 24
    status = {"status": 1, "createdAt": "2020-01-01T00:00:00Z", "lastModifiedAt": "2020-01-02T00:00:00Z"}
    base = {"companyId": company, "status": status}
    files = {
        "companies": [{"_id": company, "name": "Many ApS", "status": status}],
        "customers": [{"_id": customer, **base, "name": "One", "number": 1}],
        "objects": [
            {"_id": place, **base, "customerId": customer, "address": {"street": "Vej 1"}, "number": 1}
        ],
    }
    words = []
    for slug, documents in files.items():
        file = path / f"{slug}.json"
        file.write_text(json.dumps(documents))
        words += [slug, str(file)]
    with (path / "complaints.json").open("w") as file:
        for number in range(1, count + 1):
            document = {"_id": f"{number:024x}", **base, "number": number, "objectId": place,
                        "desc": f"Lamp {number} " + "is broken " * 20, "tags": ["light"]}  # fmt: skip
            file.write(json.dumps(document) + "\n")
    return [*words, "complaints", str(path / "complaints.json")]
