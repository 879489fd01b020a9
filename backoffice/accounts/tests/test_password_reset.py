"""Password reset links: they work once, for users who may sign in, and use the public URL."""

import io
import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from backoffice.accounts.tests.conftest import request_reset_mail
from backoffice.people.models import User
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.web.views import auth

pytestmark = pytest.mark.django_db
NEW, OTHER = "a whole new sentence", "another whole sentence"


@pytest.fixture
def link(cast, mailoutbox):
    request_reset_mail(Client(), "alice@example.com")
    return re.search(r"https?://[^/]+(/password-reset/\S+)", mailoutbox[0].body)[1]


def open_link(link):
    client = Client()
    client.address = client.get(link)["Location"]
    return client


def choose_password(client, password):
    return client.post(client.address, {"new_password1": password, "new_password2": password})


@pytest.mark.attack
def test_a_link_works_once_in_simultaneous_requests(cast, link, monkeypatch):
    """The second request arrives while the first is hashing the password."""
    first, second = open_link(link), open_link(link)
    hashed, answers = auth.make_password, []

    def slow(password):
        monkeypatch.setattr(auth, "make_password", hashed)
        answers.append(choose_password(second, OTHER))
        return hashed(password)

    monkeypatch.setattr(auth, "make_password", slow)
    answers.append(choose_password(first, NEW))
    assert [answer.status_code for answer in answers] == [302, 409]
    assert "has been used" in answers[1].content.decode()
    assert User.objects.get(pk=cast.alice.pk).check_password(OTHER)


@pytest.mark.attack
def test_a_link_works_once_in_successive_requests(cast, link):
    first, second, late = open_link(link), open_link(link), Client()
    assert choose_password(first, NEW).status_code == 302
    for client in (first, second):
        assert choose_password(client, OTHER).status_code == 200
        assert "has been used" in client.get(client.address).content.decode()
    assert "has been used" in late.get(link).content.decode()
    assert User.objects.get(pk=cast.alice.pk).check_password(NEW)


@pytest.mark.attack
def test_the_link_of_a_new_company_works_once(db):
    output = io.StringIO()
    call_command("start_company", "Sonne AG", "ida@example.com", stdout=output)
    link = re.search(r"https?://[^/]+(/password-reset/\S+)", output.getvalue())[1]
    first, second = open_link(link), open_link(link)
    assert [
        choose_password(client, word).status_code for client, word in ((first, NEW), (second, OTHER))
    ] == [
        302,
        200,
    ]
    assert User.objects.get(username="ida@example.com").check_password(NEW)


@pytest.mark.attack
def test_a_session_opens_the_page_of_its_own_link_only(cast, link):
    client = open_link(link)
    for user in (cast.sven, UserFactory(username="new", company=cast.company)):
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        page = client.get(f"/password-reset/{uid}/set-password")
        assert "has been used" in page.content.decode()


@pytest.mark.attack
@pytest.mark.parametrize("values", [{"is_active": False}, {"status": 2}])
def test_users_who_may_not_sign_in_cannot_choose_a_password(cast, link, values, mailoutbox):
    client = open_link(link)
    services.update(cast.alice, values, actor=Installation(), context=ChangeContext(Channel.COMMAND))
    before = User.objects.get(pk=cast.alice.pk).password
    choose_password(client, NEW)
    assert User.objects.get(pk=cast.alice.pk).password == before
    request_reset_mail(Client(), "alice@example.com")
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("uid", ["!!", "MTIz", "x" * 300, "w6Y", "AA"])
def test_an_invalid_link_shows_an_error(db, uid):
    assert "has been used" in Client().get(f"/password-reset/{uid}/set-password").content.decode()
