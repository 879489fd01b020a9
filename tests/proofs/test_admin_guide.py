"""`docs/admin/README.md` and `people.md` are right: the test does each task as the pages say, and names what they name."""

import re

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from backoffice.admin import bulk
from backoffice.admin.filters import MAX_LINKS
from backoffice.admin.tests.pages import admin_url, run_action, save_form
from backoffice.people import roles
from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records.history import history_of
from backoffice.records.models import ARCHIVED, History, SecretReading
from facility.models import Complaint

PAGES = [(settings.BASE_DIR / "docs/admin" / name).read_text() for name in ("README.md", "people.md")]
GUIDE = "\n".join(PAGES)
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def ada(cast, records, client):
    client.force_login(cast.ada)
    return client


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    page = BeautifulSoup(response.content, "lxml")
    values = [field.get("value", "") for field in page.select("input[type=submit]")]
    return " ".join([page.get_text(" ", strip=True), *values])


def signed_in(user) -> Client:
    browser = Client()
    browser.post("/sign-in", {"username": user.username, "password": PASSWORD})
    assert browser.get("/account").status_code == 200
    return browser


def test_the_guide_is_short_and_names_what_the_pages_show(ada, cast, records, key_of):
    assert max(len(page.split()) for page in PAGES) <= 800
    assert f"more than {MAX_LINKS} records" in GUIDE
    save_form(ada, admin_url(records.complaint), priority="4")
    key_of(cast.alice)
    one = ApiKey.objects.get(owner=cast.alice.pk)
    urls = ["/", "/admin/", admin_url(User, ""), admin_url(cast.alice), admin_url(ApiKey, ""), admin_url(one),
            admin_url(records.complaint), f"/complaints/{records.complaint.pk}", admin_url(SecretReading, "")]  # fmt: skip
    texts = [text_of(ada.get(url)) for url in urls] + [text_of(Client().get("/sign-in"))]
    everything = " ".join(texts)
    named = set(re.findall(r"\*\*(.+?)\*\*", " ".join(GUIDE.split())))
    of_superusers = {"Roles", "History of roles", "Company"}
    on_other_pages = of_superusers | {"Reset two-factor sign-in", "Restore", "Shown", "Revoked"}
    assert len(named) > 15
    assert {name for name in named - on_other_pages if name not in everything} == set()


def test_a_colleague_is_added_and_gets_roles(ada, cast):
    response = save_form(
        ada, admin_url(User, "add"), username="nina", first_name="Nina", email="nina@example.com"
    )
    made = User.objects.get(username="nina")
    page = text_of(ada.get(response.url))
    assert "has no password yet" in page and not made.has_usable_password()
    assert "Forgotten your password?" in text_of(Client().get("/sign-in"))
    assert ada.get("/complaints").status_code == 200
    browser = Client()
    browser.force_login(made)
    assert browser.get("/complaints").status_code == 403
    assert save_form(ada, admin_url(made), roles=[roles.VIEWER]).status_code == 302
    assert browser.get("/complaints").status_code == 200  # at the next request
    role = Group.objects.get(name=roles.VIEWER)
    assert Client().get(admin_url(role)).status_code == 302 and ada.get(admin_url(role)).status_code == 403


def test_an_inactive_user_is_signed_out_and_their_keys_end(ada, cast, key_of, client):
    key, browser = key_of(cast.alice, scopes=["facility:read"]), signed_in(cast.alice)
    save_form(ada, admin_url(cast.alice), is_active="")
    assert browser.get("/account").status_code == 302
    assert Client().get("/v2/complaints", headers={"x-api-key": key}).status_code == 401
    save_form(ada, admin_url(cast.alice), is_active="on")
    assert User.objects.get(pk=cast.alice.pk).is_active
    assert Client().get("/v2/complaints", headers={"x-api-key": key}).status_code == 401


def test_a_key_is_given_and_withdrawn(ada, cast):
    response = save_form(
        ada, admin_url(ApiKey, "add"), name="Report", owner=cast.alice.pk, scopes=["facility:read"]
    )
    key = BeautifulSoup(response.content, "lxml").select_one("#new-key")["value"]
    made = ApiKey.objects.get(name="Report")
    assert key not in ada.get(admin_url(made)).content.decode()
    headers = {"x-api-key": key}
    assert Client().get("/v2/complaints", headers=headers).status_code == 200
    save_form(ada, admin_url(made), status=str(ARCHIVED))
    assert Client().get("/v2/complaints", headers=headers).status_code == 401
    save_form(ada, admin_url(made), status="1")
    assert Client().get("/v2/complaints", headers=headers).status_code == 401
    assert "last used" in str(
        BeautifulSoup(ada.get(admin_url(ApiKey, "")).content, "lxml").select("[data-filter-title]")
    )


def test_the_secret_access_log_names_readers_and_no_codes(ada, cast, records):
    save_form(ada, admin_url(records.object), security_code="9182")
    browser = signed_in(cast.alice)
    browser.post(f"/objects/{records.object.pk}/secrets")
    reading = SecretReading.objects.get()
    page = text_of(ada.get(admin_url(SecretReading, ""))) + text_of(ada.get(admin_url(reading)))
    assert "Alice" in page and "oor code" in page and "9182" not in page
    assert ada.post(admin_url(reading, "delete"), {"post": "yes"}).status_code == 403


def test_nobody_can_change_the_secret_access_log(ada, cast, records):
    save_form(ada, admin_url(records.object), security_code="9182")
    signed_in(cast.alice).post(f"/objects/{records.object.pk}/secrets")
    before = list(SecretReading.objects.values())
    url = admin_url(SecretReading.objects.get())
    for user in (cast.ada, cast.root):
        browser = Client()
        browser.force_login(user)
        assert browser.get(url).status_code == 200
        assert browser.post(url, {"who": "Someone", "_save": "1"}).status_code == 403
        for name in ("add", "delete"):
            page = admin_url(SecretReading if name == "add" else SecretReading.objects.get(), name)
            assert browser.post(page, {"post": "yes"}).status_code == 403
        listed = admin_url(SecretReading, "")
        browser.post(
            listed, {"action": "delete_selected", "_selected_action": [before[0]["id"]], "post": "yes"}
        )
    assert list(SecretReading.objects.values()) == before


def test_the_guide_states_how_many_records_an_action_changes():
    assert f"at most {bulk.MAX_RECORDS:,} records" in " ".join(GUIDE.split())


def test_the_page_in_the_browser_reverts_a_change(ada, cast, records):
    save_form(ada, admin_url(records.complaint), priority="4")
    page = BeautifulSoup(ada.get(admin_url(records.complaint)).content, "lxml")
    address = page.find("a", string="Open in Caretaker")["href"]
    entry = history_of(records.complaint).first()
    undo = f"{address}/versions/{entry.version}/undo"
    assert (
        undo
        in ada.get(address).content.decode() + ada.get(f"{address}/versions/{entry.version}").content.decode()
    )
    assert ada.post(undo).status_code == 302
    assert Complaint.objects.get(pk=records.complaint.pk).priority == records.complaint.priority
    assert [row.action for row in history_of(records.complaint)] == ["undo", "change", "create"]
    filters = {each["data-filter-title"] for each in BeautifulSoup(ada.get(admin_url(History, "")).content, "lxml").select("[data-filter-title]")}  # fmt: skip
    assert filters == {"time", "type", "channel", "user"}


def test_an_archived_record_stays_and_a_deleted_one_is_gone(ada, cast, records):
    complaint = records.complaint
    address = f"/complaints/{complaint.pk}"
    assert "done" in str(run_action(ada, [complaint], "archive").context["outcomes"])
    assert ada.get(address).status_code == 200
    assert f'href="{address}"' in ada.get("/complaints").content.decode()
    assert f'href="{address}"' not in ada.get("/complaints?record=1").content.decode()
    assert f'href="{address}"' in ada.get("/complaints?record=2").content.decode()
    save_form(ada, admin_url(complaint), status="1")
    assert "Lampen" in text_of(ada.post(admin_url(records.object, "delete"), {"post": "yes"}))
    ada.post(admin_url(complaint, "delete"), {"post": "yes"})
    assert ada.get(address).status_code == 404
    assert "Lampen" in text_of(ada.get(admin_url(History, "")))
