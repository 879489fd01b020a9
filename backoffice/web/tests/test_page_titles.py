"""Tests of page titles, names in messages, and labels of the links on record pages."""

import pytest
from bs4 import BeautifulSoup

from backoffice.forms.tests.pages import form_data, record_form
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from tests.support.routes import every_route

pytestmark = pytest.mark.django_db


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def title(client, address: str) -> str:
    return title_of(soup(client.get(address)))


def title_of(page: BeautifulSoup) -> str:
    """Return the title as browsers show it."""
    return " ".join(page.title.get_text().split())


@pytest.mark.slow
def test_titles_of_lists_have_view_shortcut_and_filters(as_user, cast, records):
    alice = as_user(cast.alice)
    for number in range(30):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Lamp {number}")
    alice.post("/complaints/views", {"name": "My lamps", "query": "q=lamp&priority=1"})
    expected = {
        "/complaints": "Complaints · Caretaker",
        "/complaints?page=2": "Page 2 · Complaints · Caretaker",
        "/complaints?state=open&assignee=me": "Mine · Complaints · Caretaker",
        "/complaints?state=open&sort=number": "Open · Complaints · Caretaker",
        "/complaints?q=lamp&state=open": "Search: lamp · State: Open · Complaints · Caretaker",
        "/complaints?priority=4&page=7": "Priority: Critical · Complaints · Caretaker",
        "/complaints?q=%3Cb%3E": "Search: <b> · Complaints · Caretaker",
        "/customers?q=hansen": "Search: hansen · Customers · Caretaker",
        "/search?q=hansen": "Search: hansen · Caretaker",
    }
    assert {address: title(alice, address) for address in expected} == expected
    view = soup(alice.get("/complaints")).select_one(".tab-view")
    assert title(alice, view["href"]) == "My lamps · Complaints · Caretaker"
    assert len(title(alice, f"/complaints?q={'x' * 90}")) < 100
    swapped = soup(alice.get("/complaints?q=lamp", headers={"HX-Request": "true"}))
    assert title_of(swapped) == "Search: lamp · Complaints · Caretaker"


def test_titles_of_records_have_number_and_subject(as_user, cast, records):
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    number = records.complaint.number
    assert {page: title(alice, address + page) for page in ("", "/print", "/remove", "/versions/1")} == {
        "": f"{number} · Lampen er gået · Caretaker",
        "/print": f"{number} · Lampen er gået · Print · Caretaker",
        "/remove": f"{number} · Delete Lampen er gået · Caretaker",
        "/versions/1": f"{number} · Lampen er gået · version 1 · Caretaker",
    }


@pytest.mark.slow
@pytest.mark.parametrize("person", ["root", "nobody"])
def test_no_two_pages_have_the_same_title(person, cast, records, as_user, client):
    visitor = client if person == "nobody" else as_user(cast.root)
    titles: dict[str, str] = {}
    for route in every_route():
        address = route.address(records)
        if route.speaks_json or route.pattern.startswith(("admin/", "choices/", "sign-out")):
            continue
        response = visitor.get(address)
        if response.status_code != 200 or "text/html" not in response["Content-Type"]:
            continue
        name = title(visitor, address)
        assert name.endswith(" · Caretaker") and len(name) > len(" · Caretaker"), address
        assert name not in titles, (address, titles[name])
        titles[name] = address
    assert len(titles) > (60 if person == "root" else 5)


LONG = "Der drypper vand fra loftet ned på gulvet i hele gangen, og det har det gjort siden i går aftes"


@pytest.mark.parametrize(
    "name",
    [LONG, *(pytest.param(name, marks=pytest.mark.slow) for name in ("Is it leaking?", "Ask Hansen Inc."))],
)
def test_names_in_messages_are_quoted(name, as_user, cast, records):
    alice = as_user(cast.alice)
    form = form_data(record_form(alice.get("/complaints/new").content))
    sent = form | {"object": records.object.pk, "desc": name}
    created = soup(alice.post("/complaints/new", sent, follow=True))
    complaint = Complaint.objects.get(desc=name)
    assert created.select_one(".notice").get_text(strip=True) == f"Created: complaint “{complaint}”."
    gone = soup(alice.post(f"/complaints/{complaint.pk}/remove", {"version": complaint.version}, follow=True))
    assert gone.select_one(".notice").get_text(strip=True) == f"Deleted: “{complaint}”."


def test_links_of_a_record_have_labels(as_user, cast, records):
    def meta(person, address, language="en"):
        response = as_user(person).get(address, headers={"accept-language": language})
        return " ".join(soup(response).select_one(".record-meta").get_text(" ").split())

    alice = meta(cast.alice, f"/complaints/{records.complaint.pk}")
    assert "Object: Rådhuset · Customer: Hansen Boligforening ApS · Changed" in alice
    sven = meta(cast.sven, f"/cases/{records.case.pk}")
    assert "Customer: Hansen Boligforening ApS · Reported by: Sven · Changed" in sven
    german = meta(cast.alice, f"/complaints/{records.complaint.pk}", "de")
    assert "Objekt: Rådhuset · Kunde: Hansen Boligforening ApS" in german
