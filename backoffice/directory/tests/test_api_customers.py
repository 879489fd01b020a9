"""Customers over JSON."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError

from backoffice.api.dialects import PLAND
from backoffice.api.error_codes import code_of
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people import roles
from backoffice.people.models import Customer, User
from backoffice.people.tests.factories import CompanyFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Forbidden
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.records.services import can_undo

pytestmark = pytest.mark.django_db
CUSTOMERS = "/v2/customers/"


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def sven(cast, key_of):
    """A support user, who may set the reseller of a customer."""
    return ApiClient(key_of(cast.sven))


@pytest.fixture
def customers(cast):
    """The two existing customers and two more."""
    ferry = CustomerFactory(company=cast.company, name="Ærø Færge A/S", email="post@faerge.example", status=2)
    lights = CustomerFactory(company=cast.company, name="Nordlys", phone="+45 12 34", address_city="Årslev")
    return [cast.reseller, cast.resold, ferry, lights]


def document(customer, **values):
    """The document of a customer created with only these values."""
    stamp = PLAND.instant(customer.created_at)
    status = {
        "status": 1,
        "createdAt": stamp,
        "createdBy": None,
        "lastModifiedAt": stamp,
        "lastModifiedBy": None,
    }
    address = {"street": "", "zip": "", "city": "", "country": ""}
    return {
        "_id": customer.pk, "number": customer.number, "companyId": customer.company_id, "status": status,
        "chatId": None, "name": customer.name, "parentResellerId": None, "email": "", "phone": "",
        "address": address, "description": "", **values,
    }  # fmt: skip


def test_list_customers(cast, alice):
    for url in (CUSTOMERS, CUSTOMERS.rstrip("/")):
        answer = alice.get(url)
        assert answer.status_code == 200
        assert answer.json() == [
            document(cast.reseller),
            document(cast.resold, parentResellerId=cast.reseller.pk),
        ]
        assert [*answer.json()[0]] == [*document(cast.reseller)]


LISTED = {
    "": [1, 2, 3, 4],
    "name=nordnet reseller": [1],
    "name=NORD": [1, 4],
    "name=ærø": [3],
    "search=FAERGE.example": [3],
    "search=årslev": [4],
    "search=arslev nordlys": [4],
    "status=2": [3],
    "status=2,7": [3],
    "status=1&status=2": [1, 2, 3, 4],
    "status[]=2": [3],
    "status=[1, 2]": [1, 2, 3, 4],
    "ids={1},{3}": [1, 3],
    "ids={1}&ids={3}": [1, 3],
    "ids[]={3}&ids[]={1}": [1, 3],
    'ids=["{1}", "{3}"]': [1, 3],
    "ids={4}&name=nordnet": [],
    "ids=ffffffffffffffffffffffff": [],
    'generalField={"key": "parentResellerId", "operator": "exists"}': [2],
    'generalField={"key": "parentResellerId", "operator": "equals", "value": "{1}"}': [2],
    'generalField={"key": "address.city", "operator": "contains", "value": "slev"}': [4],
    'generalField={"key": "number", "operator": "greater_equal", "value": 3}': [3, 4],
    'generalField={"key": "name", "operator": "in", "value": ["Nordlys", "x"]}': [4],
    "sort=name": [2, 4, 1, 3],
    "sort=name:-1": [3, 1, 4, 2],
    "sort=number:-1": [4, 3, 2, 1],
    "sort=status.status:-1,number:-1": [3, 4, 2, 1],
    'sort={"by": "number", "direction": -1}': [4, 3, 2, 1],
    'sort=[{"by": "status.status", "direction": -1}, {"by": "name"}]': [3, 2, 4, 1],
    "sort=phone": [1, 2, 3, 4],
    "sort=phone:-1&limit=2": [4, 1],
    "limit=2": [1, 2],
    "limit=2&offset=1": [2, 3],
    "offset=4": [],
}


def fill_in_customers(query, four):
    for place, customer in enumerate(four, 1):
        query = query.replace(f"{{{place}}}", customer.pk)
    return query


@pytest.mark.parametrize("query", LISTED)
def test_the_list_contains_visible_customers_only(query, alice, customers):
    answer = alice.get(f"{CUSTOMERS}?{fill_in_customers(query, customers)}")
    assert answer.status_code == 200, answer.content
    assert [found["_id"] for found in answer.json()] == [customers[place - 1].pk for place in LISTED[query]]


def test_count_customers(alice, customers):
    assert alice.get(f"{CUSTOMERS}count").json() == {"count": 4}
    for query, places in LISTED.items():
        if not query.startswith(("sort", "limit", "offset")):
            answer = alice.get(f"{CUSTOMERS}count?{fill_in_customers(query, customers)}")
            assert (answer.status_code, answer.json()) == (200, {"count": len(places)}), query


REFUSED = {
    "names=x": ["names"],
    "search=%25": ["search"],
    "q=x": ["q"],
    "customerIds=ffffffffffffffffffffffff": ["customerIds"],
    "ids=1": ["ids"],
    "ids=": ["ids"],
    "ids=[": ["ids"],
    'ids=[["a"]]': ["ids"],
    "status=one": ["status"],
    "status=1.0": ["status"],
    "name=": ["name"],
    "name=a&name=b": ["name"],
    "name[]=a": ["name[]"],
    "name=%00": ["name"],
    "search=": ["search"],
    "limit=0": ["limit"],
    "limit=1001": ["limit"],
    "limit=x&offset=-1": ["limit", "offset"],
    "sort=notes:1": ["sort"],
    "sort=name:2": ["sort"],
    'sort={"by": "name", "direction": 2}': ["sort"],
    "generalField=x": ["generalField"],
    'generalField={"key": "version", "operator": "equals", "value": 1}': ["generalField"],
    'generalField={"key": "name", "operator": "regex", "value": "x"}': ["generalField"],
}


@pytest.mark.parametrize("query", REFUSED)
def test_invalid_parameters_are_refused_by_name(query, alice):
    answer = alice.get(f"{CUSTOMERS}?{query}")
    assert (answer.status_code, error_fields(answer)) == (400, REFUSED[query])


def test_last_number_of_customers(cast, alice, key_of):
    assert alice.get(f"{CUSTOMERS}lastNumber").json() == {"lastNumber": 2}
    CustomerFactory(company=cast.company, number=70)
    CustomerFactory(company=cast.elsewhere, number=99)
    assert alice.get(f"{CUSTOMERS}lastNumber").json() == {"lastNumber": 70}
    assert ApiClient(key_of(cast.charlie)).get(f"{CUSTOMERS}lastNumber").json() == {"lastNumber": 99}
    newcomer = UserFactory(company=CompanyFactory(), roles=[roles.VIEWER])
    assert ApiClient(key_of(newcomer)).get(f"{CUSTOMERS}lastNumber").json() == {"lastNumber": 0}


def test_create_customer(cast, sven):
    sent = {
        "name": " Café Æble ",
        "parentResellerId": cast.reseller.pk.upper(),
        "email": "hej@aeble.example",
        "phone": "+45 11 22 33 44",
        "address": {"street": "Algade 1", "zip": "4000", "city": "Roskilde", "country": "Danmark"},
        "description": "Lukket om mandagen",
        "chatId": "507F1F77BCF86CD799439020",
    }
    answer = sven.post(CUSTOMERS, sent)
    assert answer.status_code == 201
    made = Customer.objects.get(name=" Café Æble ")
    stamp = PLAND.instant(made.created_at)
    expected = sent | {"parentResellerId": cast.reseller.pk, "chatId": "507f1f77bcf86cd799439020"}
    expected["status"] = {
        "status": 1, "createdAt": stamp, "createdBy": cast.sven.pk, "lastModifiedAt": stamp,
        "lastModifiedBy": cast.sven.pk,
    }  # fmt: skip
    assert answer.json() == document(made, number=3, **expected)
    assert (answer["Location"], answer["ETag"]) == (f"{CUSTOMERS}{made.pk}", '"1"')
    assert sven.get(answer["Location"]).json() == answer.json()
    row = History.objects.get(record_id=made.pk)
    assert (row.action, row.via, row.user_id, row.version) == ("create", "json", cast.sven.pk, 1)


BAD_NEW = [
    ({}, ["name"]),
    ({"name": ""}, ["name"]),
    ({"name": None}, ["name"]),
    ({"name": "x" * 256, "email": "nobody"}, ["name", "email"]),
    ({"name": "A", "number": 1}, ["number"]),
    ({"name": "A", "number": 0}, ["number"]),
    ({"name": "A", "_id": "f" * 24}, ["_id"]),
    ({"name": "A", "companyId": "f" * 24}, ["companyId"]),
    ({"name": "A", "parentResellerId": "f" * 24}, ["parentResellerId"]),
    ({"name": "A", "parentResellerId": "THEIRS"}, ["parentResellerId"]),
    ({"name": "A", "address": {"town": "x", "zip": "1" * 21}}, ["address.zip", "address.town"]),
    ({"name": "A", "address": "x"}, ["address"]),
    ({"name": "A", "nonsense": 1}, ["nonsense"]),
]


def test_an_invalid_new_customer_is_refused_with_all_errors(cast, records, sven):
    before = Customer._base_manager.count()
    for body, paths in BAD_NEW:
        answer = sven.post(CUSTOMERS, json.dumps(body).replace("THEIRS", records.their_customer.pk))
        assert (answer.status_code, sorted(error_fields(answer))) == (400, sorted(paths)), body
    assert Customer._base_manager.count() == before


def test_get_customer(cast, alice):
    answer = alice.get(CUSTOMERS + cast.resold.pk.upper())
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert answer.json() == document(cast.resold, parentResellerId=cast.reseller.pk)
    assert alice.get(CUSTOMERS + cast.resold.pk, if_none_match='"1"').status_code == 304


def test_update_customer(cast, sven):
    url = CUSTOMERS + cast.resold.pk
    answer = sven.patch(url, {"address": {"city": "Vejle"}, "status": {"status": 2}})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert answer.json()["address"] == {"street": "", "zip": "", "city": "Vejle", "country": ""}
    assert (answer.json()["status"]["status"], answer.json()["name"]) == (2, "Hansen Boligforening ApS")
    assert sven.patch(url, answer.json())["ETag"] == '"2"'
    assert sven.patch(url, {"parentResellerId": None}).json()["parentResellerId"] is None
    for body, path in (({"name": ""}, "name"), ({"parentResellerId": cast.resold.pk}, "parentResellerId")):
        answer = sven.patch(url, body)
        assert (answer.status_code, error_fields(answer)) == (400, [path])
    assert sven.patch(url, {"phone": "1"}, if_match='"1"').status_code == 412
    assert History.objects.filter(record_id=cast.resold.pk).count() == 3


def test_a_customer_is_not_its_own_reseller(cast, sven):
    answer = sven.patch(CUSTOMERS + cast.reseller.pk, {"parentResellerId": cast.reseller.pk})
    assert (answer.status_code, error_fields(answer)) == (400, ["parentResellerId"])
    assert Customer.objects.get(pk=cast.reseller.pk).parent_reseller_id is None


def test_delete_customer(cast, records, alice):
    answer = alice.send("DELETE", CUSTOMERS + cast.resold.pk)
    assert (answer.status_code, error_fields(answer)) == (400, ["status.status"])
    alice.patch(CUSTOMERS + cast.resold.pk, {"status": {"status": 2}})
    answer = alice.send("DELETE", CUSTOMERS + cast.resold.pk)
    assert answer.status_code == 409
    assert sorted(error["message"] for error in answer.json()["errors"]) == [
        "1 contacts", "1 customer objects", "others that you cannot see",
    ]  # fmt: skip
    made = CustomerFactory(company=cast.company, name="Kort besøg")
    for status in (1, 3, 123):
        alice.patch(CUSTOMERS + made.pk, {"status": {"status": status}})
        assert alice.send("DELETE", CUSTOMERS + made.pk).status_code == 400
    alice.patch(CUSTOMERS + made.pk, {"status": {"status": 2}})
    assert alice.send("DELETE", CUSTOMERS + made.pk, if_match='"7"').status_code == 412
    answer = alice.send("DELETE", CUSTOMERS + made.pk)
    assert (answer.status_code, answer.content) == (204, b"")
    assert alice.get(CUSTOMERS + made.pk).status_code == 404
    assert alice.send("DELETE", CUSTOMERS + made.pk).status_code == 404
    assert made.pk not in alice.get(CUSTOMERS).content.decode()
    row = History.objects.get(record_id=made.pk, action="remove")
    assert {"property": "name", "old": "Kort besøg", "new": None} in row.changes
    assert alice.post(CUSTOMERS, {"name": "Næste"}).json()["number"] == made.number + 1


def test_external_users_cannot_give_away_a_customer(cast, key_of):
    """The error says that the caller may not do this: no scope of the key would help."""
    boss = UserFactory(
        company=cast.company, customer=cast.reseller.pk, username="boss", roles=[roles.ADMINISTRATOR]
    )
    external = ApiClient(key_of(boss))
    answer = external.patch(CUSTOMERS + cast.resold.pk, {"parentResellerId": None})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, "parentResellerId", "not_allowed")
    assert "scope" not in error


@pytest.mark.parametrize("values", [{"customer": None}, {"is_superuser": True}], ids=str)
def test_rights_that_the_actor_does_not_have_are_not_a_missing_scope(cast, values):
    """Users have no writing operation, but an import reports the same codes."""
    boss = UserFactory(
        company=cast.company, customer=cast.reseller.pk, username="boss", roles=[roles.ADMINISTRATOR]
    )
    boss.user_permissions.add(Permission.objects.get(codename="appoint_superusers"))
    planned = {"username": "new", "email": "new@example.com", "customer": cast.reseller.pk} | values
    with pytest.raises(ValidationError) as caught:
        services.plan_creation(User(company=cast.company), planned, actor=boss)
    assert code_of(caught.value.error_dict[next(iter(values))][0]) == "not_allowed"


@pytest.mark.slow
@pytest.mark.attack
def test_users_who_see_no_cases_cannot_assign_a_reseller(cast, alice, sven, client):
    """A reseller's users see the cases of its customers. So Alice, who sees no cases, must not decide who
    does, through any channel."""
    other_customer = CustomerFactory(company=cast.company, name="Ingen forhandler")
    url = CUSTOMERS + other_customer.pk
    for sent in (cast.reseller.pk, cast.resold.pk):
        assert alice.patch(url, {"parentResellerId": sent}).status_code == 403
        assert alice.post(CUSTOMERS, {"name": "Ny", "parentResellerId": sent}).status_code == 403
    assert alice.patch(CUSTOMERS + cast.resold.pk, {"parentResellerId": None}).status_code == 403
    assert alice.patch(url, {"name": "Nyt navn", "parentResellerId": None}).status_code == 200
    assert alice.post(CUSTOMERS, {"name": "Ny", "parentResellerId": None}).status_code == 201
    assert (
        alice.patch(CUSTOMERS + cast.resold.pk, alice.get(CUSTOMERS + cast.resold.pk).json()).status_code
        == 200
    )
    client.force_login(cast.alice)
    for page in (f"/customers/{other_customer.pk}", "/customers/new"):
        assert 'name="parent_reseller"' not in client.get(page).content.decode()
        client.post(page, {"name": "Over siden", "parent_reseller": cast.reseller.pk, "version": "1"})
    job = client.post("/customers/bulk", {"chosen": [other_customer.pk]})["Location"]
    client.post(job, {"set": ["parent_reseller"], "parent_reseller": cast.reseller.pk})
    assert 'value="parent_reseller"' not in client.get(job).content.decode()
    assert set(Customer.objects.exclude(parent_reseller=None)) == {cast.resold}
    assert sven.patch(url, {"parentResellerId": cast.reseller.pk}).status_code == 200
    row = history_of(Customer.objects.get(pk=other_customer.pk)).first()
    assert client.post(f"/customers/{other_customer.pk}/versions/{row.version}/undo").status_code == 403
    present = Customer.objects.get(pk=other_customer.pk)
    assert can_undo(present, row, cast.alice) == []
    with pytest.raises(Forbidden):
        services.update(
            present,
            {"parent_reseller": None},
            actor=cast.alice,
            context=ChangeContext(Channel.BROWSER),
            action="undo",
        )
    assert Customer.objects.get(pk=other_customer.pk).parent_reseller_id == cast.reseller.pk


@pytest.mark.slow
@pytest.mark.attack
def test_a_reseller_cannot_read_notes_about_a_customer(cast, key_of, client):
    """The company decides about its customers, even if the reseller's users have all permissions."""
    own = Installation(cast.company.pk)
    for customer in (cast.reseller, cast.resold):
        services.update(
            customer,
            {"description": "mk-notes: pays late"},
            actor=own,
            context=ChangeContext(Channel.COMMAND),
        )
    services.update(
        cast.rikke,
        {"roles": [roles.ADMINISTRATOR, roles.RESELLER]},
        actor=own,
        context=ChangeContext(Channel.COMMAND),
    )
    rikke, key = ApiClient(key_of(cast.rikke)), key_of(cast.rikke)
    client.force_login(cast.rikke)
    for customer in (cast.reseller, cast.resold):
        url = CUSTOMERS + customer.pk
        stale = client.get(url, headers={"x-api-key": key, "if-match": '"1"'})
        pages = [f"/customers/{customer.pk}", f"/customers/{customer.pk}/print", "/", "/customers", "/customers?q=mk-notes",
                 "/admin/records/history/", f"/admin/people/customer/{customer.pk}/change/",
                 f"/admin/people/customer/{customer.pk}/history/"]  # fmt: skip
        texts = [stale.content.decode(), *(client.get(page, follow=True).content.decode() for page in pages)]
        assert not any("pays late" in text for text in texts)
        assert "description" not in rikke.get(url).json()
        assert rikke.patch(url, {"description": ""}).status_code == 403
        assert Customer.objects.get(pk=customer.pk).description == "mk-notes: pays late"
    query = 'generalField={"key": "description", "operator": "contains", "value": "pays"}'
    assert rikke.get(f"{CUSTOMERS}?{query}").status_code == 400
    assert ApiClient(key_of(cast.vera)).get(url).json()["description"] == "mk-notes: pays late"
