"""The process of one end: `python -m backoffice.moving.worker source`, or `target`, with DATABASE_URL set. Takes
orders as lines of JSON, and answers each with a line: `{"answer": …}` or `{"error": "…"}`."""

import json
import sys
import traceback

import django


def main(which: str) -> None:
    # What anything prints must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    # (They need the models.)
    from backoffice.db.health import describe_trouble
    from backoffice.moving.databases import MoveRefused, SourceDatabase, TargetDatabase

    end = {"source": SourceDatabase, "target": TargetDatabase}[which]()
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": getattr(end, order.pop("do"))(**order)}
        except MoveRefused as refusal:
            answer = {"error": str(refusal)}
        except Exception as error:
            told = describe_trouble(error)
            if not told:
                traceback.print_exc()
            answer = {"error": told or f"{type(error).__name__}: {' '.join(str(error).split())}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
