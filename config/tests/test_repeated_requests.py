"""The same request several times at the same moment, on a database of its own: one record, whichever was faster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.tests.servers import another_database
from config.tests.test_concurrency import prepared

HERE = Path(__file__).resolve().parents[2]

# Sends each of some requests eight times at once, and prints what was answered and what is there.
SEND = """
import django, json, os, threading; django.setup()
from django.db import connection
from django.test import Client
from facility.models import Complaint, CustomerObject
from backoffice.people.models import Customer
place = CustomerObject.objects.first().pk
headers = {"x-api-key": os.environ["KEY"]}
bodies = {
    "/v2/complaints": lambda n: {"objectId": place, "desc": f"twice {n}"},
    "/v2/objects": lambda n: {"address": {"street": f"Havnegade {n}", "city": "Odense"}},
}
told = {}
for address, body in bodies.items():
    for turn in range(6):
        answers, start = [], threading.Barrier(8)
        def send():
            client = Client(raise_request_exception=False)
            start.wait()
            while True:
                answer = client.post(
                    address, body(turn), content_type="application/json", headers=headers,
                    HTTP_IDEMPOTENCY_KEY=f"k{turn}",
                )
                answers.append((answer.status_code, answer.json().get("_id")))
                if answer.status_code not in (409, 503):
                    break
            connection.close()
        threads = [threading.Thread(target=send) for _number in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        told[f"{address} {turn}"] = answers
counts = [Complaint.objects.filter(desc__startswith="twice").count(),
          CustomerObject.objects.filter(address_city="Odense").count(),
          Customer.objects.filter(name__startswith="Havnegade").count()]
print(json.dumps({"told": told, "counts": counts}))
"""


@pytest.mark.deep
@pytest.mark.everywhere
@pytest.mark.attack
def test_requests_at_the_same_moment_make_one_record(tmp_path):
    with another_database(tmp_path) as url:
        environment = prepared(url)
        done = subprocess.run(
            [sys.executable, "-c", SEND],
            cwd=HERE, env=environment | {"ALLOWED_HOSTS": "testserver"}, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for request, answers in found["told"].items():
        assert {status for status, _pk in answers} <= {201, 409, 503}, request
        made = [pk for status, pk in answers if status == 201]
        assert len(made) == 8, request
        assert len(set(made)) == 1, request
    assert found["counts"] == [6, 6, 6]
