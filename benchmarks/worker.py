"""One of those that are measured, in a process of its own: `python -m benchmarks.worker ours`. It reads commands from
its input, a JSON object a line, and answers each with one."""

import importlib
import json
import statistics
import sys
import time
from dataclasses import asdict

from benchmarks.calling import Request


def main(name: str) -> None:
    stdout, sys.stdout = sys.stdout, sys.stderr
    system = importlib.import_module(f"benchmarks.systems.{name}").System()
    nth = dict.fromkeys(system.scenarios, 0)

    def requests(scenario: str) -> list[Request]:
        nth[scenario] += 1
        return system.scenarios[scenario](nth[scenario])

    def measure(scenario: str, count: int) -> dict:
        times, busy = [], []
        for _each in range(count):
            took, wanted = 0.0, requests(scenario)
            begin = time.process_time()
            for request in wanted:
                answer, once = system.call(request)
                took += once
                if answer.status != 200:
                    raise SystemExit(f"{name} {scenario}: {answer.status} {answer.body[:500]}")
            busy.append((time.process_time() - begin) * 1e6)
            times.append(took)
        return {"took": statistics.median(times), "busy": statistics.median(busy)}

    def answer(request: dict) -> dict:
        found, _took = system.call(Request(**request))
        return {"status": found.status, "headers": found.headers, "body": found.body.decode(errors="replace")}

    def some(scenario: str, count: int) -> list:
        return [[asdict(request) for request in requests(scenario)] for _each in range(count)]

    commands = {"measure": measure, "answer": answer, "some": some}
    print(json.dumps({"scenarios": list(system.scenarios), **system.told()}), file=stdout, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(commands[command.pop("do")](**command)), file=stdout, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
