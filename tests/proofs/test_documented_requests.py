"""The requests printed in the documents, sent to every record of the demo data."""

from types import SimpleNamespace

import pytest
from django.core.management import call_command

from backoffice.api.tests.clients import ApiClient
from backoffice.people.models import Contact, User
from backoffice.records.tests.parameters import deep_only
from conftest import make_key
from facility.models import Article, Complaint, CustomerObject
from facility.tests import test_api_complaints, test_api_objects
from supportdesk.models import SupportCase
from supportdesk.tests import test_api_cases
from tests.support.rollback import rolled_back

A_NUMBER_OF_ITS_OWN = 100_000


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """An Administrator's key, and the values of the placeholders in the requests."""
    with django_db_blocker.unblock(), rolled_back():
        call_command("demo", "--password", "moth-lantern-cobble", verbosity=0)
        admin = User.objects.get(username="admin")
        alice = User.objects.get(username="alice")
        mine = {"company": admin.company_id}
        yield SimpleNamespace(
            caller=ApiClient(make_key(admin)),
            company=SimpleNamespace(pk=admin.company_id),
            alice=alice,
            rikke=User.objects.get(username="rikke"),
            article=Article.objects.filter(**mine).first(),
            contact=Contact.objects.filter(**mine).first(),
            of_ours=mine,
        )


@deep_only
def test_every_complaint_accepts_the_documented_request(demo, db):
    for nth, complaint in enumerate(Complaint.objects.filter(**demo.of_ours)):
        body = test_api_complaints.documented_request(demo, SimpleNamespace(complaint=complaint))
        body["number"] += nth * A_NUMBER_OF_ITS_OWN
        answer = demo.caller.patch(f"/v2/complaints/{complaint.pk}", body)
        assert (answer.status_code, answer.json().get("errors")) == (200, None), complaint.pk
        assert answer.json()["desc"] == body["desc"]


@deep_only
def test_every_object_accepts_the_documented_request(demo, db):
    for nth, place in enumerate(CustomerObject.objects.filter(**demo.of_ours)):
        demo.resold = place.customer
        records = SimpleNamespace(object=place, article=demo.article, contact=demo.contact)
        body = test_api_objects.documented_request(demo, records)
        body["number"] += nth * A_NUMBER_OF_ITS_OWN
        answer = demo.caller.patch(f"/v2/objects/{place.pk}", body)
        assert (answer.status_code, answer.json().get("errors")) == (200, None), place.pk
        assert (answer.json()["rating"], answer.json()["status"]["status"]) == (2.5, 123)


@deep_only
def test_every_case_accepts_the_documented_example(demo, db):
    for case in SupportCase.objects.filter(**demo.of_ours):
        demo.resold = case.customer
        has_one = SimpleNamespace(pk=case.pk, comments=[{"id": case.pk}], files=[{"id": case.pk}])
        printed = test_api_cases.documented_example(demo, SimpleNamespace(case=has_one))
        body = {name: value for name, value in printed.items() if name != "files"}
        body["comments"] = [{"_id": one["id"]} for one in case.comments] + [
            {"comment": "Det virker nu :-) Tak!"}
        ]
        answer = demo.caller.post(f"/iptv/supportcase/{case.pk}", body)
        assert (answer.status_code, answer.json().get("errors")) == (200, None), case.pk
        assert answer.json()["name"] == printed["name"]
