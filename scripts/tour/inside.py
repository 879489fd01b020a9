"""The parts of the tour that use the database directly, each in a process of its own.

python -m scripts.tour.inside prepare PASSWORD USERNAME …   prints an API key of each user
python -m scripts.tour.inside history COMPLAINT             prints its history
"""

import io
import json
import re
import sys

import django

from scripts.screenshot_pages import CASE, COMPLAINT, OBJECT


def prepare(password: str, *usernames: str) -> dict[str, str]:
    """Create the tables, the demo's users and companies, and the three records with what they refer to."""
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from backoffice.demo.builder import build_demo, read_records

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    wanted, records = {COMPLAINT, OBJECT, CASE}, []
    for record in reversed(read_records()):
        if record["model"] in ("people.company", "people.user") or record["id"] in wanted:
            wanted.update(re.findall(r"\b[0-9a-f]{24}\b", json.dumps(record)))
            records.insert(0, record)
    build_demo(records, lambda: make_password(password), lambda *progress: None)
    return {username: _create_key(username) for username in usernames}


def _create_key(username: str) -> str:
    from django.core.management import call_command

    output = io.StringIO()
    call_command("create_api_key", username, name="script", stdout=output)
    return output.getvalue().strip()


def history(complaint: str) -> list[dict]:
    from backoffice.records.history import history_of
    from facility.models import Complaint

    rows = history_of(Complaint.objects.get(pk=complaint)).reverse()
    return [
        {"version": row.version, "values": {entry["property"]: entry["new"] for entry in row.changes}}
        for row in rows
    ]


if __name__ == "__main__":
    django.setup()
    print(json.dumps({"prepare": prepare, "history": history}[sys.argv[1]](*sys.argv[2:])))
