"""Tests of preferences: colours, density, keyboard shortcuts, language and default views."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from backoffice.lists.models import SavedView
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.workplace.models import Preferences

pytestmark = pytest.mark.django_db
USUAL = {"theme": "system", "density": "comfortable", "keys": "on", "language": ""}


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


@pytest.mark.slow
def test_preferences_apply_to_every_page_of_their_user(cast, as_user):
    browser = as_user(cast.alice)
    page = soup(browser.get("/complaints"))
    assert not page.html.has_attr("data-theme")
    assert page.select_one("#shortcuts")
    assert page.select_one("script[src$='shortcuts.js']")
    sent = {"theme": "dark", "density": "compact"}
    response = browser.post("/account/preferences", sent, follow=True)
    assert "Preferences saved." in response.content.decode()
    for address in ("/complaints", "/account", "/nowhere"):
        page = soup(browser.get(address))
        assert (page.html["data-theme"], page.html["data-density"]) == ("dark", "compact")
        assert page.select_one("meta[name=color-scheme]")["content"] == "dark"
        assert not page.select("#shortcuts, script[src$='shortcuts.js'], [aria-keyshortcuts]")
    assert "turned keyboard shortcuts off" in soup(browser.get("/keys")).get_text()
    assert not soup(as_user(cast.ada).get("/complaints")).html.has_attr("data-theme")
    browser.post("/account/preferences", {"theme": "system", "density": "comfortable", "keys": "on"})
    assert not soup(browser.get("/complaints")).html.has_attr("data-theme")
    assert Preferences.objects.count() == 1
    refused = browser.post("/account/preferences", {"theme": "pink", "density": "compact"})
    assert refused.status_code == 200
    assert Preferences.objects.get().theme == "system"


def test_deleting_a_user_deletes_their_preferences(cast, as_user):
    person = UserFactory(company=cast.company)
    as_user(person).post("/account/preferences", {"theme": "dark", "density": "compact"})
    services.delete(person, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    assert not Preferences.objects.exists()


def save_view(browser, name, query, **sent):
    browser.post("/complaints/views", {"query": query, "name": name, **sent})
    return SavedView.objects.get(name=name)


@pytest.mark.slow
def test_a_user_chooses_the_default_view_of_each_list(cast, records, as_user):
    browser, ada = as_user(cast.alice), as_user(cast.ada)
    page = soup(browser.get("/account/preferences"))
    assert not page.select("[name^=opens-]") and "You have no views yet" in page.get_text()
    own = save_view(browser, "Mine", "priority=3")
    shared, hers = save_view(ada, "Shared", "priority=4", shared="on"), save_view(ada, "Hers", "priority=2")
    field = soup(browser.get("/account/preferences")).select_one("select")
    assert [option.get_text() for option in field.select("option")] == ["All", "Mine", "Shared"]
    for view, address in ((shared, "priority=4"), (own, "priority=3")):
        browser.post("/account/preferences", USUAL | {"opens-complaints": view.pk})
        assert address in browser.get("/complaints")["Location"]
        chosen = soup(browser.get("/account/preferences")).select_one("select option[selected]")
        assert chosen["value"] == view.pk
    browser.post("/account/preferences", {"theme": "dark", "density": "compact"})  # without the field
    assert browser.get("/complaints").status_code == 302
    refused = browser.post("/account/preferences", USUAL | {"opens-complaints": hers.pk})
    assert refused.status_code == 200 and browser.get("/complaints").status_code == 302
    assert soup(refused).select_one(".default-views [role=alert]")
    browser.post("/account/preferences", USUAL | {"opens-complaints": ""})
    assert browser.get("/complaints").status_code == 200
    assert ada.get("/complaints").status_code == 200


def test_a_view_that_is_no_longer_shared_is_not_opened(cast, records, as_user):
    browser, ada = as_user(cast.alice), as_user(cast.ada)
    view = save_view(ada, "Shared", "priority=4", shared="on")
    browser.post("/account/preferences", USUAL | {"opens-complaints": view.pk})
    ada.post(f"/complaints/views/{view.pk}", {"do": "save", "name": "Shared"})
    assert browser.get("/complaints").status_code == 200
    assert not soup(browser.get("/account/preferences")).select("select[name^=opens-]")


def page_language(browser, address="/account") -> str:
    return soup(browser.get(address)).html["lang"]


def test_the_language_is_stored_with_the_account(cast, as_user):
    browser = as_user(cast.alice)
    answer = browser.post("/account/preferences", USUAL | {"language": "da"}, follow=True)
    assert "Indstillingerne er gemt." in answer.content.decode() and page_language(browser) == "da"
    assert Preferences.objects.get().language == "da"
    other = Client(headers={"Accept-Language": "de"})
    assert page_language(other, "/sign-in") == "de"
    other.post("/sign-in", {"username": "alice", "password": PASSWORD})
    assert page_language(other) == "da"
    other.post("/language", {"language": "en", "next": "/account"})  # with the buttons in the footer
    assert (page_language(other), Preferences.objects.get().language) == ("en", "en")
    other.post("/language", {"language": "xx", "next": "/account"})
    assert Preferences.objects.get().language == "en"
    other.post("/account/preferences", USUAL)
    assert page_language(other) == "de"
