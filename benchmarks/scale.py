"""Growth with the amount of data: `python -m benchmarks.scale SMALL_URL LARGE_URL` compares two databases
filled by `manage.py generate`, in alternating rounds. Prints medians of CPU milliseconds; those of a local
PostgreSQL server are included, and also printed separately. The databases are written to (a key, a session,
changes of complaints): use copies."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
REPETITIONS = 5
"""How often each request is repeated in a round, after one that does not count."""
RARE = "caretakerbenchmark"
"""A word that only one complaint contains."""


def measure() -> dict[str, dict[str, float]]:
    """Return the CPU milliseconds of each request on the database of DATABASE_URL, and those of the database
    server."""
    from benchmarks.databases import Busy
    from benchmarks.systems.caretaker import System

    system = System()
    from django.db import connection

    from backoffice.people.models import User
    from backoffice.records import services
    from backoffice.records.actors import ChangeContext, Channel
    from facility.models import Complaint

    boss = User.objects.get(username__startswith="administrator0-")
    if not Complaint.objects.search(RARE).exists():
        services.update(
            Complaint.objects.first(), {"desc": RARE}, actor=boss, context=ChangeContext(Channel.COMMAND)
        )
    scenarios = build_scenarios(system)
    found, system.call, database = {}, _checked(system.call), Busy(os.environ["DATABASE_URL"])
    for name, make in scenarios.items():
        for request in make(0):
            system.call(request)
        times, before = [], database.seconds()
        for nth in range(REPETITIONS):
            begin = time.process_time()
            for request in make(nth + 1):
                system.call(request)
            times.append((time.process_time() - begin) * 1000)
        server = (database.seconds() - before) * 1000 / REPETITIONS
        found[name] = {"all": statistics.median(times) + server, "server": server}
    if connection.vendor == "sqlite":  # SQLite runs in this process
        clock = _Clock()
        with connection.execute_wrapper(clock):
            for request in scenarios["offset 100,000"](0):
                system.call(request)
        found["offset 100,000, database"] = {"all": sum(clock.times) * 1000, "server": 0}
    return found


def build_scenarios(system) -> dict:
    """Return the measured requests by name: functions that return the nth requests."""
    from benchmarks.calling import Request
    from facility.models import Complaint

    count = Complaint.objects.count()
    middle = Complaint.objects.order_by("-number", "pk")[min(count - 1, 5000)]
    top = Complaint.objects.order_by("-number", "pk").first()

    def json_(path):
        return lambda nth: [Request("GET", f"/v2/complaints{path}", system.headers)]

    def page(path):
        return lambda nth: [Request("GET", path, system.browser)]

    return {
        "update": system.patch,
        "read": system.read,
        "first 100": json_("?limit=100"),
        "next 100": json_("?limit=100&offset=100"),
        "offset 9,000": json_("?limit=100&offset=9000"),
        "offset 100,000": json_("?limit=100&offset=100000"),
        "by number": json_("?limit=100&sort=number:-1"),
        "by creation": json_("?limit=100&sort=status.createdAt:-1"),
        "one object's": json_(f"?limit=100&object={middle.object_id}"),
        "new ones": json_("?limit=100&complaintStatus=new"),
        "a rare word": json_(f"?limit=100&searchComplaint={RARE}"),
        "a frequent word": json_("?limit=100&searchComplaint=a"),
        "count": json_("/count"),
        "count of a state": json_("/count?complaintStatus=new"),
        "count of a state and a person": json_(f"/count?complaintStatus=assigned&user={system.user}"),
        "page": page("/complaints"),
        "page 2": page("/complaints?page=2"),
        "page 2,001": page("/complaints?page=2001"),
        "page, open": page("/complaints?state=open"),
        "page, of a person, open": page(f"/complaints?state=open&assignee={system.user}"),
        "page, priority": page("/complaints?priority=4"),
        "page, by priority": page("/complaints?sort=-priority"),
        "page, by creation": page("/complaints?sort=-created_at"),
        "page, a rare word": page(f"/complaints?q={RARE}"),
        "record": page(f"/complaints/{middle.pk}"),
        "record, come from the list": page(f"/complaints/{middle.pk}?list=state%3Dopen"),
        "new record": page("/complaints/new"),
        "home": page("/"),
        "search for everything": page(f"/search?q={top.number}+a"),
    }


def _checked(call):
    def checked(request):
        answer, _took = found = call(request)
        if answer.status != 200:
            raise SystemExit(f"{request.path}: {answer.status} {answer.body[:500]}")
        return found

    return checked


class _Clock:
    def __init__(self):
        self.times = []

    def __call__(self, execute, *args):
        begin = time.process_time()
        try:
            return execute(*args)
        finally:
            self.times.append(time.process_time() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small")
    parser.add_argument("large")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    results = {url: [] for url in (options.small, options.large)}
    variables = {"RATE_LIMIT_KEY": "1000000000/minute", "RATE_LIMIT_ADDRESS": "1000000000/minute"}
    # The CPU time of PostgreSQL's parallel workers could not be measured, so they are disabled.
    variables["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"
    for _each in range(options.rounds):
        for url, rounds in results.items():
            words = [sys.executable, "-m", "benchmarks.scale", "--measure"]
            ran = subprocess.run(
                words,
                cwd=PROJECT_ROOT,
                env=os.environ | variables | {"DATABASE_URL": url},
                stdout=subprocess.PIPE,
                check=True,
            )
            rounds.append(json.loads(ran.stdout.splitlines()[-1]))
    small, large = results.values()
    print(f"| | {options.small} | {options.large} | | database server, ms | |\n|---|---|---|---|---|---|")
    for name in small[0]:
        all_, server = (
            [statistics.median(each[name][which] for each in rounds) for rounds in (small, large)]
            for which in ("all", "server")
        )
        figures = [*(f"{value:.1f}" for value in all_), f"{all_[1] / all_[0]:.2f}"]
        print("|", " | ".join([name, *figures, *(f"{value:.2f}" for value in server)]), "|")
    print(f"\nload {os.getloadavg()}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
    else:
        main()
