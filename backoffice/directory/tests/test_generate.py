"""Generated companies: complete records with a valid history, the same for the same seed."""

import re

import pytest
from django.test import Client

from backoffice.directory.tests.generated_companies import MODELS, SIGN_IN, generate
from backoffice.people.models import Company, User
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of, state_at
from facility.models import Complaint
from tests.support.rollback import rolled_back


@pytest.fixture(scope="module")
def generated(django_db_setup, django_db_blocker):
    """A small company, generated once for this module, and the output of the command."""
    with django_db_blocker.unblock(), rolled_back():
        yield generate()


@pytest.fixture
def key(generated, db):
    user = User.objects.get(username=re.search(SIGN_IN, generated)[1])
    return {"x-api-key": ApiKeyFactory(owner=user.pk, company=user.company).secret}


def test_the_requested_numbers_of_records_are_created(generated, db):
    company = Company.objects.get(name="Generated A/S")
    counts = [model.objects.filter(company=company).count() for model in MODELS]
    assert counts == [8, 4, 4, 2, 5, 40, 6]
    assert {*Complaint.objects.values_list("complaint_status", flat=True)} >= {"assigned", "finished"}
    assert "69 records added" in generated


def test_the_users_in_the_output_can_sign_in(generated, db):
    username, password = re.search(SIGN_IN, generated).groups()
    browser = Client()
    assert browser.login(username=username, password=password)
    page = browser.get("/complaints")
    assert page.status_code == 200
    assert Complaint.objects.get(number=40).desc.split(".")[0][:30] in page.content.decode()


def test_each_history_is_valid(generated, db):
    """The first history entry contains all values, and the stamps are those of the work."""
    for model in MODELS:
        for record in model.objects.filter(company__name="Generated A/S"):
            (row,) = history_of(record)
            assert (row.action, row.via, row.who, row.version) == ("import", "command", "Generated data", 1)
            assert row.record_name == str(record)
            assert record.created_at <= record.last_modified_at < row.at
            names = {entry["property"].split(".")[0] for entry in row.changes}
            before = state_at(record, 0)
            assert all(before[name] in (None, []) for name in names)
            assert names == {
                name
                for name, prop in record.properties.items()
                if not prop.is_empty(prop.plain(prop.read(record)))
            }


def test_generated_records_can_be_edited(key, client):
    (word,) = re.findall(r"caller\d+@", Complaint.objects.exclude(contact_email="").first().contact_email)
    found = client.get("/v2/complaints", {"searchComplaint": word}, headers=key).json()
    assert len(found) == 1
    sent = {"desc": "Ny", "objectId": found[0]["objectId"]}
    made = client.post("/v2/complaints", sent, content_type="application/json", headers=key).json()
    assert made["number"] == 41
    changed = client.patch(f"/v2/complaints/{found[0]['_id']}", {"priority": 4, "comment": "Set"}, content_type="application/json", headers=key)  # fmt: skip
    assert changed.status_code == 200
    assert history_of(Complaint.objects.get(pk=found[0]["_id"])).count() == 2
    case = client.get("/iptv/supportcase", headers=key).json()["supportCases"][0]
    assert case["comments"]


def test_a_second_run_adds_missing_records_but_not_deleted_ones(generated, db):
    gone = Complaint.objects.get(number=7)
    services.delete(gone, actor=Installation(), context=ChangeContext(Channel.COMMAND))
    assert "records exist already" in generate()
    assert not Complaint.objects.filter(pk=gone.pk).exists()
    assert "5 records added" in generate(complaints=45)
    assert list(Complaint.objects.filter(number__gt=40).order_by("number").values_list("number", flat=True)) == [
        41, 42, 43, 44, 45,
    ]  # fmt: skip
    assert "Sign in" not in generate(people=9)
    assert "Sign in as administrator0-" in generate(seed="2")  # other users in the same company
