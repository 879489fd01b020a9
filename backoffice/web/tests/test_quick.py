"""Tests of quick edits in lists and on record pages, with and without JavaScript."""

import pytest
from bs4 import BeautifulSoup

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from facility.tests.factories import ComplaintFactory

HTMX = {"HX-Request": "true"}


def present(record):
    return type(record).objects.get(pk=record.pk)


def read(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def address(record, name) -> str:
    return (
        f"/{'cases' if record._meta.model_name == 'supportcase' else 'complaints'}/{record.pk}/quick/{name}"
    )


@pytest.fixture
def alice(cast, client):
    client.force_login(cast.alice)
    return client


@pytest.mark.slow
def test_priority_and_assignee_from_a_page_of_their_own(alice, cast, records):
    complaint = records.complaint
    back = "/complaints?state=open&sort=-priority"
    page = read(alice.get(address(complaint, "priority"), {"next": back}))
    assert [button.get_text(strip=True) for button in page.select(".quick-form button")] == [
        "Low", "Medium", "High", "Critical",
    ]  # fmt: skip
    assert page.select_one("[aria-pressed=true]")["value"] == "1"
    sent = {"value": "4", "version": page.select_one("[name=version]")["value"], "next": back}
    answer = alice.post(address(complaint, "priority"), sent)
    assert answer["Location"] == back
    assert "Saved: priority." in alice.get(back).content.decode()
    assert history_of(complaint).first().via == "browser"
    page = read(alice.get(address(complaint, "user")))
    offered = [button.get_text(strip=True) for button in page.select(".quick-form button")]
    assert offered[:2] == ["Alice (me)", "Nobody"]
    assert "Charlie" not in offered
    answer = alice.post(address(complaint, "user"), {"value": cast.alice.pk})
    assert answer["Location"] == f"/complaints/{complaint.pk}"
    saved = present(complaint)
    assert (saved.priority, saved.user_id, saved.complaint_status) == (4, cast.alice.pk, "assigned")
    alice.post(address(complaint, "user"), {"value": ""})
    assert present(complaint).complaint_status == "new"


def test_in_the_list_the_row_is_answered_as_it_is_now(alice, cast, records):
    complaint, back = records.complaint, "/complaints?columns=user,complaint_status"
    menu = read(alice.get(address(complaint, "user"), {"next": back}, headers=HTMX))
    assert menu.select_one("[popover]")
    assert menu.html.head is None
    sent = {"value": cast.alice.pk, "version": 1, "next": back, "row": "user"}
    row = read(alice.post(address(complaint, "user"), sent, headers=HTMX))
    assert [cell.get_text(" ", strip=True).split(" Edit ")[0] for cell in row.select("td")][2:] == [
        "Lampen er gået", "Alice", "Assigned",
    ]  # fmt: skip


def test_a_conflict_and_a_refusal_are_told_there(alice, cast, records):
    complaint = records.complaint
    services.update(complaint, {"priority": 3}, actor=cast.ada, via=ChangeContext(Channel.JSON))
    services.update(
        present(complaint), {"comment": "beside"}, actor=cast.ada, via=ChangeContext(Channel.JSON)
    )
    message = "Ada changed “Priority” to “High” in the meantime."
    sent = {"value": "4", "version": "1", "next": "/complaints", "row": "priority"}
    row = read(alice.post(address(complaint, "priority"), sent, headers=HTMX))
    assert row.select_one(".col-priority .quick-error").get_text() == message
    del sent["row"]
    page = read(alice.post(address(complaint, "priority"), sent, follow=True))
    assert f"Not saved. {message}" in page.select_one(".notice-error").get_text()
    assert present(complaint).priority == 3
    alice.post(address(complaint, "priority"), {"value": "9"})
    assert "less than or equal to 4" in alice.get("/complaints").content.decode()
    # Changes of other properties are no conflict.
    alice.post(address(complaint, "user"), {"value": cast.alice.pk, "version": "1"})
    saved = present(complaint)
    assert (saved.user_id, saved.comment, saved.priority) == (cast.alice.pk, "beside", 3)


def test_actions_from_the_state(alice, cast, records):
    complaint = records.complaint
    menu = read(alice.get(address(complaint, "complaint_status"), headers=HTMX))
    assert [button.get_text(strip=True) for button in menu.select("button")] == ["Assign to me", "Finish"]
    answer = alice.post(address(complaint, "finish"), {"next": "/complaints?state=open"})
    assert answer["Location"] == "/complaints?state=open"
    assert present(complaint).complaint_status == "finished"
    assert history_of(complaint).first().action == "finish"
    assert alice.post(address(complaint, "finish")).status_code == 403  # it is
    assert alice.post(address(complaint, "reopen")).status_code == 302


def test_cases_are_solved_from_the_list(cast, records, client):
    client.force_login(cast.sven)
    page = read(client.get(address(records.case, "solved")))
    assert [button.get_text(strip=True) for button in page.select(".quick-form button")] == [
        "Open",
        "Solved",
    ]
    client.post(address(records.case, "solved"), {"value": "True", "version": "1"})
    assert present(records.case).solved is True
    client.post(address(records.case, "solved"), {"value": "False"})
    assert present(records.case).solved is False


@pytest.mark.parametrize(
    ("who", "status"), [("vera", 403), ("sven", 403), ("rikke", 403), ("charlie", 404), ("root", 302)]
)
def test_who_may(who, status, cast, records, client):
    client.force_login(getattr(cast, who))
    assert client.post(address(records.complaint, "priority"), {"value": "4"}).status_code == status
    assert present(records.complaint).priority == (4 if status == 302 else 1)
    if status != 302:
        assert client.get(address(records.complaint, "priority")).status_code == status
    if who == "vera":
        assert not read(client.get("/complaints")).select("a.quick-link, .row-select")
        assert not read(client.get(f"/complaints/{records.complaint.pk}")).select(".quick-menu")


def test_nothing_else_is_set_this_way(alice, records):
    for name in ("desc", "number", "object", "security_code", "nonsense", "version"):
        assert alice.get(address(records.complaint, name)).status_code == 403
        assert alice.post(address(records.complaint, name), {"value": "4"}).status_code == 403
    for version in ("", "0", "-1", "99", "9" * 30, "x", "\x00"):
        assert (
            alice.post(address(records.complaint, "priority"), {"value": "2", "version": version}).status_code
            == 302
        )


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_nobody_is_led_to_another_house(next, alice, records):
    answer = alice.post(address(records.complaint, "priority"), {"value": "2", "next": next})
    assert answer["Location"] == f"/complaints/{records.complaint.pk}"


def test_the_records_head_has_the_same_menus(alice, cast, records):
    page = read(alice.get(f"/complaints/{records.complaint.pk}"))
    menus = page.select(".quick-menu")
    assert [" ".join(menu.summary.get_text(" ", strip=True).split()) for menu in menus] == [
        "Priority: Low", "Assignee: Nobody",
    ]  # fmt: skip
    assert page.select_one("[data-shortcut=m]").get_text(strip=True) == "Assign to me"
    form = menus[0].form
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")} | {"value": "3"}
    answer = alice.post(form["action"], sent)
    assert answer["Location"] == f"/complaints/{records.complaint.pk}"
    assert present(records.complaint).priority == 3


def test_what_is_gone_is_not_there(alice, cast, records):
    complaint = ComplaintFactory(company=cast.company, object=records.object.pk)
    services.delete(complaint, actor=cast.ada, via=ChangeContext(Channel.JSON))
    assert alice.post(address(complaint, "priority"), {"value": "2"}).status_code == 404
