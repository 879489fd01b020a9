"""The SQLite files after a redaction: they contain nothing that was blanked, even while the product is
running."""

import os
import sqlite3
import subprocess

import pytest
from django.db import connection

from scripts.throwaway_servers import another_database
from tests.proofs.test_concurrency import COMPLAINTS, prepared, run

MARKER = "Gertrudmarker"
WRITE = f"""
import django; django.setup()
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import Complaint
for turn in range(40):
    for pk in {COMPLAINTS}:
        values = {{"desc": f"{MARKER} {{turn}} " + "x" * 700, "comment": f"{MARKER}" * turn, "tags": ["{MARKER}"]}}
        record, context = Complaint.objects.get(pk=pk), ChangeContext(Channel.COMMAND)
        services.update(record, values, actor=Installation(), context=context)
"""


def has_marker(name: str) -> bool:
    """(In a process of its own: closing the file would release all locks of this process on it.)"""
    return subprocess.run(["grep", "-qia", MARKER, name]).returncode == 0


@pytest.mark.deep
@pytest.mark.everywhere
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's files")
def test_neither_the_file_nor_its_log_contains_redacted_texts(tmp_path):
    with another_database(tmp_path) as url:
        environment, path = prepared(url), url.removeprefix("sqlite:///")
        server = sqlite3.connect(
            path
        )  # as a server has it open, so that the WAL file remains when others close
        server.execute("SELECT count(*) FROM django_migrations").fetchall()
        run(environment, "-c", WRITE)
        log = f"{path}-wal"
        assert has_marker(log)
        run(environment, "manage.py", "redact", "--text", MARKER, "--everywhere")
        assert os.path.exists(log) and not has_marker(log)
        assert not has_marker(path)
        server.close()
