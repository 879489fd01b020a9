"""Customer objects over JSON, as documented."""

import json

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.tests.factories import UserFactory
from backoffice.records.models import History
from facility.models import CustomerObject

pytestmark = pytest.mark.django_db

DOCUMENTED = [
    "_id", "number", "companyId", "status", "chatId", "customerId", "name", "contact", "contract", "objectManagerId",
    "material", "address", "location", "rating", "description", "securityCode", "key", "orderDescription", "contactName",
    "invoiceRecipientId", "invoiceCCRecipientIds", "serviceRecipient", "contactIds", "tags",
]  # fmt: skip


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def url(records):
    return f"/v2/objects/{records.object.pk}"


@pytest.fixture
def outsider(cast, key_of):
    """A user who may change objects but not see their secrets."""
    group = Group.objects.create(name="Cleaners")
    wanted = ("view_customerobject", "change_customerobject")
    group.permissions.set(Permission.objects.filter(codename__in=wanted))
    return ApiClient(key_of(UserFactory(username="cleaner", company=cast.company, roles=["Cleaners"])))


def documented_request(cast, records):
    """The request of the documentation, with real ids, coordinates and secrets."""
    return {
        "_id": records.object.pk,
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
        "customerId": cast.resold.pk,
        "name": "<string>",
        "contact": {"phone": "<string>", "email": "jsmith@example.com", "fax": "<string>"},
        "contract": {"startDate": "2023-11-07T05:31:56Z", "endDate": "2023-11-07T05:31:56Z"},
        "objectManagerId": cast.alice.pk,
        "material": [{"articleId": records.article.pk, "budget": 123}],
        "address": {"street": "<string>", "zip": "<string>", "city": "<string>", "country": "<string>"},
        "location": {"latitude": 55.6761, "longitude": 12.5683},
        "rating": 2.5,
        "description": "<string>",
        "securityCode": "4711#",
        "key": {"box": 3, "hook": "B"},
        "orderDescription": "<string>",
        "contactName": "<string>",
        "invoiceRecipientId": records.contact.pk,
        "invoiceCCRecipientIds": [records.contact.pk],
        "serviceRecipient": "<string>",
        "contactIds": [records.contact.pk],
        "tags": ["<string>"],
    }


def test_the_documented_request(cast, records, alice, url):
    sent = documented_request(cast, records)
    answer = alice.patch(url, sent)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == DOCUMENTED == list(sent)
    for group in ("status", "contact", "contract", "address", "location"):
        assert list(body[group]) == list(sent[group])
    assert list(body["material"][0]) == ["articleId", "budget"]
    assert body.pop("status")["status"] == sent.pop("status")["status"]
    assert body == sent
    rows = History.objects.count()
    again = alice.patch(url, documented_request(cast, records))
    assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, answer["ETag"])
    assert History.objects.count() == rows


def test_nested_objects_keep_their_members_when_empty(alice, url):
    body = alice.get(url).json()
    assert body["contract"] == {"startDate": None, "endDate": None}
    assert body["location"] == {"latitude": None, "longitude": None}
    assert body["contact"] == {"phone": "", "email": "", "fax": ""}
    assert (body["rating"], body["securityCode"], body["serviceRecipient"], body["material"]) == (
        None,
        None,
        None,
        [],
    )


TEXTS = ["name", "description", "orderDescription", "contactName"]
NULLABLE = [
    "chatId",
    "objectManagerId",
    "rating",
    "securityCode",
    "key",
    "invoiceRecipientId",
    "serviceRecipient",
]


def test_null_empties_optional_properties_only(cast, records, alice, url):
    alice.patch(url, documented_request(cast, records))
    for name in DOCUMENTED:
        answer = alice.patch(url, {name: None})
        if name in TEXTS + NULLABLE:
            assert answer.json()[name] == ("" if name in TEXTS else None)
        else:
            assert (answer.status_code, error_fields(answer)) == (400, [name])
    for group in ("contact", "contract", "location"):
        values = dict.fromkeys(documented_request(cast, records)[group])
        assert set(alice.patch(url, {group: values}).json()[group].values()) <= {"", None}
    assert alice.patch(url, {"material": [], "tags": [], "contactIds": []}).json()["material"] == []


def test_an_object_keeps_an_address(alice, url):
    assert alice.patch(url, {"address": {"zip": "1000"}}).json()["address"]["street"]
    answer = alice.patch(url, {"address": {"street": "", "zip": "", "city": None, "country": ""}})
    assert error_fields(answer) == ["address.street"]


INVALID = [
    ({"rating": 5.01}, ["rating"]),
    ({"location": {"latitude": 91, "longitude": -181}}, ["location.latitude", "location.longitude"]),
    ({"location": {"latitude": 55}}, ["location.longitude"]),
    ({"contract": {"startDate": "2024-01-02T00:00:00Z", "endDate": "2024-01-01T00:00:00Z"}}, ["contract.endDate"]),
    ({"contact": {"telephone": "1"}}, ["contact.telephone"]),
    ({"contact": {"email": "jsmith@"}}, ["contact.email"]),
    ({"customerId": "f" * 24}, ["customerId"]),
    ({"customerId": ""}, ["customerId"]),
    ({"material": [{"articleId": "f" * 24, "budget": 1}]}, ["material.0.articleId"]),
    ({"material": [{"budget": 1}]}, ["material.0.articleId"]),
    ({"material": [{"articleId": None}, 5]}, ["material.0.articleId", "material.1"]),
    ({"material": [{"articleId": "ARTICLE"}, {"articleId": "ARTICLE"}]}, ["material.1.articleId"]),
    ({"material": [{"articleId": "ARTICLE", "budget": "1", "unit": "l"}]}, ["material.0.budget", "material.0.unit"]),
    ({"material": {}}, ["material"]),
    ({"contactIds": ["f" * 24, "x"]}, ["contactIds.0", "contactIds.1"]),
    ({"invoiceCCRecipientIds": [None]}, ["invoiceCCRecipientIds.0"]),
    ({"tags": ["x" * 101]}, ["tags.0"]),
    ({"serviceRecipient": 5}, ["serviceRecipient"]),
    ({"securitycode": 5}, ["securitycode"]),
]  # fmt: skip


def test_invalid_values_are_refused_by_name(records, alice, url):
    for body, paths in INVALID:
        sent = json.loads(json.dumps(body).replace("ARTICLE", records.article.pk))
        answer = alice.patch(url, sent)
        assert (answer.status_code, error_fields(answer)) == (400, paths)
    assert CustomerObject.objects.get(pk=records.object.pk).version == 1


def test_other_companies_records_cannot_be_referenced(cast, records, alice, url):
    body = {
        "customerId": records.their_customer.pk,
        "objectManagerId": cast.charlie.pk,
        "material": [{"articleId": records.their_article.pk}],
        "invoiceRecipientId": records.their_contact.pk,
        "invoiceCCRecipientIds": [records.contact.pk, records.their_contact.pk],
        "contactIds": [records.their_contact.pk],
    }
    assert error_fields(alice.patch(url, body)) == [
        "customerId", "objectManagerId", "material.0.articleId", "invoiceRecipientId", "invoiceCCRecipientIds.1",
        "contactIds.0",
    ]  # fmt: skip


def test_arrays_are_replaced_and_keep_their_order(records, alice, url):
    for tags in (["b", "a", "c"], ["c", "b"], []):
        assert alice.patch(url, {"tags": tags}).json()["tags"] == tags


def test_users_without_the_permission_neither_read_empty_nor_set_secrets(records, alice, url, outsider):
    alice.patch(url, {"securityCode": "4711", "key": ["left", 2]})
    result = outsider.get(url)
    assert "securityCode" not in result.json()
    assert "key" not in result.json()
    rows = History.objects.count()
    again = outsider.patch(url, result.content)
    assert (again.status_code, again.content) == (200, result.content)
    assert History.objects.count() == rows
    for body, paths in (
        ({"securityCode": "0000"}, ["securityCode"]),
        ({"key": None, "securityCode": None, "rating": 99}, ["securityCode", "key"]),
        ({"key": "x", "nonsense": 1}, ["key"]),
    ):
        answer = outsider.patch(url, body)
        assert (answer.status_code, sorted(error_fields(answer))) == (403, sorted(paths))
    kept = CustomerObject.objects.get(pk=records.object.pk)
    assert (kept.security_code, kept.key) == ("4711", ["left", 2])


def test_the_errors_of_a_precondition_omit_hidden_secrets(alice, url, outsider):
    alice.patch(url, {"securityCode": "4711", "description": "x"})
    answer = outsider.patch(url, {"description": "y"}, if_match='"1"')
    assert (answer.status_code, error_fields(answer)) == (412, ["description"])
    assert "securityCode" not in answer.content.decode()


def test_secrets_are_not_in_the_history(alice, url):
    alice.patch(url, {"securityCode": "4711-marker", "key": {"hidden": "marker"}})
    assert "marker" not in str(list(History.objects.values_list("changes", flat=True)))
