"""Invitations of new users: from the button to the first sign-in."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client, TestCase

from backoffice.accounts import invitations
from backoffice.accounts.tests.conftest import try_password
from backoffice.people.models import Company, User
from backoffice.people.roles import FACILITY_STAFF
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records.fields import now
from backoffice.records.history import history_of

pytestmark = pytest.mark.django_db
NEW = "a whole new sentence"


@pytest.fixture
def erik(cast):
    """A new user without a password."""
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    return UserFactory(
        username="erik",
        first_name="Erik",
        company=cast.company,
        email="erik@example.com",
        password=make_password(None),
        roles=[FACILITY_STAFF],
    )


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def press(client, user, name) -> int:
    """Press a button of the user's page; what it causes is done as after the commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(f"/users/{user.pk}/act/{name}").status_code


def read_page(client, user) -> str:
    return BeautifulSoup(client.get(f"/users/{user.pk}").content, "lxml").get_text(" ", strip=True)


def link_in(message) -> str:
    return re.search(r"http://testserver(/invitation/\S+)", message.body)[1]


def open_link(link) -> tuple[Client, str, BeautifulSoup]:
    """Return a browser, the address of the form, and the page."""
    browser = Client()
    response = browser.get(link, follow=True)
    address = response.redirect_chain[-1][0] if response.redirect_chain else link
    return browser, address, BeautifulSoup(response.content, "lxml")


def test_a_new_user_is_invited_and_signs_in(cast, erik, ada):
    assert "Not invited yet." in read_page(ada, erik)
    assert press(ada, erik, "invite") == 302
    (message,) = mail.outbox
    assert message.to == ["erik@example.com"]
    assert message.subject == "Your Caretaker account"
    assert "Ada has created a Caretaker account for you at Hansen Service A/S." in message.body
    assert "Your username is erik." in message.body
    assert "Sent to erik@example.com on" in read_page(ada, erik)
    entry = history_of(erik).first()
    assert (entry.action, entry.who, entry.via) == ("invite", "Ada", "browser")

    browser, address, page = open_link(link_in(message))
    text = page.get_text(" ", strip=True)
    assert "Ada has invited you to Hansen Service A/S." in text
    rights = {row.dt.get_text(): row.dd.get_text() for row in page.select(".permission-list div")}
    assert rights["Complaints"] == "View, Create, Change, Delete"
    assert "Users" in rights and "Change" not in rights["Users"]
    assert "Support cases" not in rights
    too_short = browser.post(address, {"new_password1": "short", "new_password2": "short"})
    assert too_short.status_code == 200
    assert browser.post(address, {"new_password1": NEW, "new_password2": NEW})["Location"] == "/sign-in"
    assert "Your password has been saved. Sign in with it." in browser.get("/sign-in").content.decode()
    assert try_password(browser, "erik", NEW)["Location"] == "/"
    assert "Send invitation" not in read_page(ada, erik)


def is_refused(link) -> bool:
    _browser, _address, page = open_link(link)
    return "This invitation has been used or has expired" in page.get_text()


def test_a_link_works_once_even_in_two_browsers(erik, ada):
    press(ada, erik, "invite")
    link = link_in(mail.outbox[0])
    (one, address, _page), (two, _address, _page) = open_link(link), open_link(link)
    assert one.post(address, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    late = two.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert late.status_code != 302
    assert User.objects.get(pk=erik.pk).check_password(NEW)
    assert is_refused(link)


@pytest.mark.parametrize("how", ["again", "withdrawn", "a week", "another address", "inactive", "archived"])
def test_a_link_ends(how, cast, erik, ada, monkeypatch):
    press(ada, erik, "invite")
    link = link_in(mail.outbox[0])
    opened, address, _page = open_link(link)
    assert not is_refused(link)
    if how == "again":
        press(ada, erik, "invite")
        assert not is_refused(link_in(mail.outbox[1]))
    elif how == "withdrawn":
        assert press(ada, erik, "withdraw-invitation") == 302
        assert "Not invited yet." in read_page(ada, erik)
    elif how == "a week":
        later = now() + timedelta(days=7, seconds=1)
        monkeypatch.setattr(invitations, "now", lambda: later)
        assert "The invitation has expired. Send it again." in read_page(ada, erik)
    elif how == "another address":
        User._base_manager.filter(pk=erik.pk).update(email="else@example.com")
    else:
        User._base_manager.filter(pk=erik.pk).update(
            **{"inactive": {"is_active": False}, "archived": {"status": 2}}[how]
        )
    assert is_refused(link)
    response = opened.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert response.status_code == 200
    assert not User.objects.get(pk=erik.pk).has_usable_password()


def test_a_withdrawn_invitation_cannot_be_restored_by_undo(erik, ada):
    press(ada, erik, "invite")
    press(ada, erik, "withdraw-invitation")
    version = User.objects.get(pk=erik.pk).version
    ada.post(f"/users/{erik.pk}/undo/{version}")
    assert User.objects.get(pk=erik.pk).invited_at is None
    assert is_refused(link_in(mail.outbox[0]))


def test_only_users_without_a_password_can_be_invited(cast, erik, ada):
    assert press(ada, cast.alice, "invite") in (403, 404)
    User._base_manager.filter(pk=erik.pk).update(email="")
    assert "This user has no e-mail address." in read_page(ada, erik)
    assert press(ada, erik, "invite") in (403, 404)
    assert mail.outbox == []


def test_only_who_may_change_users_invites(cast, erik, client):
    for other, status in ((cast.alice, 403), (cast.charlie, 404)):
        client.force_login(other)
        assert press(client, erik, "invite") == status
    assert mail.outbox == []


def test_administrators_invite_several_users_at_once(cast, erik, ada):
    sent = {"action": "invite", "_selected_action": [erik.pk, cast.alice.pk]}
    with TestCase.captureOnCommitCallbacks(execute=True):
        report = ada.post("/admin/people/user/", sent).content.decode()
    assert "This user has a password already." in report
    assert [message.to for message in mail.outbox] == [["erik@example.com"]]
    assert history_of(erik).first().action == "invite"


class RefusingBackend(BaseEmailBackend):
    def send_messages(self, messages):
        from smtplib import SMTPRecipientsRefused

        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"unknown")})


def test_a_failed_mail_is_shown_and_can_be_sent_again(erik, ada, settings):
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    press(ada, erik, "invite")
    text = read_page(ada, erik)
    assert "could not be sent: SMTPRecipientsRefused 550" in text
    assert "Sent to" not in text
    settings.EMAIL_BACKEND = working
    press(ada, erik, "invite")
    assert "Sent to erik@example.com on" in read_page(ada, erik)


def test_a_queued_mail_is_not_called_sent(erik, ada):
    ada.post(f"/users/{erik.pk}/act/invite")  # without the work after the commit
    text = read_page(ada, erik)
    assert "The mail to erik@example.com is in the queue." in text or "Sent to" in text
    assert ("Sent to" in text) == bool(mail.outbox)


def test_without_a_mail_server_nobody_is_invited(erik, ada, settings):
    settings.EMAIL_BACKEND = "config.mail_backends.UnconfiguredBackend"
    assert "This installation sends no mail." in read_page(ada, erik)
    assert press(ada, erik, "invite") in (403, 404)
    report = ada.post("/admin/people/user/", {"action": "invite", "_selected_action": [erik.pk]})
    assert "This installation sends no mail." in report.content.decode()


def test_the_mail_is_in_the_language_of_the_company(cast, erik, ada):
    Company._base_manager.filter(pk=cast.company.pk).update(language="de")
    press(ada, erik, "invite")
    assert mail.outbox[0].subject == "Ihr Caretaker-Konto"
