"""Completing `@name` in internal notes: who is offered to whom."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from backoffice.notifications.tests.test_notifications import read_list, update
from backoffice.people import roles
from backoffice.people.models import User
from backoffice.people.tests.factories import UserFactory
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def offer(user, record, text="") -> list[str]:
    """Return the usernames that the note of a record's page offers for a text after the `@`."""
    client = browser(user)
    slug = {"complaint": "complaints", "supportcase": "cases"}[record._meta.model_name]
    page = BeautifulSoup(client.get(f"/{slug}/{record.pk}").content, "lxml")
    (note,) = page.select("textarea[data-mentions]")
    response = client.get(note["data-mentions"], {"q": text})
    assert response.status_code == 200
    return [each["username"] for each in response.json()["users"]]


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk)


def test_colleagues_who_may_see_the_record_are_offered(cast, complaint, records):
    assert offer(cast.alice, complaint) == ["ada", "root", "vera"]  # not Alice, Sven, Rikke, Charlie
    assert offer(cast.sven, records.case) == ["ada", "root"]  # Vera may see the case, but not its notes


def test_what_is_offered_is_what_a_note_mentions(cast, complaint):
    (name,) = offer(cast.alice, complaint, "ve")
    update(complaint, cast.alice, comment=f"Ask @{name}.")
    assert read_list(cast.vera)[0].startswith("Alice mentioned you")


def test_names_and_usernames_are_found_by_their_beginning(cast, complaint):
    UserFactory(
        username="j.smith", first_name="Åse", last_name="Smith", company=cast.company, roles=[roles.VIEWER]
    )
    UserFactory(
        username="ends.with.dot.",
        first_name="Åse",
        email="dot@example.com",
        company=cast.company,
        roles=[roles.VIEWER],
    )
    for text in ("j.smith", "J", "Smi", "Åse"):
        assert offer(cast.alice, complaint, text) == ["j.smith"], text
    assert offer(cast.alice, complaint, "nobody") == offer(cast.alice, complaint, "\x00%'") == []


def test_at_most_ten_are_offered_and_inactive_ones_are_not(cast, complaint):
    for number in range(15):
        UserFactory(username=f"many{number:02}", company=cast.company, roles=[roles.VIEWER])
    User._base_manager.filter(username="many00").update(is_active=False)
    assert offer(cast.alice, complaint, "many") == offer(cast.alice, complaint, "many")[:10]
    assert len(offer(cast.alice, complaint, "many")) == 10
    assert offer(cast.alice, complaint, "many00") == []


def test_only_who_may_see_the_notes_is_answered(cast, complaint, records):
    case = SupportCase.objects.get(pk=records.case.pk)
    SupportCase._base_manager.filter(pk=case.pk).update(customer=cast.resold.pk)
    answers = {
        name: browser(getattr(cast, name)).get(address).status_code
        for name, address in (
            ("charlie", f"/complaints/{complaint.pk}/mentions"),
            ("sven", f"/complaints/{complaint.pk}/mentions"),
            ("vera", f"/cases/{case.pk}/mentions"),
            ("rikke", f"/cases/{case.pk}/mentions"),
        )
    }
    assert answers == {"charlie": 404, "sven": 403, "vera": 403, "rikke": 403}
    assert Client().get(f"/complaints/{complaint.pk}/mentions").status_code == 302


def test_replies_to_customers_offer_nobody(cast, complaint):
    page = BeautifulSoup(browser(cast.alice).get(f"/complaints/{complaint.pk}").content, "lxml")
    assert [area["name"] for area in page.select("textarea[data-mentions]")] == ["say-comment"]
    assert len(page.select(".composer textarea")) > 1
