"""Replies to the customer that staff write on the page of a complaint are mailed, and the page says what became of
each."""

from smtplib import SMTPRecipientsRefused

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client, TestCase

from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import Company
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(cast, records):
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    return ComplaintFactory(
        company=cast.company,
        object=records.object.pk,
        desc="The lamp is dead",
        contact_email="karen@example.dk",
    )


@pytest.fixture
def alice(cast):
    client = Client()
    client.force_login(cast.alice)
    return client


def read(client, complaint) -> BeautifulSoup:
    return BeautifulSoup(client.get(f"/complaints/{complaint.pk}").content, "lxml")


def reply(client, complaint, text) -> str:
    """Write a reply on the page; what it causes is done as after the commit. Return the message."""
    sent = form_data(record_form(client.get(f"/complaints/{complaint.pk}").content))
    sent |= {"say-answer": text, "say-answer-send": "1"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = client.post(f"/complaints/{complaint.pk}/say/answer", sent, follow=True)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml").select_one(".notice p").get_text(strip=True)


def delivery_of(client, complaint) -> str:
    return read(client, complaint).select_one("#thread li .timeline-time").get_text(" ", strip=True)


def test_ten_replies_are_ten_mails_of_one_thread(lamp, alice, settings):
    settings.MAIL_LIMIT_COMPLAINT = ""
    composer = read(alice, lamp).select_one("#composer-answer .composer-delivery")
    assert composer.get_text(strip=True) == "Will be mailed to karen@example.dk, without attachments."
    for number in range(10):
        assert reply(alice, lamp, f"Reply {number}").startswith(
            "Reply saved. The mail to karen@example.dk is in the queue"
        )
    assert [message.to for message in mail.outbox] == [["karen@example.dk"]] * 10
    headers = [message.message() for message in mail.outbox]
    assert len({each["Message-ID"] for each in headers}) == 10
    assert len({each["References"] for each in headers}) == 1
    assert mail.outbox[3].body.startswith("Hello,\n\nReply 3\n\nThis is about your complaint no. ")
    assert mail.outbox[3].subject == f"Your complaint no. {lamp.number}"
    assert delivery_of(alice, lamp).startswith("Mailed to karen@example.dk, ")


def test_the_same_text_twice_is_two_mails(lamp, alice):
    for _time in range(2):
        reply(alice, lamp, "Still waiting.")
    assert len(mail.outbox) == 2


def test_without_an_address_the_composer_says_whom_to_call(cast, records, alice):
    phone = ComplaintFactory(
        company=cast.company, object=records.object.pk, contact_telephone="+45 5550 0123"
    )
    note = read(alice, phone).select_one("#composer-answer .composer-delivery").get_text(strip=True)
    assert note == "No e-mail address. Call +45 5550 0123."
    assert reply(alice, phone, "Soon") == "Reply saved. No e-mail was sent."
    nothing = ComplaintFactory(company=cast.company, object=records.object.pk)
    note = read(alice, nothing).select_one("#composer-answer .composer-delivery").get_text(strip=True)
    assert note == "No e-mail address and no phone number: the customer does not get this."
    assert mail.outbox == []


class RefusingBackend(BaseEmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"unknown")})


def test_a_failed_mail_says_so_and_is_sent_again(lamp, alice, settings):
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    reply(alice, lamp, "Try again")
    assert delivery_of(alice, lamp) == "Not mailed: SMTPRecipientsRefused 550."
    settings.EMAIL_BACKEND = working
    form = read(alice, lamp).select_one("#thread form[action$='/send']")
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert alice.post(form["action"]).status_code == 302
    assert len(mail.outbox) == 1
    assert delivery_of(alice, lamp).startswith("Mailed to karen@example.dk")
    alice.post(form["action"])
    assert len(mail.outbox) == 1  # sent already


def test_too_many_mails_are_not_sent_and_the_page_says_so(lamp, alice, settings):
    settings.MAIL_LIMIT_COMPLAINT = "1/day"
    reply(alice, lamp, "One")
    assert (
        reply(alice, lamp, "Two") == "Reply saved. Not mailed: too many mails were sent. Call the customer."
    )
    assert len(mail.outbox) == 1


def test_a_patch_mails_nobody(cast, lamp, key_of):
    with TestCase.captureOnCommitCallbacks(execute=True):
        ApiClient(key_of(cast.alice)).patch(f"/v2/complaints/{lamp.pk}", {"response": "By a script"})
    assert mail.outbox == []


def test_only_who_may_change_the_complaint_sends_again_and_sees_the_address(cast, lamp, alice):
    reply(alice, lamp, "Hello")
    message = type(lamp).objects.get(pk=lamp.pk).answers[0]["id"]
    address = f"/complaints/{lamp.pk}/messages/{message}/send"
    for who, status in ((cast.vera, 403), (cast.charlie, 404)):
        client = Client()
        client.force_login(who)
        assert client.post(address).status_code == status
    vera = Client()
    vera.force_login(cast.vera)
    assert "Mailed to" not in read(vera, lamp).select_one("#thread").get_text()
    assert alice.post(address.replace(message, "f" * 24)).status_code == 404
