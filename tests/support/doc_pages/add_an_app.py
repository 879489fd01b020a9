"""What a developer sees who has added the app of `docs/development/add-an-app.md`.
(`tests/proofs/test_add_an_app.py` runs this in a copy of the source tree that has the app.)"""

import json

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.test import Client

from backoffice.people.tests.factories import ContactFactory
from backoffice.records.history import history_of

pytestmark = pytest.mark.django_db
KeyLoan = apps.get_model("keyloans", "KeyLoan")
LABELS = {
    "en": ("Key loans", "New key loan", "Borrower", "Due back", "Due back: from"),
    "da": ("Nøgleudlån", "Nyt nøgleudlån", "Låner", "Skal afleveres", "Skal afleveres: fra"),
    "de": (
        "Schlüsselausleihen",
        "Neue Schlüsselausleihe",
        "Ausgeliehen von",
        "Zurück bis",
        "Zurück bis: von",
    ),
}
EARLY = {
    "en": "Enter a time after the key was lent.",
    "da": "Angiv et tidspunkt, efter at nøglen blev udlånt.",
    "de": "Geben Sie einen Zeitpunkt nach der Ausgabe des Schlüssels ein.",
}


@pytest.fixture
def borrower(cast):
    return ContactFactory(company=cast.company)


@pytest.fixture
def typed(records, borrower):
    """The content of a valid form."""
    return {"key": "B7", "object": records.object.pk, "borrower": borrower.pk, "lent_at": "2026-03-01T09:00",
            "due_at": "2026-03-08T09:00", "notes": "cellar", "status": "1"}  # fmt: skip


@pytest.fixture
def loan(cast, as_user, typed):
    assert as_user(cast.alice).post("/keyloans/new", typed).status_code == 302
    return KeyLoan.objects.get(key="B7")


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return BeautifulSoup(response.content, "lxml").get_text(" ", strip=True)


def test_a_loan_is_created_found_changed_and_reverted_in_the_browser(cast, as_user, typed, loan, borrower):
    alice = as_user(cast.alice)
    page = text_of(alice.get(f"/keyloans/{loan.pk}"))
    assert "B7" in page and "Rådhuset" in page
    link = f'<a href="/keyloans/{loan.pk}">'
    for query in (
        "q=cellar",
        f"object={loan.object_id}",
        f"borrower={borrower.pk}",
        "due_at_from=2026-03-08&due_at_to=2026-03-08",
    ):
        assert link in alice.get(f"/keyloans?{query}").content.decode(), query
    assert link not in alice.get("/keyloans?due_at_from=2026-03-09").content.decode()
    for sort in ("due_at", "-due_at", "-number"):
        assert link in alice.get(f"/keyloans?sort={sort}").content.decode()
    assert "B7" in text_of(alice.get("/search?q=B7"))
    changed = typed | {"version": "1", "notes": "attic", "number": loan.number}
    assert alice.post(f"/keyloans/{loan.pk}", changed).status_code == 302
    assert "attic" in text_of(alice.get(f"/keyloans/{loan.pk}/versions/2"))
    assert alice.post(f"/keyloans/{loan.pk}/versions/2/undo").status_code == 302
    assert KeyLoan.objects.get(pk=loan.pk).notes == "cellar"
    assert [row.action for row in history_of(loan)] == ["undo", "change", "create"]
    saved = {"query": "q=cellar", "name": "Cellar"}
    assert alice.post("/keyloans/views", saved).status_code == 302
    assert "Cellar" in text_of(alice.get("/keyloans"))
    assert alice.get("/keyloans/export?format=csv").status_code == 200


@pytest.mark.parametrize("language", LABELS)
def test_labels_and_messages_are_translated(language, cast, as_user, typed, loan):
    alice = as_user(cast.alice)
    alice.post("/language", {"language": language})
    page, headers = text_of(alice.get("/keyloans")), {"accept-language": language}
    assert [label for label in LABELS[language] if label not in page] == []
    response = alice.post("/keyloans/new", typed | {"returned_at": "2026-02-01T09:00"}, headers=headers)
    assert EARLY[language] in text_of(response)


def test_rules_hold_and_a_missing_time_is_an_error(cast, as_user, typed):
    response = as_user(cast.alice).post(
        "/keyloans/new", typed | {"lent_at": "", "returned_at": "2026-02-01T09:00"}
    )
    assert "This field cannot be blank." in text_of(response)
    assert not KeyLoan.objects.filter(key="B7").exists()


def test_the_admin_administers_loans(cast, as_user, typed, loan):
    ada, base = as_user(cast.ada), "/admin/keyloans/keyloan/"
    assert "B7" in text_of(ada.get(base))
    index = BeautifulSoup(ada.get("/admin/").content, "lxml")
    assert "Key loans" in [each.get_text(strip=True) for each in index.select(".admin-group caption")]
    assert ada.post(f"{base}add/", typed | {"key": "C1"}).status_code == 302
    changed = typed | {"key": "C2", "version": "1", "number": loan.number}
    assert ada.post(f"{base}{loan.pk}/change/", changed).status_code == 302
    assert set(KeyLoan.objects.values_list("key", flat=True)) >= {"C1", "C2"}
    assert "C2" in text_of(ada.get(f"{base}{loan.pk}/history/"))


def test_scripts_list_count_create_read_update_and_delete(cast, key_of, records, borrower):
    key, client = key_of(cast.alice, scopes=["keyloans:read", "keyloans:write"]), Client()

    def send(method, path, body=None):
        sent = {"content_type": "application/json"} | ({} if body is None else {"data": json.dumps(body)})
        return client.generic(method, f"/v2/keyloans{path}", headers={"x-api-key": key}, **sent)

    body = {
        "key": "A1",
        "objectId": records.object.pk,
        "borrowerId": borrower.pk,
        "lentAt": "2026-03-01T08:00:00Z",
    }
    created = send("POST", "", body)
    assert created.status_code == 201, created.content
    address = f"/{created.json()['_id']}"
    assert created.json() | body == created.json() == send("GET", address).json()
    assert send("GET", f"/count?objectIds={records.object.pk}&search=A1").json() == {"count": 1}
    assert send("GET", "?dueAtFrom=2026-01-01T00:00:00Z&search=A1").json() == []
    refused = send("PATCH", address, {"returnedAt": "2026-02-01T08:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "returnedAt")
    updated = send("PATCH", address, {"returnedAt": "2026-03-02T08:00:00Z"})
    assert updated.json()["returnedAt"] == "2026-03-02T08:00:00Z"
    assert [row.via for row in history_of(KeyLoan.objects.get(key="A1"))] == ["json", "json"]
    assert send("DELETE", address).status_code == 204
    other = key_of(cast.alice, scopes=["facility:read"])
    assert client.get("/v2/keyloans", headers={"x-api-key": other}).status_code == 403


def test_the_operations_are_described(cast, as_user):
    document = Client().get("/v2/openapi.json").json()
    assert set(document["paths"]["/keyloans"]) >= {"get", "post"}
    assert set(document["paths"]["/keyloans/{id}"]) >= {"get", "patch", "delete"}
    assert "createKeyLoan" in as_user(cast.ada).get("/docs/api/facility").content.decode()


@pytest.mark.parametrize(
    ("name", "reading", "writing"),
    [("vera", 200, 403), ("alice", 200, 200), ("sven", 403, 403), ("rikke", 403, 403), ("ada", 200, 200)],
)
def test_the_roles_have_what_the_app_grants(name, reading, writing, cast, as_user, loan):
    browser = as_user(getattr(cast, name))
    assert browser.get("/keyloans").status_code == browser.get(f"/keyloans/{loan.pk}").status_code == reading
    assert browser.get("/keyloans/new").status_code == writing
    assert ("/keyloans" in browser.get("/").content.decode()) == (reading == 200)
    assert as_user(cast.charlie).get(f"/keyloans/{loan.pk}").status_code == 404
