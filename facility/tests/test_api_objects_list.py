"""Lists of customer objects over JSON: filters, sorting, pages, tags, managers and secrets."""

import json
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.tests.factories import ContactFactory, UserFactory
from backoffice.records.models import SecretReading
from backoffice.records.tests.parameters import deep_only
from facility.models import CustomerObject
from facility.tests.factories import CustomerObjectFactory

pytestmark = pytest.mark.django_db

URL = "/v2/objects"


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def outsider(cast, key_of):
    """A user who may see objects, but not their secrets, users, customers or contacts."""
    group = Group.objects.create(name="Cleaners")
    group.permissions.set(Permission.objects.filter(codename="view_customerobject"))
    return ApiClient(key_of(UserFactory(username="cleaner", company=cast.company, roles=["Cleaners"])))


@pytest.fixture
def objects(cast, records):
    """Three objects besides `records.object` (number 1): a school, an archived hall, a place without a
    name."""
    contact = ContactFactory(company=cast.company)
    school = CustomerObjectFactory(
        company=cast.company, customer=cast.reseller.pk, name="Ærø Skole", number=11, rating=4.5,
        object_manager=cast.alice.pk, address_street="Skolevej 1", address_city="Marstal", tags=["school", "Ærø"],
        contacts=[contact.pk, records.contact.pk], security_code="4711-marker",
    )  # fmt: skip
    hall = CustomerObjectFactory(
        company=cast.company, customer=cast.reseller.pk, name="Hallen", number=12, rating=2, status=2,
        object_manager=cast.sven.pk, address_street="Havnen 3", address_city="Ærøskøbing", tags=["sport"],
        contacts=[records.contact.pk],
    )  # fmt: skip
    place = CustomerObjectFactory(
        company=cast.company, customer=cast.resold.pk, name="", number=13, object_manager=cast.alice.pk,
        address_street="Skolevej 2", address_city="Odense", address_country="",
    )  # fmt: skip
    return SimpleNamespace(school=school, hall=hall, place=place, contact=contact)


def numbers(answer) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [document["number"] for document in answer.json()]


def test_list_objects(cast, records, alice):
    answer = alice.get(URL)
    assert answer.status_code == 200
    (document,) = answer.json()
    stamp = document["status"]["createdAt"]
    assert document == {
        "_id": records.object.pk, "number": 1, "companyId": cast.company.pk,
        "status": {"status": 1, "createdAt": stamp, "createdBy": None, "lastModifiedAt": stamp, "lastModifiedBy": None},
        "chatId": None, "customerId": cast.resold.pk, "name": "Rådhuset",
        "contact": {"phone": "", "email": "", "fax": ""}, "contract": {"startDate": None, "endDate": None},
        "objectManagerId": None, "material": [],
        "address": {"street": document["address"]["street"], "zip": "1165", "city": "København K", "country": "Denmark"},
        "location": {"latitude": None, "longitude": None}, "rating": None, "description": "", "securityCode": None,
        "key": None, "orderDescription": "", "contactName": "", "invoiceRecipientId": None,
        "invoiceCCRecipientIds": [], "serviceRecipient": None, "contactIds": [], "tags": ["school", "north"],
    }  # fmt: skip
    assert alice.get(f"{URL}/").content == answer.content
    assert alice.get(f"{URL}/{records.object.pk}").json() == document


def test_every_filter(cast, records, alice, objects):
    for query, found in {
        "": [1, 11, 12, 13],
        f"ids={objects.hall.pk},{objects.place.pk}": [12, 13],
        "ids=[]": [],
        f"ids={records.their_object.pk}": [],
        "status=2": [12],
        "status[]=1&status[]=2": [1, 11, 12, 13],
        "active=true": [1, 11, 13],
        "active=false": [12],
        f"customerId={cast.reseller.pk}": [11, 12],
        f"customerId={records.their_customer.pk}": [],
        f"customerId={cast.reseller.pk}&customerId={cast.resold.pk}": [1, 11, 12, 13],
        f"customerId={cast.reseller.pk},{cast.resold.pk.upper()}": [1, 11, 12, 13],
        f"customerId[]={cast.reseller.pk}": [11, 12],
        f'customerId=["{cast.reseller.pk}"]&customerIds={cast.reseller.pk}': [11, 12],
        f"customerIds={cast.reseller.pk},{cast.resold.pk}": [1, 11, 12, 13],
        f"objectManagers={cast.alice.pk}": [11, 13],
        f'objectManagers=["{cast.alice.pk}","{cast.sven.pk}"]': [11, 12, 13],
        f"contactIds={objects.contact.pk}": [11],
        f"contactIds={objects.contact.pk},{records.contact.pk}": [11, 12],
        "tags=school": [1, 11],
        "tags=school,sport": [1, 11, 12],
        "tags=School": [],
        "tags=%C3%86r%C3%B8&active=true": [11],
        'tags=["north"]': [1],
        "name=SKOLE": [11],
        "name=%C3%A6r%C3%B8%20sk": [11],
        "name=Skolevej": [],
        "nameAndAddress=skolevej": [11, 13],
        "nameAndAddress=%C3%A6r%C3%B8": [11, 12],
        "nameAndAddress=skolevej%20odense": [13],
        "nameAndAddress=skolevej%20hallen": [],
        f"customerId={cast.reseller.pk}&active=false": [12],
    }.items():
        assert numbers(alice.get(f"{URL}?sort=number&{query}")) == found, query
        assert alice.get(f"{URL}/count?{query}").json() == {"count": len(found)}, query


REFUSED = {
    "active": ["", "1", "True", "yes", "[true]"],
    "customerId": ["x", ""],
    "customerIds": ["x"],
    "contactIds": ["x"],
    "objectManagers": ["self"],
    "tags": ["", "a,", "[1.5]", "[true]", "[[]]"],
    "name": [""],
    "nameAndAddress": ["", "%00"],
    "status": ["active"],
    "rating": ["5"],
    "searchComplaint": ["x"],
    "sort": ["securityCode", "key:1", "material", "tags", "address", "address_street"],
}


def test_invalid_parameters_are_refused_by_name(alice):
    for name, values in REFUSED.items():
        for value in values:
            answer = alice.get(f"{URL}?{name}={value}")
            assert (answer.status_code, error_fields(answer)) == (400, [name]), (name, value)


def test_general_field(cast, alice, objects):
    for key, operator, value, found in (
        ("rating", "greater_than", 2, [11]),
        ("rating", "less_equal", 4.5, [11, 12]),
        ("rating", "equals", 4.5, [11]),
        ("rating", "not_exists", None, [1, 13]),
        ("address.city", "contains", "MARS", [11]),
        ("contactIds", "equals", objects.contact.pk.upper(), [11]),
        ("contactIds", "exists", None, [11, 12]),
        ("serviceRecipient", "exists", None, []),
        ("tags", "contains", "sch", [1, 11]),
        ("_id", "in", [objects.hall.pk, objects.place.pk.upper()], [12, 13]),
    ):
        query = {"key": key, "operator": operator} | ({} if value is None else {"value": value})
        answer = alice.client.get(
            URL, {"generalField": json.dumps(query), "sort": "number"}, headers=alice.headers
        )
        assert numbers(answer) == found, query
    for key in ("securityCode", "key", "material", "material.articleId", "location"):
        query = json.dumps({"key": key, "operator": "exists"})
        answer = alice.client.get(URL, {"generalField": query}, headers=alice.headers)
        assert (answer.status_code, error_fields(answer)) == (400, ["generalField"])


def test_sorting_both_ways_and_pages(alice, objects):
    for query, found in {
        "sort=rating:-1,number:-1&limit=2": [11, 12],
        "sort=address.city:1": [1, 11, 13, 12],
        "sort=number:-1&offset=1&limit=2": [12, 11],
        'sort={"by":"number","direction":-1}': [13, 12, 11, 1],
        "sort=status.status:-1,number:1": [12, 1, 11, 13],
    }.items():
        assert numbers(alice.get(f"{URL}?{query}")) == found, query
    tied = numbers(alice.get(f"{URL}?sort=chatId"))
    by_id = sorted((record.pk, record.number) for record in CustomerObject.objects.filter(number__lt=14, pk__in=[
        document["_id"] for document in alice.get(URL).json()]))  # fmt: skip
    assert tied == [number for _pk, number in by_id]


def test_count_objects(cast, alice, objects, key_of):
    assert alice.get(f"{URL}/count").json() == {"count": 4}
    assert ApiClient(key_of(cast.charlie)).get(f"{URL}/count").json() == {"count": 1}
    assert error_fields(alice.get(f"{URL}/count?offset=1")) == ["offset"]


def test_last_number_of_objects(cast, alice, objects, key_of):
    answer = alice.get(f"{URL}/lastNumber")
    assert (answer.status_code, answer.json()) == (200, {"lastNumber": 13})
    assert ApiClient(key_of(cast.charlie)).get(f"{URL}/lastNumber").json() == {"lastNumber": 1}
    assert ApiClient(key_of(cast.sven)).get(f"{URL}/lastNumber").status_code == 403


def test_distinct_values_of_objects(cast, alice, objects):
    for path, values in {
        "address.city": ["København K", "Marstal", "Odense", "Ærøskøbing"],
        "rating": [2, 4.5],
        "name": ["Hallen", "Rådhuset", "Ærø Skole"],
        "tags": ["north", "school", "sport", "Ærø"],
        "objectManagerId": sorted([cast.alice.pk, cast.sven.pk]),
    }.items():
        assert alice.get(f"{URL}/distinctValues?field={path}").json() == values
    assert alice.get(f"{URL}/distinctValues?field=tags&active=false").json() == ["sport"]
    for path in ("securityCode", "key", "material"):
        answer = alice.get(f"{URL}/distinctValues?fieldKey={path}")
        assert (answer.status_code, error_fields(answer)) == (400, ["field"])


def test_list_tags_of_objects(cast, alice, objects, key_of):
    answer = alice.get(f"{URL}/tags")
    assert (answer.status_code, answer.json()) == (200, ["north", "school", "sport", "Ærø"])
    assert ApiClient(key_of(cast.charlie)).get(f"{URL}/tags").json() == []
    assert ApiClient(key_of(cast.sven)).get(f"{URL}/tags").status_code == 403
    assert error_fields(alice.get(f"{URL}/tags?limit=1")) == ["limit"]


def test_list_assigned_object_managers(cast, alice, objects, key_of, outsider):
    answer = alice.get(f"{URL}/assignedObjectManagers")
    assert answer.status_code == 200
    assert answer.json() == [
        {"_id": cast.alice.pk, "name": "Alice", "email": "alice@example.com"},
        {"_id": cast.sven.pk, "name": "Sven", "email": "sven@example.com"},
    ]
    nameless = [{"_id": cast.alice.pk, "name": "Alice"}, {"_id": cast.sven.pk, "name": "Sven"}]
    assert outsider.get(f"{URL}/assignedObjectManagers").json() == nameless
    narrow = ApiClient(key_of(cast.alice, scopes=["facility:read"]))
    assert narrow.get(f"{URL}/assignedObjectManagers").json() == nameless
    assert ApiClient(key_of(cast.charlie)).get(f"{URL}/assignedObjectManagers").json() == []
    assert ApiClient(key_of(cast.sven)).get(f"{URL}/assignedObjectManagers").status_code == 403


def test_list_objects_of_customer(cast, records, alice, objects, outsider):
    url = f"/v2/customers/{cast.reseller.pk}/objects"
    answer = alice.get(f"{url}?sort=number")
    assert numbers(answer) == [11, 12]
    assert answer.json()[0] == alice.get(f"{URL}/{objects.school.pk}").json()
    assert numbers(alice.get(f"{url}?active=true")) == [11]
    assert numbers(alice.get(f"{url}?customerId={cast.resold.pk}")) == []
    assert error_fields(alice.get(f"{url}?limit=0&nonsense=1")) == ["nonsense"]
    assert alice.get(f"/v2/customers/{records.their_customer.pk}/objects").status_code == 404
    assert alice.get("/v2/customers/x/objects").status_code == 404
    assert outsider.get(url).status_code == 403


def test_list_contacts_of_object(cast, records, alice, objects, outsider):
    url = f"{URL}/{objects.school.pk}/contacts"
    answer = alice.get(url)
    assert answer.status_code == 200
    assert answer.json() == [
        alice.get(f"/v2/contacts/{pk}").json() for pk in (objects.contact.pk, records.contact.pk)
    ]
    alice.patch(f"{URL}/{objects.school.pk}", {"contactIds": [records.contact.pk, objects.contact.pk]})
    assert [contact["_id"] for contact in alice.get(url).json()] == [records.contact.pk, objects.contact.pk]
    assert alice.get(f"{URL}/{objects.place.pk}/contacts").json() == []
    assert alice.get(f"{URL}/{records.their_object.pk}/contacts").status_code == 404
    assert alice.get(f"{URL}/x/contacts").status_code == 404
    assert outsider.get(url).status_code == 403


def test_lists_require_the_permission(cast, records, objects, key_of):
    for person, scopes, status, found in (
        (cast.vera, None, 200, 4),
        (cast.alice, ["facility:read"], 200, 4),
        (cast.alice, ["people:read"], 403, None),
        (cast.sven, None, 403, None),
        (cast.rikke, None, 403, None),
        (cast.charlie, None, 200, 1),
        (cast.root, None, 200, 5),
    ):
        answer = ApiClient(key_of(person, **({"scopes": scopes} if scopes else {}))).get(URL)
        assert (answer.status_code, len(answer.json()) if found else None) == (status, found), person
    assert ApiClient(None).get(URL).status_code == 401


def test_secrets_in_lists_require_the_permission_and_are_logged(cast, records, alice, objects, outsider):
    documents = {document["number"]: document for document in outsider.get(URL).json()}
    assert "securityCode" not in documents[11]
    assert "key" not in documents[11]
    assert SecretReading.objects.count() == 0
    documents = {document["number"]: document for document in alice.get(URL).json()}
    assert (documents[11]["securityCode"], documents[12]["securityCode"]) == ("4711-marker", None)
    (reading,) = SecretReading.objects.all()
    assert (reading.record_id, reading.properties, reading.via) == (
        objects.school.pk,
        ["security_code"],
        "json",
    )
    assert (reading.user_id, reading.who) == (cast.alice.pk, "Alice (test script)")
    alice.get(f"/v2/customers/{cast.reseller.pk}/objects")
    alice.get(f"{URL}/11/byNumber")
    assert SecretReading.objects.count() == 3
    for url in (
        f"{URL}/count",
        f"{URL}/tags",
        f"{URL}/{objects.school.pk}/material",
        f"{URL}/{objects.school.pk}/contacts",
    ):
        assert alice.get(url).status_code == 200
    assert SecretReading.objects.count() == 3


@pytest.mark.parametrize("secret", [None, "4711"])
@deep_only
def test_a_list_of_30_takes_as_many_queries_as_one_of_5(cast, records, alice, secret):
    urls = (
        URL, f"/v2/customers/{cast.resold.pk}/objects", f"{URL}/location/55.5/12.5", f"{URL}/assignedObjectManagers",
        f"{URL}/tags", f"{URL}/{records.object.pk}/contacts",
    )  # fmt: skip

    def queries(url):
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(url).status_code == 200
        return len(captured)

    def make(many):
        contacts = [ContactFactory(company=cast.company).pk for _nth in range(many)]
        for contact in contacts:
            CustomerObjectFactory(
                company=cast.company, customer=cast.resold.pk, tags=["a", "b"], security_code=secret, key=secret,
                object_manager=cast.alice.pk, contacts=[contact], invoice_cc_recipients=[contact],
                material=[{"article": records.article.pk, "budget": 1}], location_latitude=55.5,
                location_longitude=12.5,
            )  # fmt: skip
        alice.patch(f"{URL}/{records.object.pk}", {"contactIds": contacts})

    make(5)
    five = {url: queries(url) for url in urls}
    make(25)
    assert {url: queries(url) for url in urls} == five
