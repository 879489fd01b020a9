"""An active customer is removed through no channel; one that an import made goes when the import is undone."""

import pytest
from django.contrib.auth.models import Permission

from backoffice.people.models import Customer
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records.actors import Door, Via
from backoffice.records.change import change
from backoffice.web.tests.test_bulk import Many, run_jobs
from backoffice.web.tests.test_bulk_removal import remove_many

SENTENCE = "Only a passive customer can be removed. Set its status to passive (2) first."


@pytest.fixture
def customer(cast):
    return CustomerFactory(company=cast.company, name="Zøllner ApS")


def is_there(customer) -> bool:
    return Customer.objects.filter(pk=customer.pk).exists()


def make_passive(customer, actor):
    return change(customer, {"status": 2}, actor=actor, via=Via(Door.JSON)).record


def test_on_its_page(cast, customer, as_user):
    browser, address = as_user(cast.ada), f"/customers/{customer.pk}/remove"
    assert SENTENCE in browser.get(address).content.decode()
    answer = browser.post(address, {"version": customer.version})
    assert answer.status_code == 200 and SENTENCE in answer.content.decode()
    assert is_there(customer)
    make_passive(customer, cast.ada)
    assert browser.post(address).status_code == 302
    assert not is_there(customer)


def test_in_the_administration(cast, customer, as_user):
    cast.ada.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    browser, listed = as_user(cast.ada), "/admin/people/customer/"
    answer = browser.post(f"{listed}{customer.pk}/delete/", {"version": customer.version})
    assert SENTENCE in answer.content.decode()
    sent = {"action": "delete_selected", "_selected_action": [customer.pk]}
    browser.post(listed, sent | {"post": "yes", "versions": f"{customer.pk}:{customer.version}"})
    assert is_there(customer)
    make_passive(customer, cast.ada)
    assert browser.post(f"{listed}{customer.pk}/delete/").status_code == 302
    assert not is_there(customer)


def test_over_json(cast, customer, client, key_of):
    headers = {"x-API-Key": key_of(cast.ada)}
    answer = client.delete(f"/v2/customers/{customer.pk}", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (400, SENTENCE)
    make_passive(customer, cast.ada)
    assert client.delete(f"/v2/customers/{customer.pk}", headers=headers).status_code == 204


def test_in_bulk(cast, customer, client):
    passive = make_passive(CustomerFactory(company=cast.company, name="Gone ApS"), cast.ada)
    many = Many(client, cast.ada, "customers")
    assert SENTENCE in remove_many(many, [customer, passive]).get_text()
    many.start()
    run_jobs()
    assert is_there(customer) and not is_there(passive)
