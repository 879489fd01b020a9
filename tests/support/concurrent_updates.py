"""A stress test of concurrent updates that reports the result of each: `python -m tests.support.concurrent_updates
threads PK USERNAME SECONDS` works on the database of `DATABASE_URL`, in eight threads of one process."""

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
"""The fewest updates of each worker, however slow the machine is."""
TEXTS = ("desc", "comment", "response", "room_description", "contact_name", "contact_telephone")
"""Each worker has its own property of these (disjoint edits); all compete for `priority` (overlapping
ones)."""


@dataclass
class UpdateLog:
    """The updates of one record: the number of responses by outcome, and each acknowledged write."""

    answers: Counter = field(default_factory=Counter)
    acknowledged: dict[str, tuple[int, int, dict]] = field(default_factory=dict)
    """By request id: the version that the worker had read, the version of the response, and the values
    sent."""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def parse(cls, text: str) -> "UpdateLog":
        return cls(**json.loads(text))


def choose_edit(worker: int, turn: int) -> dict:
    """Return an edit of the worker's own property; every third time of the property that all compete for."""
    if turn % 3 == 2:
        return {"priority": 1 + (worker + turn) % 4}
    return {TEXTS[worker % len(TEXTS)]: f"{worker}/{turn}"}


def in_threads(pk: str, username: str, seconds: float) -> UpdateLog:
    """Call `services.update` from many threads, each with the version it last read."""
    from django.db import connection

    from backoffice.db.transactions import WriteConflict
    from backoffice.people.models import User
    from backoffice.records import services
    from backoffice.records.actors import ChangeContext, Channel
    from backoffice.records.exceptions import Conflict
    from facility.models import Complaint

    actor = User.objects.get(username=username)
    actor.get_all_permissions()
    log, lock, end = UpdateLog(), threading.Lock(), time.monotonic() + seconds

    def worker(number: int) -> None:
        turn = 0
        record = Complaint.objects.get(pk=pk)
        while time.monotonic() < end or turn < FEWEST:
            turn += 1
            values = choose_edit(number, turn)
            try:
                context = ChangeContext(Channel.COMMAND, f"{number}.{turn}")
                planned = services.update(record, values, actor=actor, context=context, base=record.version)
            except (Conflict, WriteConflict):  # the second one lost to others for seconds
                record = Complaint.objects.get(pk=pk)
                with lock:
                    log.answers["conflict"] += 1
            except Exception as error:  # the test reports any error
                with lock:
                    log.problems.append(repr(error))
                break
            else:
                with lock:
                    log.answers["accepted"] += 1
                    log.acknowledged[context.request_id] = record.version, planned.record.version, values
                record = planned.record
        connection.close()

    start = time.monotonic()
    workers = [threading.Thread(target=worker, args=(number,)) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    log.seconds = time.monotonic() - start
    return log


DOCUMENTED = {
    "room_description": "roomDescription", "contact_name": "contactName",
    "contact_telephone": "contact.telephone",
}  # fmt: skip


def over_http(address: str, key: str, number: int, seconds: float) -> UpdateLog:
    """Send updates, each with the timestamp it last read, every fourth with `If-Match`."""
    log, start, turn = UpdateLog(), time.monotonic(), 0
    document, tag = request_json(address, key)[1:]
    while time.monotonic() < start + seconds or turn < FEWEST:
        turn += 1
        values = choose_edit(number, turn)
        body, headers = {}, {"X-Request-ID": f"{number}.{turn}"}
        for name, value in values.items():
            group, _dot, below = DOCUMENTED.get(name, name).partition(".")
            body[group] = {below: value} if below else value
        if turn % 4:
            body["status"] = {"lastModifiedAt": document["status"]["lastModifiedAt"]}
        else:
            headers["If-Match"] = tag
        status, answer, new_tag = request_json(address, key, body, headers)
        log.answers[str(status)] += 1
        if status == 200:
            log.acknowledged[headers["X-Request-ID"]] = version_of(tag), version_of(new_tag), values
            document, tag = answer, new_tag
        else:
            if status not in (409, 412, 503):
                log.problems.append(f"{status}: {answer}")
            document, tag = request_json(address, key)[1:]
    log.seconds = time.monotonic() - start
    return log


def version_of(tag: str) -> int:
    return int(tag.strip('"'))


def request_json(address: str, key: str, body=None, headers=None):
    """Return (status, document, tag)."""
    data = json.dumps(body).encode() if body is not None else None
    request = Request(address, data=data, method="PATCH" if data else "GET", headers=headers or {})
    request.add_header("x-API-Key", key)
    request.add_header("Content-Type", "application/json")
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read()), answer.headers["ETag"]
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers.get("ETag")


def main(mode: str, *words: str) -> None:
    if mode == "threads":
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
