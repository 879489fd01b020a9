"""Outgoing mail: each e-mail is a background job, which writes and sends it, so that no request waits for a mail
server and none is lost when a process ends."""

import logging
import smtplib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import StrOrPromise
from backoffice.db.transactions import lock, with_retry
from backoffice.jobs.kinds import JobFailed, Lane, job_kind, kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import enqueue
from backoffice.jobs.runner import JobRun
from backoffice.mail.models import Delivery, MailSender
from backoffice.records.fields import now
from backoffice.records.models import ACTIVE, Entity
from backoffice.records.services import PlannedWrite

logger = logging.getLogger("backoffice.mail")

MAIL_LEASE = timedelta(minutes=2)
"""The lease of a job that sends an e-mail: longer than the deadline of `backoffice.mail.smtp`, and looking up the
server's name."""
RETENTION = timedelta(days=365)
NEWS = timedelta(hours=1)
MAX_DELIVERIES = 1000
"""The most e-mails about one record whose states its page shows."""
BY_COMPANY_SERVER = "mail.company_server"
PAUSE_OF_COMPANY = timedelta(minutes=1)
Build = Callable[[Delivery], EmailMessage | None]
Handler = Callable[[JobRun], None]
_account_events: set[str] = set()


def mail_event(name: str, *, label: StrOrPromise, is_about_account: bool = False) -> Callable[[Build], Build]:
    """Decorator: register the function that writes the e-mails about an event, when they are sent. It returns None if
    the e-mail is not needed any more. Mails about accounts have links to get in, so no company's server sends them."""
    if is_about_account:
        _account_events.add(name)

    def register(build: Build) -> Build:
        handler = partial(_send_delivery, build=build)
        _mail_job(name, label, Lane.MAIL)(handler)
        return build

    return register


def _mail_job(name: str, label: StrOrPromise, lane: Lane) -> Callable[[Handler], Handler]:
    return job_kind(
        name, label=label, lane=lane, is_atomic=False, lease=MAIL_LEASE, on_given_up=_note_failure
    )


def is_news(planned: PlannedWrite) -> bool:
    """Return whether a change is recent: no mail or notification is about one that is dated in the past, as those of
    demo data are."""
    return planned.at >= now() - NEWS


def mail_domain() -> str:
    """Return the domain of our Message-IDs: that of the sender."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def thread_headers(record: Entity) -> dict[str, str]:
    """Return the headers by which mail programs show the mails about one record as a thread."""
    root = f"<{record.pk}@{mail_domain()}>"
    return {"References": root, "In-Reply-To": root}


def has_mail_server() -> bool:
    """Return whether a mail server (or, in a trial, a console to print e-mails on) is configured."""
    return not settings.EMAIL_BACKEND.endswith(".UnconfiguredBackend")


def prints_mail() -> bool:
    """Return whether e-mails are printed in the terminal, as in a trial without a mail server."""
    return settings.EMAIL_BACKEND.endswith(".console.EmailBackend")


def queue_mail(
    event: str,
    record: Entity,
    *,
    company_id: str | None,
    user_id: str | None = None,
    params: dict[str, object] | None = None,
    request_id: str = "",
    due_at: datetime | None = None,
) -> Delivery:
    """Queue an e-mail about a record, in the transaction of its change. `user_id` is the recipient, if it is a
    user. It is sent at `due_at`, or at once."""
    delivery = Delivery(
        event=event,
        company_id=company_id,
        record_type=record._meta.label_lower,
        record_id=record.pk,
        user_id=user_id,
        params=params or {},
        request_id=request_id[:64],
    )
    delivery.save(force_insert=True)
    _enqueue(delivery, due_at)
    return delivery


def find_deliveries(record: Entity, events: Iterable[str]) -> dict[str, Delivery]:
    """Return the newest e-mails of some events about a record, by the id of the message that each sends."""
    rows = Delivery.objects.filter(record_id=record.pk, event__in=list(events)).order_by("-created_at", "-pk")
    newest_last = reversed(rows[:MAX_DELIVERIES])
    return {row.params["message"]: row for row in newest_last if "message" in row.params}


def send_again(delivery: Delivery) -> bool:
    """Queue an e-mail that was not sent once more, with another Message-ID, in a transaction. Return whether it was
    queued."""
    lock(Delivery, delivery.pk)
    delivery.refresh_from_db()
    if delivery.state not in (Delivery.State.FAILED, Delivery.State.CANCELLED):
        return False
    keys = [_job_key(delivery), _job_key(delivery, BY_COMPANY_SERVER)]
    QueuedJob.objects.filter(
        key__in=keys
    ).delete()  # it was given up, and dropping it must not count for the new one
    delivery.times, delivery.state, delivery.reason = delivery.times + 1, Delivery.State.QUEUED, ""
    delivery.save(update_fields=["times", "state", "reason"])
    _enqueue(delivery)
    return True


def _enqueue(delivery: Delivery, due_at: datetime | None = None, kind: str = "") -> None:
    enqueue(
        kind or delivery.event,
        key=_job_key(delivery, kind),
        params={"delivery": delivery.pk, "event": delivery.event},
        company_id=delivery.company_id,
        user_id=delivery.user_id,
        request_id=delivery.request_id,
        due_at=due_at,
    )


def _job_key(delivery: Delivery, kind: str = "") -> str:
    return f"{kind or 'mail'}:{delivery.message_id}"


def find_sender(delivery: Delivery) -> MailSender | None:
    """Return the sender of an e-mail's company, unless the e-mail is about an account."""
    of_company = MailSender.objects.filter(company_id=delivery.company_id, status=ACTIVE)
    return None if delivery.event in _account_events else of_company.first()


def _send_delivery(run: JobRun, build: Build) -> None:
    """Send the e-mail of a job, unless it was sent by a worker that was killed afterwards. Leave it to another job
    if the company has a server of its own, which may be slow."""
    delivery = Delivery.objects.filter(pk=run.job.params["delivery"]).first()
    if delivery is None or delivery.state == Delivery.State.SENT:
        return
    sender = find_sender(delivery)
    if sender is not None and sender.smtp_url and run.kind.lane == Lane.MAIL:
        with_retry(lambda: _enqueue(delivery, kind=BY_COMPANY_SERVER))
        return
    message = build(delivery)
    values: dict[str, object] = {"state": Delivery.State.CANCELLED}
    if message is not None:
        if sender is not None:
            sender.address_message(message)
        _send(run, message, delivery)
        recipient = ", ".join(message.to)[:320]
        values = {"state": Delivery.State.SENT, "sent_at": now(), "recipient": recipient, "reason": ""}
    Delivery.objects.filter(pk=delivery.pk).update(**values)


def _send(run: JobRun, message: EmailMessage, delivery: Delivery) -> None:
    message.extra_headers |= {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Message-ID": f"<{delivery.message_id}@{mail_domain()}>",
    }
    about = f"the mail about {delivery.record_type} {delivery.record_id}"
    try:
        message.send()
    except Exception as error:  # network, TLS, SMTP and message errors of many kinds
        code = reply_code(error)
        reason = type(error).__name__ + (f" {code}" if code else "")
        raise JobFailed(f"{reason} ({about})", is_permanent=not is_temporary(error)) from error
    logger.info("%s: %s was handed to the mail server.", run, about)


def _note_failure(job: QueuedJob, reason: str) -> None:
    """Note at the e-mail that its job was given up or dropped."""
    waiting = Delivery.objects.filter(pk=job.params["delivery"], state=Delivery.State.QUEUED)
    waiting.update(state=Delivery.State.FAILED, reason=reason[:300])


@_mail_job(BY_COMPANY_SERVER, _("Mail through the company's own server"), Lane.COMPANY_MAIL)
def send_by_company_server(run: JobRun) -> None:
    """Send an e-mail through the server of its company. After a temporary failure, the company's other mails wait."""
    try:
        kinds[run.job.params["event"]].handler(run)
    except JobFailed as failure:
        others = QueuedJob.objects.filter(kind=BY_COMPANY_SERVER, company_id=run.job.company_id, worker="")
        until = now() + PAUSE_OF_COMPANY
        if not failure.is_permanent:
            others.filter(state=QueuedJob.State.WAITING, due_at__lt=until).update(due_at=until)
        raise


@job_kind("mail.purge", label=_("Removal of old mail records"), every=timedelta(days=1))
def purge_deliveries(run: JobRun) -> None:
    """Delete what is known of e-mails older than a year."""
    old = Delivery.objects.filter(created_at__lt=now() - RETENTION).exclude(state=Delivery.State.QUEUED)
    old.delete()


def reply_code(error: Exception) -> int:
    """Return the SMTP reply code of an error; 0 if there is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return next((code for code in codes if code < 500), codes[0] if codes else 0)
    code = getattr(error, "smtp_code", 0)
    return code if isinstance(code, int) else 0


def is_temporary(error: Exception) -> bool:
    """Return whether a retry may succeed: the server is unavailable or busy, or refuses temporarily."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return True  # the password in the settings is wrong, not the e-mail
    if code := reply_code(error):
        return code < 500
    return isinstance(error, OSError)  # smtplib's errors are OSErrors too
