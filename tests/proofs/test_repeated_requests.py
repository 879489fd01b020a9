"""The same request several times at once, on a database of its own: one record is created."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.throwaway_servers import another_database
from tests.proofs.test_concurrency import prepared

PROJECT_ROOT = Path(__file__).resolve().parents[2]

# Sends each request eight times at once, and prints the responses and the resulting records.
SEND = """
import django, json, os, threading; django.setup()
from tests.support import mongodb_stand_in
if mongodb_stand_in.is_stand_in(): mongodb_stand_in.apply_workarounds()
from django.db import connection
from django.test import Client
from backoffice.people import roles
from backoffice.people.models import Company, Customer, User
from backoffice.people.tests.factories import ApiKeyFactory, UserFactory
from facility.models import Complaint, CustomerObject
from supportdesk.models import Comment
from supportdesk.tests.factories import SupportCaseFactory
company, place = Company.objects.get(), CustomerObject.objects.first().pk
sven = UserFactory(username="sven", company=company, roles=[roles.SUPPORT_STAFF])
keys = {"/v2": os.environ["KEY"], "/iptv": ApiKeyFactory(owner=sven.pk, company=company).secret}
cases = [SupportCaseFactory(company=company).pk for _turn in range(6)]
requests = {
    "complaint": ("/v2/complaints", lambda n: {"objectId": place, "desc": f"twice {n}"}),
    "object": ("/v2/objects", lambda n: {"address": {"street": f"Havnegade {n}", "city": "Odense"}}),
    "numbered complaint": ("/v2/complaints", lambda n: {"objectId": place, "desc": "numbered", "number": 71001 + n}),
    "numbered object": ("/v2/objects", lambda n: {"address": {"city": "Aarhus"}, "number": 71001 + n}),
    "comment": ("/iptv/supportcase/{case}", lambda n: {"comments": [{"comment": "once"}]}),
}
answers = {}

def send_at_once(send):
    answers, start = [], threading.Barrier(8)
    def run():
        client = Client(raise_request_exception=False)
        start.wait()
        send(client, answers)
        connection.close()
    threads = [threading.Thread(target=run) for _number in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return answers

for name, (address, body) in requests.items():
    key = keys["/iptv" if "iptv" in address else "/v2"]
    for turn in range(6):
        def send(client, answers):
            while True:
                answer = client.post(
                    address.format(case=cases[turn]), body(turn), content_type="application/json",
                    headers={"x-api-key": key}, HTTP_IDEMPOTENCY_KEY=f"{name} {turn}",
                )
                answers.append((answer.status_code, answer.json().get("_id")))
                if not answer.has_header("Retry-After"):
                    break
        answers[f"{name} {turn}"] = send_at_once(send)

boss = UserFactory(username="boss", company=company, is_superuser=True)
forms = {
    "/complaints/new": lambda n: {"desc": "form", "object": place, "number": 72001 + n},
    "/admin/people/customer/add/": lambda n: {"name": "form", "number": 72001 + n},
    "/users/new": lambda n: {"username": f"user{n}"},
}
from backoffice.forms.tests.pages import form_data
from bs4 import BeautifulSoup
page = Client(); page.force_login(boss)
for address, values in forms.items():
    for turn in range(4):
        form = BeautifulSoup(page.get(address).content, "lxml").select_one("form.record-form, #customer_form")
        sent = form_data(form) | values(turn)
        def send(client, answers):
            client.cookies = page.cookies
            while True:
                answer = client.post(address, sent)
                if answer.status_code != 503:
                    break
            answers.append((answer.status_code, answer.headers.get("Location")))
        answers[f"{address} {turn}"] = send_at_once(send)
counts = [Complaint.objects.filter(desc__startswith="twice").count(),
          CustomerObject.objects.filter(address_city="Odense").count(),
          Customer.objects.filter(name__startswith="Havnegade").count(),
          Complaint.objects.filter(desc="numbered").count(),
          CustomerObject.objects.filter(address_city="Aarhus").count(),
          Customer.objects.filter(name="Aarhus").count(),
          Comment.objects.filter(comment="once").count(),
          Complaint.objects.filter(desc="form").count(),
          Customer.objects.filter(name="form").count(),
          User.objects.filter(username__startswith="user").count()]
print(json.dumps({"answers": answers, "counts": counts}))
"""


@pytest.mark.deep
@pytest.mark.everywhere
@pytest.mark.attack
def test_simultaneous_requests_create_one_record(tmp_path):
    with another_database(tmp_path) as url:
        environment = prepared(url)
        done = subprocess.run(
            [sys.executable, "-c", SEND],
            cwd=PROJECT_ROOT, env=environment | {"ALLOWED_HOSTS": "testserver"}, capture_output=True, text=True,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    for request, answers in found["answers"].items():
        assert {status for status, _made in answers} <= {200, 201, 302, 409, 503}, request
        made = [made for status, made in answers if status in (200, 201, 302)]
        assert len(made) == 8, request
        assert len({*made} - {"/admin/people/customer/"}) == 1, (
            request
        )  # (there the response to a creation is a list)
    assert found["counts"] == [6, 6, 6, 6, 6, 6, 6, 4, 4, 4]
