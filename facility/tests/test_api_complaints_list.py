"""Lists of complaints over JSON: filters, sorting, pages and errors."""

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = pytest.mark.django_db

URL = "/v2/complaints"
DAY = datetime(2024, 2, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def complaints(cast, records):
    """Four complaints about three objects of two customers, created on four days: `lamp` is new, `channel`
    assigned to Alice, `roof` finished and archived, `heat` new. (The fifth one, `records.complaint`, is from
    today.)"""
    school = CustomerObjectFactory(
        company=cast.company, customer=cast.reseller.pk, name="Ærø Skole", object_manager=cast.alice.pk
    )
    hall = CustomerObjectFactory(
        company=cast.company, customer=cast.reseller.pk, name="Ærø Hallen", object_manager=cast.sven.pk
    )
    made = {}
    for day, (name, values) in enumerate(
        {
            "lamp": {"object": school.pk, "desc": "Lampe defekt", "priority": 2, "number": 101},
            "door": {"object": school.pk, "desc": "Dør klemmer", "user": cast.alice.pk, "number": 102,
                     "tags": ["dør", "Haste"], "custom_fields": {"floor": 3, "kind": "A"}},
            "roof": {"object": hall.pk, "desc": "Tag utæt", "user": cast.sven.pk, "priority": 4, "number": 103,
                     "custom_fields": {"floor": "3"}},
            "heat": {"object": records.object.pk, "desc": "Varme", "priority": 2, "number": 104,
                     "custom_fields": {"floor": 3.0, "kind": None}},
        }.items()
    ):  # fmt: skip
        at = DAY + timedelta(days=day)
        actor = Installation(cast.company.pk)
        made[name] = services.create(
            Complaint, values, actor=actor, context=ChangeContext(Channel.COMMAND), at=at
        ).record
    roof = services.update(
        made["roof"],
        {"status": 2},
        actor=Installation(),
        context=ChangeContext(Channel.COMMAND),
        action="finish",
    ).record
    return SimpleNamespace(**(made | {"roof": roof}), school=school, hall=hall)


def names(answer, four) -> list[str]:
    """The documents of a response by their names in this module."""
    assert answer.status_code == 200, answer.content
    known = {record.pk: name for name, record in vars(four).items() if isinstance(record, Complaint)}
    return [known.get(document["_id"], "other") for document in answer.json()]


def test_list_complaints(cast, records, alice):
    answer = alice.get(URL)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    stamp = answer.json()[0]["status"]["createdAt"]
    assert answer.json() == [
        {
            "_id": records.complaint.pk, "number": 1, "companyId": cast.company.pk,
            "status": {"status": 1, "createdAt": stamp, "createdBy": None, "lastModifiedAt": stamp, "lastModifiedBy": None},
            "chatId": records.complaint.chat_id, "desc": "Lampen er gået", "roomDescription": "", "contactName": "",
            "contact": {"email": "", "telephone": ""}, "priority": 1, "images": [], "userId": None, "comment": "",
            "response": "", "customFields": None, "objectId": records.object.pk, "complaintStatus": "new",
            "assignedDate": None, "finishedAt": None, "finishedBy": None, "finishImages": [], "tags": [],
        }
    ]  # fmt: skip
    assert alice.get(f"{URL}/").content == answer.content


def test_count_complaints(alice, complaints):
    answer = alice.get(f"{URL}/count")
    assert (answer.status_code, answer.json()) == (200, {"count": 5})
    assert alice.get(f"{URL}/count?complaintStatus=new").json() == {"count": 3}
    refused = alice.get(f"{URL}/count?limit=1&sort=number")
    assert (refused.status_code, error_fields(refused)) == (400, ["limit", "sort"])


@pytest.mark.slow
def test_every_filter(cast, records, alice, complaints):
    ms = int((DAY + timedelta(days=2)).timestamp() * 1000)
    reseller, resold = cast.reseller.pk, cast.resold.pk
    for query, found in {
        f"ids={complaints.lamp.pk}": ["lamp"],
        f"ids={complaints.lamp.pk.upper()}": ["lamp"],
        "ids=[]": [],
        "status=2": ["roof"],
        f"objectIds={complaints.school.pk},{complaints.hall.pk}": ["lamp", "door", "roof"],
        f"object={complaints.hall.pk}": ["roof"],
        f"object={records.their_object.pk}": [],
        f"customerIds={reseller}": ["lamp", "door", "roof"],
        f"customerIds={reseller}&customerIds={resold}": ["lamp", "door", "roof", "heat"],
        f"objectManager={cast.alice.pk}": ["lamp", "door"],
        f"objectManagers={cast.alice.pk},{cast.sven.pk}": ["lamp", "door", "roof"],
        "objectsByName=%C3%86R%C3%98": ["lamp", "door", "roof"],
        "objectsByName=hallen%20%C3%A6r": ["roof"],
        "objectsByName=hallen%20skole": [],
        "objectsByName=%7B%22value%22%3A%22hallen%22%7D": ["roof"],
        "objectsByName[value]=hallen": ["roof"],
        "objectsByName%5Bvalue%5D=hallen": ["roof"],
        f"objectsByName={complaints.hall.number}": ["roof"],
        f"objectsByName=%7B%22value%22%3A{complaints.hall.number}%7D": ["roof"],
        f"objectsByName={complaints.hall.number}%20hallen": ["roof"],
        "objectsByName=99999999999999999999": [],
        f"user={cast.alice.pk}": ["door"],
        f"userIds={cast.alice.pk},{cast.sven.pk}": ["door", "roof"],
        "complaintStatus=assigned": ["door"],
        "complaintStatus=assigned,finished": ["door", "roof"],
        f"from={ms}": ["roof", "heat"],
        f"from={ms + 1}": ["heat"],
        f"to={ms}": ["lamp", "door", "roof"],
        f"to={ms - 1}": ["lamp", "door"],
        "from=2024-02-02T13:00:00.000%2B01:00&to=2024-02-03T12:00:00.0Z": ["door", "roof"],
        "searchComplaint=haste": ["door"],
        "searchComplaint=UTAET": ["roof"],
        "searchComplaint=utæt tag": ["roof"],
        f"object={complaints.school.pk}&complaintStatus=new": ["lamp"],
    }.items():
        answer = alice.get(
            f"{URL}?{query}&sort=number&to=2024-12-31T00:00:00Z"
            if "to=" not in query
            else f"{URL}?{query}&sort=number"
        )
        assert names(answer, complaints) == found, query
        count = alice.get(f"{URL}/count?{query}" + ("" if "to=" in query else "&to=2024-12-31T00:00:00Z"))
        assert count.json() == {"count": len(found)}, query


GENERAL = [
    ("number", "equals", 101, ["lamp"]),
    ("number", "not_equals", 101, ["door", "roof", "heat"]),
    ("number", "greater_than", 102, ["roof", "heat"]),
    ("number", "greater_equal", 102, ["door", "roof", "heat"]),
    ("number", "less_than", 102, ["lamp"]),
    ("number", "less_equal", 102.0, ["lamp", "door"]),
    ("number", "in", [101, 104], ["lamp", "heat"]),
    ("number", "not_in", [101, 104], ["door", "roof"]),
    ("number", "in", [], []),
    ("desc", "contains", "KLEM", ["door"]),
    ("desc", "equals", "Varme", ["heat"]),
    ("desc", "exists", None, ["lamp", "door", "roof", "heat"]),
    ("roomDescription", "exists", None, []),
    ("roomDescription", "not_exists", None, ["lamp", "door", "roof", "heat"]),
    ("userId", "exists", None, ["door", "roof"]),
    ("userId", "not_exists", None, ["lamp", "heat"]),
    ("finishedAt", "exists", None, ["roof"]),
    ("status.status", "equals", 2, ["roof"]),
    ("status.createdAt", "greater_equal", "2024-02-03T12:00:00Z", ["roof", "heat"]),
    ("status.createdAt", "less_than", int(DAY.timestamp() * 1000) + 1, ["lamp"]),
    ("tags", "equals", "dør", ["door"]),
    ("tags", "not_equals", "dør", ["lamp", "roof", "heat"]),
    ("tags", "in", ["Haste", "x"], ["door"]),
    ("tags", "not_in", ["Haste", "x"], ["lamp", "roof", "heat"]),
    ("tags", "contains", "HAST", ["door"]),
    ("tags", "exists", None, ["door"]),
    ("tags", "not_exists", None, ["lamp", "roof", "heat"]),
    ("customFields.floor", "equals", 3, ["door", "heat"]),
    ("customFields.floor", "equals", "3", ["roof"]),
    ("customFields.floor", "not_equals", 3, ["lamp", "roof"]),
    ("customFields.floor", "in", ["3", 3, True], ["door", "roof", "heat"]),
    ("customFields.floor", "not_in", ["3"], ["lamp", "door", "heat"]),
    ("customFields.floor", "exists", None, ["door", "roof", "heat"]),
    ("customFields.kind", "exists", None, ["door", "heat"]),
    ("customFields.kind", "not_exists", None, ["lamp", "roof"]),
    ("customFields.kind", "contains", "a", ["door"]),
    ("customFields.kind", "equals", "a", []),
    ("customFields.none", "equals", "a", []),
]


def test_general_field(alice, complaints):
    for key, operator, value, found in GENERAL:
        query = {"key": key, "operator": operator} | ({} if value is None else {"value": value})
        answer = alice.client.get(
            URL, {"generalField": json.dumps(query), "sort": "number:1", "to": "2024-12-31T00:00:00Z"},
            headers=alice.headers,
        )  # fmt: skip
        assert names(answer, complaints) == found, query


def test_the_type_of_a_general_field_converts_text_to_numbers_or_booleans(alice, complaints):
    for value, kind, found in (("101", "number", ["lamp"]), ("101.0", "number", ["lamp"])):
        query = json.dumps({"key": "number", "operator": "equals", "value": value, "fieldType": kind})
        assert (
            names(alice.client.get(URL, {"generalField": query}, headers=alice.headers), complaints) == found
        )
    query = json.dumps({"key": "number", "operator": "equals", "value": "101", "fieldType": "string"})
    assert alice.client.get(URL, {"generalField": query}, headers=alice.headers).status_code == 400


@pytest.mark.parametrize("spelling", ["objectid", "objectId"])
def test_both_names_of_the_id_type_work(alice, complaints, spelling):
    for key, value in (
        ("_id", complaints.lamp.pk),
        ("_id", complaints.lamp.pk.upper()),
        ("objectId", complaints.lamp.object_id),
    ):
        for operator, given in (("equals", value), ("in", [value])):
            query = json.dumps({"key": key, "operator": operator, "value": given, "fieldType": spelling})
            answer = alice.client.get(URL, {"generalField": query}, headers=alice.headers)
            assert "lamp" in names(answer, complaints), query
    query = json.dumps({"key": "_id", "operator": "equals", "value": "x", "fieldType": spelling})
    assert alice.client.get(URL, {"generalField": query}, headers=alice.headers).status_code == 400


def test_both_notations_of_sorting_work_and_ties_are_sorted_by_id(alice, complaints):
    ids = {name: getattr(complaints, name).pk for name in ("lamp", "heat")}
    tied = sorted(ids, key=ids.get)
    for sort, found in {
        "number": ["lamp", "door", "roof", "heat"],
        "number:1": ["lamp", "door", "roof", "heat"],
        "number:-1": ["heat", "roof", "door", "lamp"],
        "priority:-1,number:-1": ["roof", "heat", "lamp", "door"],
        "priority:-1": ["roof", *tied, "door"],
        "status.createdAt:-1": ["heat", "roof", "door", "lamp"],
        '{"by":"number","direction":-1}': ["heat", "roof", "door", "lamp"],
        '{"by": "number"}': ["lamp", "door", "roof", "heat"],
        '{"by":"number","direction":-1.0}': ["heat", "roof", "door", "lamp"],
        '[{"by":"priority","direction":-1},{"by":"number","direction":1}]': ["roof", "lamp", "heat", "door"],
        "_id:-1": sorted(("lamp", "door", "roof", "heat"), key=lambda name: getattr(complaints, name).pk, reverse=True),
    }.items():  # fmt: skip
        answer = alice.client.get(URL, {"sort": sort, "to": "2024-12-31T00:00:00Z"}, headers=alice.headers)
        assert names(answer, complaints) == found, sort
    repeated = alice.get(f"{URL}?sort=priority:-1&sort=number:1&to=2024-12-31T00:00:00Z")
    assert names(repeated, complaints) == ["roof", "lamp", "heat", "door"]


def test_every_notation_of_an_array_works(alice, complaints):
    lamp, roof = complaints.lamp.pk, complaints.roof.pk
    for query in (
        f"ids={lamp}&ids={roof}",
        f"ids={lamp},{roof}",
        f"ids[]={lamp}&ids[]={roof}",
        f"ids%5B%5D={lamp}&ids={roof}",
        f'ids=["{lamp}","{roof}"]',
        f'ids=["{lamp}"]&ids={roof}',
    ):
        assert names(alice.get(f"{URL}?{query}&sort=number"), complaints) == ["lamp", "roof"], query
    assert names(alice.get(f"{URL}?status=[2,3]"), complaints) == ["roof"]


def test_pages(alice, complaints):
    every = [document["number"] for document in alice.get(f"{URL}?sort=number").json()]
    assert every == [1, 101, 102, 103, 104]
    for paging, found in {
        "limit=2": [1, 101],
        "limit=2&offset=2": [102, 103],
        "offset=4": [104],
        "offset=5": [],
        "limit=1000": every,
        "offset=2147483647&limit=1000": [],
    }.items():
        assert [d["number"] for d in alice.get(f"{URL}?sort=number&{paging}").json()] == found, paging


@pytest.mark.slow
def test_a_page_has_100_records_by_default(cast, records, alice):
    for _nth in range(100):
        ComplaintFactory(company=cast.company, object=records.object.pk)
    assert len(alice.get(URL).json()) == 100
    assert len(alice.get(f"{URL}?limit=101").json()) == 101


def test_distinct_values_of_complaints(cast, alice, complaints):
    for path, values in {
        "priority": [1, 2, 4],
        "desc": ["Dør klemmer", "Lampe defekt", "Lampen er gået", "Tag utæt", "Varme"],
        "complaintStatus": ["assigned", "finished", "new"],
        "userId": sorted([cast.alice.pk, cast.sven.pk]),
        "tags": ["dør", "Haste"],
        "roomDescription": [],
        "status.status": [1, 2],
    }.items():
        answer = alice.get(f"{URL}/distinctValues?field={path}")
        assert (answer.status_code, answer.json()) == (200, values), path
        assert alice.get(f"{URL}/distinctValues?fieldKey={path}").json() == values
    assert alice.get(f"{URL}/distinctValues?field=number&complaintStatus=finished").json() == [103]
    dates = alice.get(f"{URL}/distinctValues?field=status.createdAt&to=2024-02-01T12:00:00Z").json()
    assert dates == ["2024-02-01T12:00:00Z"]
    for query in (
        "",
        "field=customFields",
        "field=images",
        "field=nonsense",
        "field=desc&field=desc",
        "field=desc&fieldKey=desc",
    ):
        answer = alice.get(f"{URL}/distinctValues?{query}")
        assert (answer.status_code, error_fields(answer)) == (400, ["field"]), query


def test_count_new_complaints(cast, records, alice, complaints, key_of):
    answer = alice.get(f"{URL}/countNewEntities")
    assert (answer.status_code, answer.json()) == (200, {"count": 3})
    assert ApiClient(key_of(cast.charlie)).get(f"{URL}/countNewEntities").json() == {"count": 1}
    assert alice.get(f"{URL}/countNewEntities?status=1").status_code == 400


def test_list_complaints_of_user(cast, alice, complaints, key_of):
    answer = alice.get(f"/v2/users/{cast.sven.pk}/complaints")
    assert names(answer, complaints) == ["roof"]
    assert names(alice.get("/v2/users/self/complaints"), complaints) == ["door"]
    assert names(alice.get("/v2/users/self/complaints?status=2"), complaints) == []
    assert alice.get("/v2/users/self/complaints?nonsense=1").status_code == 400
    assert alice.get(f"/v2/users/{cast.charlie.pk}/complaints").status_code == 404
    assert alice.get("/v2/users/nobody/complaints").status_code == 404
    sven = ApiClient(key_of(cast.sven))
    assert (
        sven.get("/v2/users/self/complaints").status_code == 403
    )  # a user without permission to see complaints


def test_count_complaints_of_user(cast, alice, complaints):
    assert alice.get(f"/v2/users/{cast.sven.pk}/countComplaints").json() == {"count": 1}
    assert alice.get("/v2/users/self/countComplaints").json() == {"count": 1}
    assert alice.get("/v2/users/self/countComplaints?complaintStatus=finished").json() == {"count": 0}
    assert error_fields(alice.get("/v2/users/self/countComplaints?limit=1")) == ["limit"]
    assert alice.get(f"/v2/users/{cast.charlie.pk}/countComplaints").status_code == 404


def test_a_key_without_permission_to_see_users_still_sees_its_owner(cast, complaints, key_of):
    narrow = ApiClient(key_of(cast.alice, scopes=["facility:read"]))
    assert narrow.get("/v2/users/self/countComplaints").json() == {"count": 1}
    assert narrow.get(f"/v2/users/{cast.sven.pk}/countComplaints").status_code == 403


def test_lists_require_the_permission(cast, records, complaints, key_of):
    def numbers(person, **how):
        answer = ApiClient(key_of(person, **how)).get(f"{URL}?sort=number")
        return answer.status_code, [d["number"] for d in answer.json()] if answer.status_code == 200 else []

    ours = [1, 101, 102, 103, 104]
    assert numbers(cast.vera) == (200, ours)
    assert numbers(cast.alice, scopes=["facility:read"]) == (200, ours)
    assert numbers(cast.alice, scopes=["supportdesk:read", "people:read"]) == (403, [])
    assert numbers(cast.sven) == (403, [])
    assert numbers(cast.rikke) == (403, [])
    assert numbers(cast.charlie) == (200, [1])
    assert ApiClient(None).get(URL).status_code == 401


def test_filters_disclose_nothing_about_hidden_objects(cast, records, complaints, key_of):
    group = Group.objects.create(name="Callers")
    group.permissions.set(Permission.objects.filter(codename="view_complaint"))
    person = UserFactory(username="caller", company=cast.company, roles=["Callers"])
    caller = ApiClient(key_of(person))
    assert len(caller.get(URL).json()) == 5
    for query in ("objectsByName=skole", f"customerIds={cast.reseller.pk}", f"objectManager={cast.alice.pk}"):
        assert caller.get(f"{URL}?{query}").json() == [], query
    assert names(caller.get(f"{URL}?objectIds={complaints.hall.pk}"), complaints) == ["roof"]


@pytest.mark.slow
def test_a_list_of_100_takes_as_many_queries_as_one_of_10(cast, records, alice):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(f"{URL}?sort=desc").status_code == 200
        return len(captured)

    def make(many):
        for _nth in range(many):
            ComplaintFactory(
                company=cast.company, object=records.object.pk, user=cast.alice.pk, tags=["a", "b"],
                custom_fields={"floor": 3}, images=["https://a.dk/1"],
            )  # fmt: skip

    make(10)
    queries()  # the first request also updates the last use of the key
    ten = queries()
    make(90)
    assert queries() == ten
