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


def mixed(caretaker: Worker) -> list[bytes]:
    requests = {
        name: [one for each in caretaker.do("some", scenario=name, count=400) for one in each]
        for name in set(OFTEN)
    }
    mix = []
    for turn in range(400):
        for name in OFTEN:
            if name not in ("list", "page") or turn % 10 == 0:
                mix.append(raw(requests[name][turn]))
    return mix


class MixedLoad:
    """As many clients that write, each to its own record, as clients that read."""

    def __init__(self, port: int, caretaker: Worker, seconds: float):
        self.port, self.caretaker, self.seconds = port, caretaker, seconds
        self.headers, self.pks = caretaker.description["headers"], caretaker.description["ids"][:CLIENTS]
        self.times = {"write": [], "read": []}
        self.failed: list[int] = []
        self.acknowledged = dict.fromkeys(self.pks, 0)
        self.last: dict[str, str] = {}
        self.deadline = 0.0

    def run(self) -> dict:
        """Run all clients; return what they measured, in ms."""
        before = {pk: self._document(pk)[0] for pk in self.pks}
        self.deadline = time.perf_counter() + self.seconds
        _run_all(
            [threading.Thread(target=self._write, args=(pk,)) for pk in self.pks]
            + [threading.Thread(target=self._read, args=(nth,)) for nth in range(CLIENTS)]
        )
        lost = 0
        for pk in self.pks:
            version, stored = self._document(pk)
            if version != before[pk] + self.acknowledged[pk] or stored["comment"] != self.last.get(pk):
                lost += 1
        return {
            "failed": sorted(self.failed),
            "acknowledged": sum(self.acknowledged.values()),
            "records with a lost write": lost,
            **{kind: self._summarise(took) for kind, took in self.times.items()},
        }

    def _document(self, pk: str) -> tuple[int, dict]:
        answer = self.caretaker.ask("GET", f"/v2/complaints/{pk}", self.headers, None)
        return int(answer["headers"]["etag"].strip('"')), json.loads(answer["body"])

    def _write(self, pk: str) -> None:
        connection, turn = Connection(self.port), 0
        headers = self.headers | {"Content-Type": "application/json"}
        while (begin := time.perf_counter()) < self.deadline:
            turn += 1
            comment = f"{pk} {turn} {begin}"
            request = {
                "method": "PATCH", "path": f"/v2/complaints/{pk}", "headers": headers,
                "body": json.dumps({"comment": comment}),
            }  # fmt: skip
            status = connection.send(raw(request))
            self.times["write"].append(time.perf_counter() - begin)
            if status == 200:
                self.acknowledged[pk] += 1
                self.last[pk] = comment
            else:
                self.failed.append(status)

    def _read(self, nth: int) -> None:
        connection = Connection(self.port)
        paths = ["/v2/complaints?limit=20", *(f"/v2/complaints/{pk}" for pk in self.pks)]
        while (begin := time.perf_counter()) < self.deadline:
            nth += 1
            request = {
                "method": "GET", "path": paths[nth % len(paths)], "headers": self.headers, "body": "",
            }  # fmt: skip
            status = connection.send(raw(request))
            self.times["read"].append(time.perf_counter() - begin)
            if status != 200:
                self.failed.append(status)

    def _summarise(self, took: list[float]) -> dict:
        hundredths = statistics.quantiles(took, n=100)
        return {
            "per second": round(len(took) / self.seconds), "p50": round(hundredths[49] * 1000, 1),
            "p99": round(hundredths[98] * 1000, 1), "p99 / p50": round(hundredths[98] / hundredths[49], 1),
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with built(["caretaker"], 10_000, kept=not server() and file_of("caretaker").exists()) as urls:
        endure(urls["caretaker"], options)


def endure(url: str, options: argparse.Namespace) -> None:
    caretaker = Worker("caretaker", url)
    requests = mixed(caretaker)
    with served("caretaker", url) as port:
        answers(port, requests, 200)  # warm up the workers
        print(json.dumps(MixedLoad(port, caretaker, options.seconds).run(), indent=2), flush=True)
    with served("caretaker", url) as port:
        done = bad = 0
        for wanted in (1000, *(options.answers * part // 10 for part in range(1, 11))):
            if wanted > done:
                bad += answers(port, requests, wanted - done)
                done = wanted
                print(f"{done} answers, {bad} of them not 200: {memory(port):.0f} MiB", flush=True)
    caretaker.close()


if __name__ == "__main__":
    sys.exit(main())
