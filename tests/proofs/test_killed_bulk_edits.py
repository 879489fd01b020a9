"""A bulk edit of 2,000 records whose workers are killed again and again: at the end each is changed once, and
each refusal is reported."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from scripts.throwaway_servers import free_port

pytestmark = pytest.mark.deep

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MANY, CONFLICTS = 2000, 25
PREPARE = f"""
from backoffice.bulk.services import prepare, start
from backoffice.bulk.edits import PropertyEdit
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory
alice, admin = (User.objects.get(username=name) for name in ("alice", "admin"))
place = CustomerObject.objects.visible_to(alice).first()
for number in range({MANY}):
    ComplaintFactory(company=alice.company, object=place.pk, desc=f"Of many, {{number}}", priority=1)
found = Complaint.objects.visible_to(alice).filter(desc__startswith="Of many").order_by("number")
edits = [PropertyEdit("priority", "set", 3), PropertyEdit("tags", "add", ["of many"])]
job = prepare(found, alice, edits=edits)
for complaint in found[:{CONFLICTS}]:
    services.update(complaint, {{"priority": 2}}, actor=admin, context=ChangeContext(Channel.JSON))
assert start(job)
print(job.pk)
"""


@pytest.fixture
def environment(tmp_path):
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'many.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "2",
    }


def manage(environment, *words) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def serve(environment):
    command = [sys.executable, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    return process


def kill(process) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_query(environment, query):
    with closing(sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"), timeout=30)) as file:
        return file.execute(query).fetchall()


def count_done(environment) -> int:
    return run_query(environment, "SELECT COUNT(*) FROM bulk_jobitem WHERE outcome != ''")[0][0]


def wait_until(reached, patience=120) -> None:
    until = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_2000_records_are_changed_once_despite_killed_workers(environment):
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
    manage(environment, "demo", "--password", "moth-lantern-cobble")
    job = manage(environment, "shell", "--verbosity", "0", "-c", PREPARE).split()[-1]

    # The whole server, by SIGKILL.
    process = serve(environment)
    wait_until(lambda: count_done(environment) > 300)
    kill(process)
    at_first = count_done(environment)
    assert at_first < MANY

    # Its workers only: the master starts new ones, and the leases of the dead ones expire.
    process = serve(environment)
    try:
        wait_until(lambda: count_done(environment) > at_first + 200)
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        at_second = count_done(environment)
        wait_until(lambda: count_done(environment) > at_second + 200)
    finally:
        kill(process)

    # And by command, while a server is running too.
    process = serve(environment)
    try:
        ask_state = "SELECT state FROM bulk_job"
        while run_query(environment, ask_state) != [("ended",)]:
            manage(environment, "run_jobs")
            time.sleep(0.2)
    finally:
        kill(process)

    outcomes = Counter(outcome for (outcome,) in run_query(environment, "SELECT outcome FROM bulk_jobitem"))
    assert outcomes == {"done": MANY - CONFLICTS, "conflict": CONFLICTS}
    reasons = {
        why for (why,) in run_query(environment, "SELECT why FROM bulk_jobitem WHERE outcome = 'conflict'")
    }
    assert all("changed “Priority” to “Medium” in the meantime" in why for why in reasons)
    found = run_query(
        environment,
        "SELECT priority, version, COUNT(*) FROM facility_complaint WHERE desc LIKE 'Of many%' GROUP BY 1, 2",
    )
    assert sorted(found) == [(2, 2, CONFLICTS), (3, 2, MANY - CONFLICTS)]
    rows = run_query(
        environment, f"SELECT record_id, changes FROM records_history WHERE request_id = '{job}'"
    )
    assert len(rows) == len({record for record, _changes in rows}) == MANY - CONFLICTS
    assert {tuple(entry["property"] for entry in json.loads(changes)) for _record, changes in rows} == {
        ("priority", "tags")
    }
    tags = run_query(environment, "SELECT COUNT(*) FROM facility_complainttag WHERE text = 'of many'")
    assert tags == [(MANY - CONFLICTS,)]
