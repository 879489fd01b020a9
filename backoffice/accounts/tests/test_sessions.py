"""Sessions: new with each sign-in, and ended when they should be."""

import time
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.accounts.models import UserSession
from backoffice.accounts.session_backend import SessionStore, hash_session_key
from backoffice.people.management.commands import changepassword
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from backoffice.records.models import History

NEW = "a whole new sentence"
pytestmark = pytest.mark.django_db


def sign_in(username, password=PASSWORD) -> Client:
    client = Client()
    assert client.post("/sign-in", {"username": username, "password": password}).status_code == 302
    assert is_signed_in(client)
    return client


def is_signed_in(client) -> bool:
    return client.get("/account").status_code == 200


def test_each_sign_in_starts_a_session_and_each_sign_out_deletes_it(cast):
    client = Client()
    client.cookies["sessionid"] = "given-by-somebody-else"
    client.post("/sign-in", {"username": "alice", "password": PASSWORD})
    first = client.cookies["sessionid"]
    assert first.value not in ("", "given-by-somebody-else")
    assert (first["httponly"], first["samesite"], first["max-age"]) == (True, "Lax", 14 * 86400)
    client.post("/sign-out")
    old = Client()
    old.cookies["sessionid"] = first.value
    assert not is_signed_in(old)
    client.post("/sign-in", {"username": "alice", "password": PASSWORD})
    assert client.cookies["sessionid"].value != first.value


def test_an_anonymous_session_does_not_become_the_users_session(cast):
    """Session fixation: a session planted before the sign-in gives the attacker nothing."""
    client = Client()
    planted = client.session
    planted["anything"] = 1
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    client.post("/sign-in", {"username": "alice", "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted.session_key
    assert not UserSession.objects.filter(pk=hash_session_key(planted.session_key)).exists()


def by_user(cast, client):
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/account/password", sent).status_code == 302


def by_admin(cast, client):
    administrator = sign_in("ada")
    address = f"/admin/people/user/{cast.alice.pk}/password/"
    assert administrator.post(address, {"new_password1": NEW, "new_password2": NEW}).status_code == 302


def by_mail(cast, client):
    uid = urlsafe_base64_encode(force_bytes(cast.alice.pk))
    token = default_token_generator.make_token(User.objects.get(pk=cast.alice.pk))
    reset = Client()
    address = reset.get(f"/password-reset/{uid}/{token}")["Location"]
    assert reset.post(address, {"new_password1": NEW, "new_password2": NEW}).status_code == 302


def by_command(cast, client, monkeypatch):
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda self, prompt="": NEW)
    call_command("changepassword", "alice", stdout=StringIO())


@pytest.mark.parametrize("channel", [by_user, by_admin, by_mail, by_command])
def test_a_new_password_ends_all_other_sessions(channel, cast, monkeypatch):
    here, elsewhere, other_user = sign_in("alice"), sign_in("alice"), sign_in("sven")
    channel(cast, here, *([monkeypatch] if channel is by_command else []))
    assert is_signed_in(here) == (channel is by_user)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(other_user)
    assert is_signed_in(sign_in("alice", NEW))


def test_signing_out_everywhere(cast, settings):
    settings.BEHIND_PROXY = True  # whose requests have ids
    here, elsewhere, other_user = sign_in("vera"), sign_in("vera"), sign_in("alice")
    assert here.get("/account/sign-out")["Location"] == "/account"
    left = here.post("/account/sign-out", follow=True, headers={"X-Request-ID": "enough"})
    assert "You have been signed out everywhere." in left.content.decode()
    assert not is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert is_signed_in(other_user)
    assert is_signed_in(sign_in("vera"))
    row = History.objects.filter(record_id=cast.vera.pk).order_by("-version").first()
    assert (row.action, row.who, row.request_id) == ("sign_out_everywhere", "Vera", "enough")


def test_undo_of_a_change_revives_no_session(cast):
    client = sign_in("ada")
    client.post("/account/sign-out")
    client = sign_in("ada")
    before = User.objects.get(pk=cast.ada.pk).sessions_ended_at
    row = History.objects.filter(record_id=cast.ada.pk).order_by("-version").first()
    assert client.post(f"/users/{cast.ada.pk}/versions/{row.version}/undo").status_code == 403
    assert User.objects.get(pk=cast.ada.pk).sessions_ended_at == before


def test_deactivation_ends_sessions_at_once(cast):
    client = sign_in("alice")
    services.update(
        cast.alice, {"is_active": False}, actor=Installation(), context=ChangeContext(Channel.COMMAND)
    )
    assert not is_signed_in(client)
    assert client.post("/sign-in", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_a_session_in_use_continues_and_an_idle_one_ends(cast):
    client = sign_in("alice")
    key = hash_session_key(client.cookies["sessionid"].value)
    first = UserSession.objects.get(pk=key).expire_date
    assert "sessionid" not in client.get("/account").cookies  # not every request writes
    session = client.session
    session["renewed_at"] = int(time.time()) - 2 * 86400
    session.save()
    renewed = client.get("/account")
    assert renewed.cookies["sessionid"]["max-age"] == 14 * 86400
    assert UserSession.objects.get(pk=key).expire_date > first
    UserSession.objects.filter(pk=key).update(expire_date=first.replace(year=2001))
    assert not is_signed_in(client)
    sign_in("sven")
    assert not UserSession.objects.filter(expire_date__year=2001).exists()  # expired sessions are deleted


def test_an_expired_session_gives_no_access(cast):
    client = sign_in("alice")
    UserSession.objects.filter(pk=hash_session_key(client.cookies["sessionid"].value)).update(
        expire_date=now()
    )
    assert not is_signed_in(client)


# The session table.


def test_no_table_contains_the_cookie(cast):
    client = sign_in("alice")
    cookie = client.cookies["sessionid"].value
    (row,) = UserSession.objects.values()
    assert cookie not in " ".join(map(str, row.values()))
    for value in row.values():
        thief = Client()
        thief.cookies["sessionid"] = str(value)
        assert not is_signed_in(thief)
    assert is_signed_in(client)


def test_the_store_finds_creates_renews_and_deletes_by_the_cookie(db):
    store = SessionStore()
    store["left"] = 1
    store.save()
    first = store.session_key
    assert store.exists(first) and not store.exists(hash_session_key(first))
    assert SessionStore(first)["left"] == 1
    assert SessionStore(hash_session_key(first)).load() == {}
    store.cycle_key()
    assert store.session_key != first and not store.exists(first)
    assert SessionStore(store.session_key)["left"] == 1
    store.delete()
    assert not UserSession.objects.exists()


@pytest.mark.attack
def test_a_session_in_use_ends_ninety_days_after_its_sign_in(cast, settings):
    client = sign_in("alice")
    session = client.session
    session["signed_in_at"] -= 80 * 86400
    session["renewed_at"] = 0
    session.save()
    assert is_signed_in(client)
    row = UserSession.objects.get()
    assert (row.expire_date - now()).days == 9  # not another 14
    settings.SESSION_MAX_AGE = 79 * 86400
    assert not is_signed_in(client)


# The list of the user's own sessions.


def listed_sessions(client) -> list[str]:
    page = BeautifulSoup(client.get("/account").content, "lxml")
    return [" ".join(item.get_text(" ", strip=True).split()) for item in page.select(".sessions li")]


def key_of_session(client) -> str:
    return hash_session_key(client.cookies["sessionid"].value)


def test_the_account_page_lists_the_users_sessions(cast, settings):
    settings.BEHIND_PROXY = True
    here, phone = sign_in("alice"), Client()
    sent = {"username": "alice", "password": PASSWORD}
    telephone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
    phone.post("/sign-in", sent, headers={"User-Agent": telephone, "X-Forwarded-For": "198.51.100.77"})
    sign_in("sven")
    first, second = listed_sessions(here)
    assert "this one" in first and "this one" not in second
    assert second.startswith("Safari, iPhone 198.51.100.x") and "77" not in second
    services.update(
        cast.alice,
        {"password": make_password(NEW)},
        actor=Installation(),
        context=ChangeContext(Channel.COMMAND),
    )
    assert len(listed_sessions(sign_in("alice", NEW))) == 1  # sessions of the old password have ended


def test_a_user_can_end_one_of_their_sessions(cast):
    here, elsewhere, third = sign_in("alice"), sign_in("alice"), sign_in("alice")
    response = here.post("/account/sessions", {"end": key_of_session(elsewhere)}, follow=True)
    assert "1 session has been ended." in response.content.decode()
    assert [is_signed_in(client) for client in (here, elsewhere, third)] == [True, False, True]


def test_a_user_can_end_all_their_other_sessions(cast):
    here, elsewhere, third, sven = (sign_in(name) for name in ("alice", "alice", "alice", "sven"))
    here.post("/account/sessions", {"end": "others"})
    assert [is_signed_in(client) for client in (here, elsewhere, third, sven)] == [True, False, False, True]


@pytest.mark.attack
def test_a_user_cannot_end_another_users_session(cast):
    here, sven = sign_in("alice"), sign_in("sven")
    for key in (key_of_session(sven), sven.cookies["sessionid"].value, "", "x" * 64):
        response = here.post("/account/sessions", {"end": key}, follow=True)
        assert "There was no other session to end." in response.content.decode()
    assert is_signed_in(here) and is_signed_in(sven)
