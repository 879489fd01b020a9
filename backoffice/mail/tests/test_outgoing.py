"""Sending e-mails: headers, retries, what is noted of each, and the log."""

import logging
import smtplib
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from backoffice.db.transactions import atomic
from backoffice.jobs.kinds import kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import drop, retry
from backoffice.jobs.runner import RETRY_DELAYS, run_due
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import (
    RETENTION,
    is_temporary,
    mail_event,
    purge_deliveries,
    queue_mail,
    send_again,
)
from backoffice.records.fields import now

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


class ScriptedBackend(BaseEmailBackend):
    """Raises the errors in `outcomes` one after the other, then accepts every e-mail."""

    outcomes: list = []
    accepted: list = []

    def send_messages(self, messages):
        if self.outcomes:
            raise self.outcomes.pop(0)
        self.accepted.extend(messages)
        return len(messages)


@pytest.fixture
def backend(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.ScriptedBackend"
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@example.dk>"
    monkeypatch.setattr(ScriptedBackend, "outcomes", [])
    monkeypatch.setattr(ScriptedBackend, "accepted", [])
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    monkeypatch.setitem(kinds, "test.mail", None)  # removes it afterwards
    mail_event("test.mail", label="Test")(
        lambda delivery: EmailMessage("Subject", "Body", to=["karen@example.dk"])
    )
    return ScriptedBackend


@pytest.fixture
def queue(cast, backend):
    """Queue a mail about Alice's account."""
    return lambda: queue_mail("test.mail", cast.alice, company_id=cast.company.pk, request_id="abc123")


def attempt() -> None:
    """Make the next attempt, as if its time had come."""
    QueuedJob.objects.filter(state="waiting").update(due_at=now())
    run_due()


TEMPORARY_ERRORS = [
    ConnectionRefusedError(111, "refused"),
    TimeoutError("timed out"),
    smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    smtplib.SMTPConnectError(421, b"busy"),
    smtplib.SMTPRecipientsRefused({"karen@example.dk": (451, b"4.7.1 try again in 5 minutes")}),
    smtplib.SMTPSenderRefused(452, b"full", "caretaker@localhost"),
    smtplib.SMTPDataError(451, b"later"),
    smtplib.SMTPAuthenticationError(535, b"wrong password"),
]
REFUSED_FOR_GOOD = [
    smtplib.SMTPRecipientsRefused({"karen@example.dk": (550, b"no such user")}),
    smtplib.SMTPSenderRefused(553, b"no", "caretaker@localhost"),
    smtplib.SMTPDataError(554, b"spam"),
    ValueError("Header values can't contain newlines"),
]


@pytest.mark.parametrize("error", TEMPORARY_ERRORS, ids=repr)
def test_a_temporary_failure_is_retried(cast, backend, queue, caplog, error):
    assert is_temporary(error)
    backend.outcomes += [error, error]
    queue()
    with caplog.at_level(logging.INFO, "backoffice"):
        for _attempt in range(3):
            attempt()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "WARNING", "INFO"]
    assert all(
        f"the mail about people.user {cast.alice.pk}" in message and "request abc123" in message
        for message in caplog.messages
    )
    assert "karen" not in caplog.text
    assert len(backend.accepted) == 1
    assert not QueuedJob.objects.exists()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.recipient, delivery.reason) == ("sent", "karen@example.dk", "")
    assert delivery.sent_at is not None


@pytest.mark.parametrize("error", REFUSED_FOR_GOOD, ids=repr)
def test_a_permanent_failure_is_given_up_at_once(cast, backend, queue, caplog, error):
    assert not is_temporary(error)
    backend.outcomes.append(error)
    refused, accepted = queue(), queue()
    attempt()
    assert len(backend.accepted) == 1
    job = QueuedJob.objects.get()
    code = getattr(error, "smtp_code", 550 if hasattr(error, "recipients") else "")
    reason = f"{type(error).__name__} {code}".strip() + f" (the mail about people.user {cast.alice.pk})"
    assert (job.state, job.reason) == ("given up", reason)
    refused.refresh_from_db()
    accepted.refresh_from_db()
    assert (refused.state, refused.reason, refused.recipient) == ("failed", reason, "")
    assert accepted.state == "sent"
    assert "karen" not in caplog.text


def test_a_mail_is_given_up_after_the_last_attempt(backend, queue, caplog):
    backend.outcomes += [ConnectionRefusedError()] * 20
    queue()
    for _attempt in range(20):
        attempt()
    assert len(backend.outcomes) == 20 - len(RETRY_DELAYS) - 1
    assert QueuedJob.objects.get().state == "given up"
    assert "was given up: ConnectionRefusedError (the mail about" in caplog.text
    assert Delivery.objects.get().state == "failed"


def test_each_attempt_has_the_same_message_id(backend, queue):
    delivery = queue()
    job = QueuedJob.objects.get()
    attempt()
    # As if the process had been killed before it noted that the mail was sent, and before it deleted the job.
    Delivery.objects.update(state="queued")
    for _time in range(2):
        job.worker = ""
        job.save(force_insert=True)
        attempt()
    headers = [mail.message() for mail in backend.accepted]
    assert [message["Message-ID"] for message in headers] == [f"<{delivery.pk}@example.dk>"] * 2
    assert {message["Auto-Submitted"] for message in headers} == {"auto-generated"}
    assert {message["X-Auto-Response-Suppress"] for message in headers} == {"All"}


def test_a_mail_that_a_person_sends_again_has_a_new_message_id(backend, queue):
    delivery = queue()
    attempt()
    with atomic():
        assert not send_again(delivery)  # it was sent
    Delivery.objects.update(state="failed")
    for is_queued in (True, False):
        with atomic():
            assert send_again(delivery) == is_queued
    assert Delivery.objects.get().state == "queued"
    attempt()
    ids = [mail.message()["Message-ID"] for mail in backend.accepted]
    assert ids == [f"<{delivery.pk}@example.dk>", f"<{delivery.pk}.2@example.dk>"]
    assert Delivery.objects.get().state == "sent"


def test_a_mail_that_is_not_needed_any_more_is_not_sent(backend, queue, monkeypatch):
    mail_event("test.mail", label="Test")(lambda delivery: None)
    queue()
    attempt()
    assert backend.accepted == []
    assert Delivery.objects.get().state == "cancelled"


def test_a_dropped_mail_counts_as_failed_and_a_retried_one_as_sent(backend, queue):
    backend.outcomes += [ConnectionRefusedError()]
    queue()
    attempt()
    drop(QueuedJob.objects.all())
    delivery = Delivery.objects.get()
    assert delivery.state == "failed" and delivery.reason.startswith("ConnectionRefusedError")
    delivery.delete()
    backend.outcomes += [smtplib.SMTPDataError(554, b"spam")]
    queue()
    attempt()
    retry(QueuedJob.objects.all())
    attempt()
    assert (Delivery.objects.get().state, Delivery.objects.get().reason) == ("sent", "")


def test_what_is_known_of_mails_is_deleted_after_a_year(backend, queue):
    old, waiting, new = queue(), queue(), queue()
    past = now() - RETENTION - timedelta(days=1)
    Delivery.objects.exclude(pk=new.pk).update(created_at=past)
    Delivery.objects.filter(pk=old.pk).update(state="sent")
    purge_deliveries(None)
    assert set(Delivery.objects.values_list("pk", flat=True)) == {waiting.pk, new.pk}
