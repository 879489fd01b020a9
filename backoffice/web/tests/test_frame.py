"""Tests of the frame of every page, the global search and the error pages."""

import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import path

from backoffice.db.search import parse_terms
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import deep_only, select_daily
from backoffice.web.highlighting import has_term, mark_terms
from config.urls import urlpatterns as known
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

RAIL = {
    "ada": (
        ["Complaints", "Objects", "Cases", "Customers"],
        ["Contacts", "Articles", "Users", "API keys", "Saved replies", "Mail templates"],
    ),
    "alice": (
        ["Complaints", "Objects", "Customers"],
        ["Contacts", "Articles", "Users", "API keys", "Saved replies"],
    ),
    "sven": (["Cases", "Customers"], ["Contacts", "Users", "API keys", "Saved replies"]),
    "vera": (
        ["Complaints", "Objects", "Cases", "Customers"],
        ["Contacts", "Articles", "Users", "Saved replies"],
    ),
    "rikke": (["Cases", "Customers"], ["API keys"]),
}


@pytest.fixture
def open_as(client):
    """Return a function `open_as(user, url)` that returns (response, parsed page)."""

    def opened(person, address):
        client.force_login(person)
        response = client.get(address)
        return response, BeautifulSoup(response.content, "lxml")

    return opened


@pytest.mark.slow
@pytest.mark.parametrize("name", select_daily(RAIL, "alice"))
def test_the_navigation_has_the_apps_that_the_user_may_see(name, cast, client, open_as):
    _response, page = open_as(getattr(cast, name), "/account")
    first, second = page.select(".rail > ul")
    desks = RAIL[name]
    assert (
        [link.get_text(strip=True) for link in first.select("a")],
        [link.get_text(strip=True) for link in second.select("a")],
    ) == desks
    assert not page.select(".rail [aria-current]")
    for link in page.select(".rail ul a"):
        answer = client.get(link["href"])
        assert answer.status_code == 200
        list_page = BeautifulSoup(answer.content, "lxml")
        assert list_page.h1.get_text(strip=True) == link.get_text(strip=True)
        current = list_page.select(".rail > ul [aria-current]")
        assert [item["href"] for item in current] == [link["href"]]
    home = BeautifulSoup(client.get("/").content, "lxml")
    assert home.h1.get_text() == "My work"
    assert [link["href"] for link in home.select(".rail [aria-current]")] == ["/"]


def test_a_record_page_belongs_to_its_app(cast, records, open_as):
    _response, page = open_as(cast.alice, f"/complaints/{records.complaint.pk}")
    assert [link["href"] for link in page.select(".rail > ul [aria-current]")] == ["/complaints"]


def test_a_record_page_shows_the_state_next_to_the_name(cast, records, open_as):
    _response, page = open_as(cast.alice, f"/complaints/{records.complaint.pk}")
    badges = page.select(".record-head summary .priority, .badge-field")
    assert [badge.get_text(strip=True) for badge in badges] == ["Low", "New"]
    _response, page = open_as(cast.vera, f"/cases/{records.case.pk}")
    assert [badge.get_text(strip=True) for badge in page.select(".badge-field")] == ["Low", "Open"]


def test_users_without_a_role_see_what_to_do(cast, open_as):
    response, page = open_as(UserFactory(company=cast.company), "/")
    assert response.status_code == 200
    assert "Ask your administrator" in page.get_text()
    assert page.select_one(".rail") is None


def test_the_user_menu_has_its_links(cast, open_as):
    _response, page = open_as(cast.alice, "/account")
    menu = page.select_one(".person-menu")
    assert "Hansen Service A/S" in menu.get_text()
    assert menu.select_one("summary .bi-chevron-down")
    assert menu.form["action"] == "/sign-out"
    assert menu.form["method"] == "post"
    assert menu.select_one("a[href='/admin/']") is None
    assert open_as(cast.ada, "/account")[1].select_one(".person-menu a[href='/admin/']")


def every_page(cast, records):
    kinds = (
        "complaints",
        "objects",
        "cases",
        "customers",
        "contacts",
        "articles",
        "users",
        "api-keys",
        "canned-answers",
    )
    addresses = [f"/{slug}" for slug in kinds] + [f"/{slug}/new" for slug in kinds]
    addresses += [f"/complaints/{records.complaint.pk}", f"/objects/{records.object.pk}/remove",
                  "/search?q=a", "/search", "/account", "/account/preferences", "/keys", f"/cases/{records.case.pk}", "/account/password", "/nowhere"]  # fmt: skip
    return addresses


@deep_only
def test_every_page_follows_the_same_rules(cast, records, client):
    """Every page has one h1, a title, landmarks, a valid skip link and unique ids, and no inline scripts or
    styles."""
    client.force_login(cast.ada)
    signed_out = Client()
    pages = [(client, address) for address in every_page(cast, records)]
    pages += [(signed_out, address) for address in ("/sign-in", "/password-reset", "/password-reset/a/b")]
    for browser, address in pages:
        response = browser.get(address)
        page = BeautifulSoup(response.content, "lxml")
        assert len(page.select("h1")) == 1, address
        assert page.title.get_text().endswith("· Caretaker"), address
        assert page.html["lang"] == "en"
        assert len(page.select("main#content")) == 1, address
        if browser is client:
            assert page.select_one("a.skip-link")["href"] == "#content"
        ids = [element["id"] for element in page.select("[id]") if not element.find_parent("template")]
        assert sorted(set(ids)) == sorted(ids), address
        assert not page.select("style, [style], script:not([src]), [onclick], [onsubmit], [onchange]"), (
            address
        )
        assert "unsafe-inline" not in response["Content-Security-Policy"]
        outside = [tag["src"] for tag in page.select("[src]") if not tag["src"].startswith("/static/")]
        assert outside == []


class SearchResults(dict):
    """Return the names of the results by heading."""

    def __init__(self, page):
        for group in page.select(".results"):
            names = [name.get_text() for name in group.select(".results-name")]
            self[group.h2.get_text(strip=True)] = names


@pytest.mark.slow
def test_the_global_search_finds_every_record_type(cast, records, open_as):
    _response, page = open_as(cast.ada, "/search?q=rådhuset")
    assert SearchResults(page) == {"Objects": ["Rådhuset"]}
    _response, page = open_as(cast.ada, "/search?q=hansen")
    assert SearchResults(page) == {
        "Cases": ["Intet billede"],
        "Customers": ["Hansen Boligforening ApS"],
    }
    assert page.select_one("#search-everything")["value"] == "hansen"
    assert SearchResults(open_as(cast.rikke, "/search?q=i")[1]).keys() <= {
        "Cases",
        "Customers",
        "API keys",
    }
    for unseen in ("zunft", "private-marker", "alpenblick"):
        _response, page = open_as(cast.ada, f"/search?q={unseen}")
        assert SearchResults(page) == {}
        assert "No results for “" in page.h2.get_text()


@pytest.mark.slow
def test_the_record_with_the_number_comes_first(cast, records, open_as):
    place = CustomerObjectFactory(
        company=cast.company, customer=cast.resold.pk, number=77, name="Seventy-seven"
    )
    for number in range(1, 8):
        ComplaintFactory(company=cast.company, object=place.pk, desc=f"77 lamps, {number}")
    ComplaintFactory(company=cast.company, object=place.pk, desc="The one", number=77)
    ComplaintFactory(company=cast.company, object=place.pk, desc="Newer, with 77 lamps")
    for typed in ("77", "%2377"):
        _response, page = open_as(cast.alice, f"/search?q={typed}")
        found = SearchResults(page)
        assert found["Complaints"][:2] == ["The one", "77 lamps, 7"]
        assert len(found["Complaints"]) == 5
        assert found["Objects"] == ["Seventy-seven"]
    more = page.select_one(".results-more")["href"]
    assert "Newer, with 77 lamps" in open_as(cast.alice, more)[1].get_text()


@pytest.mark.parametrize(
    "typed", ["", "+", "%00", "%21", "9" * 400, "%F0%9F%98%80", "a+" * 300, "%2399999999999999999999"]
)
def test_no_input_breaks_the_search(typed, cast, records, open_as):
    assert open_as(cast.ada, f"/search?q={typed}")[0].status_code == 200


def test_error_pages_have_the_frame_of_the_user(cast, records, client, open_as):
    response, page = open_as(cast.alice, f"/complaints/{records.their_complaint.pk}")
    assert response.status_code == 404
    assert page.h1.get_text() == "Page not found"
    assert page.select_one(".rail a[href='/complaints']")
    response, page = open_as(cast.rikke, "/complaints")
    assert response.status_code == 403
    assert "ask your administrator" in page.get_text()
    client.logout()
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert b'class="rail"' not in response.content


def test_the_page_of_a_stale_form_explains_what_to_do(cast):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/sign-in", {"username": "alice", "password": "x"})
    assert response.status_code == 403
    assert "Sign in again" in response.content.decode()


def raise_error(request):
    raise RuntimeError("on purpose")


@override_settings(ROOT_URLCONF=__name__)
def test_a_server_error_has_its_own_page(cast):
    response = Client(raise_request_exception=False).get("/explode")
    assert response.status_code == 500
    page = BeautifulSoup(response.content, "lxml")
    assert page.h1.get_text() == "Something went wrong"
    assert "on purpose" not in page.get_text()


def test_an_address_for_forms_has_a_page_of_its_own(cast, as_user):
    browser = as_user(cast.alice)
    response = browser.put("/sign-out")
    assert response.status_code == 405
    assert "This address only accepts forms. Nothing was changed." in response.content.decode()
    assert browser.get("/account").status_code == 200


@override_settings(ALLOWED_HOSTS=["testserver"])
def test_an_invalid_request_has_its_own_page(db):
    response = Client().get("/sign-in", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "Invalid request" in response.content.decode()


def test_the_server_error_page_is_independent_of_the_request():
    assert "Caretaker" in render_to_string("500.html")


urlpatterns = [path("explode", raise_error), *known]


@pytest.mark.parametrize("typed", ["4711", "%234711", "+4711+"])
def test_searching_for_a_unique_number_opens_its_record(typed, cast, records, open_as):
    place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Place", number=4711)
    ComplaintFactory(company=cast.company, object=place.pk, desc="Bill 4711 is lost")
    CustomerObjectFactory(company=cast.elsewhere, customer=records.their_customer.pk, number=4711)
    response, _page = open_as(cast.alice, f"/search?q={typed}")
    assert (response.status_code, response.headers.get("Location")) == (302, f"/objects/{place.pk}")
    _response, page = open_as(cast.alice, f"/search?q={typed}&all=1")
    assert list(SearchResults(page)) == ["Objects", "Complaints"]
    assert open_as(cast.rikke, f"/search?q={typed}")[0].status_code == 200
    assert open_as(cast.alice, "/search?q=4711+bill")[0].status_code == 200


def test_suggestions_for_a_number_open_nothing(cast, records, client):
    CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Place", number=4711)
    client.force_login(cast.alice)
    answer = client.get("/search?q=4711", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert BeautifulSoup(answer.content, "lxml").select_one(".search-all a")["href"] == "/search?q=4711&all=1"


@pytest.mark.parametrize("typed", ["opgang a", "Opgang A–C", "OPGANG A-C", "gamle opgang a"])
def test_the_record_type_with_the_best_match_comes_first(typed, cast, records, open_as):
    for name in ("Opgang A–C", "Gamle opgang A"):
        place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name=name)
    for desc, contact in (
        ("Light in the opgang c is gone", "Karen A. Gamle"),
        ("Gamle A/C: opgang is cold", "Karen"),
    ):
        ComplaintFactory(company=cast.company, object=place.pk, desc=desc, contact_name=contact)
    found = SearchResults(open_as(cast.alice, f"/search?q={typed}")[1])
    assert list(found) == ["Objects", "Complaints"]
    best = "Gamle opgang A" if typed.startswith("gamle") else "Opgang A–C"
    assert found["Objects"][0] == best


@pytest.mark.slow
def test_a_phone_number_is_found_and_highlighted(cast, records, open_as):
    services.update(
        records.complaint,
        {"contact_telephone": "+45 55 50 17 01"},
        actor=cast.ada,
        context=ChangeContext(Channel.JSON),
    )
    for typed in ("55501701", "5550+1701", "%2B4555501701", "0045+5550+1701"):
        _response, page = open_as(cast.alice, f"/search?q={typed}")
        found = page.select_one(".results-subtitle")
        assert found.get_text(" ", strip=True).startswith("phone: "), typed
        assert found.mark.get_text() == "+45 55 50 17 01"
        names = BeautifulSoup(open_as(cast.alice, f"/complaints?q={typed}")[0].content, "lxml").get_text()
        assert "Lampen er gået" in names


@pytest.mark.parametrize(("text", "typed", "mark"), [
    ("Søren O’Brien", "obrien", "O’Brien"), ("Søren O’Brien", "brie", "Brie"), ("Herr Müller", "mueller", "Müller"),
    ("I Åbenrå", "aabenraa", "Åbenrå"), ("I Aabenraa", "åbenr", "Aabenr"), ("Łódź by night", "lodz", "Łódź"),
])  # fmt: skip
def test_other_spellings_are_highlighted(text, typed, mark):
    terms = parse_terms(typed)
    assert f"<mark>{mark}</mark>" in mark_terms(text, terms)
    assert has_term(text, terms[0])


def test_an_empty_search_shows_a_message(cast, records, open_as):
    for typed in ("---", "%F0%9F%98%80", "%25"):
        page = open_as(cast.alice, f"/search?q={typed}")[1]
        assert "Enter at least one letter or digit." in page.get_text()


@pytest.mark.slow
def test_results_show_and_highlight_the_match(cast, records, open_as):
    services.update(records.complaint, {"comment": "<b>Nøglen</b> ligger hos " + "x " * 60 + "viceværten"},
           actor=cast.ada, context=ChangeContext(Channel.JSON))  # fmt: skip
    _response, page = open_as(cast.alice, "/search?q=vicevaert")
    assert page.select_one(".results-subtitle").mark.get_text() == "vicevært"
    _response, page = open_as(cast.alice, "/search?q=VICEVÆRT")
    found = page.select_one(".results-subtitle")
    assert found.get_text(" ", strip=True).startswith("internal note: …")
    assert found.mark.get_text() == "vicevært"
    _response, page = open_as(cast.alice, "/search?q=gaet")
    assert [mark.get_text() for mark in page.select(".results-name mark")] == ["gået"]
    _response, page = open_as(cast.alice, "/search?q=%3Cb%3E")
    assert page.select_one(".results b") is None
    assert "<b>" in page.select_one(".results-subtitle").get_text()


def test_suggestions_show_a_few_of_each_record_type(cast, records, client):
    client.force_login(cast.alice)
    answer = client.get("/search?q=r", headers={"HX-Request": "true"})
    page = BeautifulSoup(answer.content, "lxml")
    assert page.select_one("main, header") is None
    assert "Rådhuset" in page.get_text()
    assert len(page.select("li")) <= 3 * 8
    assert client.get("/search?q=", headers={"HX-Request": "true"}).content.strip() == b""


def test_matches_of_names_come_first_and_archived_records_last(cast, records, open_as):
    for name, text in (("Solbakken", "x"), ("Old pump", "solbakken"), ("Gamle Solbakken", "x")):
        place = CustomerObjectFactory(
            company=cast.company, customer=cast.resold.pk, name=name, description=text
        )
    services.update(place, {"status": 2}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    _response, page = open_as(cast.alice, "/search?q=solbakken")
    assert SearchResults(page)["Objects"] == ["Solbakken", "Old pump", "Gamle Solbakken"]
