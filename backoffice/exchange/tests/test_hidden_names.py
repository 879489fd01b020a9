"""No channel discloses the name of a referenced record that the user may not see."""

import pytest

from backoffice.people.tests.factories import ContactFactory, CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.tests.factories import CustomerObjectFactory

pytestmark = pytest.mark.django_db
HIDDEN_NAME = "Zentralvertrieb Rhein-Ruhr"


@pytest.fixture
def hidden_reseller(cast, records):
    """A reseller whose customer belongs to Rikke, who may not see the reseller."""
    found = CustomerFactory(company=cast.company, name=HIDDEN_NAME)
    services.update(
        cast.reseller, {"parent_reseller": found.pk}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    )
    ContactFactory(company=cast.company, customer=found.pk, first_name="Bo", last_name="Ågård")
    CustomerObjectFactory(company=cast.company, customer=found.pk, name="Lagerhalle")
    return found


def response_text(client, address) -> str:
    response = client.get(address)
    assert response.status_code == 200
    text = b"".join(response).decode()
    return text.replace("<mark>", "").replace("</mark>", "")  # around the search term


@pytest.mark.slow
def test_a_reseller_does_not_see_the_name_of_its_own_reseller(cast, hidden_reseller, as_user):
    for address in (
        "/customers",
        "/customers/export?format=csv",
        "/customers/export?format=json",
        "/search?q=nordnet",
        f"/customers/{cast.reseller.pk}",
    ):
        for person, knows in ((cast.ada, True), (cast.rikke, False)):
            text = response_text(as_user(person), address)
            assert "Nordnet Reseller ApS" in text
            if address != "/search?q=nordnet":  # where the name is not shown
                assert (HIDDEN_NAME in text) is knows, (person.username, address)
    assert HIDDEN_NAME not in response_text(as_user(cast.rikke), "/search?q=nordnet")


def test_staff_see_the_names_in_lists_and_search(cast, hidden_reseller, as_user):
    for address in ("/contacts", "/objects", "/search?q=ågård", "/contacts/export?format=csv"):
        assert HIDDEN_NAME in response_text(as_user(cast.alice), address), address
