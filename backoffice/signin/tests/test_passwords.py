"""A password that is easily guessed is refused at every door where one is chosen."""

from io import StringIO

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.people.management.commands import changepassword
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
WEAK = ["short1", "1234567890123", "password123", "vera@example.com"]


def by_oneself(cast, monkeypatch, password):
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


@pytest.mark.parametrize("door", [by_oneself, by_mail, by_admin, by_command, by_createsuperuser])
def test_weak_passwords_are_refused(door, cast, monkeypatch):
    for password in WEAK:
        assert not door(cast, monkeypatch, password), password
    assert User.objects.get(pk=cast.vera.pk).check_password(PASSWORD)
    assert door(cast, monkeypatch, "moth-lantern-cobble")


def test_the_demo_refuses_them_too(cast, monkeypatch):
    assert not any(by_demo(cast, monkeypatch, password) for password in WEAK[:3])
    assert not User.objects.filter(username="admin").exists()
