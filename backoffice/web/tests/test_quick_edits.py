"""Tests of quick edits in lists and on record pages, with and without JavaScript."""

import pytest
from bs4 import BeautifulSoup

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from facility.tests.factories import ComplaintFactory

HTMX = {"HX-Request": "true"}


def reload(record):
    return type(record).objects.get(pk=record.pk)


def parse_page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def quick_edit_url(record, name) -> str:
    return (
        f"/{'cases' if record._meta.model_name == 'supportcase' else 'complaints'}/{record.pk}/quick/{name}"
    )


@pytest.fixture
def alice(cast, client):
    client.force_login(cast.alice)
    return client


@pytest.mark.slow
def test_priority_and_assignee_can_be_set_on_a_separate_page(alice, cast, records):
    complaint = records.complaint
    back = "/complaints?state=open&sort=-priority"
    page = parse_page(alice.get(quick_edit_url(complaint, "priority"), {"next": back}))
    assert [button.get_text(strip=True) for button in page.select(".quick-form button")] == [
        "Low", "Medium", "High", "Critical",
    ]  # fmt: skip
    assert page.select_one("[aria-pressed=true]")["value"] == "1"
    sent = {"value": "4", "version": page.select_one("[name=version]")["value"], "next": back}
    answer = alice.post(quick_edit_url(complaint, "priority"), sent)
    assert answer["Location"] == back
    assert "Saved: priority." in alice.get(back).content.decode()
    assert history_of(complaint).first().via == "browser"
    page = parse_page(alice.get(quick_edit_url(complaint, "user")))
    offered = [button.get_text(strip=True) for button in page.select(".quick-form button")]
    assert offered[:2] == ["Alice (me)", "Nobody"]
    assert "Charlie" not in offered
    answer = alice.post(quick_edit_url(complaint, "user"), {"value": cast.alice.pk})
    assert answer["Location"] == f"/complaints/{complaint.pk}"
    saved = reload(complaint)
    assert (saved.priority, saved.user_id, saved.complaint_status) == (4, cast.alice.pk, "assigned")
    alice.post(quick_edit_url(complaint, "user"), {"value": ""})
    assert reload(complaint).complaint_status == "new"


def test_the_response_in_a_list_is_the_current_row(alice, cast, records):
    complaint, back = records.complaint, "/complaints?columns=user,complaint_status"
    menu = parse_page(alice.get(quick_edit_url(complaint, "user"), {"next": back}, headers=HTMX))
    assert menu.select_one("[popover]")
    assert menu.html.head is None
    sent = {"value": cast.alice.pk, "version": 1, "next": back, "row": "user"}
    row = parse_page(alice.post(quick_edit_url(complaint, "user"), sent, headers=HTMX))
    assert [cell.get_text(" ", strip=True).split(" Edit ")[0] for cell in row.select("td")][2:] == [
        "Lampen er gået", "Alice", "Assigned",
    ]  # fmt: skip


def test_conflicts_and_errors_are_shown_at_the_row(alice, cast, records):
    complaint = records.complaint
    services.update(complaint, {"priority": 3}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    services.update(
        reload(complaint), {"comment": "beside"}, actor=cast.ada, context=ChangeContext(Channel.JSON)
    )
    message = "Ada changed “Priority” to “High” in the meantime."
    sent = {"value": "4", "version": "1", "next": "/complaints", "row": "priority"}
    row = parse_page(alice.post(quick_edit_url(complaint, "priority"), sent, headers=HTMX))
    assert row.select_one(".col-priority .quick-error").get_text() == message
    del sent["row"]
    page = parse_page(alice.post(quick_edit_url(complaint, "priority"), sent, follow=True))
    assert f"Not saved. {message}" in page.select_one(".notice-error").get_text()
    assert reload(complaint).priority == 3
    alice.post(quick_edit_url(complaint, "priority"), {"value": "9"})
    assert "less than or equal to 4" in alice.get("/complaints").content.decode()
    # Changes of other properties are no conflict.
    alice.post(quick_edit_url(complaint, "user"), {"value": cast.alice.pk, "version": "1"})
    saved = reload(complaint)
    assert (saved.user_id, saved.comment, saved.priority) == (cast.alice.pk, "beside", 3)


def test_the_actions_depend_on_the_state(alice, cast, records):
    complaint = records.complaint
    menu = parse_page(alice.get(quick_edit_url(complaint, "complaint_status"), headers=HTMX))
    assert [button.get_text(strip=True) for button in menu.select("button")] == ["Assign to me", "Finish"]
    answer = alice.post(quick_edit_url(complaint, "finish"), {"next": "/complaints?state=open"})
    assert answer["Location"] == "/complaints?state=open"
    assert reload(complaint).complaint_status == "finished"
    assert history_of(complaint).first().action == "finish"
    assert alice.post(quick_edit_url(complaint, "finish")).status_code == 403  # it is
    assert alice.post(quick_edit_url(complaint, "reopen")).status_code == 302


def test_cases_are_solved_from_the_list(cast, records, client):
    client.force_login(cast.sven)
    page = parse_page(client.get(quick_edit_url(records.case, "solved")))
    assert [button.get_text(strip=True) for button in page.select(".quick-form button")] == [
        "Open",
        "Solved",
    ]
    client.post(quick_edit_url(records.case, "solved"), {"value": "True", "version": "1"})
    assert reload(records.case).solved is True
    client.post(quick_edit_url(records.case, "solved"), {"value": "False"})
    assert reload(records.case).solved is False


@pytest.mark.parametrize(
    ("who", "status"), [("vera", 403), ("sven", 403), ("rikke", 403), ("charlie", 404), ("root", 302)]
)
def test_quick_edits_require_the_permission(who, status, cast, records, client):
    client.force_login(getattr(cast, who))
    assert client.post(quick_edit_url(records.complaint, "priority"), {"value": "4"}).status_code == status
    assert reload(records.complaint).priority == (4 if status == 302 else 1)
    if status != 302:
        assert client.get(quick_edit_url(records.complaint, "priority")).status_code == status
    if who == "vera":
        assert not parse_page(client.get("/complaints")).select("a.quick-link, .row-select")
        page = parse_page(client.get(f"/complaints/{records.complaint.pk}"))
        assert not page.select(".quick-menu")
        assert page.select_one(".record-meta .priority-4, .record-meta .priority-1")


def test_only_declared_properties_can_be_set(alice, records):
    for name in ("desc", "number", "object", "security_code", "nonsense", "version"):
        assert alice.get(quick_edit_url(records.complaint, name)).status_code == 403
        assert alice.post(quick_edit_url(records.complaint, name), {"value": "4"}).status_code == 403
    for version in ("", "0", "-1", "99", "9" * 30, "x", "\x00"):
        assert (
            alice.post(
                quick_edit_url(records.complaint, "priority"), {"value": "2", "version": version}
            ).status_code
            == 302
        )


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_next_never_redirects_to_another_site(next, alice, records):
    answer = alice.post(quick_edit_url(records.complaint, "priority"), {"value": "2", "next": next})
    assert answer["Location"] == f"/complaints/{records.complaint.pk}"


def test_the_record_page_has_the_same_menus(alice, cast, records):
    page = parse_page(alice.get(f"/complaints/{records.complaint.pk}"))
    menus = page.select(".quick-menu")
    assert [" ".join(menu.summary.get_text(" ", strip=True).split()) for menu in menus] == [
        "Priority: Low", "Assignee: Nobody",
    ]  # fmt: skip
    badges = [badge.get_text(strip=True) for badge in page.select(".record-meta .badge-field")]
    assert badges == ["New"]  # the menu shows the priority
    assert menus[0].select_one("summary .priority-1")
    assert page.select_one("[data-shortcut=m]").get_text(strip=True) == "Assign to me"
    form = menus[0].form
    sent = {field["name"]: field["value"] for field in form.select("input[type=hidden]")} | {"value": "3"}
    answer = alice.post(form["action"], sent)
    assert answer["Location"] == f"/complaints/{records.complaint.pk}"
    assert reload(records.complaint).priority == 3


def test_a_deleted_record_gets_404(alice, cast, records):
    complaint = ComplaintFactory(company=cast.company, object=records.object.pk)
    services.delete(complaint, actor=cast.ada, context=ChangeContext(Channel.JSON))
    assert alice.post(quick_edit_url(complaint, "priority"), {"value": "2"}).status_code == 404
