"""Customer objects over JSON from creation, with a customer if necessary, to deletion."""

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.models import Customer
from backoffice.people.tests.factories import UserFactory
from backoffice.records.models import History, NumberSeries
from facility.models import CustomerObject

pytestmark = pytest.mark.django_db

URL = "/v2/objects"
ADDRESS = {"street": "Nørregade 7", "zip": "1165", "city": "København K"}


@pytest.fixture
def alice(cast, records, key_of):
    return ApiClient(key_of(cast.alice))


def last_history_entry(record_id):
    return History.objects.filter(record_id=record_id).order_by("-version").first()


def test_create_object(cast, records, alice):
    body = {
        "customerId": cast.resold.pk, "name": "Vandtårnet", "address": ADDRESS, "rating": 3, "securityCode": "4711",
        "material": [{"articleId": records.article.pk, "budget": 2}], "tags": ["tower"],
    }  # fmt: skip
    customers = Customer.objects.count()
    answer = alice.post(URL, body)
    assert answer.status_code == 201
    (name,) = answer.json()
    assert name == "_id"
    pk = answer.json()["_id"]
    assert (answer["Location"], answer["ETag"]) == (f"/v2/objects/{pk}", '"1"')
    result = alice.get(answer["Location"]).json()
    assert (result["_id"], result["number"], result["customerId"]) == (pk, 2, cast.resold.pk)
    assert {name: result[name] for name in body if name != "address"} == {
        name: value for name, value in body.items() if name != "address"
    }
    assert result["address"] == ADDRESS | {"country": ""}
    assert (last_history_entry(pk).action, last_history_entry(pk).via, last_history_entry(pk).user_id) == (
        "create",
        "json",
        cast.alice.pk,
    )
    assert Customer.objects.count() == customers


@pytest.mark.parametrize(
    ("named", "called"),
    [({"name": "Vandtårnet"}, "Vandtårnet"), ({}, "Nørregade 7, 1165 København K"), ({"name": None}, "Nørregade 7, 1165 København K")],
)  # fmt: skip
def test_an_object_without_a_customer_gets_one_named_after_it(cast, alice, named, called):
    pk = alice.post(URL, {"address": ADDRESS} | named).json()["_id"]
    customer = Customer.objects.get(pk=alice.get(f"{URL}/{pk}").json()["customerId"])
    assert (customer.name, customer.company_id, customer.number) == (called, cast.company.pk, 3)
    row = last_history_entry(customer.pk)
    assert (row.action, row.via, row.user_id) == ("create", "json", cast.alice.pk)
    assert row.request_id == last_history_entry(pk).request_id


def test_a_long_address_makes_a_name_that_fits(alice):
    address = {"street": "x" * 255, "city": "y" * 255}
    pk = alice.post(URL, {"address": address}).json()["_id"]
    assert Customer.objects.get(pk=alice.get(f"{URL}/{pk}").json()["customerId"]).name == "x" * 255


def test_a_customer_that_is_null_is_left_out(cast, records, alice):
    pk = alice.post(URL, {"name": "Vandtårnet", "address": ADDRESS, "customerId": None}).json()["_id"]
    customer = Customer.objects.get(pk=alice.get(f"{URL}/{pk}").json()["customerId"])
    assert customer.name == "Vandtårnet"


def test_a_refused_object_creates_no_customer(cast, records, alice):
    customers, rows, series = Customer.objects.count(), History.objects.count(), last_numbers()
    for body, paths in (
        ({}, ["address"]),
        ({"address": None}, ["address"]),
        ({"address": {}}, ["address.street"]),
        ({"address": {"street": None, "city": ""}, "name": ""}, ["address.street"]),
        ({"address": ADDRESS, "name": "x" * 256}, ["name"]),
        ({"address": ADDRESS, "name": 5, "rating": 9}, ["name", "rating"]),
        ({"address": ADDRESS, "rating": 9, "tags": ["a", "a"]}, ["rating", "tags.1"]),
        ({"address": ADDRESS, "number": 1}, ["number"]),
        ({"address": ADDRESS, "customerId": ""}, ["customerId"]),
        ({"address": ADDRESS, "customerId": records.their_customer.pk}, ["customerId"]),
        (
            {"address": ADDRESS, "objectManagerId": cast.charlie.pk, "nonsense": 1},
            ["objectManagerId", "nonsense"],
        ),
        ({"address": ADDRESS, "location": {"latitude": 1}}, ["location.longitude"]),
        ({"address": ADDRESS, "name": "\0"}, ["name"]),
    ):
        answer = alice.post(URL, body)
        assert (answer.status_code, error_fields(answer)) == (400, paths), body
    assert (Customer.objects.count(), History.objects.count(), last_numbers()) == (customers, rows, series)
    assert CustomerObject.objects.count() == 2


def last_numbers():
    return sorted(NumberSeries.objects.values_list("record_type", "company_id", "last"))


def test_creating_objects_and_customers_requires_permissions(cast, alice, key_of):
    group = Group.objects.create(name="Surveyors")
    wanted = ("view_customerobject", "add_customerobject", "view_customer")
    group.permissions.set(Permission.objects.filter(codename__in=wanted))
    surveyor = ApiClient(key_of(UserFactory(username="surveyor", company=cast.company, roles=["Surveyors"])))
    customers = Customer.objects.count()
    narrow = ApiClient(key_of(cast.alice, scopes=["facility:read", "facility:write"]))
    for caller, code, what in (
        (surveyor, "missing_permission", {"permission": "people.add_customer"}),
        (narrow, "missing_scope", {"scope": "people:write"}),
    ):
        answer = caller.post(URL, {"address": ADDRESS})
        assert (answer.status_code, error_fields(answer)) == (403, ["customerId"])
        (error,) = answer.json()["errors"]
        assert error["code"] == code and what.items() <= error.items()
    assert surveyor.post(URL, {"address": ADDRESS, "customerId": cast.resold.pk}).status_code == 201
    assert Customer.objects.count() == customers
    secret = surveyor.post(URL, {"address": ADDRESS, "customerId": cast.resold.pk, "securityCode": "1"})
    assert (secret.status_code, error_fields(secret)) == (403, ["securityCode"])
    for caller in (
        ApiClient(key_of(cast.vera)),
        ApiClient(key_of(cast.alice, scopes=["facility:read", "people:write"])),
    ):
        assert caller.post(URL, {"address": ADDRESS, "customerId": cast.resold.pk}).status_code == 403
    assert ApiClient(None).post(URL, {"address": ADDRESS}).status_code == 401
    everywhere = UserFactory(username="everywhere", is_superuser=True)
    assert ApiClient(key_of(everywhere)).post(URL, {"address": ADDRESS}).status_code == 403


def test_get_object(cast, records, alice):
    url = f"{URL}/{records.object.pk}"
    answer = alice.get(url)
    assert (answer.status_code, answer["ETag"], answer.json()["name"]) == (200, '"1"', "Rådhuset")
    assert alice.get(url, if_none_match='"1"').status_code == 304
    for missing in (f"{URL}/{records.their_object.pk}", f"{URL}/1", f"{URL}/{'0' * 24}", f"{URL}/%00"):
        assert alice.get(missing).status_code == 404


def test_get_object_by_number(cast, records, alice, key_of):
    answer = alice.get(f"{URL}/1/byNumber")
    assert answer.status_code == 200
    assert answer.content == alice.get(f"{URL}/{records.object.pk}").content
    assert answer["ETag"] == '"1"'
    assert alice.get(f"{URL}/1/byNumber/", if_none_match='"1"').status_code == 304
    theirs = ApiClient(key_of(cast.charlie)).get(f"{URL}/1/byNumber")
    assert theirs.json()["_id"] == records.their_object.pk
    for number in ("2", "0", "-1", str(2**63 - 1)):
        assert alice.get(f"{URL}/{number}/byNumber").status_code == 404, number
    for number in (
        "x",
        "1.0",
        "1e1",
        str(2**63),
        "9" * 5000,
        "%00",
        "١",
        records.object.pk[:23] + "f",
        "true",
    ):
        answer = alice.get(f"{URL}/{number}/byNumber")
        assert (answer.status_code, error_fields(answer)) == (400, ["number"]), number
    assert ApiClient(key_of(cast.sven)).get(f"{URL}/1/byNumber").status_code == 403


def test_update_object(cast, records, alice, key_of):
    url = f"{URL}/{records.object.pk}"
    answer = alice.patch(url, {"rating": 4})
    assert (answer.status_code, answer.json()["rating"], answer["ETag"]) == (200, 4, '"2"')
    assert ApiClient(key_of(cast.vera)).patch(url, {"rating": 1}).status_code == 403


def test_delete_object(cast, records, alice, key_of):
    url = f"{URL}/{records.object.pk}"
    answer = alice.send("DELETE", url)
    assert answer.status_code == 409
    assert answer.json() == {
        "message": "This cannot be deleted because other records depend on it: 1 complaints.",
        "errors": [{"field": "", "message": "1 complaints", "code": "in_use"}],
    }
    assert alice.get(url).status_code == 200
    assert alice.send("DELETE", f"/v2/complaints/{records.complaint.pk}").status_code == 204
    assert ApiClient(key_of(cast.vera)).send("DELETE", url).status_code == 403
    assert ApiClient(key_of(cast.charlie)).send("DELETE", url).status_code == 404
    assert alice.send("DELETE", url, if_match='"9"').status_code == 412
    answer = alice.send("DELETE", url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert alice.get(url).status_code == 404
    assert alice.get(f"{URL}/1/byNumber").status_code == 404
    assert (alice.get(URL).json(), alice.get(f"{URL}/count").json()) == ([], {"count": 0})
    assert alice.get(f"{URL}/tags").json() == []
    assert alice.get(f"{URL}/location/55.6/12.5").json() == []
    assert alice.get(f"/v2/customers/{cast.resold.pk}/objects").json() == []
    row = last_history_entry(records.object.pk)
    assert (row.action, row.via) == ("remove", "json")
    gone = {entry["property"]: entry["old"] for entry in row.changes}
    assert (gone["name"], gone["tags"], gone["number"]) == ("Rådhuset", ["school", "north"], 1)
    # Its number is not used again.
    pk = alice.post(URL, {"address": ADDRESS, "customerId": cast.resold.pk}).json()["_id"]
    assert alice.get(f"{URL}/{pk}").json()["number"] == 2


def test_records_referenced_by_objects_are_not_deleted(cast, records, alice):
    url = f"{URL}/{records.object.pk}"
    alice.patch(url, {"material": [{"articleId": records.article.pk}], "contactIds": [records.contact.pk]})
    for other in (f"/v2/articles/{records.article.pk}", f"/v2/contacts/{records.contact.pk}"):
        assert alice.send("DELETE", other).status_code == 409
    alice.patch(url, {"material": [], "contactIds": []})
    for other in (f"/v2/articles/{records.article.pk}", f"/v2/contacts/{records.contact.pk}"):
        assert alice.send("DELETE", other).status_code == 204
