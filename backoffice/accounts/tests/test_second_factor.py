"""The second factor: setup, sign-in, single use, loss, requirement and reset."""

import re
from urllib.parse import unquote

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.conf import settings as configured
from django.test import Client

from backoffice.accounts import throttle, totp
from backoffice.accounts.checks import check_groups
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records.models import History
from backoffice.records.tests.parameters import select_daily
from backoffice.workplace.models import Preferences

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE = "/account/second-factor"


class AuthenticatorApp:
    """An authenticator app, and the time for app and server."""

    def __init__(self, monkeypatch):
        self.at = 1_800_000_000
        self.secret = ""
        monkeypatch.setattr(totp.time, "time", lambda: self.at)

    def code(self, steps=0) -> str:
        return pyotp.TOTP(self.secret).at(self.at, counter_offset=steps)

    def next_code(self) -> str:
        self.at += 30
        return self.code()


@pytest.fixture
def authenticator(monkeypatch):
    return AuthenticatorApp(monkeypatch)


def page_of(response):
    return BeautifulSoup(response.content, "lxml")


def set_up(client, telephone) -> list[str]:
    """Set up the second factor of the signed-in user; return the recovery codes."""
    page = page_of(client.get(PAGE))
    telephone.secret = page.select_one("[name=secret]")["value"]
    response = client.post(PAGE, {"does": "confirm", "secret": telephone.secret, "code": telephone.code()})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    return [code.get_text() for code in page_of(response).select(".recovery-codes code")]


def enter_password(client, username, next_url=""):
    return client.post("/sign-in", {"username": username, "password": PASSWORD, "next": next_url})


def is_signed_in(client) -> bool:
    return client.get("/account").status_code == 200


def last_history_entry(user):
    return History.objects.filter(record_id=user.pk).order_by("-version").first()


@pytest.fixture
def vera(cast, client, authenticator):
    """A user with read access only who has a second factor; `vera.codes` are her recovery codes."""
    client.force_login(cast.vera)
    cast.vera.codes = set_up(client, authenticator)
    client.post("/sign-out")
    return cast.vera


def test_setup_shows_a_qr_code_and_a_key_and_requires_a_code(cast, client, authenticator, settings):
    settings.BEHIND_PROXY = True  # whose requests have ids
    client.force_login(cast.vera)
    response = client.get(PAGE)
    page = page_of(response)
    assert response["Cache-Control"] == "no-store"
    secret = page.select_one("[name=secret]")["value"]
    assert page.select_one(".totp-secret").get_text().replace(" ", "") == secret
    assert page.select_one("svg.qr-code path")
    assert not page.select("[style]")
    link = page.select_one("a[href^='otpauth:']")["href"]
    assert pyotp.parse_uri(link).secret == secret
    authenticator.secret = secret
    wrong = client.post(PAGE, {"does": "confirm", "secret": secret, "code": "000000"})
    assert page_of(wrong).select_one("[name=secret]")["value"] == secret  # the app has this secret already
    assert not User.objects.get(pk=cast.vera.pk).has_second_factor
    spaced = f"{authenticator.code()[:3]} {authenticator.code()[3:]}"
    done = client.post(
        PAGE, {"does": "confirm", "secret": secret, "code": spaced}, headers={"X-Request-ID": "mine"}
    )
    codes = page_of(done).select(".recovery-codes code")
    assert len({code.get_text() for code in codes}) == 10
    download = page_of(done).select_one("a[download]")["href"]
    kept = unquote(download.removeprefix("data:text/plain;charset=utf-8,"))
    assert kept.split() == [code.get_text() for code in codes]
    assert page_of(done).select_one("button[data-copy-codes]") and page_of(done).select_one(
        "button[data-print-codes]"
    )
    assert is_signed_in(client)
    row = last_history_entry(cast.vera)
    assert (row.action, row.who, row.request_id) == ("set_up_second_factor", "Vera", "mine")
    assert secret not in str(row.changes)
    assert "10 recovery codes left" in page_of(client.get(PAGE)).get_text()


def test_the_database_stores_secret_and_codes_encrypted_or_hashed(vera, authenticator):
    kept = User._base_manager.filter(pk=vera.pk).values_list("totp_secret", "recovery_codes")[0]
    assert kept[0].startswith("gAAAA")
    text = str(kept) + str(list(History.objects.filter(record_id=vera.pk).values_list()))
    assert authenticator.secret not in text
    assert not any(code in text or code.replace("-", "") in text for code in vera.codes)


def test_sign_in_requires_the_code(vera, client, authenticator):
    Preferences.objects.create(user_id=vera.pk, language="da")
    first = enter_password(client, "vera", "/complaints")
    assert first["Location"] == "/sign-in/code?next=%2Fcomplaints"
    assert not is_signed_in(client)
    assert client.get(first["Location"])["Cache-Control"] == "no-store"
    before = client.cookies["sessionid"].value
    wrong = client.post(first["Location"], {"code": "123456", "next": "/complaints"})
    assert (wrong.status_code, is_signed_in(client)) == (200, False)
    done = client.post("/sign-in/code", {"code": authenticator.next_code(), "next": "/complaints"})
    assert (done.status_code, done["Location"]) == (302, "/complaints")
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != before
    assert "known_device" in done.cookies and done.cookies["django_language"].value == "da"


def test_the_code_page_does_not_redirect_to_other_sites(vera, client, authenticator):
    assert enter_password(client, "vera", "https://evil.example/")["Location"] == "/sign-in/code?next="
    done = client.post("/sign-in/code", {"code": authenticator.next_code(), "next": "//evil.example"})
    assert done["Location"] == "/"


def test_the_code_page_requires_the_password_first(vera, client, authenticator, cast):
    for method in (client.get, client.post):
        assert method("/sign-in/code", {"code": authenticator.next_code()})["Location"] == "/sign-in?next="
    enter_password(client, "vera")
    authenticator.at += 601
    assert client.post("/sign-in/code", {"code": authenticator.code()})["Location"] == "/sign-in?next="
    assert not is_signed_in(client)


def test_each_code_works_once(vera, authenticator):
    code = authenticator.next_code()
    here, there = Client(), Client()
    enter_password(here, "vera"), enter_password(there, "vera")
    assert here.post("/sign-in/code", {"code": code}).status_code == 302
    assert there.post("/sign-in/code", {"code": code}).status_code == 200
    assert (
        there.post("/sign-in/code", {"code": authenticator.code(-1)}).status_code == 200
    )  # an earlier code, not used
    assert not is_signed_in(there)
    assert there.post("/sign-in/code", {"code": authenticator.next_code()}).status_code == 302


def test_a_small_clock_difference_is_accepted(vera, authenticator):
    for ahead, taken in ((-2, 200), (2, 200), (0, 302), (1, 302)):
        authenticator.at += 300
        client = Client()
        enter_password(client, "vera")
        assert client.post("/sign-in/code", {"code": authenticator.code(ahead)}).status_code == taken, ahead


def test_a_recovery_code_works_once_and_is_in_the_history(vera, authenticator):
    here, there = Client(), Client()
    enter_password(here, "vera"), enter_password(there, "vera")
    assert here.post("/sign-in/code", {"code": vera.codes[3].upper().replace("-", " ")}).status_code == 302
    assert there.post("/sign-in/code", {"code": vera.codes[3]}).status_code == 200
    assert last_history_entry(vera).action == "use_recovery_code"
    assert "9 recovery codes left" in page_of(here.get(PAGE)).get_text()
    fresh = here.post(PAGE, {"does": "codes"})
    codes = [code.get_text() for code in page_of(fresh).select(".recovery-codes code")]
    assert there.post("/sign-in/code", {"code": vera.codes[4]}).status_code == 200
    assert there.post("/sign-in/code", {"code": codes[0]}).status_code == 302


def test_codes_cannot_be_guessed(vera, client, authenticator, clock):
    enter_password(client, "vera")
    answers = [client.post("/sign-in/code", {"code": f"{guess:06}"}).status_code for guess in range(8)]
    assert answers == [200] * 5 + [429] * 3
    held = client.post("/sign-in/code", {"code": authenticator.next_code()})
    assert (held.status_code, int(held["Retry-After"])) == (429, 1)
    assert not is_signed_in(client)


@pytest.mark.parametrize("typed", select_daily(["", "\x00", "a" * 5000, "١٢٣٤٥٦", "12345", "-", "é"], "é"))
def test_no_input_causes_a_server_error(typed, vera, client, authenticator):
    enter_password(client, "vera")
    assert client.post("/sign-in/code", {"code": typed}).status_code == 200
    client.force_login(User.objects.get(pk=vera.pk))
    for sent in ({"does": typed}, {"does": "confirm", "secret": typed, "code": typed}):
        assert client.post(PAGE, sent).status_code == 302
    client.post(PAGE, {"does": "remove"})
    assert client.post(PAGE, {"does": "confirm", "secret": typed, "code": typed}).status_code == 200


def test_setup_ends_other_sessions(cast, client, authenticator):
    elsewhere = Client()
    enter_password(elsewhere, "vera"), enter_password(client, "vera")
    set_up(client, authenticator)
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


def test_its_owner_can_remove_it(vera, client, authenticator):
    enter_password(client, "vera")
    client.post("/sign-in/code", {"code": authenticator.next_code()})
    assert client.post(PAGE, {"does": "remove"})["Location"] == "/account"
    assert last_history_entry(vera).action == "remove_second_factor"
    client.post("/sign-out")
    assert enter_password(client, "vera")["Location"] == "/"


@pytest.mark.parametrize("channel", ["browser", "admin"])
def test_an_administrator_can_reset_it(channel, vera, cast, client, authenticator):
    address = {
        "browser": f"/users/{vera.pk}/act/reset-second-factor",
        "admin": f"/admin/people/user/{vera.pk}/second-factor/",
    }[channel]
    for other, refused in ((cast.alice, 403), (cast.charlie, 403 if channel == "admin" else 404)):
        client.force_login(other)
        assert client.post(address).status_code == refused
    client.force_login(cast.ada)
    shown = {"browser": f"/users/{vera.pk}", "admin": f"/admin/people/user/{vera.pk}/change/"}[channel]
    assert "Reset two-factor sign-in" in client.get(shown).content.decode()
    if channel == "admin":
        assert "password alone" in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    row = last_history_entry(vera)
    assert (row.action, row.who, row.via) == ("remove_second_factor", "Ada", channel)
    assert "Reset two-factor sign-in" not in client.get(shown).content.decode()
    assert client.post(address).status_code in (403, 404)
    assert enter_password(Client(), "vera")["Location"] == "/"


def test_administrators_cannot_reset_it_for_users_with_more_rights(cast, client, authenticator):
    client.force_login(cast.root)
    set_up(client, authenticator)
    User._base_manager.filter(pk=cast.root.pk).update(company_id=cast.company.pk)
    client.force_login(cast.ada)
    assert client.post(f"/users/{cast.root.pk}/act/reset-second-factor").status_code == 403
    client.post(f"/admin/people/user/{cast.root.pk}/second-factor/")
    assert User.objects.get(pk=cast.root.pk).has_second_factor


def test_recovery_codes_work_without_the_field_key(vera, authenticator, settings, client):
    settings.FIELD_KEYS = ["A" * 43 + "="]
    enter_password(client, "vera")
    assert client.post("/sign-in/code", {"code": authenticator.next_code()}).status_code == 200
    assert client.post("/sign-in/code", {"code": vera.codes[0]}).status_code == 302


def test_users_who_need_a_second_factor_are_redirected_to_the_setup(
    cast, records, client, authenticator, settings, key_of
):
    settings.SECOND_FACTOR_GROUPS = ["Administrator"]
    key = key_of(cast.ada)
    client.force_login(cast.ada)
    asked = ("/complaints", "/admin/", "/account", "/account/password", "/admin/people/user/", "/uploads/x/y.png",
             "/complaints/export?format=csv")  # fmt: skip
    for address in asked:
        assert client.get(address)["Location"] == PAGE, address
        assert client.post(address)["Location"] == PAGE, address
    assert client.get("/complaints", headers={"HX-Request": "true"})["HX-Redirect"] == PAGE
    assert "to continue" in client.get(PAGE).content.decode()
    assert Client().get("/v2/complaints", headers={"X-API-Key": key}).status_code == 200
    set_up(client, authenticator)
    assert client.get("/complaints").status_code == 200
    assert client.get("/admin/").status_code == 200
    alice, root = Client(), Client()
    alice.force_login(cast.alice)
    assert alice.get("/complaints").status_code == 200
    root.force_login(cast.root)
    assert root.get("/admin/")["Location"] == PAGE
    assert root.post("/sign-out")["Location"] == "/sign-in"


def test_no_channel_shows_or_changes_it(vera, cast, records, client, key_of, authenticator):
    """No response about the user contains secret or codes, and neither forms nor documents change them."""
    client.force_login(cast.ada)
    tokens = [authenticator.secret, *User.objects.get(pk=vera.pk).recovery_codes]
    key = {"X-API-Key": key_of(cast.ada)}
    for address in (f"/users/{vera.pk}", "/users", f"/users/{vera.pk}/versions/2", f"/admin/people/user/{vera.pk}/change/",
                    f"/admin/people/user/{vera.pk}/history/", "/users/export?format=json"):  # fmt: skip
        response = client.get(address)
        content = b"".join(response) if response.streaming else response.content
        assert not [token for token in tokens if token.encode() in content], address
    answer = Client().get(f"/v2/users/{vera.pk}", headers=key).content.decode()
    assert not re.search("totp|recovery|second", answer, re.I)
    sent = {"totp_secret": "", "totpSecret": "", "recovery_codes": "", "second_factor_at": ""}
    client.post(f"/users/{vera.pk}", {"username": "vera", "version": "2", **sent})
    assert User.objects.get(pk=vera.pk).has_second_factor
    assert configured.FIELD_KEYS


def test_an_unknown_group_is_reported_at_the_start(db, settings):
    settings.SECOND_FACTOR_GROUPS = ["Administrator", "Adminstrator"]
    messages = [str(found.msg) for found in check_groups(None, databases=["default"])]
    assert messages == ["SECOND_FACTOR_GROUPS contains “Adminstrator”, but there is no such group."]
    assert check_groups(None, databases=[]) == []


# Attackers who know the password but have no code.


def wrong_codes(username, times, address, client=None) -> list[int]:
    """Return the responses to wrong codes from an address, each after the right password."""
    client = client or Client()
    where = {"X-Forwarded-For": address}
    client.post("/sign-in", {"username": username, "password": PASSWORD}, headers=where)
    return [
        client.post("/sign-in/code", {"code": "000000"}, headers=where).status_code for _try in range(times)
    ]


@pytest.mark.attack
def test_an_attacker_with_the_password_cannot_block_the_owner_at_the_code(
    vera, client, authenticator, settings, clock
):
    """Neither in a browser that the owner has used before nor in a new one at another address; at the attacker's
    address, a recovery code works."""
    settings.BEHIND_PROXY = True
    known = Client()
    enter_password(known, "vera")
    assert known.post("/sign-in/code", {"code": authenticator.next_code()}).status_code == 302
    known.post("/sign-out")
    answers = wrong_codes("vera", 20, "203.0.113.9")
    assert answers == [200] * 5 + [429] * 15
    for browser, address in ((Client(), "192.0.2.1"), (known, "203.0.113.9")):
        where = {"X-Forwarded-For": address}
        browser.post("/sign-in", {"username": "vera", "password": PASSWORD}, headers=where)
        code = authenticator.next_code()
        assert browser.post("/sign-in/code", {"code": code}, headers=where).status_code == 302
        browser.post("/sign-out")
    other_browser, where = Client(), {"X-Forwarded-For": "203.0.113.9"}
    other_browser.post("/sign-in", {"username": "vera", "password": PASSWORD}, headers=where)
    assert (
        other_browser.post("/sign-in/code", {"code": authenticator.next_code()}, headers=where).status_code
        == 429
    )
    assert other_browser.post("/sign-in/code", {"code": vera.codes[0]}, headers=where).status_code == 302


@pytest.mark.attack
def test_many_addresses_share_the_attempts_and_a_recovery_code_still_works(
    vera, authenticator, settings, monkeypatch, clock
):
    monkeypatch.setattr(
        throttle, "CODE_EVERYWHERE", throttle.Limit("code everywhere", free_failures=12, forgive_seconds=600)
    )
    settings.BEHIND_PROXY = True
    answers = [answer for place in range(5) for answer in wrong_codes("vera", 4, f"192.0.2.{place}")]
    assert answers == [200] * 12 + [429] * 8
    owner, where = Client(), {"X-Forwarded-For": "198.51.100.7"}
    owner.post("/sign-in", {"username": "vera", "password": PASSWORD}, headers=where)
    assert owner.post("/sign-in/code", {"code": authenticator.next_code()}, headers=where).status_code == 429
    assert owner.post("/sign-in/code", {"code": vera.codes[0]}, headers=where).status_code == 302


@pytest.mark.attack
def test_recovery_codes_cannot_be_guessed(vera, settings, clock):
    settings.BEHIND_PROXY = True
    client, where = Client(), {"X-Forwarded-For": "203.0.113.9"}
    client.post("/sign-in", {"username": "vera", "password": PASSWORD}, headers=where)
    answers = [
        client.post("/sign-in/code", {"code": f"abcde-fghj{place}"}, headers=where).status_code
        for place in range(2, 9)
    ]
    assert answers == [200] * 5 + [429] * 2


@pytest.mark.attack
def test_one_address_alone_never_exhausts_the_attempts_of_an_account():
    """What one address may try in a day is less than what is forgiven in a day."""
    a_day = 86400
    tries = throttle.CODE.max_count + a_day // throttle.CODE.longest_wait
    assert throttle.CODE.max_count < throttle.CODE_EVERYWHERE.free_failures
    assert tries < throttle.CODE_EVERYWHERE.free_failures + a_day // throttle.CODE_EVERYWHERE.forgive_seconds
    assert a_day // throttle.CODE.longest_wait < a_day // throttle.CODE_EVERYWHERE.forgive_seconds
