"""Creating, reading and updating support cases over JSON."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.api.dialects import TELECOMX
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.models import Customer
from backoffice.records.models import History
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
CASES = "/iptv/supportcase"
FILE = {"url": "https://image.example.dk/1.jpeg", "type": "DOC"}


@pytest.fixture
def caller(cast, key_of):
    return lambda who, **values: ApiClient(key_of(getattr(cast, who), **values))


@pytest.fixture
def sven(caller):
    return caller("sven")


def test_create_support_case(cast, sven):
    """The system documents no 201: successful requests respond with 200."""
    answer = sven.post(CASES, {"name": "Kun et navn"})
    assert answer.status_code == 200
    body = answer.json()
    case = SupportCase.objects.get(name="Kun et navn")
    assert body == {
        "_id": case.pk,
        "name": "Kun et navn",
        "employee": cast.sven.pk,
        "employeeName": "Sven",
        "solved": False,
        "date": TELECOMX.instant(case.date),
        "lastUpdated": TELECOMX.instant(case.last_modified_at),
        "files": [],
        "comments": [],
        "priority": 1,
    }
    assert answer["ETag"] == '"1"'
    assert sven.get(f"{CASES}/{case.pk}").json() == body
    (row,) = History.objects.filter(record_id=case.pk)
    assert (row.action, row.via, row.user_id) == ("create", "json", cast.sven.pk)
    assert case.number > 0


def test_a_new_case_can_have_comments_and_files(cast, records, sven):
    sent = {
        "name": "Support til Huawei-telefoner",
        "description": "Kommer der support?",
        "customer": cast.resold.pk,
        "customerName": "Boligforeningen",
        "employee": cast.rikke.pk,
        "solved": True,
        "date": "2020-02-17T14:36:09.698Z",
        "lastUpdated": "2020-02-17T14:36:09.698Z",
        "device": "CHROMEMAC",
        "systemVersion": "1.03",
        "playMakerVersion": "1.23a",
        "response": {"answer": "Ja", "date": "2020-02-17T14:36:09.698Z"},
        "privateInformation": "Gertrud, +45 8888 9977",
        "files": [FILE, {"url": "https://image.example.dk/2.jpeg"}],
        "comments": [
            {"comment": "Tak!", "files": [FILE]},
            {"comment": "Selv tak", "employee": cast.rikke.pk},
        ],
    }
    body = sven.post(CASES, sent).json()
    assert [*body] == [
        "_id", "name", "description", "customer", "customerName", "employee", "employeeName", "solved", "date",
        "lastUpdated", "device", "systemVersion", "playMakerVersion", "response", "privateInformation", "files",
        "comments", "priority",
    ]  # fmt: skip
    assert (body["device"], body["employeeName"], body["customerName"]) == (
        "CROMEMAC",
        "Rikke",
        "Boligforeningen",
    )
    assert body["response"] == {
        "author": "PlayMaker Teamet", "answer": "Ja", "date": "2020-02-17T14:36:09.698Z",
        "employee": cast.sven.pk, "employeeName": "Sven",
    }  # fmt: skip
    assert [(file["url"], file["type"]) for file in body["files"]] == [
        (FILE["url"], "DOC"), ("https://image.example.dk/2.jpeg", "IMAGE"),
    ]  # fmt: skip
    first, second = body["comments"]
    assert (first["employee"], first["isSupport"], first["date"]) == (cast.sven.pk, True, body["lastUpdated"])
    assert body["date"] == "2020-02-17T14:36:09.698Z" < body["lastUpdated"]
    assert (first["files"][0]["url"], "customer" in first) == (FILE["url"], False)
    assert (second["employeeName"], second["isSupport"], second["customer"], second["customerName"]) == (
        "Rikke", False, cast.reseller.pk, "Nordnet Reseller ApS",
    )  # fmt: skip
    again = sven.post(f"{CASES}/{body['_id']}", body)
    assert (again.status_code, again.json(), again["ETag"]) == (200, body, '"1"')


BAD_NEW = [
    ({}, ["name"]),
    ({"name": ""}, ["name"]),
    ({"name": None}, ["name"]),
    ({"name": 3, "solved": "no", "device": "TOASTER"}, ["name", "solved", "device"]),
    ({"name": "x", "_id": "f" * 24}, ["_id"]),
    ({"name": "x", "customer": "THEIRS"}, ["customer"]),
    ({"name": "x", "employee": "f" * 24}, ["employee"]),
    ({"name": "x", "response": {"employee": "f" * 24, "by": 1}}, ["response.employee", "response.by"]),
    ({"name": "x", "files": [{"type": "DOC"}, {"url": "no"}]}, ["files.0.url", "files.1.url"]),
    ({"name": "x", "comments": [{}, {"comment": "a", "_id": "f" * 24}]}, ["comments.0.comment", "comments.1._id"]),
    ({"name": "x", "comments": [{"comment": "a", "files": [{"url": "no", "type": "PDF"}]}]},
     ["comments.0.files.0.type", "comments.0.files.0.url"]),
    ({"name": "x", "number": 3}, ["number"]),
    ({"name": "x", "date": "yesterday"}, ["date"]),
    ({"name": "x", "date": None}, ["date"]),
]  # fmt: skip


def test_an_invalid_new_case_is_refused_with_all_errors(records, sven):
    before = SupportCase.objects.count()
    for body, paths in BAD_NEW:
        answer = sven.post(CASES, json.dumps(body).replace("THEIRS", records.their_customer.pk))
        assert (answer.status_code, sorted(error_fields(answer))) == (422, sorted(paths)), body
        assert answer.json()["message"] == error_fields(answer)[0]
    for body, status in ((b"{", 400), (b"[]", 400), (b"", 400)):
        assert sven.post(CASES, body).status_code == status
    assert SupportCase.objects.count() == before


def test_creating_cases_requires_the_permission(cast, records, caller):
    new = {"name": "Ingen lyd", "customer": cast.resold.pk}
    for who, status in (("ada", 200), ("sven", 200), ("rikke", 200), ("vera", 403), ("alice", 403)):
        answer = caller(who).post(CASES, new)
        assert answer.status_code == status, who
        assert status == 200 or (answer.json()["code"], answer.json()["message"]) == (403, "access_denied")
    assert caller("sven", scopes=["supportdesk:read"]).post(CASES, new).status_code == 403
    assert ApiClient(None).post(CASES, new).status_code == 403


def test_a_reseller_creates_reads_and_lists_its_customers_cases(cast, records, caller):
    rikke = caller("rikke")
    sent = {
        "name": "Ingen lyd",
        "customer": cast.resold.pk,
        "privateInformation": "Ring til mig",
        "comments": [{"comment": "Haster"}],
    }
    body = rikke.post(CASES, sent).json()
    assert (body["employee"], body["employeeName"]) == (cast.rikke.pk, "Rikke")
    assert body["privateInformation"] == "Ring til mig"
    (comment,) = body["comments"]
    assert (comment["employee"], comment["isSupport"]) == (cast.rikke.pk, False)
    assert rikke.get(f"{CASES}/{body['_id']}").json() == body
    assert body in rikke.get(CASES).json()["supportCases"]
    answer = rikke.post(f"{CASES}/{body['_id']}", {"name": "Nu med lyd"})
    assert (answer.status_code, answer.json()["message"]) == (403, "access_denied")
    assert rikke.post(f"{CASES}/{body['_id']}", body).status_code == 403
    assert SupportCase.objects.get(pk=body["_id"]).version == 1


def test_a_reseller_creates_cases_for_its_own_customers_and_in_its_own_name_only(cast, records, caller):
    rikke = caller("rikke")
    other_customer = caller("ada").post("/v2/customers", {"name": "Somebody else's"}).json()["_id"]
    before = SupportCase.objects.count()
    good = {"name": "Ingen lyd", "customer": cast.resold.pk}
    for body, path in (
        ({"name": "Ingen lyd"}, "customer"),
        (good | {"customer": cast.reseller.pk}, "customer"),
        (good | {"customer": other_customer}, "customer"),
        (good | {"customer": records.their_customer.pk}, "customer"),
        (good | {"customer": None}, "customer"),
        (good | {"employee": cast.sven.pk}, "employee"),
        (good | {"employeeName": "Sven"}, "employeeName"),
        (good | {"response": {"answer": "Ja"}}, "response.answer"),
        (good | {"comments": [{"comment": "x", "isSupport": True}]}, "comments.0.isSupport"),
    ):
        answer = rikke.post(CASES, body)
        assert (answer.status_code, answer.json()["message"]) == (422, path), body
    for body, path in (
        (good | {"response": {"employee": cast.rikke.pk}}, "response.employee"),
        (good | {"response": {"employeeName": "Sven"}}, "response.employeeName"),
    ):
        answer = rikke.post(CASES, body)
        assert (answer.status_code, error_fields(answer)) == (403, [path])
    assert SupportCase.objects.count() == before
    assert Customer.objects.filter(pk=other_customer).exists()


def test_get_support_case(cast, records, sven):
    answer = sven.get(f"{CASES}/{records.case.pk.upper()}/")
    assert (answer.status_code, answer["ETag"], answer.json()["_id"]) == (200, '"1"', records.case.pk)
    assert sven.get(f"{CASES}/{records.case.pk}", if_none_match='"1"').status_code == 304
    for pk in (records.their_case.pk, "f" * 24, "count"):
        answer = sven.get(f"{CASES}/{pk}")
        assert (answer.status_code, answer.json()["message"]) == (404, "not_found")


def test_update_support_case(records, sven):
    url = f"{CASES}/{records.case.pk}"
    answer = sven.post(url, {"solved": True})
    assert (answer.status_code, answer.json()["solved"], answer["ETag"]) == (200, True, '"2"')
    again = sven.post(url, answer.json())
    assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, '"2"')
    assert History.objects.filter(record_id=records.case.pk).count() == 2


def test_cases_cannot_be_deleted_over_json(records, sven):
    answer = sven.send("DELETE", f"{CASES}/{records.case.pk}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_the_authors_of_many_comments_are_looked_up_in_one_query(cast, sven):
    def lookups(count):
        comments = [{"comment": "Også her", "employee": cast.rikke.pk}, *[{"comment": "Her"}] * (count - 1)]
        with CaptureQueriesContext(connection) as captured:
            assert sven.post(CASES, {"name": "Mange", "comments": comments}).status_code == 200
        return sum(query["sql"].startswith("SELECT") for query in captured)

    assert lookups(2) >= lookups(50)
