"""The log of account events, and the notices to their owners."""

import json
import logging
import re

import pytest
from django.core import mail
from django.test import Client

from backoffice.accounts.checks import check_public_url
from backoffice.accounts.tests.conftest import request_reset_mail, try_password
from backoffice.accounts.tests.test_second_factor import AuthenticatorApp, set_up
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, User
from backoffice.people.public_url import public_url
from backoffice.people.tests.factories import PASSWORD, ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("behind_proxy")]
NEW = "a whole new sentence"
OFFICE = {"X-Forwarded-For": "192.0.2.44"}


@pytest.fixture
def lines(caplog):
    """The log lines about accounts so far, as `(event, outcome, user, address)`; `lines.names` has the hashes
    in them."""
    caplog.set_level(logging.INFO, "backoffice.accounts.events")

    def read():
        form = r"(.+): (.+), name ([0-9a-f]{16}), user (\S+), by (\S+), address (\S+)"
        found = [re.fullmatch(form, message) for message in caplog.messages if "name " in message]
        read.names = [line[3] for line in found]
        caplog.clear()
        return [(line[1], line[2], line[4], line[6]) for line in found]

    return read


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.slow
def test_each_sign_in_is_logged_with_its_outcome_and_without_the_name(cast, lines, clock, caplog):
    client = Client()
    try_password(client, "alice", PASSWORD)
    try_password(Client(), "Alice@Example.com", "wrong")
    try_password(Client(), "my-secret-typed-here", "wrong")
    text = caplog.text
    alice = cast.alice.pk
    assert lines() == [
        ("sign-in", "ok", alice, "192.0.2.1"),
        ("sign-in", "wrong", alice, "192.0.2.1"),
        ("sign-in", "wrong", "-", "192.0.2.1"),
    ]
    assert len(set(lines.names)) == 2
    for secret in ("alice", "Alice", "my-secret", PASSWORD, "wrong,"):
        assert secret not in text.replace(": wrong,", "")
    for _try in range(7):
        try_password(Client(), "ALICE", "wrong")
    assert [outcome for _event, outcome, _user, _address in lines()] == ["wrong"] * 4 + ["too many"] * 3
    assert len(set(lines.names)) == 1


def test_codes_are_logged(cast, lines, monkeypatch, committed, mailoutbox):
    telephone, client = AuthenticatorApp(monkeypatch), Client()
    try_password(client, "vera", PASSWORD)
    with committed():
        codes = set_up(client, telephone)
    client.post("/sign-out")
    lines()
    mailoutbox.clear()
    try_password(client, "vera", PASSWORD)
    client.post("/sign-in/code", {"code": "000000"}, headers=OFFICE)
    with committed():
        client.post("/sign-in/code", {"code": codes[0]}, headers=OFFICE)
    vera = cast.vera.pk
    assert sorted(lines()) == [
        ("recovery code used", "ok", vera, "192.0.2.44"),
        ("second factor", "ok", vera, "192.0.2.44"),
        ("second factor", "wrong", vera, "192.0.2.44"),
        ("sign-in", "code needed", vera, "192.0.2.1"),
    ]
    assert [message.subject for message in mailoutbox] == [
        "A recovery code of your Caretaker account was used"
    ]


def test_a_new_password_is_logged_and_mailed(cast, lines, as_user, committed, mailoutbox):
    client = as_user(cast.alice)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    lines()
    with committed():
        client.post("/account/password", sent, headers=OFFICE)
    assert lines() == [("password changed", "ok", cast.alice.pk, "192.0.2.44")]
    (message,) = mailoutbox
    assert message.to == ["alice@example.com"]
    assert message.subject == "Your Caretaker password was changed"
    assert "Hello Alice," in message.body and "192.0.2.44" in message.body and "By:" not in message.body
    assert "http://testserver/password-reset" in message.body
    assert NEW not in message.body and PASSWORD not in message.body


def test_a_change_by_another_user_names_that_user(cast, as_user, committed, mailoutbox, lines, settings):
    settings.LANGUAGE_CODE = "da"
    ada = as_user(cast.ada)
    lines()
    with committed():
        ada.post(
            f"/admin/people/user/{cast.alice.pk}/password/", {"new_password1": NEW, "new_password2": NEW}
        )
    assert [(event, user) for event, _o, user, _a in lines()] == [("password changed", cast.alice.pk)]
    (message,) = mailoutbox
    assert message.subject == "Adgangskoden til din Caretaker-konto er ændret" and "Ada" in message.body


def test_the_old_address_is_notified_of_the_new_one(cast, as_user, committed, mailoutbox):
    ada, page = as_user(cast.ada), f"/users/{cast.alice.pk}"
    sent = form_data(record_form(ada.get(page).content))
    with committed():
        ada.post(page, sent | {"email": "thief@example.com"})
    assert [message.to for message in mailoutbox] == [["alice@example.com"]]
    assert "e-mail address" in mailoutbox[0].subject and "thief" not in mailoutbox[0].body


def test_adding_and_removing_a_second_factor_is_mailed(cast, as_user, committed, mailoutbox, monkeypatch):
    telephone, client = AuthenticatorApp(monkeypatch), as_user(cast.vera)
    monkeypatch.setattr("backoffice.accounts.reauthentication.is_confirmed", lambda request: True)
    with committed():
        codes = set_up(client, telephone)
        client.post("/account/second-factor", {"does": "codes"})
        client.post("/account/second-factor", {"does": "remove"})
    assert [message.subject for message in mailoutbox] == [
        "Two-factor sign-in was set up for your Caretaker account",
        "New recovery codes were created for your Caretaker account",
        "Two-factor sign-in was removed from your Caretaker account",
    ]
    bodies = " ".join(message.body for message in mailoutbox)
    assert telephone.secret not in bodies and not any(code in bodies for code in codes)


def test_creating_rotating_and_expiring_keys_is_mailed(cast, key_of, client, committed, mailoutbox, lines):
    headers = {"X-API-Key": key_of(cast.alice)}
    lines()

    def ask(method, path, body=None):
        sent = json.dumps(body) if body is not None else ""
        return client.generic(method, path, sent, content_type="application/json", headers=headers)

    with committed():
        key = ask("POST", "/v2/apiKeys", {"name": "night report", "scopes": ["people:read"]}).json()["key"]
        pk = ApiKey.objects.get(name="night report").pk
        other = ask("PATCH", f"/v2/apiKeys/{pk}").json()["key"]
        ask("DELETE", f"/v2/apiKeys/{pk}")
        ask("DELETE", f"/v2/apiKeys/{pk}")  # (no effect)
    assert [event for event, *_rest in lines()] == ["API key made", "API key rotated", "API key ended"]
    assert [message.subject for message in mailoutbox] == [
        "An API key was created for your Caretaker account",
        "An API key of your Caretaker account was generated again",
        "An API key of your Caretaker account was revoked",
    ]
    for message in mailoutbox:
        assert "night report" in message.body
        assert not any(text.split("_", 2)[2] in message.body for text in (key, other))


def test_irrelevant_changes_are_not_mailed(cast, committed, mailoutbox):
    """A name, commands, and users who are redacted, deactivated or have no address."""
    with committed():
        services.update(
            cast.alice, {"first_name": "Alicia"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
        )
        ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
        services.update(
            cast.sven, {"password": "x"}, actor=Installation(), context=ChangeContext(Channel.COMMAND)
        )
        gone = services.update(
            cast.vera, {"is_active": False}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
        ).record
        services.update(gone, {"password": "x"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    assert mailoutbox == []


def test_a_change_that_is_rolled_back_is_not_mailed(cast, committed, mailoutbox):
    from backoffice.db.transactions import atomic

    with pytest.raises(RuntimeError), committed(), atomic():
        services.update(cast.alice, {"password": "x"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
        raise RuntimeError
    assert mailoutbox == []


@pytest.mark.attack
def test_a_failing_mail_server_fails_no_change(cast, as_user, committed, monkeypatch, caplog):
    def fail(self):
        raise OSError("gone away: alice@example.com")

    monkeypatch.setattr(mail.EmailMessage, "send", fail)
    client = as_user(cast.alice)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    with committed():
        assert client.post("/account/password", sent).status_code == 302
    assert User.objects.get(pk=cast.alice.pk).check_password(NEW)
    assert "OSError" in caplog.text and "alice@example.com" not in caplog.text


# Links in e-mails.


@pytest.mark.attack
def test_links_in_mails_begin_with_the_public_url(cast, mailoutbox, settings, committed, as_user):
    settings.PUBLIC_URL = "https://desk.example.com"
    request_reset_mail(Client(), "alice@example.com", headers={"Host": "localhost:6666"})
    request_reset_mail(Client(), "sven@example.com", headers={"Host": "evil.example.com"})
    with committed():
        sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        as_user(cast.vera).post("/account/password", sent, headers={"Host": "localhost:6666"})
    assert len(mailoutbox) == 3
    for message in mailoutbox:
        links = re.findall(r"\w+://\S+", message.body)
        assert links and all(link.startswith("https://desk.example.com/password-reset") for link in links)
        assert "6666" not in message.body and "evil" not in message.body


@pytest.mark.parametrize(
    "hosts, https, address",
    [
        (["localhost", "127.0.0.1"], False, "http://localhost:8001"),
        (["*", ".example.com", "desk.example.com"], True, "https://desk.example.com"),
        (["desk.example.com"], False, "http://desk.example.com"),
        (["*"], False, "http://localhost:8001"),
    ],
)
def test_the_default_public_url_is_the_first_allowed_host(hosts, https, address, settings, monkeypatch):
    monkeypatch.setenv("PORT", "8001")
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = "", hosts, https
    assert public_url() == address


@pytest.mark.parametrize(
    "url", ["desk.example.com", "ftp://desk", "http://", "https://x?y=1", "javascript:alert(1)"]
)
def test_an_invalid_public_url_prevents_the_start(settings, url):
    assert check_public_url(None) == []
    settings.PUBLIC_URL = url
    assert [found.id for found in check_public_url(None)] == ["signin.E002"]
