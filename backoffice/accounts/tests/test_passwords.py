"""Weak passwords are refused wherever a password is chosen."""

import time
from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.people.management.commands import changepassword
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
WEAK = ["short1", "1234567890123", "password123", "vera@example.com", "veraveravera", "Vera-2026-Vera!"]


def by_user(cast, monkeypatch, password):
    client = Client()
    client.force_login(cast.vera)
    sent = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    return client.post("/account/password", sent).status_code == 302


def by_mail(cast, monkeypatch, password):
    client = Client()
    uid = urlsafe_base64_encode(force_bytes(cast.vera.pk))
    token = default_token_generator.make_token(User.objects.get(pk=cast.vera.pk))
    address = client.get(f"/password-reset/{uid}/{token}")["Location"]
    return client.post(address, {"new_password1": password, "new_password2": password}).status_code == 302


def by_admin(cast, monkeypatch, password):
    client = Client()
    client.force_login(cast.ada)
    address = f"/admin/people/user/{cast.vera.pk}/password/"
    return client.post(address, {"new_password1": password, "new_password2": password}).status_code == 302


def _by_command(*words, **how):
    try:
        call_command(*words, stdout=StringIO(), stderr=StringIO(), **how)
    except CommandError:
        return False
    return True


def by_command(cast, monkeypatch, password):
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda self, prompt="": password)
    return _by_command("changepassword", "vera")


def by_createsuperuser(cast, monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    return _by_command("createsuperuser", username="vera2", email="vera@example.com", interactive=False)


def by_demo(cast, monkeypatch, password):
    return _by_command("demo", "--password", password)


@pytest.mark.parametrize("channel", [by_user, by_mail, by_admin, by_command, by_createsuperuser])
def test_weak_passwords_are_refused(channel, cast, monkeypatch):
    for password in WEAK:
        assert not channel(cast, monkeypatch, password), password
    assert User.objects.get(pk=cast.vera.pk).check_password(PASSWORD)
    assert channel(cast, monkeypatch, "moth-lantern-cobble")


def test_the_demo_command_refuses_weak_passwords(cast, monkeypatch):
    assert not any(by_demo(cast, monkeypatch, password) for password in (*WEAK[:3], "Caretaker2026"))
    assert not User.objects.filter(username="admin").exists()


# Public knowledge about a person.


@pytest.fixture
def sven(cast):
    """Sven Ågård of Nordlys ApS, who signs in as `svag`."""
    cast.company.name = "Nordlys ApS"
    return User(
        username="svag", first_name="Sven", last_name="Ågård", email="sa@lysnord.dk", company=cast.company
    )


@pytest.mark.attack
@pytest.mark.parametrize(
    "password",
    [
        "svensvensven", "SvenSvenSven1", "Nordlys2026!", "nordlys-nordlys", "2026Nordlys2026", "Agard-Sven-1977", "svenågård99",
        "svag.svag.svag", "nevsnevsnev1", "5v3n5v3n5v3n", "N0rdly5!!2026", "lysnord.dk-12", "Sven@Nordlys", "CaretakerCaretaker",
        "sven  sven  sven", "abcabcabcabc", "..........aa",
    ],
)  # fmt: skip
def test_a_password_must_not_consist_of_the_users_names(sven, password):
    with pytest.raises(ValidationError):
        validate_password(password, sven)


@pytest.mark.parametrize(
    "password", ["sven likes lanterns", "moth-lantern-cobble", "Nordlys har fem heste", "q7Hxz!pL2mWd"]
)
def test_a_name_within_other_words_is_allowed(sven, password):
    validate_password(password, sven)


@pytest.mark.parametrize(
    "language, words",
    [("en", "at least 10 characters"), ("da", "mindst 10 tegn"), ("de", "mindestens 10 Zeichen")],
)
def test_every_password_form_states_the_rules_in_one_sentence(cast, as_user, language, words):
    for person, page in (
        (cast.vera, "/account/password"),
        (cast.ada, f"/admin/people/user/{cast.vera.pk}/password/"),
    ):
        client = as_user(person)
        client.cookies["django_language"] = language
        text = client.get(page).content.decode()
        assert text.count(words) == 1
        assert "similar" not in text and "entirely numeric" not in text


@pytest.mark.slow
@pytest.mark.attack
def test_a_long_password_is_validated_quickly(sven):
    """(Up to the longest that a form accepts.)"""
    for text in ("a" * 500_000 + "b", "ab" * 250_000 + "!", "sven" * 100_000):
        at = time.monotonic()
        with pytest.raises(ValidationError):
            validate_password(text, sven)
        assert time.monotonic() - at < 20
