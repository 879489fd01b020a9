"""Complaints over JSON, as documented."""

import pytest

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = pytest.mark.django_db

DOCUMENTED = [
    "_id", "number", "companyId", "status", "chatId", "desc", "roomDescription", "contactName", "contact", "priority",
    "images", "userId", "comment", "response", "customFields",
]  # fmt: skip
OURS = ["objectId", "complaintStatus", "assignedDate", "finishedAt", "finishedBy", "finishImages", "tags"]


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def url(records):
    return f"/v2/complaints/{records.complaint.pk}"


def documented_request(cast, records):
    """The request of the documentation, with real ids."""
    return {
        "_id": records.complaint.pk,
        "number": 123,
        "companyId": cast.company.pk,
        "status": {
            "status": 123,
            "createdAt": "2023-11-07T05:31:56Z",
            "createdBy": "<string>",
            "lastModifiedAt": "2023-11-07T05:31:56Z",
            "lastModifiedBy": "<string>",
        },
        "chatId": "507f1f77bcf86cd799439020",
        "desc": "Updated complaint description with additional details",
        "roomDescription": "Updated room location information",
        "contactName": "John Smith Jr.",
        "contact": {"email": "jsmith@example.com", "telephone": "+45 12 34 56 78"},
        "priority": 3,
        "images": ["https://images.example.com/1.jpeg"],
        "userId": cast.alice.pk,
        "comment": "Additional notes about the complaint resolution",
        "response": "Thank you for your patience. The issue has been resolved.",
        "customFields": {},
    }


def test_the_documented_request(cast, records, alice, url):
    sent = documented_request(cast, records)
    answer = alice.patch(url, sent)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == DOCUMENTED + OURS
    assert list(body["status"]) == ["status", "createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy"]
    assert list(body["contact"]) == ["email", "telephone"]
    assert body.pop("status")["status"] == 123
    del sent["status"]
    assert {name: body[name] for name in sent} == sent
    assert (body["complaintStatus"], body["objectId"]) == ("assigned", records.object.pk)
    rows = History.objects.count()
    again = alice.patch(url, documented_request(cast, records))
    assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, answer["ETag"])
    assert History.objects.count() == rows


def test_properties_without_a_value_are_included(records, alice, url):
    body = alice.get(url).json()
    empty = {name: body[name] for name in body if body[name] in (None, "", [])}
    assert empty == {
        "roomDescription": "", "contactName": "", "images": [], "userId": None, "comment": "",
        "response": "", "customFields": None, "assignedDate": None, "finishedAt": None, "finishedBy": None,
        "finishImages": [], "tags": [],
    }  # fmt: skip
    assert body["contact"] == {"email": "", "telephone": ""}


EMPTIES = ["roomDescription", "contactName", "userId", "comment", "response", "customFields", "assignedDate",
           "finishedAt", "finishedBy"]  # fmt: skip


def test_null_empties_optional_properties_only(alice, url):
    for name in DOCUMENTED + OURS:
        answer = alice.patch(url, {name: None})
        if name == "chatId":
            assert answer.json()["chatId"] is None
            assert alice.patch(url, {name: None})["ETag"] == answer["ETag"]
        elif name in EMPTIES:
            assert (answer.status_code, answer["ETag"]) == (200, '"2"'), name
        else:
            assert (answer.status_code, error_fields(answer)) == (400, [name])
            assert answer.json()["errors"][0]["message"] == "This field cannot be null."


def test_the_state_follows_the_assignee(cast, alice, url):
    body = alice.patch(url, {"userId": cast.alice.pk}).json()
    assert body["complaintStatus"] == "assigned"
    assert body["assignedDate"] == body["status"]["lastModifiedAt"]
    body = alice.patch(url, {"userId": None}).json()
    assert (body["complaintStatus"], body["assignedDate"]) == ("new", None)


def test_workflow_properties_are_read_only(cast, records, alice, url):
    document = alice.patch(url, {"userId": cast.alice.pk}).json()
    names = ("complaintStatus", "assignedDate", "finishedAt", "finishedBy")
    assert alice.patch(url, {name: document[name] for name in names})["ETag"] == '"2"'
    others = {"complaintStatus": "finished", "assignedDate": "2020-01-01T00:00:00Z",
              "finishedAt": "2020-01-01T00:00:00Z", "finishedBy": cast.alice.pk}  # fmt: skip
    answer = alice.patch(url, others)
    assert (answer.status_code, error_fields(answer)) == (400, list(names))
    assert {error["code"] for error in answer.json()["errors"]} == {"read_only"}


def test_any_user_of_the_company_can_be_assigned(cast, as_user, records, alice, url):
    menu = as_user(cast.alice).get(f"/complaints/{records.complaint.pk}").content.decode()
    for user in (cast.vera, cast.rikke):
        assert alice.patch(url, {"userId": user.pk}).json()["userId"] == user.pk
        assert f'value="{user.pk}"' not in menu
    assert f'value="{cast.alice.pk}"' in menu
    assert alice.patch(url, {"userId": cast.charlie.pk}).status_code == 400


def test_a_wrong_object_can_be_corrected(cast, records, alice, url, key_of):
    right = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Skolen")
    document = alice.get(url).json()
    for wrong in (records.their_object.pk, "f" * 24):
        answer = alice.patch(url, {"objectId": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_reference")
    assert alice.patch(url, {"objectId": None}).status_code == 400
    assert ApiClient(key_of(cast.vera)).patch(url, {"objectId": right.pk}).status_code == 403
    assert alice.patch(url, {"objectId": right.pk.upper()}).json()["objectId"] == right.pk
    row = History.objects.get(record_id=records.complaint.pk, version=2)
    assert row.changes == [{"property": "object", "old": records.object.pk, "new": right.pk}]
    # A client that read the other object and sends a third one gets a conflict.
    other = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk)
    stale = {"objectId": other.pk, "status": {"lastModifiedAt": document["status"]["lastModifiedAt"]}}
    answer = alice.patch(url, stale)
    assert (answer.status_code, error_fields(answer)) == (409, ["objectId"])
    assert [one["_id"] for one in alice.get(f"/v2/complaints?objectIds={right.pk}").json()] == [
        document["_id"]
    ]


INVALID = [
    ("number", 0, "number"),
    ("number", "1", "number"),
    ("desc", "", "desc"),
    ("desc", 5, "desc"),
    ("roomDescription", "x" * 256, "roomDescription"),
    ("contact", {"email": "nobody"}, "contact.email"),
    ("contact", {"phone": "1"}, "contact.phone"),
    ("priority", 5, "priority"),
    ("images", "https://a.dk/1", "images"),
    ("images", ["https://a.dk/1", "not a uri"], "images.1"),
    ("userId", "alice", "userId"),
    ("userId", "", "userId"),
    ("userId", "f" * 24, "userId"),
    ("customFields", [], "customFields"),
    ("customFields", "x", "customFields"),
    ("chatId", "x", "chatId"),
    ("status", {"status": 2**31}, "status.status"),
    ("status", {"status": None}, "status.status"),
    ("status", 1, "status"),
    ("finishImages", ["x"], "finishImages.0"),
    ("tags", ["a", "a"], "tags.1"),
    ("tags", [""], "tags.0"),
    ("companyId", "f" * 24, "companyId"),
    ("complaint_status", "new", "complaint_status"),
    ("version", 1, "version"),
]


def test_invalid_values_are_refused_by_name(records, alice, url):
    for name, value, path in INVALID:
        answer = alice.patch(url, {name: value})
        assert (answer.status_code, error_fields(answer)) == (400, [path])
        message = answer.json()["errors"][0]["message"]
        assert answer.json()["message"] == f"{path}: {message}"
    assert Complaint.objects.get(pk=records.complaint.pk).version == 1


def test_a_taken_number_and_other_companies_users_are_invalid(cast, records, alice, url):
    other = Complaint.objects.get(pk=records.complaint.pk)
    second = {"number": other.number, "userId": cast.charlie.pk}
    answer = alice.patch(url, {"number": 77})
    assert answer.json()["number"] == 77
    third = ComplaintFactory(company=cast.company, object=records.object.pk)
    answer = alice.patch(f"/v2/complaints/{third.pk}", second | {"number": 77})
    assert error_fields(answer) == ["number", "userId"]


def test_custom_fields_accept_any_json(alice, url):
    for value in ({"floor": 3, "æ": [None, {"$x.y": 1.5}]}, {}, None):
        assert alice.patch(url, {"customFields": value}).json()["customFields"] == value


def test_json_and_browser_write_the_same_history(cast, records, alice, url):
    alice.patch(url, {"contact": {"email": "a@example.com"}, "tags": ["lys"]})
    services.update(
        records.complaint, {"desc": "x"}, actor=cast.alice, context=ChangeContext(Channel.BROWSER), base=1
    )
    newest, before = History.objects.filter(record_id=records.complaint.pk).order_by("-version")[:2]
    assert (newest.via, before.via) == ("browser", "json")
    assert before.changes == [
        {"property": "contact_email", "old": "", "new": "a@example.com"},
        {"property": "tags", "old": [], "new": ["lys"]},
    ]
