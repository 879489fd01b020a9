"""Hammers records, and reports what became of each blow: `python -m tests.support.hammer threads SECONDS` works on the
database of `DATABASE_URL`, in eight threads of this one process."""

import json
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import Request, urlopen

THREADS = 8
FEWEST = 8
"""How many blows each hammer deals, however slow the machine is."""
TEXTS = ("desc", "comment", "response", "room_description", "contact_name", "contact_telephone")
"""Each hammer has one of these to itself (disjoint edits), and all fight over `priority` (overlapping ones)."""


@dataclass
class Blows:
    """What the hammers did to one record: how often which answer came, and each write that was acknowledged."""

    answers: Counter = field(default_factory=Counter)
    acknowledged: dict[str, tuple[int, int, dict]] = field(default_factory=dict)
    """By request id: the version that the hammer had seen, the version of the answer, and what it sent."""
    troubles: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def of(cls, text: str) -> "Blows":
        return cls(**json.loads(text))


def edit_of(hammer: int, turn: int) -> dict:
    """A property of one's own; every third time the one that all of them want."""
    if turn % 3 == 2:
        return {"priority": 1 + (hammer + turn) % 4}
    return {TEXTS[hammer % len(TEXTS)]: f"{hammer}/{turn}"}


def in_threads(pk: str, username: str, seconds: float) -> Blows:
    """Call `update` itself from many threads, each with the version it last saw."""
    from django.db import connection

    from backoffice.people.models import User
    from backoffice.records import services
    from backoffice.records.actors import ChangeContext, Channel
    from backoffice.records.exceptions import Conflict
    from facility.models import Complaint

    actor = User.objects.get(username=username)
    actor.get_all_permissions()
    blows, lock, end = Blows(), threading.Lock(), time.monotonic() + seconds

    def hammer(number: int) -> None:
        turn = 0
        record = Complaint.objects.get(pk=pk)
        while time.monotonic() < end or turn < FEWEST:
            turn += 1
            values = edit_of(number, turn)
            try:
                via = ChangeContext(Channel.COMMAND, f"{number}.{turn}")
                draft = services.update(record, values, actor=actor, via=via, base=record.version)
            except Conflict:
                record = Complaint.objects.get(pk=pk)
                with lock:
                    blows.answers["conflict"] += 1
            except Exception as error:  # whatever it is, the test is to tell
                with lock:
                    blows.troubles.append(repr(error))
                break
            else:
                with lock:
                    blows.answers["accepted"] += 1
                    blows.acknowledged[via.request_id] = record.version, draft.record.version, values
                record = draft.record
        connection.close()

    began = time.monotonic()
    workers = [threading.Thread(target=hammer, args=(number,)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    blows.seconds = time.monotonic() - began
    return blows


DOCUMENTED = {
    "room_description": "roomDescription", "contact_name": "contactName",
    "contact_telephone": "contact.telephone",
}  # fmt: skip


def over_http(address: str, key: str, number: int, seconds: float) -> Blows:
    """Send updates, each with the stamp it last read, every fourth with `If-Match`."""
    blows, began, turn = Blows(), time.monotonic(), 0
    document, tag = ask(address, key)[1:]
    while time.monotonic() < began + seconds or turn < FEWEST:
        turn += 1
        values = edit_of(number, turn)
        body, headers = {}, {"X-Request-ID": f"{number}.{turn}"}
        for name, value in values.items():
            group, _dot, below = DOCUMENTED.get(name, name).partition(".")
            body[group] = {below: value} if below else value
        if turn % 4:
            body["status"] = {"lastModifiedAt": document["status"]["lastModifiedAt"]}
        else:
            headers["If-Match"] = tag
        status, answer, new_tag = ask(address, key, body, headers)
        blows.answers[str(status)] += 1
        if status == 200:
            blows.acknowledged[headers["X-Request-ID"]] = version_of(tag), version_of(new_tag), values
            document, tag = answer, new_tag
        else:
            if status not in (409, 412):
                blows.troubles.append(f"{status}: {answer}")
            document, tag = ask(address, key)[1:]
    blows.seconds = time.monotonic() - began
    return blows


def version_of(tag: str) -> int:
    return int(tag.strip('"'))


def ask(address: str, key: str, body=None, headers=None):
    """(status, document, tag)."""
    data = json.dumps(body).encode() if body is not None else None
    request = Request(address, data=data, method="PATCH" if data else "GET", headers=headers or {})
    request.add_header("x-API-Key", key)
    request.add_header("Content-Type", "application/json")
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read()), answer.headers["ETag"]
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("ETag")


def main(how: str, *words: str) -> None:
    if how == "threads":
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        pk, username, seconds = words
        print(in_threads(pk, username, float(seconds)).as_json())
    else:
        address, key, number, seconds = words
        print(over_http(address, key, int(number), float(seconds)).as_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
