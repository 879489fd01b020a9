"""No channel deletes an active customer; the undo of an import deletes the customers that it created."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from backoffice.api.tests.clients import ApiClient
from backoffice.people import roles
from backoffice.people.models import Customer
from backoffice.people.tests.factories import CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.web.tests.test_bulk import BulkEditSession, run_jobs
from backoffice.web.tests.test_bulk_deletion import select_for_deletion

SENTENCE = "Archive the customer before you delete it."


@pytest.fixture
def customer(cast):
    return CustomerFactory(company=cast.company, name="Zøllner ApS")


def exists(customer) -> bool:
    return Customer.objects.filter(pk=customer.pk).exists()


def archive(customer, actor):
    return services.update(customer, {"status": 2}, actor=actor, context=ChangeContext(Channel.JSON)).record


def test_the_page_deletes_no_active_customer(cast, customer, as_user):
    browser, address = as_user(cast.ada), f"/customers/{customer.pk}/remove"
    assert SENTENCE in browser.get(address).content.decode()
    answer = browser.post(address, {"version": customer.version})
    assert answer.status_code == 200 and SENTENCE in answer.content.decode()
    assert exists(customer)
    archive(customer, cast.ada)
    assert browser.post(address).status_code == 302
    assert not exists(customer)


def test_the_admin_deletes_no_active_customer(cast, customer, as_user):
    cast.ada.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    browser, listed = as_user(cast.ada), "/admin/people/customer/"
    answer = browser.post(f"{listed}{customer.pk}/delete/", {"version": customer.version})
    assert SENTENCE in answer.content.decode()
    sent = {"action": "delete_selected", "_selected_action": [customer.pk]}
    browser.post(listed, sent | {"post": "yes", "versions": f"{customer.pk}:{customer.version}"})
    assert exists(customer)
    archive(customer, cast.ada)
    assert browser.post(f"{listed}{customer.pk}/delete/").status_code == 302
    assert not exists(customer)


def test_json_deletes_no_active_customer(cast, customer, client, key_of):
    headers = {"x-API-Key": key_of(cast.ada)}
    answer = client.delete(f"/v2/customers/{customer.pk}", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, SENTENCE)
    archive(customer, cast.ada)
    assert client.delete(f"/v2/customers/{customer.pk}", headers=headers).status_code == 204


def test_bulk_deletion_deletes_no_active_customer(cast, customer, client):
    archived = archive(CustomerFactory(company=cast.company, name="Gone ApS"), cast.ada)
    many = BulkEditSession(client, cast.ada, "customers")
    assert SENTENCE in select_for_deletion(many, [customer, archived]).get_text()
    many.start()
    run_jobs()
    assert exists(customer) and not exists(archived)


OTHERS = "others that you cannot see"


@pytest.fixture
def resold(cast, records):
    """An archived customer with a contact, an object, a case and a comment."""
    values = {"comments": [*records.case.comments, {"comment": "Det hjalp", "customer": cast.resold.pk}]}
    services.update(records.case, values, actor=cast.sven, context=ChangeContext(Channel.JSON))
    return archive(cast.resold, cast.ada)


@pytest.mark.slow
@pytest.mark.attack
def test_dependent_records_are_named_to_users_who_see_them_only(cast, resold, as_user, key_of):
    outside = UserFactory(
        username="resadmin", company=cast.company, customer=cast.reseller.pk, roles=[roles.ADMINISTRATOR]
    )
    browser = as_user(outside)
    whole = (
        f"This cannot be deleted because other records depend on it: 1 comments, 1 support cases, {OTHERS}."
    )
    answer = ApiClient(key_of(outside)).send("DELETE", f"/v2/customers/{resold.pk}")
    assert (answer.status_code, answer.json()["message"]) == (409, whole)
    assert [each["message"] for each in answer.json()["errors"]] == ["1 comments", "1 support cases", OTHERS]
    page = browser.post(f"/customers/{resold.pk}/remove", {"version": resold.version}).content.decode()
    assert whole in page
    page = browser.post(f"/admin/people/customer/{resold.pk}/delete/", {"post": "yes"}).content.decode()
    assert whole in page
    preview = select_for_deletion(BulkEditSession(Client(), outside, "customers"), [resold])
    assert whole in preview.get_text(" ", strip=True)


def test_deletion_requires_the_permission_and_the_scope(cast, resold, key_of):
    keeper = Group.objects.create(name="Keepers")
    wanted = ("view_customer", "delete_customer", "view_contact")
    keeper.permissions.set(Permission.objects.filter(codename__in=wanted))
    keeper = UserFactory(username="keeper", company=cast.company, roles=["Keepers"])
    people = key_of(cast.ada, scopes=["people:read", "people:write"])
    for key in (key_of(keeper), people):
        answer = ApiClient(key).send("DELETE", f"/v2/customers/{resold.pk}")
        assert [each["message"] for each in answer.json()["errors"]] == ["1 contacts", OTHERS]
    answer = ApiClient(key_of(cast.ada)).send("DELETE", f"/v2/customers/{resold.pk}")
    listed = [each["message"] for each in answer.json()["errors"]]
    assert listed == ["1 comments", "1 contacts", "1 customer objects", "1 support cases"]
