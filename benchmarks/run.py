"""`make bench`: builds the systems' databases, checks that each system meets the demands, measures in
alternating rounds, and prints a table of ratios. The figures are in `var/benchmarks/`. Runs on SQLite, or on
the PostgreSQL server of TEST_DATABASE_URL, in databases that are created and dropped."""

import argparse
import contextlib
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.correctness import table
from benchmarks.databases import (
    FOLDER,
    Busy,
    Refused,
    databases,
    file_of,
    gather_statistics,
    is_postgres,
    name_and_version,
    server,
)

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SYSTEMS = ("lower_bound", "caretaker", "drf", "ninja", "fastapi", "admin", "helpdesk")
SCENARIOS = {
    "patch": "the documented PATCH of a complaint",
    "object": "the documented PATCH of an object",
    "case": "the documented POST of a case with 20 comments",
    "read": "one complaint over JSON",
    "list": "100 complaints over JSON",
    "page": "the page of 50 complaints (tickets)",
    "form": "the page of one complaint, with its form (ticket)",
    "helpdesk_patch": "the PATCH of a ticket of 10,000",
}
HOW_OFTEN = {"list": 0.2, "page": 0.2, "form": 0.2, "helpdesk_patch": 0.01, "case": 0.5}
PATCHED = 200
"""How many complaints are changed in turn."""
SERVED = ("patch", "list", "page")
EXTRA_FEATURES = (
    "rights by role, company and property; rate limits",
    "merging with concurrent changes; conditional requests",
    "a history entry for each change, in the same transaction",
    "derived state and dates; normalised text for searching",
    "all validation errors at once, with documented messages and paths",
    "tags and other lists in rows that the database can search",
)


def python(system: str) -> str:
    return str(PROJECT_ROOT / (".venv" if system == "caretaker" else ".venv-bench") / "bin" / "python")


def environment(system: str, url: str) -> dict[str, str]:
    variables = os.environ | {"PYTHONPATH": str(PROJECT_ROOT), "PEER_DATABASE": url}
    if system in ("drf", "ninja", "admin", "helpdesk"):
        variables |= {"PEER": system, "DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings"}
    if system == "caretaker":
        variables |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            # Requests are counted, but the limits are never reached.
            "RATE_LIMIT_KEY": "1000000000/minute",
            "RATE_LIMIT_ADDRESS": "1000000000/minute",
            "RATE_LIMIT_PAGES": "1000000000/minute",
        }
    return variables


@contextlib.contextmanager
def built(systems: list[str], complaints: int, *, kept: bool = False):
    """Yield the URLs of the databases of these systems and of Caretaker: those of the last run, or new ones."""
    with databases(list(dict.fromkeys(["caretaker", *systems]))) as urls:
        if not kept:
            build(urls, complaints)
        yield urls


def build(urls: dict[str, str], complaints: int) -> None:
    """Fill the databases: Caretaker's is generated, the peers get the same complaints."""
    for system in urls if not server() else ():
        for old in FOLDER.glob(f"{file_of(system).name}*"):
            old.unlink()

    def run(system, *words):
        subprocess.run(
            [python(system), *words], cwd=PROJECT_ROOT, env=environment(system, urls[system]), check=True
        )

    run("caretaker", "manage.py", "migrate", "--verbosity", "0")
    run("caretaker", "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    run(
        "caretaker",
        "manage.py",
        "generate",
        "--complaints",
        str(complaints),
        "--objects",
        str(max(50, complaints // 20)),
    )
    if is_postgres(urls["caretaker"]):
        gather_statistics(urls["caretaker"])
    for system in urls:
        if system != "caretaker":
            peer = system if system not in ("lower_bound", "fastapi") else "drf"
            run(system, "-m", "benchmarks.seeding", peer, urls["caretaker"])


class Worker:
    """A measured system in its own process."""

    def __init__(self, system: str, url: str):
        self.system, self.url, self.database = system, url, Busy(url)
        self.process = subprocess.Popen(
            [python(system), "-m", "benchmarks.worker", system], cwd=PROJECT_ROOT, env=environment(system, url),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.description = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The process of {self.system} has ended.")
        return json.loads(line)

    def do(self, command: str, **arguments):
        print(json.dumps({"do": command, **arguments}), file=self.process.stdin, flush=True)
        return self._answer()

    def measure(self, scenario: str, count: int) -> dict[str, float]:
        """Return the µs of a request: wall-clock time, CPU time of this process, and CPU time of the
        database."""
        before = self.database.seconds()
        took = self.do("measure", scenario=scenario, count=count)
        took["database"] = (self.database.seconds() - before) / count * 1e6
        return took | {"both": took["busy"] + took["database"]}

    def ask(self, method, path, headers, body):
        sent = "" if body is None else json.dumps(body)
        return self.do("answer", request={"method": method, "path": path, "headers": headers, "body": sent})

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def served(system: str, url: str):
    """Run two gunicorn workers, set up as experts of the framework would."""
    port = free_port()
    application = {
        "caretaker": "benchmarks.caretaker_wsgi",
        "lower_bound": "benchmarks.peers.lower_bound",
        "fastapi": "benchmarks.peers.fastapi_app:app",
    }.get(system, "django.core.wsgi:get_wsgi_application()")
    threads = ["--worker-class", "gthread", "--threads", "4"]
    if system == "caretaker":
        threads = ["--config", "config/serving/gunicorn.py"]
    kind = ["--worker-class", "uvicorn_worker.UvicornWorker"] if system == "fastapi" else threads
    server = subprocess.Popen(
        [python(system), "-m", "gunicorn", "--workers", "2", *kind, "--bind", f"127.0.0.1:{port}",
         "--keep-alive", "5", "--log-level", "error", "--no-control-socket", application],
        cwd=PROJECT_ROOT, env=environment(system, url), start_new_session=True,
    )  # fmt: skip
    try:
        for _attempt in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def in_process(workers: dict[str, Worker], rounds: int, count: int) -> list[dict]:
    """Return, for each round, system and scenario, the measurements. The order of the systems rotates."""
    measurements = []
    for nth in range(-1, rounds):  # the first round only warms up
        for scenario in SCENARIOS:
            able = [worker for worker in workers.values() if scenario in worker.description["scenarios"]]
            turn = nth % max(1, len(able))
            for worker in able[turn:] + able[:turn]:
                often = max(2, round(count * HOW_OFTEN.get(scenario, 1)))
                if nth < 0 and scenario == "patch":
                    often = PATCHED  # the first change of each record changes more than later ones
                took = worker.measure(scenario, often)
                if nth >= 0:
                    measurements.append({"round": nth, "system": worker.system, "scenario": scenario, **took})
        print(f"round {nth + 1} of {rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return measurements


def through_gunicorn(workers: dict[str, Worker], rounds: int, seconds: float) -> list[dict]:
    measurements = []
    with contextlib.ExitStack() as stack:
        ports = {
            system: stack.enter_context(served(system, worker.url)) for system, worker in workers.items()
        }
        for nth in range(-1, rounds):
            for scenario in SERVED:
                for system, worker in workers.items():
                    if scenario not in worker.description["scenarios"]:
                        continue
                    requests = [
                        request
                        for each in worker.do("some", scenario=scenario, count=400)
                        for request in each
                    ]
                    words = [
                        sys.executable,
                        "-m",
                        "benchmarks.load",
                        str(ports[system]),
                        "8",
                        str(seconds if nth >= 0 else 1),
                    ]
                    process = subprocess.run(
                        words, input=json.dumps(requests), capture_output=True, text=True, check=True
                    )
                    if nth >= 0:
                        result = json.loads(process.stdout)
                        if scenario == "page":
                            result["per_second"] *= 400 / len(requests)
                        measurements.append({"round": nth, "system": system, "scenario": scenario, **result})
            print(f"served, round {nth + 1} of {rounds}", file=sys.stderr, flush=True)
    return measurements


def ratios(rows: list[dict], measure: str, base: str) -> dict[tuple[str, str], dict]:
    """Return, by (scenario, system), the median, and the ratio to `base` in the same round: median, minimum
    and maximum."""
    by = {(row["scenario"], row["system"], row["round"]): row[measure] for row in rows}
    summaries = {}
    for scenario, system in dict.fromkeys((row["scenario"], row["system"]) for row in rows):
        values = {nth: value for (name, peer, nth), value in by.items() if (name, peer) == (scenario, system)}
        summary = {"median": statistics.median(values.values())}
        to = [value / by[scenario, base, nth] for nth, value in values.items() if (scenario, base, nth) in by]
        if to:
            summary |= {"ratio": statistics.median(to), "least": min(to), "most": max(to)}
        summaries[scenario, system] = summary
    return summaries


def print_table(title: str, summaries: dict, unit: str) -> None:
    print(f"\n{title}")
    last = ""
    for (scenario, system), summary in summaries.items():
        if scenario != last:
            print(f"  {SCENARIOS[scenario]}")
            last = scenario
        ratio = (
            f"{summary['ratio']:7.2f} × Caretaker  ({summary['least']:.2f} to {summary['most']:.2f})"
            if "ratio" in summary
            else ""
        )
        print(f"    {system:9} {summary['median']:10.0f} {unit}  {ratio}")


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT_ROOT, capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=100, help="requests per round")
    parser.add_argument("--complaints", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4, help="of load per round; 0 skips gunicorn")
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--kept", action="store_true", help="measure with the databases of the last run")
    options = parser.parse_args()
    systems = [system for system in SYSTEMS if system in options.systems.split(",")]
    try:
        if server() and options.kept:
            parser.error("--kept needs SQLite: databases on a server are dropped.")
    except Refused as error:
        parser.error(str(error))
    with built(systems, options.complaints, kept=options.kept) as urls:
        compare({system: Worker(system, urls[system]) for system in systems}, options)


def compare(workers: dict[str, Worker], options: argparse.Namespace) -> None:
    database = name_and_version(next(iter(workers.values())).url)
    demands = {
        system: table(worker.ask, worker.description)
        for system, worker in workers.items()
        if "patch" in worker.description["scenarios"]
    }
    print(f"Demands on complaints over JSON, on {database}:")
    for demand in next(iter(demands.values())):
        print(
            f"  {demand:45}",
            "  ".join(f"{system} {'yes' if met[demand] else 'NO'}" for system, met in demands.items()),
        )
    print("Ours also has:", *EXTRA_FEATURES, sep="\n  - ")
    began = os.getloadavg()
    path = FOLDER / f"{_commit()}-{database.split()[0].lower()}.json"
    about = {
        "database": database,
        "commit": _commit(), "python": platform.python_version(), "machine": platform.platform(),
        "cores": os.cpu_count(), "complaints": options.complaints,
    }  # fmt: skip
    figures = {
        "about": about,
        "demands": demands,
        "in_process": in_process(workers, options.rounds, options.count),
    }
    about["load"] = [began, os.getloadavg()]
    path.write_text(json.dumps(figures, indent=1))
    measures = {"took": "In process, µs", "busy": "In process, µs of CPU time"}
    if any(row["database"] for row in figures["in_process"]):
        measures |= {
            "both": "The same, with the CPU time of the database",
            "database": "The database alone",
        }
    for measure, title in measures.items():
        print_table(f"{title}, on {database}", ratios(figures["in_process"], measure, "caretaker"), "µs")
    if options.seconds:
        rows = figures["served"] = through_gunicorn(workers, max(5, options.rounds - 2), options.seconds)
        path.write_text(json.dumps(figures, indent=1))
        print_table(
            f"Through gunicorn, 2 workers, 8 connections, on {database}",
            ratios(rows, "per_second", "caretaker"),
            "a second",
        )
        for measure in ("p50", "p99"):
            print_table(f"The same, {measure}", ratios(rows, measure, "caretaker"), "ms")
    for worker in workers.values():
        worker.close()
    print(f"\n{about}\nAll figures: {path}")


if __name__ == "__main__":
    main()
