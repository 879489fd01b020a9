"""Mails about cases: who gets them, what the page says, and that nobody gets two about one event."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.test import TestCase

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import run_due
from backoffice.notifications import services as notifications
from backoffice.people.models import Company
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from facility.tests.test_reply_mails import RefusingBackend
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)


def update(record, **values):
    actor = Installation(record.home_company_id())
    return services.update(type(record)._base_manager.get(pk=record.pk), values, actor=actor, context=COMMAND)


@pytest.fixture
def case(cast):
    """A case that Rikke, a reseller's employee, reported for a customer."""
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    update(cast.rikke, email="rikke@example.dk")
    update(cast.resold, email="customer@example.dk", phone="+45 5550 0123")
    return SupportCaseFactory(
        company=cast.company, customer=cast.resold.pk, employee=cast.rikke.pk, name="TV"
    )


def reply(client, case, text="Restart it", name="answer"):
    url = f"/cases/{case.pk}"
    sent = form_data(record_form(client.get(url).content))
    sent |= {f"say-{name}": text, f"say-{name}-send": "1"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = client.post(f"{url}/say/{name}", sent, follow=True)
    return BeautifulSoup(response.content, "lxml").select_one(".notice p").get_text(strip=True)


def read(client, case, selector) -> str:
    page = BeautifulSoup(client.get(f"/cases/{case.pk}").content, "lxml")
    return page.select_one(selector).get_text(" ", strip=True)


def read_composer(client, case) -> str:
    return read(client, case, "#composer-answer .composer-delivery")


def test_the_reseller_who_reported_a_case_gets_the_reply(cast, case, as_user):
    sven = as_user(cast.sven)
    assert read_composer(sven, case) == "Will be mailed to rikke@example.dk, without attachments."
    assert reply(sven, case).startswith("Reply saved. The mail to rikke@example.dk is in the queue")
    assert [message.to for message in mail.outbox] == [["rikke@example.dk"]]
    assert mail.outbox[0].subject == f"Your case no. {case.number}: TV"
    assert read(sven, case, "#thread li .timeline-time").startswith("Mailed to rikke@example.dk, ")


def test_the_customer_gets_the_reply_if_a_colleague_reported_the_case(cast, case, as_user):
    sven = as_user(cast.sven)
    update(case, employee=cast.sven.pk)
    assert read_composer(sven, case) == "Will be mailed to customer@example.dk, without attachments."
    reply(sven, case)
    assert [message.to for message in mail.outbox] == [["customer@example.dk"]]


def test_a_reseller_who_does_not_see_the_case_any_more_gets_nothing(cast, case, as_user):
    sven = as_user(cast.sven)
    other = CustomerFactory(company=cast.company, name="Another reseller")
    update(cast.resold, parent_reseller=other.pk)
    assert read_composer(sven, case) == "Will be mailed to customer@example.dk, without attachments."
    update(cast.resold, parent_reseller=cast.reseller.pk)
    update(cast.rikke, is_active=False)
    assert read_composer(sven, case) == "Will be mailed to customer@example.dk, without attachments."


def test_without_an_address_the_composer_says_whom_to_call(cast, case, as_user):
    sven = as_user(cast.sven)
    update(case, employee=cast.sven.pk)
    update(cast.resold, email="")
    assert read_composer(sven, case) == "No e-mail address. Call +45 5550 0123."
    assert reply(sven, case) == "Reply saved. No e-mail was sent."
    update(case, customer=None)
    note = "No e-mail address and no phone number: the customer does not get this."
    assert read_composer(sven, case) == note
    assert mail.outbox == []


def test_a_failed_mail_says_so_and_is_sent_again(cast, case, as_user, settings):
    sven, working = as_user(cast.sven), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{RefusingBackend.__module__}.RefusingBackend"
    reply(sven, case)
    assert read(sven, case, "#thread li .timeline-time") == "Not mailed: SMTPRecipientsRefused 550."
    settings.EMAIL_BACKEND = working
    message = SupportCase.objects.get(pk=case.pk).answers[0]["id"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert sven.post(f"/cases/{case.pk}/messages/{message}/send").status_code == 302
    assert len(mail.outbox) == 1
    assert read(sven, case, "#thread li .timeline-time").startswith("Mailed to rikke@example.dk")


def send_waiting_mails() -> list:
    QueuedJob.objects.update(due_at=now() - timedelta(seconds=1))
    run_due()
    return mail.outbox


def test_nobody_gets_two_mails_about_one_reply(cast, case, as_user):
    """A reseller's employee who chose to be mailed about replies gets the reply itself, and no notification by mail."""
    notifications.choose(
        cast.rikke, notifications.choices_of(cast.rikke) | {"replied": "mail", "finished": "mail"}
    )
    sven = as_user(cast.sven)
    reply(sven, case)
    with TestCase.captureOnCommitCallbacks(execute=True):
        sven.post(f"/cases/{case.pk}/act/solve")
    assert [message.subject for message in send_waiting_mails()] == [
        f"Your case no. {case.number}: TV",
        f"Your case no. {case.number} is solved: TV",
    ]


def test_a_comment_notifies_who_reported_the_case_without_its_text(cast, case, as_user):
    sven = as_user(cast.sven)
    assert reply(sven, case, "Which model is it?", "comment") == "Comment added."
    (message,) = send_waiting_mails()
    assert message.to == ["rikke@example.dk"]
    assert "commented" in message.subject and "Which model" not in message.body


def test_a_solved_case_contains_the_reply_once(cast, case):
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.update(
            case,
            {"solved": True, "response_answer": "It works again"},
            actor=cast.sven,
            context=ChangeContext(Channel.BROWSER),
        )
    (message,) = mail.outbox
    assert message.body.startswith(
        f"Hello,\n\nYour case no. {case.number} is solved.\n\nIt works again\n\nYour case: TV\n\n"
    )


def test_mails_about_a_case_are_limited(cast, case, as_user, settings):
    settings.MAIL_LIMIT_COMPLAINT = "1/day"
    sven = as_user(cast.sven)
    reply(sven, case)
    assert reply(sven, case).startswith("Reply saved. Not mailed: too many mails were sent.")
    assert len(mail.outbox) == 1


def test_an_undo_mails_nobody(cast, case, as_user):
    sven = as_user(cast.sven)
    with TestCase.captureOnCommitCallbacks(execute=True):
        sven.post(f"/cases/{case.pk}/act/solve")
    assert len(mail.outbox) == 1
    version = SupportCase.objects.get(pk=case.pk).version
    with TestCase.captureOnCommitCallbacks(execute=True):
        sven.post(f"/cases/{case.pk}/versions/{version}/undo")
    assert SupportCase.objects.get(pk=case.pk).solved is False
    assert len(mail.outbox) == 1
