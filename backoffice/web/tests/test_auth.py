"""Tests of sign-in, sign-out, password change and password reset."""

import re

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.hashers import make_password

from backoffice.accounts.tests.conftest import request_reset_mail
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records.models import History

NEW = "a whole new sentence"


def text_of(response) -> str:
    return BeautifulSoup(response.content, "lxml").get_text(" ", strip=True)


def sign_in(client, username, password=PASSWORD, **more):
    return client.post("/sign-in", {"username": username, "password": password, **more})


def signed_in_as(client) -> str | None:
    return client.session.get("_auth_user_id")


def test_sign_in_redirects_home_and_sign_out_ends_the_session(cast, client):
    response = sign_in(client, "alice")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "My work" in client.get("/").content.decode()
    assert client.get("/sign-in")["Location"] == "/"
    assert client.get("/sign-out")["Location"] == "/"
    assert signed_in_as(client) == cast.alice.pk
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/complaints")["Location"] == "/sign-in?next=/complaints"


def test_all_failed_sign_ins_have_the_same_message(cast, client):
    UserFactory(username="former", company=cast.company, is_active=False)
    texts = {
        text_of(sign_in(client, username, password))
        for username, password in (("alice", "wrong"), ("nobody", PASSWORD), ("former", PASSWORD))
    }
    assert len(texts) == 1
    assert "Wrong username or password" in texts.pop()
    assert signed_in_as(client) is None
    for typed in ("", "\x00", "a" * 5000):
        assert sign_in(client, typed, typed).status_code == 200
    page = BeautifulSoup(sign_in(client, "alice", "wrong").content, "lxml")
    assert page.select_one("#id_username")["value"] == "alice"


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/complaints?q=a", "/complaints?q=a"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_next_redirects_within_the_site_only(wanted, got, cast, client):
    form = BeautifulSoup(client.get("/sign-in", {"next": wanted}).content, "lxml")
    sent = form.select_one("[name=next]")["value"]
    assert sign_in(client, "alice", next=sent)["Location"] == got
    client.logout()
    assert sign_in(client, "alice", next=wanted)["Location"] == got


def test_a_password_change_is_in_the_history(cast, client, settings):
    settings.BEHIND_PROXY = True  # so that the request id of the proxy is used
    client.force_login(cast.vera)  # she has no other right to change anything
    wrong = client.post(
        "/account/password", {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    )
    assert wrong.status_code == 200
    weak = client.post(
        "/account/password", {"old_password": PASSWORD, "new_password1": "vera", "new_password2": "vera"}
    )
    assert "too short" in text_of(weak)
    assert History.objects.filter(record_id=cast.vera.pk).count() == 1
    changed = client.post(
        "/account/password",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
        follow=True,
        headers={"X-Request-ID": "asked-for-it"},
    )
    assert changed.redirect_chain == [("/account", 302)]
    assert "Your password has been changed." in text_of(changed)
    row = History.objects.filter(record_id=cast.vera.pk).order_by("-version").first()
    assert (row.action, row.who, row.via, row.request_id) == (
        "change_password",
        "Vera",
        "browser",
        "asked-for-it",
    )
    assert [(entry["property"], entry["new"][:5]) for entry in row.changes] == [("password", "hmac:")]
    saved = User.objects.get(pk=cast.vera.pk)
    assert saved.check_password(NEW)
    assert (saved.version, saved.last_modified_by_id) == (2, cast.vera.pk)
    client.logout()
    assert sign_in(client, "vera").status_code == 200
    assert sign_in(client, "vera", NEW).status_code == 302


def ask_for_link(client, mailoutbox, email) -> str | None:
    """Return the path of the mailed link; None if no mail was sent."""
    before = len(mailoutbox)
    response = request_reset_mail(client, email)
    assert response["Location"] == "/password-reset/sent"
    assert client.get("/password-reset/sent").status_code == 200
    if len(mailoutbox) == before:
        return None
    return re.search(r"http://testserver(/password-reset/\S+)", mailoutbox[-1].body)[1]


def test_a_password_is_reset_by_mail(cast, client, mailoutbox):
    link = ask_for_link(client, mailoutbox, "ALICE@example.com")
    mail = mailoutbox[0]
    assert (mail.to, mail.subject) == (["alice@example.com"], "Choose a new Caretaker password")
    assert "Your username is alice." in mail.body
    assert mail.content_subtype == "plain"
    form = client.get(link, follow=True)
    assert "Referrer-Policy" in form.headers
    address = form.redirect_chain[-1][0]
    differing = client.post(address, {"new_password1": NEW, "new_password2": "another"})
    assert "didn’t match" in text_of(differing)
    done = client.post(address, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert done.redirect_chain == [("/password-reset/done", 302)]
    assert sign_in(client, "alice", NEW).status_code == 302
    row = History.objects.filter(record_id=cast.alice.pk).order_by("-version").first()
    assert (row.action, row.who) == ("change_password", "Alice")
    client.logout()
    assert "has been used or has expired" in text_of(client.get(link, follow=True))


def test_only_active_users_get_the_mail(cast, client, mailoutbox):
    UserFactory(username="new", company=cast.company, email="new@example.com", password=make_password(None))
    UserFactory(username="former", company=cast.company, email="former@example.com", is_active=False)
    assert ask_for_link(client, mailoutbox, "new@example.com")  # the way to choose a first password
    assert ask_for_link(client, mailoutbox, "former@example.com") is None
    assert ask_for_link(client, mailoutbox, "nobody@example.com") is None
    assert "valid email" in text_of(request_reset_mail(client, "no address"))


@pytest.mark.parametrize("link", ["a/b", "MTIz/x-y", "!!/set-password", "a" * 300 + "/b"])
def test_invalid_links_are_refused(link, cast, client):
    assert "has been used or has expired" in text_of(client.get(f"/password-reset/{link}", follow=True))


def test_the_account_page_shows_the_users_own_data(cast, client):
    assert client.get("/account")["Location"] == "/sign-in?next=/account"
    client.force_login(cast.rikke)
    page = text_of(client.get("/account"))
    for fact in ("rikke@example.com", "Hansen Service A/S", "Nordnet Reseller ApS", "Reseller"):
        assert fact in page
