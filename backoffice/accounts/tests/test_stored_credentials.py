"""No table contains a credential in plain text, neither as a value nor within another text."""

import base64
import json
import re

import pytest
from django.apps import apps
from django.core import signing
from django.test import Client

from backoffice.accounts import totp
from backoffice.accounts.models import UserSession
from backoffice.accounts.tests.conftest import request_reset_mail, try_password
from backoffice.accounts.tests.test_second_factor import AuthenticatorApp, set_up
from backoffice.accounts.throttle import COOKIE
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records.models import Entity
from backoffice.records.tests.parameters import deep_only

pytestmark = [pytest.mark.django_db, pytest.mark.attack]


def read_all_tables() -> dict[str, str]:
    """Return the content of each column of each table as one text, with session data decoded."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            for name, value in row.items():
                place = f"{model._meta.label}.{name}"
                found[place] = f"{found.get(place, '')}\n{_text(value)}"
    found["signin.UserSession packed"] = "\n".join(
        _text(session.get_decoded()) for session in UserSession.objects.all()
    )
    return found


def _text(value) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


@deep_only
def test_no_table_contains_a_cookie_a_key_or_a_link_token(cast, records, as_user, mailoutbox, monkeypatch):
    opens = {}
    # API keys, created over JSON, in the browser, and rotated.
    browser = as_user(cast.alice)
    made = Client().post(
        "/v2/apiKeys",
        json.dumps({"name": "made", "scopes": ["people:read"]}),
        content_type="application/json",
        headers={"X-API-Key": _key_in_browser(browser, cast.alice, opens)},
    )
    opens["key over JSON"] = made.json()["key"].split("_", 2)[2]
    # A password reset link whose page is open, and one that is not.
    opens["link"] = _link(mailoutbox, "vera@example.com")
    opened = Client()
    assert opened.get(opens["link"], follow=True).status_code == 200
    opens["token"] = opens["link"].rpartition("/")[2]
    opens["other token"] = _link(mailoutbox, "sven@example.com").rpartition("/")[2]
    # Sessions: signed in, waiting for the code, and anonymous; with recovery codes and a known browser.
    telephone = AuthenticatorApp(monkeypatch)
    rikke = Client()
    try_password(rikke, "rikke", PASSWORD)
    codes = set_up(rikke, telephone)
    opens |= {f"recovery code {place}": code for place, code in enumerate(codes)}
    opens |= {f"bare recovery code {place}": code.replace("-", "") for place, code in enumerate(codes)}
    opens["secret of the app"] = telephone.secret
    waiting = Client()
    try_password(waiting, "rikke", PASSWORD)
    used = Client()
    try_password(used, "rikke", PASSWORD)
    assert used.post("/sign-in/code", {"code": codes[0]}).status_code == 302
    for place, client in enumerate((browser, opened, rikke, waiting, used)):
        for name, cookie in client.cookies.items():
            opens[f"{name} of {place}"] = cookie.value
    known = signing.loads(used.cookies[COOKIE].value, salt=COOKIE)
    opens |= {f"device {place}": device for place, device in enumerate(known.values())}
    try_password(used, "rikke", "wrong")  # (counted by device)
    # The URL of an upload, and a password.
    opens["password"] = PASSWORD
    opens |= {
        f"{name} in base64": base64.b64encode(value.encode()).decode()
        for name, value in opens.items()
        if len(value) > 8
    }
    kept = read_all_tables()
    assert len(opens) > 40 and all(len(value) > 8 for value in opens.values())
    found = {(name, place) for name, value in opens.items() for place, text in kept.items() if value in text}
    assert found == set()
    for model in apps.get_models():
        if issubclass(model, Entity):
            for record in model._base_manager.all():
                texts = [_text(prop.plain(prop.read(record))) for prop in record.properties.values()]
                hit = {name for name, value in opens.items() if any(value in text for text in texts)}
                assert hit <= {"secret of the app"}, record  # (encrypted in its column)
    assert User.objects.get(pk=cast.rikke.pk).has_second_factor and len(codes) == totp.RECOVERY_CODES


def _key_in_browser(browser, owner, opens) -> str:
    sent = {"name": "mine", "owner": owner.pk, "scopes": ["people:read", "people:write"]}
    form = form_data(record_form(browser.get("/api-keys/new").content))
    page = browser.post("/api-keys/new", form | sent).content.decode()
    key = re.search(r"ck_[0-9a-f]{10}_[\w-]{43}", page)[0]
    opens["key"], opens["secret of the key"] = key, key.split("_", 2)[2]
    return key


def _link(mailoutbox, email) -> str:
    request_reset_mail(Client(), email)
    return re.search(r"https?://[^/]+(/password-reset/\S+)", mailoutbox[-1].body)[1]


@deep_only
def test_a_copy_of_the_session_table_gives_no_access(cast):
    """No value of the table works as a session cookie."""
    client = Client()
    try_password(client, "alice", PASSWORD)
    for text in {part for value in read_all_tables().values() for part in value.split("\n") if part}:
        if text.isascii() and ";" not in text:
            thief = Client()
            thief.cookies["sessionid"] = text[:500]
            assert thief.get("/account").status_code == 302


def test_recovery_codes_end_with_the_hash_key(cast, monkeypatch, settings):
    def sign_in(code="") -> Client:
        client = Client()
        try_password(client, "vera", PASSWORD)
        if code:
            assert client.post("/sign-in/code", {"code": code}).status_code == (200 if is_lost else 302)
        return client

    telephone = AuthenticatorApp(monkeypatch)
    codes = set_up(sign_in(), telephone)
    key = settings.SECRETS_HASH_KEY
    for is_lost in (True, False):
        settings.SECRETS_HASH_KEY = "another" * 9 if is_lost else key
        sign_in(codes[0])
