"""Names of staff who changed a record, hidden from a reseller's users."""

import pytest

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.tests.factories import PASSWORD, ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel

pytestmark = pytest.mark.attack
JSON = ChangeContext(Channel.JSON)


@pytest.fixture
def customer(cast):
    """A customer of Rikke's that Ada has changed."""
    cast.ada = services.update(cast.ada, {"first_name": "Adalheid"}, actor=cast.root, context=JSON).record
    return services.update(cast.resold, {"phone": "12345678"}, actor=cast.ada, context=JSON).record


@pytest.mark.parametrize("page", ["/customers/{}", "/customers/{}/print", "/customers/{}/versions/2", "/"])
def test_pages_show_no_staff_names_to_a_reseller(cast, customer, as_user, page):
    text = as_user(cast.rikke).get(page.format(customer.pk)).content.decode()
    assert "Adalheid" not in text
    assert page == "/" or "Staff" in text
    own = as_user(cast.vera).get(page.format(customer.pk)).content.decode()
    assert page == "/" or "Adalheid" in own


def test_json_contains_no_staff_names_for_a_reseller(cast, customer, client, key_of):
    for actor, shown_name in ((cast.rikke, "Staff"), (cast.vera, "Adalheid")):
        headers = {"x-API-Key": key_of(actor), "If-Match": '"1"'}
        answer = client.get(f"/v2/customers/{customer.pk}", headers=headers)
        assert answer.status_code == 412
        assert {error["who"] for error in answer.json()["errors"]} == {shown_name}


def test_a_conflict_contains_no_staff_names_for_a_reseller(cast, customer, as_user):
    """A user edits their own key while an administrator does."""
    key = ApiKeyFactory(company=cast.company, owner=cast.rikke.pk, name="first")
    browser, address = as_user(cast.rikke), f"/api-keys/{key.pk}"
    browser.post("/account/confirm", {"password-again": PASSWORD})
    sent = form_data(record_form(browser.get(address).content)) | {"name": "mine"}
    services.update(key, {"name": "theirs"}, actor=cast.ada, context=JSON)
    text = browser.post(address, sent).content.decode()
    assert "Staff changed “Name” too" in text
    assert "Adalheid" not in text


def test_names_of_the_resellers_own_users_are_shown(cast, customer, as_user):
    key = ApiKeyFactory(company=cast.company, owner=cast.rikke.pk, name="first")
    services.update(key, {"name": "second"}, actor=cast.rikke, context=JSON)
    browser = as_user(cast.rikke)
    browser.post("/account/confirm", {"password-again": PASSWORD})
    assert "<strong>Rikke</strong>" in browser.get(f"/api-keys/{key.pk}").content.decode()
