"""The throttle: guessing passwords gets slower and slower without locking out the owner."""

import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from backoffice.accounts import throttle
from backoffice.accounts.models import Attempts, UserSession
from backoffice.accounts.tests.conftest import request_reset_mail, try_password
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records.tests.parameters import deep_only

OFFICE, HOME, ATTACKER = "192.0.2.1", "198.51.100.7", "203.0.113.9"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("behind_proxy")]


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def text_of(response) -> str:
    return BeautifulSoup(response.content, "lxml").get_text(" ", strip=True)


@pytest.mark.slow
def test_each_failure_after_a_few_doubles_the_wait(cast, client, clock):
    waits = []
    for place in range(16):
        response = try_password(client, "alice", address=f"198.51.100.{place}")
        if response.status_code == 429:
            waits.append(int(response["Retry-After"]))
            clock.advance(waits[-1])
            response = try_password(client, "alice", address=f"198.51.100.{place}")
        assert response.status_code == 200
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]
    assert not is_signed_in(client)


@pytest.mark.slow
def test_an_early_attempt_is_refused_with_the_wait_and_is_not_counted(cast, client, clock):
    for place in range(5 + 6):
        clock.advance(100)
        try_password(client, "alice", address=f"198.51.100.{place}")
    row = Attempts.objects.get(count=11)
    for _too_early in range(20):
        refused = try_password(client, "alice", PASSWORD)
        assert (refused.status_code, refused["Retry-After"]) == (429, "64")
    assert "Too many attempts. Try again in 2 minutes." in text_of(refused)
    assert not is_signed_in(client)
    assert Attempts.objects.get(pk=row.pk).turn == row.turn
    clock.advance(65)
    assert try_password(client, "alice", PASSWORD).status_code == 302
    assert is_signed_in(client)
    assert not Attempts.objects.filter(key=row.key).exists()


@pytest.mark.slow
def test_responses_do_not_disclose_whether_an_account_exists(cast, client, clock):
    """An unknown account is throttled like an existing one, with the same message."""
    UserFactory(username="former", company=cast.company, is_active=False)
    answers = {}
    for place, username in enumerate(("alice", "nobody", "former", "NOBODY")):
        answers[username] = []
        for _try in range(7):
            response = try_password(client, username, address=f"198.51.100.{place}")
            words = re.sub(re.escape(username), "…", text_of(response))
            answers[username].append((response.status_code, response.get("Retry-After"), words))
    assert answers["alice"] == answers["nobody"] == answers["former"]
    assert {status for status, _wait, _words in answers["NOBODY"]} == {429}  # the same account as `nobody`
    kept = " ".join(map(str, Attempts.objects.values_list()))
    assert "alice" not in kept
    assert "198.51.100" not in kept


@pytest.mark.slow
def test_a_known_browser_is_not_blocked_by_other_addresses(cast, clock):
    """Other addresses block the account; only the owner's known browser gets in at once."""
    owner, attacker, elsewhere = Client(), Client(), Client()
    assert try_password(owner, "alice", PASSWORD, OFFICE).status_code == 302
    owner.post("/sign-out")
    cookie = owner.cookies["known_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/sign-in")
    for _failure in range(6):
        try_password(attacker, "alice", address=ATTACKER)
    assert try_password(elsewhere, "alice", PASSWORD, HOME).status_code == 429
    assert try_password(owner, "Alice", "typo", HOME).status_code == 200
    assert try_password(owner, "alice", PASSWORD, HOME).status_code == 302
    # The cookie is valid for one account only, cannot be forged, and gives no extra attempts.
    owner.post("/sign-out")
    for _failure in range(6):
        try_password(attacker, "sven", address=ATTACKER)
    assert try_password(owner, "sven", PASSWORD, HOME).status_code == 429
    attacker.cookies["known_device"] = "e30:made:up"
    assert try_password(attacker, "alice", PASSWORD, HOME).status_code == 429
    answers = [try_password(owner, "alice", address=HOME).status_code for _failure in range(6)]
    assert answers == [200] * 5 + [429]


@deep_only
def test_one_address_is_throttled_across_accounts(cast, client, clock):
    answers = [
        try_password(client, f"user{place}", address=f"2001:db8::{place:x}").status_code
        for place in range(32)
    ]
    assert answers == [200] * 30 + [429] * 2
    held = try_password(client, "alice", PASSWORD, "2001:db8:0:0:ffff::1")
    assert held.status_code == 429
    # Another network is not blocked; and signing in to another account does not unblock it for others.
    assert try_password(Client(), "alice", PASSWORD, "2001:db8:0:1::1").status_code == 302
    clock.advance(2)
    assert try_password(client, "alice", PASSWORD, "2001:db8::1").status_code == 302
    client.logout()
    assert try_password(Client(), "someone", address="2001:db8::1").status_code == 200
    assert try_password(Client(), "someone", address="2001:db8::1").status_code == 429


def test_failures_are_forgiven_in_time_and_their_rows_deleted(cast, client, clock):
    for _failure in range(5):
        try_password(client, "alice")
    clock.advance(3 * 3600)
    answers = [try_password(client, "alice").status_code for _failure in range(5)]
    assert answers == [200] * 3 + [429] * 2
    assert Attempts.objects.count() == 2
    clock.advance(86400)
    try_password(client, "sven", address=HOME)
    assert Attempts.objects.count() == 2
    assert set(Attempts.objects.values_list("count", flat=True)) == {1}


@deep_only
def test_the_number_of_rows_is_limited_and_the_busiest_stay(cast, client, clock, monkeypatch):
    assert throttle.MAX_ROWS == 100_000
    monkeypatch.setattr(throttle, "MAX_ROWS", 30)
    for _failure in range(5):
        try_password(client, "alice", address=ATTACKER)
    for place in range(40):
        try_password(client, f"made-up-{place}", address=f"10.0.0.{place}")
    assert Attempts.objects.count() <= 30
    assert try_password(Client(), "alice", PASSWORD, HOME).status_code == 429


def test_a_password_reset_unblocks_the_account(cast, client, clock, mailoutbox):
    for _failure in range(6):
        try_password(client, "alice", address=ATTACKER)
    request_reset_mail(client, "alice@example.com")
    link = re.search(r"http://testserver(/password-reset/\S+)", mailoutbox[0].body)[1]
    address = client.get(link)["Location"]
    new = "a whole new sentence"
    assert client.post(address, {"new_password1": new, "new_password2": new}).status_code == 302
    assert try_password(client, "alice", new, HOME).status_code == 302


def test_mails_are_counted_by_account_and_by_address(cast, client, clock, mailoutbox):
    def ask(email, address=ATTACKER):
        response = request_reset_mail(client, email, headers={"X-Forwarded-For": address})
        return response.status_code

    for email, sent in (("alice@example.com", 3), ("nobody@example.com", 0)):
        assert [ask(email) for _try in range(4)] == [302] * 3 + [429]
        assert len(mailoutbox) == sent
        mailoutbox.clear()
    assert ask("alice@example.com", HOME) == 429
    clock.advance(60)
    assert ask("ALICE@example.com", HOME) == 302
    assert [ask(f"{place}@example.com") for place in range(6)] == [302] * 4 + [429] * 2


def test_the_old_password_cannot_be_guessed_in_an_unattended_session(cast, client, clock):
    client.force_login(cast.vera)
    sent = {
        "old_password": "wrong",
        "new_password1": "a whole new sentence",
        "new_password2": "a whole new sentence",
    }
    answers = [client.post("/account/password", sent).status_code for _try in range(6)]
    assert answers == [200] * 5 + [429]
    clock.advance(1)
    assert client.post("/account/password", sent | {"old_password": PASSWORD}).status_code == 302


def test_admin_uses_the_sign_in_page_of_the_product(cast, client, clock):
    for _try in range(3):
        response = client.post("/admin/login/", {"username": "ada", "password": PASSWORD, "next": "/admin/"})
        assert response["Location"].startswith("/sign-in?next=")
    assert UserSession.objects.count() == 0


@deep_only
def test_simultaneous_attempts_are_all_counted(cast, client, clock, monkeypatch):
    """A concurrent attempt is counted between reading and writing the last free attempt."""
    write, others = throttle._write, []

    def overtaken(row, **values):
        if row.count == 4 and not others:
            others.append(row)
            assert try_password(Client(), "alice", address=ATTACKER).status_code == 200
        return write(row, **values)

    for place in range(4):
        try_password(client, "alice", address=f"198.51.100.{place}")
    monkeypatch.setattr(throttle, "_write", overtaken)
    assert try_password(client, "alice", address=HOME).status_code == 429
    assert others
    assert sorted(Attempts.objects.values_list("count", flat=True)) == [0, 1, 1, 1, 1, 1, 5]


def send_attempts(clients, tries, clock, **more):
    """Return the status codes of attempts that are a tenth of a second apart."""
    statuses = []
    for place in range(tries):
        clock.advance(0.1)
        username, password, address = (value(place) for value in clients)
        statuses.append(try_password(Client(), username, password, address).status_code)
    return statuses


@pytest.mark.deep
@pytest.mark.endurance
def test_a_thousand_wrong_passwords_are_throttled(cast, clock, capsys):
    one = send_attempts(
        (lambda n: "alice", lambda n: f"guess {n}", lambda n: f"10.{n // 250}.0.{n % 250}"), 1000, clock
    )
    rows_of_one = Attempts.objects.count()
    many = send_attempts((lambda n: f"user{n}", lambda n: f"guess {n}", lambda n: ATTACKER), 1000, clock)
    rows = Attempts.objects.count()
    with capsys.disabled():
        print(
            f"\n1,000 wrong passwords against one account from everywhere: {one.count(200)} checked, "
            f"{one.count(429)} told to wait, {rows_of_one} rows.\n1,000 against as many accounts from one address: "
            f"{many.count(200)} checked, {many.count(429)} throttled, {rows} rows."
        )
    assert set(one) | set(many) == {200, 429}
    assert one.count(200) <= 12
    assert many.count(200) <= 40
    assert rows < 100
    assert try_password(Client(), "sven", PASSWORD, HOME).status_code == 302
    clock.advance(900)
    assert try_password(Client(), "alice", PASSWORD, HOME).status_code == 302


@pytest.mark.deep
def test_a_patient_attacker_gets_few_attempts_a_day(cast, clock, capsys):
    """A guesser who tries again as soon as allowed, each time from a new address."""
    attempts, start = 0, clock.at
    while (clock.at - start).days < 1:
        response = try_password(Client(), "alice", address=f"10.0.{attempts // 250}.{attempts % 250}")
        attempts += response.status_code == 200
        clock.advance(int(response.get("Retry-After", 0)))
    with capsys.disabled():
        print(f"\nOne account, a whole day, any number of addresses: {attempts} guesses.")
    assert attempts < 120
