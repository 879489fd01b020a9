"""The warning about open work of deactivated users."""

import pytest
from bs4 import BeautifulSoup

from backoffice.admin.tests.pages import admin_url, read_outcomes, run_action
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import User
from backoffice.records.history import history_of
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice_with_work(cast, records):
    """Alice has two open complaints, an open case and an object; what is finished or solved does not count."""
    for _each in range(2):
        ComplaintFactory(company=cast.company, object=records.object.pk, user=cast.alice.pk)
    CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, object_manager=cast.alice.pk)
    for solved in (False, True):
        SupportCaseFactory(company=cast.company, assignee=cast.alice.pk, solved=solved)
    return cast.alice


def deactivate(client, page, **values) -> BeautifulSoup:
    sent = form_data(record_form(client.get(page).content))
    sent = {name: value for name, value in (sent | values).items() if value is not None}
    return BeautifulSoup(client.post(page, sent, follow=True).content, "lxml")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "notice"), [("/users/{}", ".notice-warning"), ("/admin/people/user/{}/change/", "li.warning")]
)
@pytest.mark.parametrize("values", [{"is_active": None}, {"status": "2"}], ids=["switched off", "archived"])
def test_deactivating_a_user_warns_of_their_open_work(page, notice, values, cast, alice_with_work, client):
    client.force_login(cast.ada)
    body = deactivate(client, page.format(alice_with_work.pk), **values)
    (message,) = body.select(notice)
    assert "Alice still has open work" in message.get_text()
    links = {link.get_text(): link["href"] for link in message.select("a")}
    assert links == {
        "Open complaints (2)": f"/complaints?assignee={alice_with_work.pk}&state=open",
        "Managed objects (1)": f"/objects?manager={alice_with_work.pk}",
        "Open cases (1)": f"/cases?assignee={alice_with_work.pk}&solved=no",
    }
    for address in links.values():
        assert client.get(address).status_code == 200
    assert "still has open work" not in client.get(f"/users/{alice_with_work.pk}").content.decode()


def test_archiving_users_in_admin_shows_their_open_work_first(cast, alice_with_work, client):
    client.force_login(cast.ada)
    page = BeautifulSoup(run_action(client, [alice_with_work, cast.vera], "archive").content, "lxml")
    rows = {row.th.get_text(): row.td.get_text() for row in page.select("#content tbody tr")}
    assert rows == {"Alice": "Open complaints (2), Managed objects (1), Open cases (1)", "Vera": "—"}
    assert User.objects.get(pk=alice_with_work.pk).status == 1
    both = [alice_with_work.pk, cast.vera.pk]
    sent = form_data(record_form(str(page))) | {"_selected_action": both}
    assert read_outcomes(client.post(admin_url(User, ""), sent).content)["Alice"] == ("Done", "")
    assert User.objects.get(pk=alice_with_work.pk).status == 2
    (row,) = BeautifulSoup(client.get(f"{admin_url(User, '')}?q=alice").content, "lxml").select(
        "#result_list tbody tr"
    )
    assert row.select_one(".field-account_state").get_text() == "Archived"
    (row,) = BeautifulSoup(client.get("/users?q=alice").content, "lxml").select("table tbody tr")
    assert "Archived" in row.get_text() and "Active" not in row.get_text()
    actions = client.get(admin_url(User, "")).content.decode()
    assert "Restore selected users" in actions
    run_action(client, [alice_with_work], "activate")
    assert User.objects.get(pk=alice_with_work.pk).status == 1
    assert [entry.via for entry in history_of(alice_with_work)[:2]] == ["admin", "bulk"]
    history = client.get(admin_url(alice_with_work, "history")).content.decode()
    assert "Signed out everywhere" not in history


def test_the_warning_follows_the_message_that_the_user_was_saved(cast, alice_with_work, client):
    client.force_login(cast.ada)
    page = deactivate(client, admin_url(alice_with_work), is_active=None)
    assert [line["class"][0] for line in page.select(".messagelist li")] == ["success", "warning"]


def test_deactivating_a_user_without_open_work_does_not_warn(cast, records, client):
    client.force_login(cast.ada)
    assert (
        "still has open work" not in deactivate(client, f"/users/{cast.vera.pk}", is_active=None).get_text()
    )


def test_a_users_page_shows_their_open_work_to_those_with_permission(cast, alice_with_work, client):
    of_facility, of_support = {"Managed objects", "Open complaints"}, {"Open cases"}
    for who, seen in (
        (cast.ada, of_facility | of_support), (cast.alice, of_facility), (cast.sven, of_support),
        (cast.vera, of_facility),
    ):  # fmt: skip
        client.force_login(who)
        text = BeautifulSoup(client.get(f"/users/{alice_with_work.pk}").content, "lxml").get_text()
        assert {title for title in of_facility | of_support if title in text} == seen, who


@pytest.mark.parametrize(
    ("who", "offered"), [("vera", False), ("rikke", True), ("alice", True), ("sven", True)]
)
def test_bulk_edits_are_offered_to_users_who_can_change_records(who, offered, cast, records, client):
    """Rikke may change her own keys."""
    client.force_login(getattr(cast, who))
    assert ("My bulk edits" in client.get("/").content.decode()) == offered
