"""Sign-in names: no two that look alike, each found in any spelling, and throttled once for all its
spellings."""

import importlib
import io
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client

from backoffice.accounts.checks import find_same_usernames
from backoffice.accounts.tests.conftest import try_password
from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.db.object_ids import new_object_id
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people import roles
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.people.usernames import email_key, lookalike_keys, normalize_username, username_key
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("behind_proxy"), pytest.mark.slow]
COMMAND = ChangeContext(Channel.COMMAND)
TWINS = {
    "case": "ALICE",
    "accent": "Álicé",
    "width": "ａｌｉｃｅ",
    "Cyrillic": "\u0430lic\u0435",
    "dotless i": "al\u0131ce",
    "Greek": "\u03b1l\u03b9ce",
    "Roman numeral": "al\u2170ce",
    "script letters": "𝒶𝓁𝒾𝒸ℯ",
    "invisible": "ali\u3164ce",
    "Cyrillic capital": "\u0410LICE",
}


@pytest.fixture
def ada(cast, as_user):
    """The browser of an administrator who has just entered her password."""
    return as_user(cast.ada)


def sign_in(username, password=PASSWORD):
    client = Client()
    response = try_password(client, username, password)
    return client.session.get("_auth_user_id") if response.status_code == 302 else None


@pytest.mark.attack
@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS)
def test_a_username_that_looks_like_another_is_refused(cast, twin):
    with pytest.raises(ValidationError, match="already exists") as errors:
        UserFactory(username=twin, company=cast.elsewhere)
    assert "username" in errors.value.error_dict
    with pytest.raises(ValidationError, match="already exists"):
        services.update(cast.sven, {"username": twin}, actor=cast.ada, context=COMMAND)


def test_ascii_letters_are_distinct():
    for one, other in (("al1", "all"), ("bo0", "boo"), ("arne", "ame"), ("sl_1", "sl-1")):
        assert not lookalike_keys(one) & lookalike_keys(other)


def test_a_cyrillic_capital_that_looks_latin_is_an_error(cast):
    UserFactory(username="karl", company=cast.company)
    with pytest.raises(ValidationError, match="already exists"):
        UserFactory(username="\u041aarl", company=cast.company)


def test_keys_of_long_names_fit_their_column():
    assert len(username_key("\ufdfa" * 150)) <= 200
    assert username_key("\ufdfa" * 150) != username_key("\ufdfa" * 149)


@pytest.mark.attack
def test_no_channel_creates_a_look_alike_username(cast, ada, tmp_path):
    # In the browser.
    sent = form_data(record_form(ada.get("/users/new").content)) | {"username": "Alice"}
    assert "already exists" in ada.post("/users/new", sent).content.decode()
    page = f"/users/{cast.sven.pk}"
    sent = form_data(record_form(ada.get(page).content)) | {"username": "ÁLICE"}
    assert "already exists" in ada.post(page, sent).content.decode()
    # In the administration.
    assert "already exists" in save_form(ada, admin_url(User, "add"), username="\u0430lice").content.decode()
    # By command.
    with pytest.raises(CommandError, match="already exists"):
        call_command("start_company", "Another", "ALICE", stdout=io.StringIO())
    with pytest.raises((CommandError, ValidationError, IntegrityError)):
        call_command("createsuperuser", "--noinput", "--username", "AliCe", "--email", "a@example.com")
    # By import: a twin of an existing user, and two new twins.
    file = tmp_path / "users.json"
    for names in (["Alice"], ["nora", "NORA"]):
        documents = [
            {"_id": new_object_id(), "companyId": cast.company.pk, "username": name} for name in names
        ]
        file.write_text(json.dumps(documents))
        with pytest.raises(CommandError):
            call_command("import_documents", "users", str(file), stdout=io.StringIO())
    assert User.objects.filter(username_key="alice").count() == 1
    assert not User.objects.filter(username__in=["nora", "NORA"]).exists()


def test_of_two_simultaneous_look_alikes_one_is_created(cast, monkeypatch):
    """The second is planned before the first is written; the unique column rejects it."""
    check = User._check_username

    def late(self, planned):
        monkeypatch.setattr(User, "_check_username", check)
        found = check(self, planned)
        UserFactory(username="nora", company=cast.elsewhere)
        return found

    monkeypatch.setattr(User, "_check_username", late)
    with pytest.raises(ValidationError, match="already exists"):
        UserFactory(username="NORA", company=cast.company)


def test_usernames_are_stored_normalised_and_can_sign_in(cast, ada):
    for name, first in (("team\u00b5", "Team"), ("\ufb01nn", "Finn")):
        sent = form_data(record_form(ada.get("/users/new").content))
        ada.post("/users/new", sent | {"username": name, "first_name": first})
    team, finn = User.objects.get(first_name="Team"), User.objects.get(first_name="Finn")
    assert (team.username, finn.username) == ("team\u03bc", "finn")
    for user, typed in ((team, "team\u00b5"), (team, "TEAM\u03bc"), (finn, "\ufb01nn"), (finn, "FINN")):
        User._base_manager.filter(pk=user.pk).update(password=cast.alice.password)
        assert sign_in(typed) == user.pk


def test_a_username_of_an_older_version_signs_in_and_stays_unchanged(cast, ada):
    """NFKC would change the name; a change of another property does not."""
    old = UserFactory(username="old", company=cast.company)
    User._base_manager.filter(pk=old.pk).update(username="team\u00b5")
    importlib.import_module("backoffice.people.migrations.0009_names_to_sign_in_by").fill(
        apps, SimpleNamespace(connection=connection)
    )
    assert sign_in("team\u00b5") == old.pk
    page = f"/users/{old.pk}"
    ada.post(page, form_data(record_form(ada.get(page).content)) | {"first_name": "Old"})
    found = User.objects.get(pk=old.pk)
    assert (found.username, found.first_name) == ("team\u00b5", "Old")


def test_sign_in_by_username_in_any_case_or_by_the_address_of_one_active_user(cast):
    for name in ("alice", "Alice", "ALICE", "ａｌｉｃｅ", "alice@example.com", "Alice@Example.COM"):
        assert sign_in(name) == cast.alice.pk, name
    assert sign_in("alice", "wrong") is None
    # An empty address finds no user.
    services.update(cast.vera, {"email": ""}, actor=cast.ada, context=COMMAND)
    for nothing in ("-", " ", "\u3164", "@", "\x00", "a\x00lice", "x" * 300):
        assert sign_in(nothing) is None


@pytest.mark.attack
def test_no_user_can_take_an_address_that_another_signs_in_with(cast, ada):
    other_user = UserFactory(username="stranger", company=cast.elsewhere, password=make_password("strange"))
    # As an e-mail address: of a new user, of an older one, and as a username too.
    UserFactory(username="second", company=cast.elsewhere, email="sven@EXAMPLE.com")
    User._base_manager.filter(pk=other_user.pk).update(created_at=cast.sven.created_at - timedelta(days=9))
    other_user = User.objects.get(pk=other_user.pk)
    for values in ({"email": "Sven@example.com"}, {"username": "sven@example.com"}):
        planned = services.update(
            User.objects.get(pk=other_user.pk), values, actor=Installation(), context=COMMAND
        )
        assert sign_in("sven@example.com") == sign_in("SVEN@example.com") == cast.sven.pk
        assert sign_in("sven@example.com", "strange") is None
    # An e-mail address does not take over another user's username either.
    services.update(cast.vera, {"email": planned.record.username}, actor=cast.ada, context=COMMAND)
    ida = UserFactory(username="ida@example.com", company=cast.company, email="ida@example.com")
    services.update(cast.vera, {"email": "ida@example.com"}, actor=cast.ada, context=COMMAND)
    assert sign_in("ida@example.com") == ida.pk
    # A deactivated user blocks no other; a reactivated user gets the address back, unless they gave it up.
    services.update(ida, {"is_active": False}, actor=cast.ada, context=COMMAND)
    assert sign_in("ida@example.com") == cast.vera.pk
    services.update(User.objects.get(pk=ida.pk), {"is_active": True}, actor=cast.ada, context=COMMAND)
    assert sign_in("ida@example.com") == ida.pk
    services.update(
        User.objects.get(pk=ida.pk), {"username": "ida", "email": ""}, actor=cast.ada, context=COMMAND
    )
    services.update(
        User.objects.get(pk=ida.pk), {"email": "ida@example.com"}, actor=cast.ada, context=COMMAND
    )
    assert sign_in("ida@example.com") == cast.vera.pk


@pytest.mark.attack
@pytest.mark.parametrize(
    "name", ["alice@example.com", "ALICE@example.com", "ａlice@example.com", "new@example.com"]
)
def test_a_username_is_never_the_address_of_another_user(cast, name):
    for email in ("", "other@example.com"):
        with pytest.raises(ValidationError, match="must be the user's own"):
            UserFactory(username=name, email=email, company=cast.elsewhere)
        with pytest.raises(ValidationError, match="must be the user's own"):
            services.update(cast.sven, {"username": name, "email": email}, actor=cast.ada, context=COMMAND)
    own = UserFactory(username="bo@example.com", email="Bo@example.com", company=cast.elsewhere)
    with pytest.raises(ValidationError, match="must be the user's own"):
        services.update(own, {"email": name}, actor=Installation(), context=COMMAND)
    # One that is older than the rule does not sign in either, and stays until it is changed.
    User._base_manager.filter(pk=own.pk).update(username=name, username_key=username_key(name))
    if "alice" in email_key(name):
        assert User.objects.find_by_sign_in_name("alice@example.com") == cast.alice
    services.update(User.objects.get(pk=own.pk), {"first_name": "Bo"}, actor=Installation(), context=COMMAND)


@pytest.mark.attack
def test_a_shared_address_gives_no_more_attempts(cast, clock):
    UserFactory(username="second", company=cast.elsewhere, email="alice@example.com")
    names = ["alice", "alice@example.com"] * 3
    answers = [
        try_password(Client(), name, address=f"192.0.2.{place}").status_code
        for place, name in enumerate(names)
    ]
    assert answers == [200] * 5 + [429]
    # A successful sign-in of the second resets no counter of the first.
    assert try_password(Client(), "second", PASSWORD).status_code == 302
    assert try_password(Client(), "alice@example.com", address="198.51.100.7").status_code == 429


def test_a_shared_address_of_an_older_version_belongs_to_its_oldest_user(cast):
    second = UserFactory(username="second", company=cast.elsewhere, email="alice@example.com")
    User._base_manager.filter(pk=second.pk).update(created_at=cast.alice.created_at - timedelta(days=9))
    importlib.import_module("backoffice.people.migrations.0011_email_since").fill(
        apps, SimpleNamespace(connection=connection)
    )
    assert User.objects.find_by_sign_in_name("alice@example.com") == second


@pytest.mark.attack
def test_all_names_of_an_account_share_the_attempts(cast, clock):
    client = Client()
    names = ["alice", "ALICE", "alice@example.com", "\u0430lice", "Alice@Example.com", "ａlice"]
    answers = [
        try_password(client, name, address=f"192.0.2.{place}").status_code for place, name in enumerate(names)
    ]
    assert answers == [200] * 5 + [429]
    for name in names:
        assert try_password(Client(), name, PASSWORD, "198.51.100.7").status_code == 429


@pytest.mark.attack
def test_attempts_at_unknown_usernames_are_counted_alike(cast, clock):
    names = ["nobody", "NOBODY", "n\u043ebody", "Nóbody", "ｎobody", "nobody"]
    answers = [
        try_password(Client(), name, address=f"192.0.2.{place}").status_code
        for place, name in enumerate(names)
    ]
    assert answers == [200] * 5 + [429]


# Twins that are older than the rule.


@pytest.fixture
def look_alikes(cast):
    """`Alice` and `ÁLICE` of another company, like `alice`: created before the rule."""
    found = []
    for place, name in enumerate(("Alice", "\u00c1LICE")):
        user = UserFactory(username=f"twin{place}", company=cast.elsewhere)
        User._base_manager.filter(pk=user.pk).update(username=name)
        found.append(user)
    User._base_manager.update(username_key=None, email_key=None)
    importlib.import_module("backoffice.people.migrations.0009_names_to_sign_in_by").fill(
        apps, SimpleNamespace(connection=connection)
    )
    return found


def test_the_migration_keeps_look_alikes_and_the_check_lists_them(cast, look_alikes):
    assert find_same_usernames() == [["alice", "Alice", "\u00c1LICE"]]
    warnings = [str(found) for found in checks.run_checks(databases=["default"]) if found.id == "signin.W001"]
    assert len(warnings) == 1 and "“alice” and “Alice” and “ÁLICE”" in warnings[0]
    written = io.StringIO()
    call_command("check_database", "--migrated", stdout=io.StringIO(), stderr=written)
    assert "“alice” and “Alice” and “ÁLICE” count as the same. Rename all but one" in written.getvalue()
    assert sign_in("alice") == cast.alice.pk
    assert sign_in("Alice") == look_alikes[0].pk
    assert sign_in("aLICE") == cast.alice.pk  # the oldest of them
    with pytest.raises(ValidationError, match="already exists"):
        UserFactory(username="aLiCe", company=cast.company)


@pytest.mark.attack
def test_an_older_look_alike_does_not_open_the_other_account(cast, look_alikes, clock):
    """A successful sign-in of one look-alike gives no more attempts at the other, with or without its known
    browser."""
    twin = Client()
    attempts = 0
    for _round in range(4):
        assert try_password(twin, "Alice", PASSWORD, "198.51.100.9").status_code == 302
        twin.post("/sign-out")
        attempts += sum(
            try_password(twin, "alice", address="203.0.113.9").status_code == 200 for _try in range(4)
        )
    assert attempts == 5


def test_a_look_alike_can_take_the_name_when_it_is_free(cast, look_alikes):
    services.update(cast.alice, {"username": "alicia"}, actor=cast.ada, context=COMMAND)
    assert find_same_usernames() == [["Alice", "\u00c1LICE"]]
    assert sign_in("alice") == look_alikes[0].pk
    with pytest.raises(ValidationError, match="already exists"):
        UserFactory(username="alice", company=cast.company)
    services.delete(User.objects.get(pk=look_alikes[0].pk), actor=Installation(), context=COMMAND)
    assert find_same_usernames() == [] and sign_in("alice") == look_alikes[1].pk


@pytest.mark.attack
def test_a_known_browser_is_bound_to_the_user_not_to_the_username(cast, clock):
    """A user who takes over a name does not take over its former owner's browsers, nor can the former owner
    block the new one."""
    owner = Client()
    assert try_password(owner, "alice", PASSWORD).status_code == 302
    owner.post("/sign-out")
    services.update(cast.alice, {"username": "alicia"}, actor=cast.ada, context=COMMAND)
    UserFactory(username="alice", company=cast.company, roles=[roles.VIEWER])
    for _try in range(6):
        try_password(Client(), "alicia", address="203.0.113.9")
        try_password(Client(), "alice", address="203.0.113.9")
    assert try_password(owner, "alice", PASSWORD).status_code == 429
    assert try_password(owner, "alicia", PASSWORD).status_code == 302


def test_username_keys_follow_every_change_of_a_username(cast):
    services.update(
        cast.alice, {"username": "Søren", "email": "S@Example.com"}, actor=cast.ada, context=COMMAND
    )
    found = User.objects.get(pk=cast.alice.pk)
    assert (found.username_key, found.email_key) == ("soren", "s@example.com")
    assert normalize_username("Søren") == "Søren"
    call_command("redact", "user", cast.alice.pk, stdout=io.StringIO())
    found = User.objects.get(pk=cast.alice.pk)
    assert (found.username_key, found.email_key) == (username_key(found.username), None)
