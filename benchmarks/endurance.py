"""What a long day does to the server: `python -m benchmarks.endurance [--answers 100000] [--seconds 60]`, after
`make bench` has built its database. Prints how much memory the workers take after 1,000 answers and after many more;
then lets as many clients write as read, and looks whether every acknowledged write is there."""

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
"""What is asked in turns; `list` and `page` a tenth as often as they stand here."""


def memory(port: int) -> float:
    """MiB that the processes of a server hold, what they share counted once."""
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"127.0.0.1:{port}".encode() in (folder / "cmdline").read_bytes():
                rollup = (folder / "smaps_rollup").read_text()
                found += int(rollup.split("\nPss:")[1].split()[0]) / 1024
        except OSError:
            continue  # it has ended
    return found


def answers(port: int, requests: list[bytes], count: int) -> int:
    """Have so many requests answered over eight connections; how many were not answered by 200."""
    bad = []

    def work(first: int) -> None:
        connection = Connection(port)
        for nth in range(first, count, 8):
            status = connection.send(requests[nth % len(requests)])
            if status != 200:
                bad.append(status)

    _all(threading.Thread(target=work, args=(first,)) for first in range(8))
    return len(bad)


def _all(threads) -> None:
    threads = list(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def mixed(ours: Worker) -> list[bytes]:
    asked = {
        name: [one for each in ours.do("some", scenario=name, count=400) for one in each]
        for name in set(OFTEN)
    }
    found = []
    for turn in range(400):
        for name in OFTEN:
            if name not in ("list", "page") or turn % 10 == 0:
                found.append(raw(asked[name][turn]))
    return found


def side_by_side(port: int, ours: Worker, seconds: float) -> dict:
    """As many clients write, each to a record of its own, as read; what they saw, in ms."""
    told = ours.told
    headers = told["headers"] | {"Content-Type": "application/json"}
    times = {"write": [], "read": []}
    failed, lost = [], []
    until = time.perf_counter() + seconds

    def document(pk):
        answer = ours.ask("GET", f"/v2/complaints/{pk}", told["headers"], None)
        return int(answer["headers"]["etag"].strip('"')), json.loads(answer["body"])

    pks = told["ids"][:CLIENTS]
    before = {pk: document(pk)[0] for pk in pks}
    acknowledged = dict.fromkeys(pks, 0)

    def write(pk):
        connection, turn = Connection(port), 0
        while (begin := time.perf_counter()) < until:
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
        while (begin := time.perf_counter()) < until:
            nth += 1
            status = connection.send(
                raw(
                    {"method": "GET", "path": paths[nth % len(paths)], "headers": told["headers"], "body": ""}
                )
            )
            times["read"].append(time.perf_counter() - begin)
            if status != 200:
                failed.append(status)

    last: dict[str, str] = {}
    _all(
        [threading.Thread(target=write, args=(pk,)) for pk in pks]
        + [threading.Thread(target=read, args=(nth,)) for nth in range(CLIENTS)]
    )
    for pk in pks:
        version, kept = document(pk)
        if version != before[pk] + acknowledged[pk] or kept["comment"] != last.get(pk):
            lost.append(pk)
    found = {
        "failed": sorted(failed),
        "acknowledged": sum(acknowledged.values()),
        "records with a lost write": len(lost),
    }
    for kind, took in times.items():
        hundredths = statistics.quantiles(took, n=100)
        found[kind] = {
            "per second": round(len(took) / seconds), "p50": round(hundredths[49] * 1000, 1),
            "p99": round(hundredths[98] * 1000, 1), "p99 / p50": round(hundredths[98] / hundredths[49], 1),
        }  # fmt: skip
    return found


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
