"""Commands that set up an installation: a key, a company, a password, a superuser."""

import base64
import io
import re

import pytest
from django.core.management import CommandError, call_command

from backoffice.people import roles
from backoffice.people.models import ApiKey, Company, User
from backoffice.records.history import history_of


def run(*words, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command(*words, stdout=out, stderr=err, **options)
    return out.getvalue()


def test_create_api_key_prints_only_the_key_of_its_owner(cast):
    printed = run("create_api_key", "alice")
    assert re.fullmatch(r"ck_[0-9a-f]+_[\w-]+\n", printed)
    key = ApiKey.find(printed.strip())
    assert (key.owner_id, key.company_id, key.name) == (cast.alice.pk, cast.company.pk, "command line")
    assert "facility:write" in key.scopes
    assert history_of(key).get().via == "command"


def test_a_key_has_256_random_bits(cast):
    secrets = {run("create_api_key", "alice").strip().split("_", 2)[2] for _each in range(3)}
    assert len(secrets) == 3
    assert {len(base64.urlsafe_b64decode(f"{secret}=")) for secret in secrets} == {32}


def test_create_api_key_can_create_a_read_only_key(cast):
    key = ApiKey.find(run("create_api_key", "alice", "--name", "Night report", "--read-only").strip())
    assert key.name == "Night report"
    assert {"facility:read", "supportdesk:read", "people:read"} <= set(key.scopes)
    assert all(scope.endswith(":read") for scope in key.scopes)


def test_create_api_key_lists_the_users_if_the_owner_is_unknown(cast):
    with pytest.raises(CommandError, match=r"“alicia”.*alice, charlie"):
        run("create_api_key", "alicia")
    assert not ApiKey.objects.exists()


def test_create_api_key_refuses_an_invalid_name_with_a_message(cast):
    with pytest.raises(CommandError, match="255"):
        run("create_api_key", "alice", "--name", "n" * 256)


def test_start_company_creates_an_administrator_with_a_password_link(db, client):
    printed = run("start_company", "Sønderborg Drift", "Ida@Example.com", "--url", "http://testserver/")
    admin = User.objects.get(username="Ida@Example.com")
    assert (admin.company.name, admin.email, admin.roles) == (
        "Sønderborg Drift",
        "Ida@Example.com",
        [roles.ADMINISTRATOR],
    )
    assert not admin.has_usable_password()
    link = re.search(r"http://testserver(/\S+)", printed)[1]
    page = client.get(link, follow=True)
    address = page.redirect_chain[-1][0]
    words = {"new_password1": "moth-lantern-cobble", "new_password2": "moth-lantern-cobble"}
    client.post(address, words)
    assert client.login(username="Ida@Example.com", password="moth-lantern-cobble")
    again = client.get(link, follow=True)
    assert b"new_password1" not in again.content


def test_a_failed_start_company_leaves_nothing(cast):
    with pytest.raises(CommandError, match="Nothing was created"):
        run("start_company", "New & Co.", "no-address")
    with pytest.raises(CommandError, match="Nothing was created"):
        run("start_company", cast.company.name, "ida@example.com")
    assert not Company.objects.filter(name="New & Co.").exists()
    assert not User.objects.filter(username="ida@example.com").exists()


def test_the_link_uses_the_public_url(db, settings):
    settings.ALLOWED_HOSTS = ["*", "desk.example.com"]
    settings.SECURE_SSL_REDIRECT = True
    assert "  https://desk.example.com/password-reset/" in run("start_company", "One", "a@example.com")
    settings.SECURE_SSL_REDIRECT = False
    settings.ALLOWED_HOSTS = ["desk.example.com"]
    assert "  http://desk.example.com/password-reset/" in run("start_company", "Two", "b@example.com")
    settings.ALLOWED_HOSTS = ["*"]
    assert "  http://localhost:8000/password-reset/" in run("start_company", "Three", "c@example.com")


def answer_prompts(monkeypatch, *answers):
    given = iter(answers)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(given))


def test_changepassword_is_in_the_history_as_a_hash(cast, monkeypatch):
    answer_prompts(
        monkeypatch, "short", "short", "moth-lantern-cobble", "mismatch", *["moth-lantern-cobble"] * 2
    )
    assert "has been changed" in run("changepassword", "alice")
    alice = User.objects.get(pk=cast.alice.pk)
    assert alice.check_password("moth-lantern-cobble")
    row = history_of(alice).first()
    assert [entry["property"] for entry in row.changes] == ["password"]
    assert row.changes[0]["new"].startswith("hmac:")
    assert (row.via, row.version) == ("command", 2)


def test_changepassword_stops_after_three_attempts(cast, monkeypatch):
    answer_prompts(monkeypatch, *["short"] * 6)
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("changepassword", "alice")
    with pytest.raises(CommandError, match="alicia"):
        run("changepassword", "alicia")
    assert history_of(cast.alice).count() == 1
