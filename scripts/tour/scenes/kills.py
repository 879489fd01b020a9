"""A server that is killed while scripts write."""

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from scripts.screenshot_pages import OBJECT
from scripts.tour.installation import Installation
from scripts.tour.story import Fact, Terminal, Tour

WRITERS = {
    "roomDescription": "room_description",
    "desc": "desc",
    "comment": "comment",
    "contactName": "contact_name",
}
"""Each writer has a property of its own: its name over JSON and in the history."""
PAUSE, PATIENCE = 0.1, 180
"""Seconds between a request without an answer and the next attempt; seconds until a writer gives up."""
RETRIED = (500, 502, 503, 504)


@dataclass
class WriteLog:
    """What the writers count."""

    acknowledged: Counter = field(default_factory=Counter)
    unanswered: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.acknowledged.values())


class Writer(threading.Thread):
    """Sends values to one property, one after the other, and each again until it is acknowledged."""

    def __init__(self, installation: Installation, path: str, prop: str, values: list[str], log: WriteLog):
        super().__init__(daemon=True)
        self._client = httpx.Client(
            base_url=installation.address, headers=installation.client("alice").headers, timeout=30
        )
        self._path, self._property, self._values, self._log = path, prop, values, log

    def run(self):
        deadline = time.monotonic() + PATIENCE
        with self._client:
            for value in self._values:
                while not self._log.problems and not self._send(value):
                    if time.monotonic() > deadline:
                        self._log.problems.append(f"{value} is not acknowledged after {PATIENCE} s")
                    time.sleep(PAUSE)

    def _send(self, value: str) -> bool:
        """Return whether the response acknowledges the value."""
        try:
            response = self._client.patch(self._path, json={self._property: value})
        except httpx.TransportError:
            self._log.unanswered += 1
            return False
        if response.status_code == 200 and response.json()[self._property] == value:
            self._log.acknowledged[value] += 1
            return True
        if response.status_code in RETRIED:
            self._log.unanswered += 1
        else:
            self._log.problems.append(f"{response.status_code}: {response.text[:200]}")
        return False


def kills(tour: Tour) -> None:
    """Kill a worker at a third of the writes, and everything at two thirds."""
    installation, count = tour.installation, tour.writes
    body = {"objectId": OBJECT, "desc": "Written to by scripts"}
    created = installation.client("alice").post("/v2/complaints", json=body)
    complaint, log = created.json()["_id"], WriteLog()
    share = count // len(WRITERS)
    values = {prop: [f"{prop} {nth} of {share}" for nth in range(1, share + 1)] for prop in WRITERS}
    path = f"/v2/complaints/{complaint}"
    writers = [Writer(installation, path, prop, sent, log) for prop, sent in values.items()]
    terminal = Terminal(f"{len(writers)} scripts write to one complaint").add(
        f"PATCH /v2/complaints/{complaint}, {count} times", "typed"
    )
    worker = installation.workers()[0]
    for writer in writers:
        writer.start()
    wait_for(log, count // 3)
    terminal.add("").add(f"{log.total:5} acknowledged")
    terminal.add(f"$ kill -9 {worker}   # a worker", "bad")
    installation.kill_worker(worker)
    wait_for(log, 2 * count // 3)
    terminal.add(f"{log.total:5} acknowledged")
    terminal.add(f"$ kill -9 -{installation.master}   # the master and all workers", "bad")
    installation.kill()
    at_kill = log.total
    terminal.add(f"{at_kill:5} acknowledged, and the server is gone")
    tour.show(
        terminal,
        "kill -9",
        "a worker, then the whole server, while scripts write",
        [
            Fact("the scripts were writing", (count // 3 <= at_kill < count, log.problems), (True, [])),
            Fact("the server answers", _is_answering(installation), False),
        ],
    )
    installation.start()
    for writer in writers:
        writer.join(PATIENCE)
    show_result(tour, terminal, complaint, values, log)


def wait_for(log: WriteLog, count: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while log.total < count and not log.problems and time.monotonic() < deadline:
        time.sleep(0.002)


def _is_answering(installation: Installation) -> bool:
    try:
        return httpx.get(f"{installation.address}/sign-in", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def show_result(tour: Tour, terminal: Terminal, complaint: str, values: dict, log: WriteLog) -> None:
    """Compare what was acknowledged with the history in the database."""
    history = tour.installation.history(complaint)
    written = {prop: [row["values"][name] for row in history[1:] if name in row["values"]]
               for prop, name in WRITERS.items()}  # fmt: skip
    found = Counter(itertools.chain.from_iterable(written.values()))
    versions = [row["version"] for row in history]
    document = tour.installation.client("alice").get(f"/v2/complaints/{complaint}").json()
    terminal = Terminal(terminal.title, list(terminal.lines)).add("  The server is started again.", "faint")
    terminal.add(f"{log.total:5} acknowledged ({log.unanswered} without an answer were sent again)").add("")
    terminal.add(f"{sum(found.values()):5} in the history, each once", "good")
    terminal.add(f"{len(log.acknowledged - found):5} lost", "good")
    terminal.add(f"      Versions 1 to {versions[-1]} without a gap", "good")
    sent = {prop: sent_values[-1] for prop, sent_values in values.items()}
    tour.show(
        terminal,
        "After kill -9",
        "every acknowledged write is there, once",
        [
            Fact("the writers' problems", log.problems, []),
            Fact("the acknowledged writes", log.total, sum(map(len, values.values()))),
            Fact("the history has each of them once", found, log.acknowledged),
            Fact("the history has them in their order", written, values),
            Fact("the versions", versions, list(range(1, log.total + 2))),
            Fact("the complaint has the last values", {prop: document[prop] for prop in sent}, sent),
        ],
        seconds=5,
    )
