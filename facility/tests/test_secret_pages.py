"""Pages that show secrets: each view is recorded in the access log, and other pages show none."""

import io
import json

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import SecretReading
from facility.models import CustomerObject

CODE = "4711-marker"


@pytest.fixture
def place(cast, records):
    values = {"security_code": CODE, "key": [CODE]}
    return services.update(
        records.object, values, actor=cast.alice, context=ChangeContext(Channel.BROWSER)
    ).record


def logged_readings() -> list[tuple[str, str, list[str]]]:
    return list(SecretReading.objects.values_list("who", "via", "properties"))


BOTH = ["security_code", "key"]
SHOWN = {
    "the button": (lambda web, api, pk: web.post(f"/objects/{pk}/secrets"), "browser"),
    "JSON": (lambda web, api, pk: api.get(f"/v2/objects/{pk}"), "json"),
    "a list over JSON": (lambda web, api, pk: api.get("/v2/objects"), "json"),
    "the answer to a change": (lambda web, api, pk: api.patch(f"/v2/objects/{pk}", {"name": "X"}), "json"),
    "documents": (lambda web, api, pk: web.post("/objects/export?format=documents"), "browser"),
}
COVERED = [
    "/objects/{pk}",
    "/objects",
    "/objects?sort=-number",
    "/objects?q=4711",
    "/search?q=4711",
    "/objects/{pk}/versions/2",
    "/objects/{pk}/remove",
    "/secrets-read",
    "/admin/facility/customerobject/",
    "/admin/facility/customerobject/?q=4711",
    "/admin/facility/customerobject/{pk}/change/",
    "/admin/facility/customerobject/{pk}/history/",
    "/admin/facility/customerobject/{pk}/delete/",
    "/admin/",
]


def response_text(answer) -> str:
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode()


@pytest.mark.parametrize("name", SHOWN)
def test_each_view_is_logged(cast, place, as_user, key_of, name):
    ask, via = SHOWN[name]
    answer = ask(as_user(cast.ada), ApiClient(key_of(cast.ada)), place.pk)
    assert answer.status_code == 200 and CODE in response_text(answer)
    who = "Ada" if via == "browser" else "Ada (test script)"
    assert logged_readings() == [(who, via, BOTH)]


def test_an_export_by_command_is_logged(place):
    output = io.StringIO()
    call_command("export", "objects", stdout=output)
    assert CODE in output.getvalue()
    assert logged_readings() == [("command line", "command", BOTH)]


@pytest.mark.parametrize("path", COVERED)
def test_no_page_shows_secrets_without_a_request(cast, place, as_user, path):
    answer = as_user(cast.ada).get(path.format(pk=place.pk))
    assert answer.status_code == 200
    assert CODE not in answer.content.decode()
    assert logged_readings() == []


@pytest.mark.parametrize("form", ["csv", "json"])
def test_table_exports_contain_no_secrets(cast, place, as_user, form):
    answer = as_user(cast.ada).get(f"/objects/export?format={form}")
    assert answer.status_code == 200 and CODE not in response_text(answer) and logged_readings() == []


def test_a_link_cannot_export_secrets(cast, place, as_user):
    browser = as_user(cast.ada)
    for path in ("/objects/export?format=documents", "/objects/export?format=documents&q=x"):
        answer = browser.get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/objects")
    assert browser.head(path).status_code == 302 and logged_readings() == []
    menu = BeautifulSoup(browser.get("/objects?q=x").content, "lxml").select_one(".export-menu")
    (form,) = menu.select('form[method="post"]')
    assert form["action"] == path and form.select_one("[name=csrfmiddlewaretoken]")["value"]
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403


@pytest.mark.slow
def test_an_invalid_form_shows_the_entered_secret_only(cast, place, as_user):
    browser = as_user(cast.ada)
    sent = form_data(record_form(browser.get(f"/objects/{place.pk}").content))
    for more in ({}, {"security_code-shown": "1"}, {"key-shown": "1", "security_code": "0815"}):
        answer = browser.post(f"/objects/{place.pk}", sent | {"rating": "9"} | more)
        page = answer.content.decode()
        assert answer.status_code == 200 and "less than or equal to 5" in page
        assert CODE not in page and ("0815" in page) == ("security_code" in more)
    assert logged_readings() == []


@pytest.mark.slow
def test_a_secret_is_set_replaced_and_removed_without_being_shown(cast, place, as_user):
    browser = as_user(cast.ada)
    for typed, kept in (
        ({}, CODE),
        ({"security_code": "0815"}, "0815"),
        ({"security_code-clear": "1"}, None),
    ):
        sent = form_data(record_form(browser.get(f"/objects/{place.pk}").content))
        assert browser.post(f"/objects/{place.pk}", sent | typed).status_code == 302
        found = CustomerObject.objects.get(pk=place.pk)
        assert (found.security_code, found.key) == (kept, [CODE])
    assert logged_readings() == [] and json.dumps(found.key) == f'["{CODE}"]'


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ("Show door code and key", "Hide door code and key")),
        ("da", ("Vis dørkode og nøgle", "Skjul dørkode og nøgle")),
        ("de", ("Türcode und Schlüssel anzeigen", "Türcode und Schlüssel ausblenden")),
    ],
)
def test_the_button_names_what_it_shows(language, labels, cast, place, as_user):
    alice, headers = as_user(cast.alice), {"accept-language": language}
    pages = [
        alice.get(f"/objects/{place.pk}", headers=headers),
        alice.post(f"/objects/{place.pk}/secrets", headers=headers),
    ]
    for page, label in zip(pages, labels, strict=True):
        text = " ".join(BeautifulSoup(page.content, "lxml").get_text(" ").split())
        assert label in text
        assert sum(other in text for other in labels) == 1
    with_code = services.update(
        place, {"key": None}, actor=cast.alice, context=ChangeContext(Channel.BROWSER)
    )
    assert " and key" not in alice.get(f"/objects/{with_code.record.pk}").content.decode()
