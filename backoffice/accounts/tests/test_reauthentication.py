"""Reauthentication before sensitive views, without losing submitted values."""

import time

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ASKING = "/account/confirm?next="


def page_of(response):
    return BeautifulSoup(response.content, "lxml")


def expire_confirmation(client, seconds=601) -> None:
    session = client.session
    session["confirmed_at"] = int(time.time()) - seconds
    session.save()


def requires_password(response) -> bool:
    return response.status_code == 200 and bool(page_of(response).select_one("[name=password-again]"))


def confirmed_form(response) -> dict:
    """Return what the reauthentication page submits together with the password."""
    fields = page_of(response).select_one("form").select("input[name]")
    sent = {}
    for field in fields:
        sent.setdefault(field["name"], []).append(field.get("value", ""))
    return sent | {"password-again": [PASSWORD]}


@pytest.fixture
def key(cast, key_of):
    key_of(cast.ada)
    return ApiKey.objects.get(owner=cast.ada.pk)


def sensitive_urls(cast, key) -> list[str]:
    role = Group.objects.first()
    return [
        "/account/second-factor",
        "/api-keys/new",
        f"/api-keys/{key.pk}",
        f"/api-keys/{key.pk}/remove",
        "/users/new",
        f"/users/{cast.vera.pk}",
        f"/users/{cast.vera.pk}/remove",
        "/admin/people/user/add/",
        f"/admin/people/user/{cast.vera.pk}/change/",
        f"/admin/people/user/{cast.vera.pk}/delete/",
        f"/admin/people/user/{cast.vera.pk}/password/",
        "/admin/people/apikey/add/",
        f"/admin/people/apikey/{key.pk}/change/",
        f"/admin/people/apikey/{key.pk}/delete/",
        "/admin/auth/group/add/",
        f"/admin/auth/group/{role.pk}/change/",
    ]


@pytest.mark.slow
def test_the_password_is_required_before_the_form_opens(cast, key, client):
    client.force_login(cast.root)
    for address in sensitive_urls(cast, key):
        expire_confirmation(client)
        moved = client.get(address)
        assert moved["Location"].startswith(ASKING), address
        page = client.get(moved["Location"])
        assert requires_password(page)
        assert page["Cache-Control"] == "no-store"
        assert requires_password(client.post(moved["Location"], {"password-again": "wrong"}))
        opened = client.post(moved["Location"], {"password-again": PASSWORD})
        assert (opened.status_code, opened["Location"]) == (302, address)
        assert client.get(address).status_code == 200, address


def test_the_password_is_required_before_a_submitted_form_takes_effect(cast, key, client):
    client.force_login(cast.root)
    more = [
        f"/users/{cast.vera.pk}/act/reset-second-factor",
        f"/users/{cast.vera.pk}/versions/1/undo",
        "/admin/people/user/",
        "/admin/people/apikey/",
        "/admin/auth/group/",
    ]
    expire_confirmation(client)
    before = (User.objects.count(), ApiKey.objects.count())
    for address in [*sensitive_urls(cast, key), *more]:
        assert requires_password(client.post(address, {"post": "yes", "name": "x"})), address
    assert (User.objects.count(), ApiKey.objects.count()) == before


@pytest.mark.slow
def test_a_recent_sign_in_counts_and_other_pages_do_not_require_it(cast, records, key, client):
    client.post("/sign-in", {"username": "ada", "password": PASSWORD})
    assert client.get("/users/new").status_code == 200
    expire_confirmation(client, 590)
    assert client.get("/users/new").status_code == 200
    expire_confirmation(client)
    for address in ("/users", "/api-keys", "/complaints/new", f"/complaints/{records.complaint.pk}",
                    "/admin/people/user/", f"/admin/people/user/{cast.vera.pk}/history/"):  # fmt: skip
        assert client.get(address).status_code == 200, address
    client.force_login(cast.alice)
    expire_confirmation(client)
    assert client.get(f"/users/{cast.vera.pk}").status_code == 200  # she has read access only


def test_the_input_is_kept(cast, client):
    """The confirmation expires between opening the form and submitting it in the browser."""
    client.force_login(cast.ada)
    sent = form_data(record_form(client.get(f"/users/{cast.vera.pk}").content))
    sent |= {"first_name": "Vera “the”\n<Great>", "roles": ["Viewer", "Facility staff"]}
    expire_confirmation(client)
    confirmation = client.post(f"/users/{cast.vera.pk}", sent)
    assert requires_password(confirmation)
    assert User.objects.get(pk=cast.vera.pk).first_name == "Vera"
    again = client.post(f"/users/{cast.vera.pk}", confirmed_form(confirmation) | {"password-again": "wrong"})
    assert requires_password(again)
    assert "Wrong password. Try again." in again.content.decode()
    client.post(f"/users/{cast.vera.pk}", confirmed_form(confirmation) | {"first_name": ["Vera"]})
    kept = User.objects.get(pk=cast.vera.pk)
    assert sorted(kept.roles) == ["Facility staff", "Viewer"]
    expire_confirmation(client)
    sent = form_data(record_form(client.get(client.post("/account/confirm", {"password-again": PASSWORD, "next": f"/users/{kept.pk}"})["Location"]).content))  # fmt: skip
    expire_confirmation(client)
    confirmation = client.post(f"/users/{kept.pk}", sent | {"last_name": "<b>“Åse” & Co"})
    assert client.post(f"/users/{kept.pk}", confirmed_form(confirmation)).status_code == 302
    assert User.objects.get(pk=kept.pk).last_name == "<b>“Åse” & Co"


def test_the_input_in_admin_is_kept_without_passwords(cast, client):
    client.force_login(cast.ada)
    address = f"/admin/people/user/{cast.vera.pk}/password/"
    new = "a whole new sentence"
    expire_confirmation(client)
    confirmation = client.post(address, {"new_password1": new, "new_password2": new})
    assert requires_password(confirmation)
    assert new not in confirmation.content.decode()
    form = client.post(address, confirmed_form(confirmation), follow=True)
    assert "Enter them again" in form.content.decode()
    assert page_of(form).select_one("#id_new_password1")
    assert client.post(address, {"new_password1": new, "new_password2": new}).status_code == 302
    expire_confirmation(client)
    chosen = {"action": "archive", "_selected_action": [cast.vera.pk, cast.alice.pk], "post": "yes"}
    confirmation = client.post("/admin/people/user/", chosen)
    assert client.post("/admin/people/user/", confirmed_form(confirmation)).status_code == 200
    assert set(User.objects.filter(pk__in=chosen["_selected_action"]).values_list("status", flat=True)) == {2}


def test_the_password_cannot_be_guessed_in_an_unattended_browser(cast, client, clock):
    client.force_login(cast.ada)
    expire_confirmation(client)
    answers = [client.post("/account/confirm", {"password-again": "wrong"}).status_code for _try in range(6)]
    assert answers == [200] * 5 + [429]
    assert client.post("/users/new", {"password-again": PASSWORD}).status_code == 429
    assert client.get("/users/new")["Location"].startswith(ASKING)


def test_reauthentication_does_not_redirect_to_other_sites(cast, client):
    client.force_login(cast.ada)
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        sent = {"password-again": PASSWORD, "next": wanted}
        assert client.post("/account/confirm", sent)["Location"] == "/account"
    assert client.get("/account/confirm").status_code == 200
