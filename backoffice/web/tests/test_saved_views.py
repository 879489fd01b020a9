"""Tests of column settings and saved views."""

import csv
import io
import json
from importlib import import_module

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.db import connection

from backoffice.lists.models import ListChoice, SavedView
from backoffice.mail.tests.factories import MailTemplateFactory
from backoffice.people.tests.factories import ApiKeyFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import deep_only
from backoffice.web.listing import ListOrder
from backoffice.web.viewsets import all_viewsets
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.tests.factories import ComplaintFactory


@pytest.fixture
def complaints(cast, records):
    how = {"company": cast.company, "object": records.object.pk}
    return [
        ComplaintFactory(**how, desc="Urgent", priority=4, tags=["lift"], room_description="Kælder"),
        ComplaintFactory(**how, desc="Later", priority=2),
    ]


@pytest.fixture
def open_page(client):
    """Return a function `open_page(user, url)` that opens a page and follows redirects."""

    def looked(person, address):
        client.force_login(person)
        response = client.get(address, follow=True)
        assert response.status_code == 200
        return BeautifulSoup(response.content, "lxml")

    return looked


@pytest.fixture
def save_view(client):
    """Return a function `save_view(user, query, name, …)` that saves a view of complaints and returns the
    response."""

    def kept(person, query, name, **sent):
        client.force_login(person)
        return client.post("/complaints/views", {"query": query, "name": name, **sent})

    return kept


def headings(page) -> list[str]:
    return [head.get_text(strip=True) for head in page.select("thead th:not(.row-select)")]


def tabs(page) -> dict[str, str]:
    return {
        " ".join(tab.get_text(" ", strip=True).split()): tab["href"]
        for tab in page.select(".list-tools .tabs a")
    }


def subjects(page) -> list[str]:
    return [cell.a.get_text(strip=True) for cell in page.select("td.subject")]


@pytest.mark.slow
def test_columns_can_be_chosen(cast, complaints, open_page, client):
    usual = ["No.", "Complaint", "Priority", "State", "Object", "Assignee", "Created"]
    assert headings(open_page(cast.alice, "/complaints")) == usual
    chosen = ["tags", "priority", "room_description", "security_code", "search_text", "object__name"]
    answer = client.post("/complaints/columns", {"column": chosen, "query": "state=open&sort=-priority"})
    assert answer["Location"] == "/complaints?state=open&sort=-priority"
    page = open_page(cast.alice, "/complaints")
    assert headings(page) == ["No.", "Complaint", "Tags", "Priority", "Room"]
    row = page.find("td", string="Kælder").parent
    assert row.select_one(".col-tags").get_text(strip=True) == "lift"
    assert headings(open_page(cast.ada, "/complaints")) == usual
    assert headings(open_page(cast.ada, "/complaints?columns=tags,nonsense")) == ["No.", "Complaint", "Tags"]
    client.force_login(cast.alice)
    client.post("/complaints/columns", {"column": chosen, "usual": "1"})
    assert headings(open_page(cast.alice, "/complaints")) == usual


def test_the_export_has_the_shown_columns(cast, complaints, open_page, client):
    open_page(cast.alice, "/complaints")
    client.post("/complaints/columns", {"column": ["tags", "priority"]})
    page = open_page(cast.alice, "/complaints?priority=4&sort=number")
    link = page.select_one(".export-menu a[href*='format=csv']")["href"]
    text = b"".join(client.get(link).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["No.", "Complaint", "Tags", "Priority"]
    assert [row[1:] for row in rows[1:]] == [["Urgent", "lift", "Critical"]]


@deep_only
def test_columns_can_be_reordered(cast, complaints, open_page, client):
    """Without JavaScript, each button moves a column by one step. A saved view has the order, too."""
    menu = open_page(cast.alice, "/complaints").select_one("form[action$='/columns']")
    shown = [box["value"] for box in menu.select("[name=column][checked]")]
    assert shown == ["priority", "complaint_status", "object", "user", "created_at"]
    moves = [
        ("up", "user"),
        ("down", "priority"),
        ("up", "priority"),
        ("up", "priority"),
        ("down", "created_at"),
    ]
    moves += [("up", "nonsense"), ("down", "tags")]
    for move, name in moves:
        shown = [box["value"] for box in menu.select("[name=column][checked]")]
        answer = client.post("/complaints/columns", {"column": shown, move: name, "query": "state=open"})
        assert answer["Location"] == "/complaints?state=open#columns-shown"
        page = open_page(cast.alice, "/complaints?state=open")
        menu = page.select_one("form[action$='/columns']")
    order = ["No.", "Complaint", "Priority", "State", "Assignee", "Object", "Created"]
    assert headings(page) == order
    client.post("/complaints/views", {"query": "state=open", "name": "In order"})
    client.post("/complaints/columns", {"usual": "1"})
    (kept,) = [url for name, url in tabs(open_page(cast.alice, "/complaints")).items() if "In order" in name]
    assert headings(open_page(cast.alice, kept)) == order
    backwards = open_page(cast.alice, "/complaints?columns=user,priority,number")
    assert headings(backwards) == ["No.", "Complaint", "Assignee", "Priority"]


@deep_only
def test_every_column_can_be_shown_sorted_and_exported(cast, records, complaints, open_page, client):
    ApiKeyFactory(owner=cast.ada.pk, company=cast.company)
    CannedAnswerFactory(company=cast.company)
    MailTemplateFactory(company=cast.company)
    for kind in all_viewsets():
        names = [column.name for column in kind.all_columns]
        assert len(set(names)) == len(names)
        page = open_page(cast.ada, f"/{kind.slug}?columns={','.join(names)}")
        assert len(headings(page)) == len(names)
        file = client.get(f"/{kind.slug}/export?format=json&columns={','.join(names)}")
        (rows,) = [json.loads(b"".join(file.streaming_content))]
        assert {len(row) for row in rows} == {len(names)}
        for name in (column.name for column in kind.all_columns if column.sort):
            order = ListOrder(kind, cast.ada, f"-{name}")
            assert order.name == name
            assert len(kind.model.objects.order_by(*order.columns))


def test_a_view_has_a_tab_with_a_count(cast, complaints, save_view, open_page):
    answer = save_view(cast.alice, "priority=4&sort=-created_at&page=3", "  Urgent ones ")
    assert answer["Location"].startswith("/complaints?priority=4&sort=-created_at&columns=")
    page = open_page(cast.alice, "/complaints")
    assert "Urgent ones 1" in tabs(page)
    there = open_page(cast.alice, tabs(page)["Urgent ones 1"])
    assert subjects(there) == ["Urgent"]
    assert there.select_one(".list-tools [aria-current]").get_text(" ", strip=True) == "Urgent ones 1"
    assert "Urgent ones 1" not in tabs(open_page(cast.ada, "/complaints"))


@pytest.mark.slow
def test_shared_views_are_visible_to_colleagues_only(cast, complaints, records, save_view, open_page, client):
    save_view(cast.alice, "priority=4", "Ours", shared="on")
    assert "Ours 1" in tabs(open_page(cast.vera, "/complaints"))
    assert not any(name.startswith("Ours") for name in tabs(open_page(cast.charlie, "/complaints")))
    view = SavedView.objects.get()
    for person, do, status in (
        (cast.vera, {"do": "save", "name": "Mine now"}, 403),
        (cast.vera, {"do": "remove"}, 403),
        (cast.charlie, {"do": "remove"}, 404),
        (cast.sven, {"do": "remove"}, 403),  # he may see no complaints
        (cast.vera, {"do": "default"}, 302),
        (cast.alice, {"do": "save", "name": "", "shared": "on"}, 200),
        (cast.ada, {"do": "remove"}, 302),
    ):
        client.force_login(person)
        assert client.post(f"/complaints/views/{view.pk}", do).status_code == status, (person, do)
    assert SavedView.objects.count() == 0
    assert subjects(open_page(cast.vera, "/complaints")) == ["Later", "Urgent", "Lampen er gået"]


def test_users_of_a_customer_share_among_themselves_only(cast, records, open_page, client):
    client.force_login(cast.sven)
    client.post("/cases/views", {"query": "solved=no", "name": "Bad payers", "shared": "on"})
    client.force_login(cast.rikke)
    client.post("/cases/views", {"query": "solved=no", "name": "Rikke's", "shared": "on"})
    assert [name for name in tabs(open_page(cast.rikke, "/cases")) if name[-1] == "1"] == ["Rikke's 1"]
    colleague = UserFactory(company=cast.company, customer=cast.reseller.pk, roles=["Reseller"])
    assert "Rikke's 1" in tabs(open_page(colleague, "/cases"))
    assert "Rikke's" not in str(tabs(open_page(cast.sven, "/cases")))


@pytest.mark.slow
def test_a_list_opens_with_the_default_view_and_links_to_all_records(
    cast, complaints, save_view, open_page, client
):
    save_view(cast.alice, "priority=4", "Urgent ones", default="on")
    client.force_login(cast.alice)
    assert client.get("/complaints")["Location"].startswith("/complaints?priority=4")
    page = open_page(cast.alice, "/complaints")
    assert subjects(page) == ["Urgent"]
    everything = tabs(page)["All"]
    assert everything.startswith("/complaints?")
    assert subjects(open_page(cast.alice, everything)) == ["Later", "Urgent", "Lampen er gået"]
    plain = open_page(cast.alice, page.select_one(".chip a")["href"])
    assert subjects(plain) == ["Later", "Urgent", "Lampen er gået"]
    assert plain.select_one("#list input[name=view][value=all]")
    view = SavedView.objects.get()
    client.post(f"/complaints/views/{view.pk}", {"do": "no-default"})
    assert subjects(open_page(cast.alice, "/complaints")) == ["Later", "Urgent", "Lampen er gået"]


def test_views_can_be_renamed_shared_and_deleted(cast, complaints, save_view, open_page, client):
    save_view(cast.alice, "priority=4&assignee=null", "Urgent", default="on")
    view = SavedView.objects.get()
    page = open_page(cast.alice, "/complaints/views")
    assert [" ".join(chip.get_text(" ", strip=True).split()) for chip in page.select(".saved-view-filters .chip")] == [
        "Priority Critical", "Assignee Nobody",
    ]  # fmt: skip
    client.post(f"/complaints/views/{view.pk}", {"do": "save", "name": "Now", "shared": "on"})
    assert "Now 1" in tabs(open_page(cast.ada, "/complaints"))
    client.force_login(cast.alice)
    client.post(f"/complaints/views/{view.pk}", {"do": "remove"})
    assert SavedView.objects.count() == 0
    assert ListChoice.objects.get(user=cast.alice.pk).default_view_id is None
    assert "No views yet" in open_page(cast.alice, "/complaints/views").get_text()


@pytest.mark.parametrize(
    ("name", "message", "ticks"),
    [("", "blank", {"shared"}), ("x" * 61, "60", {"shared", "default"}), ("a\x00b", "Null", set())],
)
def test_an_invalid_name_is_an_error_and_the_input_stays(name, message, ticks, cast, complaints, save_view):
    answer = save_view(cast.alice, "priority=4", name, **dict.fromkeys(ticks, "on"))
    assert answer.status_code == 200
    page = BeautifulSoup(answer.content, "lxml")
    assert message in page.select_one("[role=alert]").get_text()
    assert page.select_one("#unsaved-view-name")["value"].strip("\ufffd") == name or "\x00" in name
    assert {tick["name"] for tick in page.select(".unsaved-view [checked]")} == ticks
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize(
    "query", ["q=%00", "sort=security_code&columns=key", "&&&=", "priority=" + "9" * 5000, "%FF"]
)
def test_malformed_views_break_nothing(query, cast, complaints, open_page):
    SavedView.objects.create(owner=cast.alice, company_id=cast.company.pk, record_type="facility.complaint",
                             name="Odd", query=query)  # fmt: skip
    page = open_page(cast.alice, "/complaints")
    assert any(name.startswith("Odd") for name in tabs(page))
    open_page(cast.alice, "/complaints/views")


def test_names_are_unique(cast, complaints, save_view, open_page, client):
    save_view(cast.alice, "priority=4", "My view")
    for twin in ("My view", "  my  VIEW ", "Ｍy view"):
        page = BeautifulSoup(save_view(cast.alice, "priority=3", twin).content, "lxml")
        assert "with this name" in page.select_one("[role=alert]").get_text()
    save_view(cast.alice, "priority=3", "Another")
    save_view(cast.vera, "priority=3", "My view")  # another owner may use the name
    another = SavedView.objects.get(name="Another")
    client.force_login(cast.alice)
    for sent in ({"name": "MY VIEW", "shared": "on"}, {"name": "MY VIEW"}):
        answer = client.post(f"/complaints/views/{another.pk}", {"do": "save", **sent})
        page = BeautifulSoup(answer.content, "lxml")
        assert "with this name" in page.select_one("[role=alert]").get_text()
        form = page.select_one(f"form[action$='/{another.pk}']")
        assert form.select_one("[name=name]")["value"] == "MY VIEW"
        assert form.select_one("[name=shared]").has_attr("checked") == ("shared" in sent)
        assert page.select_one(f"#view-{another.pk}").get_text() == "Another"
    client.post(f"/complaints/views/{another.pk}", {"do": "save", "name": "another"})  # its own
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["My view", "My view", "another"]


def test_duplicate_names_of_older_versions_get_numbers(cast):
    """Create views as in a database of an earlier version."""
    migration = import_module("backoffice.lists.migrations.0002_view_names")
    views = {}
    created = [
        ("Mine", "a"),
        ("mine ", "a"),
        ("Mine (2)", "a"),
        ("x" * 60, "a"),
        ("X" * 60, "a"),
        ("Mine", "b"),
    ]
    for place, (name, kind) in enumerate(created):
        views[place] = SavedView.objects.create(owner=cast.alice, record_type=kind, name=name)
    migration.number_twins(apps, connection.schema_editor(atomic=False))
    names = [SavedView.objects.get(pk=view.pk).name for view in views.values()]
    assert names[:3] == ["Mine", "mine  (3)", "Mine (2)"]
    assert names[3:] == ["x" * 60, "X" * 56 + " (2)", "Mine"]


def test_deleting_a_user_deletes_their_views(cast, complaints, save_view):
    someone = UserFactory(company=cast.company, roles=["Viewer"])
    save_view(someone, "priority=4", "Theirs", shared="on", default="on")
    services.delete(someone, actor=cast.root, context=ChangeContext(Channel.ADMIN))
    assert SavedView.objects.count() == ListChoice.objects.count() == 0


@pytest.mark.slow
def test_lists_sort_by_several_columns(cast, records, complaints, open_page):
    ComplaintFactory(company=cast.company, object=records.object.pk, desc="Older low", priority=1)
    page = open_page(cast.alice, "/complaints?sort=-priority,number")
    assert subjects(page) == ["Urgent", "Later", "Lampen er gået", "Older low"]
    for odd in ("-priority,search_text", "number,number,number,number", ",", "-"):
        assert len(subjects(open_page(cast.alice, f"/complaints?sort={odd}"))) == 4
