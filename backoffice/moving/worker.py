"""The worker process of one database: `python -m backoffice.moving.worker source`, or `target`, with
DATABASE_URL set.

Reads commands as lines of JSON, and answers each with a line: `{"answer": …}` or `{"error": "…"}`.
"""

import json
import sys
import traceback

import django


def main(role: str) -> None:
    # Keep any printed text out of the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    # These need the models.
    from backoffice.db.health import describe_trouble
    from backoffice.moving.databases import MoveRefused, SourceDatabase, TargetDatabase

    database = {"source": SourceDatabase, "target": TargetDatabase}[role]()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"answer": getattr(database, command.pop("command"))(**command)}
        except MoveRefused as refusal:
            answer = {"error": str(refusal)}
        except Exception as error:
            description = describe_trouble(error)
            if not description:
                traceback.print_exc()
            answer = {"error": description or f"{type(error).__name__}: {' '.join(str(error).split())}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
