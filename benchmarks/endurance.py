"""Endurance of the server: `python -m benchmarks.endurance [--answers 100000] [--seconds 60]`, after `make
bench` has built its database. Lets as many clients write as read, and checks that every acknowledged write is
stored; then prints the memory of the workers after 1,000 responses and after many more."""

import argparse
import json
import statistics
import sys
import threading
import time
from pathlib import Path

from benchmarks.databases import file_of, server
from benchmarks.load import Connection, raw
from benchmarks.run import Worker, built, served

CLIENTS = 16
OFTEN = ("read", "patch", "read", "list", "read", "patch", "read", "page")
"""The mix of requests; `list` and `page` are sent a tenth as often as listed."""


def memory(port: int) -> float:
    """Return the MiB of memory of a server's processes (PSS: shared pages are divided among them)."""
    total = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"127.0.0.1:{port}".encode() in (folder / "cmdline").read_bytes():
                rollup = (folder / "smaps_rollup").read_text()
                total += int(rollup.split("\nPss:")[1].split()[0]) / 1024
        except OSError:
            continue  # the process has ended
    return total


def answers(port: int, requests: list[bytes], count: int) -> int:
    """Send `count` requests over eight connections; return how many responses were not 200."""
    bad = []

    def work(first: int) -> None:
        connection = Connection(port)
        for nth in range(first, count, 8):
            status = connection.send(requests[nth % len(requests)])
            if status != 200:
                bad.append(status)

    _run_all(threading.Thread(target=work, args=(first,)) for first in range(8))
    return len(bad)


def _run_all(threads) -> None:
    threads = list(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def mixed(ours: Worker) -> list[bytes]:
    requests = {
        name: [one for each in ours.do("some", scenario=name, count=400) for one in each]
        for name in set(OFTEN)
    }
    mix = []
    for turn in range(400):
        for name in OFTEN:
            if name not in ("list", "page") or turn % 10 == 0:
                mix.append(raw(requests[name][turn]))
    return mix


def side_by_side(port: int, ours: Worker, seconds: float) -> dict:
    """Let as many clients write, each to its own record, as read; return what they measured, in ms."""
    description = ours.description
    headers = description["headers"] | {"Content-Type": "application/json"}
    times = {"write": [], "read": []}
    failed, lost = [], []
    deadline = time.perf_counter() + seconds

    def document(pk):
        answer = ours.ask("GET", f"/v2/complaints/{pk}", description["headers"], None)
        return int(answer["headers"]["etag"].strip('"')), json.loads(answer["body"])

    pks = description["ids"][:CLIENTS]
    before = {pk: document(pk)[0] for pk in pks}
    acknowledged = dict.fromkeys(pks, 0)

    def write(pk):
        connection, turn = Connection(port), 0
        while (begin := time.perf_counter()) < deadline:
            turn += 1
            body = json.dumps({"comment": f"{pk} {turn} {begin}"})
            status = connection.send(
                raw({"method": "PATCH", "path": f"/v2/complaints/{pk}", "headers": headers, "body": body})
            )
            times["write"].append(time.perf_counter() - begin)
            if status == 200:
                acknowledged[pk] += 1
                last[pk] = json.loads(body)["comment"]
            else:
                failed.append(status)

    def read(nth):
        connection = Connection(port)
        paths = ["/v2/complaints?limit=20", *(f"/v2/complaints/{pk}" for pk in pks)]
        while (begin := time.perf_counter()) < deadline:
            nth += 1
            status = connection.send(
                raw(
                    {
                        "method": "GET",
                        "path": paths[nth % len(paths)],
                        "headers": description["headers"],
                        "body": "",
                    }
                )
            )
            times["read"].append(time.perf_counter() - begin)
            if status != 200:
                failed.append(status)

    last: dict[str, str] = {}
    _run_all(
        [threading.Thread(target=write, args=(pk,)) for pk in pks]
        + [threading.Thread(target=read, args=(nth,)) for nth in range(CLIENTS)]
    )
    for pk in pks:
        version, stored = document(pk)
        if version != before[pk] + acknowledged[pk] or stored["comment"] != last.get(pk):
            lost.append(pk)
    result = {
        "failed": sorted(failed),
        "acknowledged": sum(acknowledged.values()),
        "records with a lost write": len(lost),
    }
    for kind, took in times.items():
        hundredths = statistics.quantiles(took, n=100)
        result[kind] = {
            "per second": round(len(took) / seconds), "p50": round(hundredths[49] * 1000, 1),
            "p99": round(hundredths[98] * 1000, 1), "p99 / p50": round(hundredths[98] / hundredths[49], 1),
        }  # fmt: skip
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    with built(["ours"], 10_000, kept=not server() and file_of("ours").exists()) as urls:
        endure(urls["ours"], asked)


def endure(url: str, asked: argparse.Namespace) -> None:
    ours = Worker("ours", url)
    requests = mixed(ours)
    with served("ours", url) as port:
        answers(port, requests, 200)  # the workers have started, and know their questions
        print(json.dumps(side_by_side(port, ours, asked.seconds), indent=2), flush=True)
    with served("ours", url) as port:
        done = bad = 0
        for wanted in (1000, *(asked.answers * part // 10 for part in range(1, 11))):
            if wanted > done:
                bad += answers(port, requests, wanted - done)
                done = wanted
                print(f"{done} answers, {bad} of them not 200: {memory(port):.0f} MiB", flush=True)
    ours.close()


if __name__ == "__main__":
    sys.exit(main())
