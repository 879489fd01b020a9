"""The mail queue: limit, retries, shutdown and log."""

import smtplib
import threading
import time

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from backoffice.mail import queue
from backoffice.mail.queue import MailQueue, is_temporary

pytestmark = pytest.mark.faults


class ScriptedBackend(BaseEmailBackend):
    """Raises the errors in `outcomes` one after the other, then accepts every e-mail."""

    outcomes: list = []
    accepted: list = []
    gate = threading.Event()

    def send_messages(self, messages):
        assert self.gate.wait(10)
        if self.outcomes:
            raise self.outcomes.pop(0)
        self.accepted.extend(messages)
        return len(messages)


@pytest.fixture
def backend(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.ScriptedBackend"
    monkeypatch.setattr(ScriptedBackend, "outcomes", [])
    monkeypatch.setattr(ScriptedBackend, "accepted", [])
    monkeypatch.setattr(ScriptedBackend, "gate", threading.Event())
    ScriptedBackend.gate.set()
    monkeypatch.setattr(queue, "RETRY_DELAYS", (0.01, 0.01, 0.01))
    return ScriptedBackend


@pytest.fixture
def mails():
    mails = MailQueue()
    yield mails
    mails.shutdown(5)


def message(number=0) -> EmailMessage:
    return EmailMessage("Subject", "Body", to=[f"karen{number}@example.dk"])


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


TEMPORARY_ERRORS = [
    ConnectionRefusedError(111, "refused"),
    TimeoutError("timed out"),
    smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
    smtplib.SMTPConnectError(421, b"busy"),
    smtplib.SMTPRecipientsRefused({"karen0@example.dk": (451, b"4.7.1 try again in 5 minutes")}),
    smtplib.SMTPSenderRefused(452, b"full", "caretaker@localhost"),
    smtplib.SMTPDataError(451, b"later"),
    smtplib.SMTPAuthenticationError(535, b"wrong password"),
]
REFUSED_FOR_GOOD = [
    smtplib.SMTPRecipientsRefused({"karen0@example.dk": (550, b"no such user")}),
    smtplib.SMTPSenderRefused(553, b"no", "caretaker@localhost"),
    smtplib.SMTPDataError(554, b"spam"),
    ValueError("Header values can't contain newlines"),
]


@pytest.mark.parametrize("error", TEMPORARY_ERRORS, ids=repr)
def test_a_temporary_failure_is_retried(backend, mails, caplog, error):
    assert is_temporary(error)
    backend.outcomes += [error, error]
    with caplog.at_level("INFO", "backoffice.mail"):
        assert mails.put(message(), "complaint 1", "abc123")
        wait_until(lambda: backend.accepted)
        mails.shutdown(5)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO"]
    assert all("complaint 1 (request abc123)" in record.getMessage() for record in caplog.records)
    assert "attempt 3" in caplog.text
    assert "karen" not in caplog.text


@pytest.mark.parametrize("error", REFUSED_FOR_GOOD, ids=repr)
def test_a_permanent_failure_is_not_retried(backend, mails, caplog, error):
    assert not is_temporary(error)
    backend.outcomes.append(error)
    mails.put(message(), "complaint 1", "abc123")
    mails.put(message(1), "complaint 2", "")
    wait_until(lambda: backend.accepted)
    mails.shutdown(5)
    assert [accepted.to for accepted in backend.accepted] == [["karen1@example.dk"]]
    assert "complaint 1 (request abc123) could not be sent and will not be retried" in caplog.text
    assert "karen" not in caplog.text


def test_a_mail_is_dropped_after_the_last_attempt(backend, mails, caplog):
    backend.outcomes += [ConnectionRefusedError()] * 4
    mails.put(message(), "complaint 1", "abc123")
    wait_until(lambda: "was dropped" in caplog.text)
    assert not backend.outcomes
    assert not backend.accepted


def test_the_queue_has_a_limit(backend, mails, monkeypatch):
    monkeypatch.setattr(queue, "MAX_WAITING", 5)
    backend.gate.clear()
    accepted = [mails.put(message(number), "x", "") for number in range(9)]
    assert accepted == [True] * 5 + [False] * 4
    backend.gate.set()
    wait_until(lambda: len(backend.accepted) == 5)
    assert mails.put(message(), "x", "")


def test_queuing_a_mail_never_waits(backend, mails):
    backend.gate.clear()
    began = time.monotonic()
    for number in range(50):
        mails.put(message(number), "x", "")
    assert time.monotonic() - began < 5
    backend.gate.set()


def test_shutdown_tries_the_remaining_mails_once(backend, mails, monkeypatch):
    monkeypatch.setattr(queue, "RETRY_DELAYS", (1000,))
    backend.outcomes += [ConnectionRefusedError()]
    mails.put(message(), "x", "")
    wait_until(lambda: not backend.outcomes)
    mails.shutdown(5)
    assert len(backend.accepted) == 1
    assert not mails.put(message(), "x", "")


def test_shutdown_has_a_deadline_and_logs_lost_mails(backend, mails, caplog):
    backend.gate.clear()
    for number in range(3):
        mails.put(message(number), "x", "")
    began = time.monotonic()
    mails.shutdown(0.05)
    assert time.monotonic() - began < 5
    assert "3 e-mails were not sent and are lost" in caplog.text
    backend.gate.set()
