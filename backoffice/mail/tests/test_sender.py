"""The sender of a company's mails: addresses, which server sends which mail, and failing servers."""

import logging
import smtplib
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command

from backoffice.db.transactions import atomic
from backoffice.jobs.kinds import Lane, kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import RETRY_DELAYS, run_due
from backoffice.mail import company_server
from backoffice.mail.models import Delivery, MailSender
from backoffice.mail.outgoing import find_sender, mail_event, queue_mail, send_again
from backoffice.mail.tests.factories import MailSenderFactory
from backoffice.mail.tests.servers import BANNER, PASSWORD
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from backoffice.records.fields.encryption import SealedValue

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


@pytest.fixture
def events(monkeypatch, settings):
    settings.DEFAULT_FROM_EMAIL = "Caretaker <caretaker@installation.example>"
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    monkeypatch.setitem(kinds, "test.mail", None)  # removes it afterwards
    mail_event("test.mail", label="Test")(
        lambda delivery: EmailMessage("Subject", "Body", to=["karen@example.dk"])
    )


def change(sender: MailSender, **values) -> None:
    actor = Installation(sender.company_id, "Test")
    services.update(sender, values, actor=actor, context=ChangeContext(Channel.COMMAND))


def queue(record, company) -> Delivery:
    return queue_mail("test.mail", record, company_id=company.pk)


def attempt() -> None:
    """Make the next attempt, as if its time had come."""
    QueuedJob.objects.filter(state="waiting").update(due_at=now())
    run_due()


def test_a_company_without_a_sender_uses_that_of_the_installation(events, records, cast):
    queue(records.complaint, cast.company)
    attempt()
    message = mail.outbox[0].message()
    assert message["From"] == "Caretaker <caretaker@installation.example>"
    assert "Reply-To" not in message


def test_without_its_own_server_mails_come_from_the_installation_with_its_name(events, records, cast):
    """So the domain of the sender is that of the server, as SPF and DMARC want."""
    MailSenderFactory(company=cast.company, from_address="other@firm.example")
    queue(records.complaint, cast.company)
    attempt()
    message = mail.outbox[0].message()
    assert message["From"] == f"{cast.company.name} <caretaker@installation.example>"
    assert message["Reply-To"] == "desk@firm.example"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Hausdienst Süd", "Hausdienst Süd"),
        ('"Evil" <a@b.example>, Boss', '"Evil" <a@b.example>, Boss'),
        ("Bcc: x@y.example", "Bcc: x@y.example"),
    ],
)
def test_a_sender_name_is_only_a_name(name, header, events, records, cast):
    MailSenderFactory(company=cast.company, sender_name=name, reply_to="post@bücher.example")
    queue(records.complaint, cast.company)
    attempt()
    message = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=default)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (header, "caretaker@installation.example")
    assert str(message["Reply-To"]) == "post@xn--bcher-kva.example"
    assert message["Bcc"] is None


def test_a_mail_that_has_a_reply_address_keeps_it(events, records, cast):
    mail_event("test.mail", label="Test")(
        lambda delivery: EmailMessage("S", "B", to=["karen@example.dk"], reply_to=["case@firm.example"])
    )
    MailSenderFactory(company=cast.company)
    queue(records.complaint, cast.company)
    attempt()
    assert mail.outbox[0].reply_to == ["case@firm.example"]


@pytest.mark.parametrize("over_tls", [False, True])
def test_its_own_server_sends_from_its_own_address(over_tls, events, records, cast, start_mail_server):
    server = start_mail_server(over_tls=over_tls)
    MailSenderFactory(
        company=cast.company, sender_name="Firm", from_address="mail@firm.example", smtp_url=server.url()
    )
    MailSenderFactory(company=cast.elsewhere, reply_to="desk@elsewhere.example")
    own, foreign = queue(records.complaint, cast.company), queue(records.complaint, cast.elsewhere)
    attempt()
    (envelope,) = server.inbox.mails
    message = message_from_bytes(envelope.content, policy=default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("mail@firm.example", ["karen@example.dk"])
    assert str(message["From"]) == "Firm <mail@firm.example>"
    assert str(message["Reply-To"]) == "desk@firm.example"
    assert [sent.reply_to for sent in mail.outbox] == [["desk@elsewhere.example"]]
    assert set(Delivery.objects.values_list("pk", "state")) == {(own.pk, "sent"), (foreign.pk, "sent")}
    assert not QueuedJob.objects.exists()
    Delivery.objects.filter(pk=own.pk).update(state="failed")
    with atomic():
        send_again(own)
    attempt()
    assert len(server.inbox.mails) == 2


def test_an_archived_sender_is_not_used(events, records, cast, start_mail_server):
    server = start_mail_server()
    sender = MailSenderFactory(company=cast.company, smtp_url=server.url())
    change(sender, status=2)
    queue(records.complaint, cast.company)
    attempt()
    assert (len(server.inbox.mails), len(mail.outbox)) == (0, 1)


@pytest.mark.parametrize("event", ["accounts.invitation", "accounts.notice", "accounts.reset_mail"])
def test_mails_about_accounts_never_go_through_a_companys_server(event, cast):
    """Its owner could read links to set a password."""
    sender = MailSenderFactory(company=cast.company)
    assert kinds[event]
    assert find_sender(Delivery(event=event, company_id=cast.company.pk)) is None
    assert find_sender(Delivery(event="facility.reply", company_id=cast.company.pk)) == sender


def test_a_failing_server_is_retried_and_given_up(
    events, records, cast, start_mail_server, monkeypatch, caplog
):
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    server.stop(no_assert=True)
    own = queue(records.complaint, cast.company)
    for _attempt in range(len(RETRY_DELAYS) + 2):
        attempt()
    job = QueuedJob.objects.get()
    assert (job.kind, job.state, job.company_id) == ("mail.company_server", "given up", cast.company.pk)
    own.refresh_from_db()
    assert (own.state, own.reason) == ("failed", job.reason)
    assert job.reason.startswith("ConnectionRefusedError (the mail about facility.complaint")
    assert mail.outbox == []


def test_a_server_that_refuses_is_not_quoted(events, records, cast, start_mail_server, monkeypatch, caplog):
    """Neither its words nor the password are logged or stored."""
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    server.inbox.reply = f"451 {BANNER}"
    queue(records.complaint, cast.company)
    with caplog.at_level(logging.DEBUG):
        attempt()
        monkeypatch.setattr("backoffice.mail.tests.servers.PASSWORD", "another one")
        attempt()
    stored = str(list(QueuedJob.objects.values())) + str(list(Delivery.objects.values()))
    ours = "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    assert "SMTPDataError 451" in ours and "SMTPAuthenticationError 535" in ours
    for text in (ours, stored):
        assert PASSWORD not in text and BANNER not in text


def test_an_address_that_is_not_public_any_more_is_not_connected(
    events, records, cast, start_mail_server, settings
):
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    settings.MAIL_ALLOW_PRIVATE_HOSTS = False
    before = len(server.inbox.logins)
    queue(records.complaint, cast.company)
    attempt()
    assert QueuedJob.objects.get().reason.startswith("AddressRefused")
    assert len(server.inbox.logins) == before


def test_a_server_that_failed_is_left_alone_for_a_minute(
    events, records, cast, start_mail_server, monkeypatch
):
    """So one company's server holds up those of others once, not at each of its mails."""
    own, foreign = start_mail_server(), start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=own.url())
    MailSenderFactory(company=cast.elsewhere, smtp_url=foreign.url())
    for company in [cast.company] * 5 + [cast.elsewhere]:
        queue(records.complaint, company)
    run_due([Lane.MAIL])
    tries, resolve = [], company_server.resolve_host

    def fail(host, port):
        if port == foreign.port:
            return resolve(host, port)
        tries.append(host)
        raise TimeoutError

    monkeypatch.setattr(company_server, "resolve_host", fail)
    run_due()
    assert (len(tries), len(foreign.inbox.mails)) == (1, 1)
    waiting = QueuedJob.objects.filter(company_id=cast.company.pk, due_at__gt=now() + timedelta(seconds=50))
    assert [(job.attempts, job.reason) for job in waiting] == [(0, "")] * 4
    monkeypatch.setattr(company_server, "resolve_host", resolve)
    attempt()
    assert (len(own.inbox.mails), QueuedJob.objects.count()) == (5, 0)


def test_a_refused_mail_delays_no_other(events, records, cast, start_mail_server):
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    server.inbox.reply = "550 no"
    queue(records.complaint, cast.company)
    queue(records.complaint, cast.company)
    attempt()
    assert {job.reason.split()[0] for job in QueuedJob.objects.all()} == {smtplib.SMTPDataError.__name__}
    assert len(server.inbox.mails) == 2


def test_mails_of_other_companies_do_not_wait_for_a_companys_server(events, records, cast, start_mail_server):
    """Mails through companies' servers have a lane, which is a thread, of their own."""
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    for company in [cast.company] * 3 + [cast.elsewhere]:
        queue(records.complaint, company)
    run_due([Lane.MAIL])
    assert (len(mail.outbox), len(server.inbox.mails)) == (1, 0)
    assert {job.company_id for job in QueuedJob.objects.all()} == {cast.company.pk}
    run_due([Lane.COMPANY_MAIL])
    assert len(server.inbox.mails) == 3


def test_the_url_is_encrypted_and_its_key_is_rotated(cast, start_mail_server, settings, capsys):
    server = start_mail_server()
    sender = MailSenderFactory(company=cast.company, smtp_url=server.url())

    def column() -> str:
        values = MailSender.objects.filter(pk=sender.pk).values_list("smtp_url", flat=True)
        return str(values[0])

    before = column()
    assert PASSWORD not in before and "localhost" not in before
    old = list(settings.FIELD_KEYS)
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert column() != before
    assert MailSender.objects.get().smtp_url == server.url()
    settings.FIELD_KEYS = old
    assert isinstance(MailSender.objects.get().__dict__["smtp_url"], SealedValue)


def test_a_mail_waits_while_the_url_cannot_be_decrypted(events, records, cast, start_mail_server, settings):
    server = start_mail_server()
    MailSenderFactory(company=cast.company, smtp_url=server.url())
    queue(records.complaint, cast.company)
    keys, settings.FIELD_KEYS = settings.FIELD_KEYS, [Fernet.generate_key().decode()]
    attempt()
    assert (mail.outbox, QueuedJob.objects.get().state) == ([], "waiting")
    settings.FIELD_KEYS = keys
    attempt()
    assert (len(server.inbox.mails), mail.outbox) == (1, [])
