"""A measured system in its own process: `python -m benchmarks.worker caretaker`. Reads commands from standard
input, a JSON object per line, and answers each with one."""

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
            took, batch = 0.0, requests(scenario)
            begin = time.process_time()
            for request in batch:
                answer, once = system.call(request)
                took += once
                if answer.status != 200:
                    raise SystemExit(f"{name} {scenario}: {answer.status} {answer.body[:500]}")
            busy.append((time.process_time() - begin) * 1e6)
            times.append(took)
        return {"took": statistics.median(times), "busy": statistics.median(busy)}

    def answer(request: dict) -> dict:
        response, _took = system.call(Request(**request))
        return {
            "status": response.status,
            "headers": response.headers,
            "body": response.body.decode(errors="replace"),
        }

    def some(scenario: str, count: int) -> list:
        return [[asdict(request) for request in requests(scenario)] for _each in range(count)]

    commands = {"measure": measure, "answer": answer, "some": some}
    print(json.dumps({"scenarios": list(system.scenarios), **system.describe()}), file=stdout, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(commands[command.pop("do")](**command)), file=stdout, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
