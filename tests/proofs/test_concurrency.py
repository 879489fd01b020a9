"""Concurrent writers on a database of their own: threads of one process, and processes over HTTP. No
acknowledged write is lost, and no writer waits in vain."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backoffice.records.tests.merge_model import apply_changes
from scripts.throwaway_servers import another_database
from tests.support.concurrent_updates import FEWEST, UpdateLog, request_json

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable]
COMPLAINTS = [f"{n:024x}" for n in range(2)]
"""One for each test."""
SECONDS = 20.0
PROCESSES, WORKERS = 4, 2

# Creates a company with the complaints, and prints an API key and their ids.
START = f"""
import django; django.setup()
from backoffice.people import roles
from backoffice.people.tests.factories import ApiKeyFactory, CompanyFactory, CustomerFactory, UserFactory
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
company = CompanyFactory(name="Hansen Service A/S")
alice = UserFactory(username="alice", company=company, roles=[roles.FACILITY_STAFF])
place = CustomerObjectFactory(company=company, customer=CustomerFactory(company=company).pk)
for pk in {COMPLAINTS}:
    ComplaintFactory(company=company, object=place.pk, id=pk)
print(ApiKeyFactory(owner=alice.pk, company=company).secret)
"""

# Prints a complaint's version, its properties and its history rows.
LOOK = """
import django, json, sys; django.setup()
from backoffice.records.history.versions import history_of, plain_state, state_at
from facility.models import Complaint
record = Complaint.objects.get(pk=sys.argv[1])
rows = [[row.version, row.request_id, row.changes] for row in history_of(record).reverse()]
print(json.dumps({"version": record.version, "state": plain_state(record), "rows": rows,
                  "first": state_at(record, 1)}))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An installation of its own: a database with complaints, and a key."""
    with another_database(tmp_path_factory.mktemp("hammered")) as url:
        yield prepared(url)


def prepared(url: str) -> dict[str, str]:
    found = os.environ | {
        "BEHIND_PROXY": "on",  # so that the server accepts the workers' request ids
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "only-for-the-tests-" + "0" * 40,
        "SECRETS_HASH_KEY": "only-for-the-tests-" + "1" * 40,
        "RATE_LIMIT_KEY": "",
        "RATE_LIMIT_ADDRESS": "",
    }
    run(found, "manage.py", "migrate", "--verbosity", "0")
    run(found, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    return found | {"KEY": run(found, "-c", START).strip()}


def run(environment, *words) -> str:
    done = subprocess.run(
        [*PYTHON, *words], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert "locked" not in done.stderr, done.stderr
    return done.stdout


def assert_nothing_lost(environment, pk: str, log: UpdateLog, title: str) -> None:
    """Check that each acknowledged change is in the history and replaced nothing that its sender had not
    seen, that every row was acknowledged, and that the replayed history equals the record."""
    assert log.problems == []
    there = json.loads(run(environment, "-c", LOOK, pk))
    versions = list(range(1, there["version"] + 1))
    assert [version for version, _request, _changes in there["rows"]] == versions
    rows = {
        version: {entry["property"]: entry for entry in changes}
        for version, _request, changes in there["rows"]
    }
    writers = {version: request for version, request, _changes in there["rows"]}
    states = {1: there["first"]}
    for version in versions[1:]:
        states[version] = dict(states[version - 1])
        for name, entry in rows[version].items():
            if (
                "." not in name
            ):  # Each message is an element of its own, so no writer can overwrite another's.
                assert entry["old"] == states[version][name], f"version {version} lost a {name}"
        states[version] = apply_changes(states[version], list(rows[version].values()))
    assert states[versions[-1]] == there["state"]
    for request, (seen, version, values) in log.acknowledged.items():
        for name, value in values.items():
            no_edit = states[seen][name] == value  # as its sender had read it
            assert no_edit or states[version][name] == value
            if writers[version] == request:
                assert rows[version][name]["old"] == states[seen][name], f"{name} was overwritten unseen"
    for version in versions[1:]:
        assert log.acknowledged[writers[version]][1] == version
    assert len(set(writers.values())) == len(versions)
    assert len(versions) > FEWEST
    rate = len(versions) / log.seconds
    print(f"{title}: {dict(log.answers)} in {log.seconds:.1f} s, {rate:.0f} changes a second")


@pytest.mark.deep
@pytest.mark.everywhere
def test_eight_threads_of_one_process_lose_no_write(environment):
    pk = COMPLAINTS[0]
    output = run(environment, "-m", "tests.support.concurrent_updates", "threads", pk, "alice", str(SECONDS))
    assert_nothing_lost(environment, pk, UpdateLog.parse(output), "8 threads")


@pytest.fixture
def served(environment, tmp_path):
    """The address of the product, served by gunicorn, whose output must contain no error. The output goes to
    a file: a pipe that is not read would fill up and block it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [*PYTHON, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
    log = tmp_path / "gunicorn.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment | {"HOST": "127.0.0.1", "PORT": port, "WEB_CONCURRENCY": str(WORKERS)},
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    while not log.read_text() and process.poll() is None:  # it prints its address as soon as the port is open
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=30)
    output = log.read_text()
    assert "locked" not in output
    assert "Traceback" not in output


@pytest.mark.deep
@pytest.mark.everywhere
def test_four_processes_over_http_lose_no_write(environment, served):
    pk = COMPLAINTS[1]
    address = f"{served}/v2/complaints/{pk}"
    for _worker in range(WORKERS * 2):  # each worker has to load the product first
        assert request_json(address, environment["KEY"])[0] == 200
    hammers = [
        subprocess.Popen(
            [*PYTHON, "-m", "tests.support.concurrent_updates", "http", address, environment["KEY"], str(n), str(SECONDS)],
            cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )
        for n in range(PROCESSES)
    ]  # fmt: skip
    log = UpdateLog()
    for hammer in hammers:
        each = UpdateLog.parse(hammer.communicate(timeout=SECONDS + 120)[0])
        log.answers.update(each.answers)
        log.acknowledged |= each.acknowledged
        log.problems += each.problems
        log.seconds = max(log.seconds, each.seconds)
    assert request_json(address, environment["KEY"])[0] == 200
    assert_nothing_lost(environment, pk, log, "4 processes over HTTP")
    # The server also does the jobs of both tests' changes. (The stand-in for MongoDB takes half the machine.)
    assert log.answers["200"] > (3 if environment["DATABASE_URL"].startswith("mongodb") else 10) * SECONDS
