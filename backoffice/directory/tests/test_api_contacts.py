"""Contacts over JSON."""

import pytest

from backoffice.api.dialects import PLAND
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.models import Contact
from backoffice.people.tests.factories import ContactFactory
from backoffice.records.models import History

pytestmark = pytest.mark.django_db
CONTACTS = "/v2/contacts/"
IN_ORDER = [
    "_id", "number", "companyId", "status", "chatId", "customerId", "firstName", "lastName", "email", "phone", "role",
]  # fmt: skip
RULE = "Enter a first and a last name, or an e-mail address."


@pytest.fixture
def sven(cast, key_of):
    return ApiClient(key_of(cast.sven))


@pytest.fixture
def contacts(cast, records):
    """The existing contact and two more."""
    bo = ContactFactory(
        company=cast.company, customer=cast.reseller.pk, first_name="Bo", last_name="Ågård", role="Vicevært"
    )
    return [
        records.contact,
        bo,
        ContactFactory(company=cast.company, first_name="", last_name="", email="c@x.dk"),
    ]


def test_list_contacts(cast, records, sven):
    contact, stamp = records.contact, PLAND.instant(records.contact.created_at)
    answer = sven.get(CONTACTS)
    assert answer.status_code == 200
    assert answer.json() == [
        {
            "_id": contact.pk,
            "number": 1,
            "companyId": cast.company.pk,
            "status": {
                "status": 1, "createdAt": stamp, "createdBy": None, "lastModifiedAt": stamp, "lastModifiedBy": None,
            },
            "chatId": None,
            "customerId": cast.resold.pk,
            "firstName": "Karen",
            "lastName": contact.last_name,
            "email": "",
            "phone": "",
            "role": "",
        }
    ]  # fmt: skip
    assert [*answer.json()[0]] == IN_ORDER


LISTED = {
    "": [1, 2, 3],
    "customerIds={resold}": [1],
    "customerIds={resold},{reseller}": [1, 2],
    "customerIds[]={reseller}": [2],
    'customerIds=["{resold}"]': [1],
    "name=karen": [1],
    "name=bo ågård": [2],
    "search=vicevært": [2],
    "search=x.dk": [3],
    "status=2": [],
    "ids={2}": [2],
    'generalField={"key": "email", "operator": "not_exists"}': [1, 2],
    'generalField={"key": "customerId", "operator": "not_in", "value": ["{resold}"]}': [2, 3],
    "sort=firstName:-1": [1, 2, 3],
    "sort=lastName:-1,firstName": [2, 1, 3],
    "limit=1&offset=2": [3],
}


@pytest.mark.parametrize("query", LISTED)
def test_the_list_contains_visible_contacts_only(query, cast, sven, contacts):
    params = query.replace("{resold}", cast.resold.pk).replace("{reseller}", cast.reseller.pk)
    answer = sven.get(f"{CONTACTS}?{params.replace('{2}', contacts[1].pk)}")
    assert answer.status_code == 200, answer.content
    assert [found["_id"] for found in answer.json()] == [contacts[place - 1].pk for place in LISTED[query]]


def test_count_contacts(cast, sven, contacts):
    assert sven.get(f"{CONTACTS}count").json() == {"count": 3}
    assert sven.get(f"{CONTACTS}count?customerIds={cast.resold.pk}").json() == {"count": 1}
    assert error_fields(sven.get(f"{CONTACTS}count?sort=name")) == ["sort"]


def test_create_contact(cast, sven):
    answer = sven.post(CONTACTS, {"firstName": "Ida", "lastName": "Holm", "customerId": cast.resold.pk})
    assert answer.status_code == 201
    body = answer.json()
    assert [*body] == IN_ORDER
    assert (body["firstName"], body["lastName"], body["email"], body["customerId"], body["number"]) == (
        "Ida", "Holm", "", cast.resold.pk, 2,
    )  # fmt: skip
    assert answer["Location"] == CONTACTS + body["_id"]
    assert sven.post(CONTACTS, {"email": "ida@holm.example"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email": RULE}),
        ({"firstName": "Ida"}, {"email": RULE}),
        ({"lastName": "Holm", "email": ""}, {"email": RULE}),
        ({"email": "ida"}, {"email": "Enter a valid email address."}),
        ({"email": "i@x.dk", "customerId": "f" * 24}, {"customerId": "There is no customer with this id."}),
        ({"email": "i@x.dk", "name": "Ida"}, {"name": "This property does not exist."}),
    ],
)
def test_a_new_contact_needs_a_full_name_or_an_address(body, fields, sven):
    answer = sven.post(CONTACTS, body)
    assert answer.status_code == 400
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == fields


def test_get_contact(records, sven):
    answer = sven.get(CONTACTS + records.contact.pk)
    assert (answer.status_code, answer["ETag"], answer.json()["firstName"]) == (200, '"1"', "Karen")
    assert sven.get(CONTACTS + records.their_contact.pk).status_code == 404


def test_update_contact(records, sven):
    url = CONTACTS + records.contact.pk
    answer = sven.patch(url, {"role": "Varmemester", "customerId": None})
    assert (answer.status_code, answer.json()["role"], answer.json()["customerId"]) == (
        200,
        "Varmemester",
        None,
    )
    again = sven.patch(url, answer.json())
    assert (again.status_code, again.json(), again["ETag"]) == (200, answer.json(), '"2"')
    answer = sven.patch(url, {"firstName": None})
    assert (answer.status_code, error_fields(answer)) == (400, ["email"])
    assert sven.patch(url, {"firstName": None, "email": "k@x.dk"}).json()["firstName"] == ""


def test_delete_contact(cast, records, sven):
    url = CONTACTS + records.contact.pk
    assert sven.send("DELETE", url).status_code == 204
    assert sven.get(url).status_code == 404
    assert not Contact.objects.filter(pk=records.contact.pk).exists()
    assert History.objects.filter(record_id=records.contact.pk, action="remove", via="json").count() == 1
