"""A writer that remembers acknowledged changes, and a checker that looks for them in the history."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
WRITERS = 4
TIMEOUT = 30
"""Seconds after which a writer stops waiting for a response."""
PROPERTIES = ("desc", "comment", "response", "roomDescription")
"""Each writer has its own property of the complaint that all of them share."""
COLUMNS = {
    "desc": "desc",
    "comment": "comment",
    "response": "response",
    "roomDescription": "room_description",
}

# Creates a company with a complaint and an object, and prints an API key and their ids.
PREPARE = """
import django, json; django.setup()
from backoffice.people import roles
from backoffice.people.tests.factories import ApiKeyFactory, CompanyFactory, CustomerFactory, UserFactory
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
company = CompanyFactory(name="Hansen Service A/S")
alice = UserFactory(username="alice", company=company, roles=[roles.FACILITY_STAFF])
place = CustomerObjectFactory(company=company, customer=CustomerFactory(company=company).pk)
shared = ComplaintFactory(company=company, object=place.pk)
print(json.dumps({"key": ApiKeyFactory(owner=alice.pk, company=company).secret,
                  "object": place.pk, "shared": shared.pk}))
"""

# Prints, for every complaint: its version, its history, and whether the replayed history equals its state.
CHECK = """
import django, json; django.setup()
from backoffice.records.history.versions import history_of, plain_state, state_at
from facility.models import Complaint

def apply(state, entry):
    name, *path = entry["property"].split(".")
    if not path:
        state[name] = entry["new"]
    elif len(path) == 1:
        state[name] = [*state[name], {"id": path[0]} | entry["new"]]
    else:
        state[name] = [each | {path[1]: entry["new"]} if each["id"] == path[0] else each for each in state[name]]

found = {}
for record in Complaint.objects.all():
    rows = [[row.version, row.changes] for row in history_of(record).reverse()]
    state = state_at(record, 1)
    for _version, changes in rows[1:]:
        for entry in changes:
            apply(state, entry)
    found[record.pk] = {"version": record.version, "rows": rows, "same": state == plain_state(record)}
print(json.dumps(found))
"""


@dataclass
class WriteLog:
    """The acknowledged changes, the number of responses by status, and unexpected responses."""

    changes: list[tuple[str, int, str, str]] = field(default_factory=list)
    """(record, version, column, value) of each acknowledged change."""
    creations: list[str] = field(default_factory=list)
    answers: Counter = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    longest: float = 0.0
    """Seconds between two acknowledged changes, of any writers."""


class Writers:
    """Threads that change one complaint together and create others until the block ends, whatever happens to
    the server."""

    def __init__(self, port: int, prepared: dict):
        self.port, self.prepared = port, prepared
        self.written = WriteLog()
        self._lock, self._end = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=[number]) for number in range(WRITERS)]
        self._last = time.monotonic()

    def __enter__(self) -> WriteLog:
        for thread in self._threads:
            thread.start()
        return self.written

    def __exit__(self, *error) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 10)
            assert not thread.is_alive(), "a writer still waits for an answer"

    def _write(self, number: int) -> None:
        turn = 0
        while not self._end.is_set():
            turn += 1
            name, value = PROPERTIES[number], f"{number}/{turn}"
            if turn % 10:
                path, body = f"/v2/complaints/{self.prepared['shared']}", {name: value}
            else:
                path, body = "/v2/complaints", {"objectId": self.prepared["object"], "desc": value}
            status, document, tag = self._send("PATCH" if turn % 10 else "POST", path, body)
            with self._lock:
                self.written.answers[status] += 1
                if status in (200, 201):
                    self.written.longest = max(self.written.longest, time.monotonic() - self._last)
                    self._last = time.monotonic()
                if status == 200:
                    version = int(tag.strip('"').split("-")[0])
                    self.written.changes.append((document["_id"], version, COLUMNS[name], value))
                elif status == 201:
                    self.written.creations.append(document["_id"])
                elif status not in ("no answer", 503):
                    self.written.problems.append(f"{status}: {document}")
            if status not in (200, 201):
                self._end.wait(0.2)

    def _send(self, method: str, path: str, body: dict):
        """Return (status or "no answer", document, entity tag)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"x-API-Key": self.prepared["key"], "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return "no answer", None, ""
        finally:
            with suppress(OSError):
                connection.close()
        with suppress(ValueError):
            return answer.status, json.loads(content), answer.headers.get("ETag", "")
        return answer.status, content[:200].decode(errors="replace"), ""


def run_script(environment: dict, script: str) -> str:
    """Run a script in the installation; return its output."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def assert_nothing_lost(environment: dict, written: WriteLog) -> None:
    """Check that each acknowledged change is in the history at its version, that versions are consecutive,
    and that the replayed history equals the record."""
    found = json.loads(run_script(environment, CHECK))
    for pk, record in found.items():
        versions = [version for version, _changes in record["rows"]]
        assert versions == list(range(1, record["version"] + 1)), f"{pk} has versions {versions[-5:]}"
        assert record["same"], f"the history of {pk} leads to something else"
    for pk, version, column, value in written.changes:
        changes = dict(found[pk]["rows"])[version]
        assert {entry["property"]: entry["new"] for entry in changes}.get(column) == value, (pk, version)
    assert set(written.creations) <= set(found)
    assert written.problems == []
    assert len(written.changes) > 20, written.answers
