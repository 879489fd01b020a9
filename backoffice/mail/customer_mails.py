"""Mails to customers about their records: when one is queued, what it says, and what the page says about it."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext, gettext_lazy, override
from limits import parse

from backoffice.db.annotations import Rows
from backoffice.mail.customer_events import CustomerEvent, CustomerMails, DeclaredEvent, declared
from backoffice.mail.models import Delivery, MailTemplate
from backoffice.mail.outgoing import has_mail_server, is_news, mail_event, queue_mail, thread_headers
from backoffice.mail.placeholders import fill_line, fill_paragraphs
from backoffice.people.models import User
from backoffice.records.actors import Channel
from backoffice.records.fields import now
from backoffice.records.history import added_ids
from backoffice.records.models import ACTIVE, Record
from backoffice.records.services import PlannedWrite, on_write

logger = logging.getLogger("backoffice.mail")

RESULT = "mail"
"""The name of the outcome of a mail in `PlannedWrite.results`."""
ADDRESS = "mail address"
"""The name of the address that it is for."""
QUEUED, NO_ADDRESS, NO_SERVER, LIMITED = "queued", "no address", "no mail server", "limited"
"""Outcomes, as the response header of the API names them."""
SILENT_ACTIONS = ("undo", "remove")
TEST = "mail.test"


def register_customer_mails(mails: CustomerMails) -> None:
    """Register the mails about a model's records."""
    guarded = [name for name in mails.placeholders.values() if mails.model.properties[name].guard]
    if guarded:
        raise ImproperlyConfigured(f"Mails to customers must not contain {', '.join(guarded)}.")
    for event in mails.texts:
        declared[mails.name_of(event)] = each = DeclaredEvent(mails=mails, event=event)
        mail_event(mails.name_of(event), label=each.standard.label)(partial(_build, each))
    on_write(mails.model)(partial(_queue_mails, mails))


def _queue_mails(mails: CustomerMails, planned: PlannedWrite) -> None:
    """Queue a mail for each event of a change, in its transaction."""
    context, record = planned.context, planned.record
    if context is None or planned.action in SILENT_ACTIONS or planned.provenance is not None:
        return
    if not is_news(planned):
        return
    events = list(_find_events(mails, planned))
    if not events or not _is_wanted(planned):
        return
    recipient = mails.find_recipient(record)
    is_own = recipient.user_id is not None and recipient.user_id == planned.actor.user_id
    for event, message in events:
        if is_own and event != CustomerEvent.RECEIVED:
            continue
        planned.results[RESULT] = outcome = _find_obstacle(record, recipient.email)
        planned.results[ADDRESS] = recipient.email
        if outcome == QUEUED:
            queue_mail(
                mails.name_of(event),
                record,
                company_id=record.company_id,
                user_id=recipient.user_id,
                params={"version": record.version} | ({"message": message} if message else {}),
                request_id=context.request_id,
            )
        elif outcome == LIMITED:
            about = f"{record._meta.label_lower} {record.pk}"
            logger.warning("No mail about %s (request %s): limit exceeded.", about, context.request_id)


def _find_events(mails: CustomerMails, planned: PlannedWrite) -> Iterator[tuple[CustomerEvent, str]]:
    """Yield the events of a change, each with the id of its reply. The mail that a record is finished contains the
    newest one."""
    record, before = planned.record, planned.before
    is_finished, was_finished = mails.is_finished(record), before is not None and mails.is_finished(before)
    added = added_ids(planned.changes, "answers") if planned.changed("answers") else set()
    replies = [answer["id"] for answer in record.answers if answer["id"] in added] if added else []
    if before is None:
        yield CustomerEvent.RECEIVED, ""
    if was_finished and not is_finished:
        yield CustomerEvent.REOPENED, ""
    if is_finished and before is not None and not was_finished:
        yield CustomerEvent.FINISHED, replies.pop() if replies else ""
    if planned.action != "finish":
        yield from ((CustomerEvent.REPLY, reply) for reply in replies)


def _is_wanted(planned: PlannedWrite) -> bool:
    """Return whether the request, the channel or the company asks for mails to customers."""
    context = planned.context
    if context.mails_customer is not None:
        return context.mails_customer
    return context.channel == Channel.BROWSER or planned.record.company.mail_customers


def _find_obstacle(record: Record, address: str) -> str:
    """Return the outcome of a mail about a record: QUEUED, or why there is none."""
    if not address:
        return NO_ADDRESS
    if not has_mail_server():
        return NO_SERVER
    rows = Delivery.objects.filter(event__in=list(declared))
    about, of_company = rows.filter(record_id=record.pk), rows.filter(company_id=record.company_id)
    is_limited = is_limit_reached(settings.MAIL_LIMIT_COMPLAINT, about) or is_limit_reached(
        settings.MAIL_LIMIT_COMPANY, of_company
    )
    return LIMITED if is_limited else QUEUED


def is_limit_reached(limit: str, rows: Rows) -> bool:
    """Return whether a limit (`5/day`) on mails is reached: keys and sessions must not be usable to send mail to
    strangers."""
    if not limit:
        return False
    item = parse(limit)
    recent = rows.filter(created_at__gt=now() - timedelta(seconds=item.get_expiry()))
    return recent.order_by()[: item.amount].count() >= item.amount


def _build(declared_event: DeclaredEvent, delivery: Delivery) -> EmailMultiAlternatives | None:
    """Return the mail about the record as it is now; None if it was deleted, is not in that state any more, or lost
    its address or the reply since."""
    mails, event = declared_event.mails, declared_event.event
    record = mails.model._base_manager.filter(pk=delivery.record_id).first()
    if record is None:
        return None
    is_finished = mails.is_finished(record)
    if (is_finished and event == CustomerEvent.REOPENED) or (
        not is_finished and event == CustomerEvent.FINISHED
    ):
        return None
    message, address = delivery.params.get("message"), mails.find_recipient(record).email
    reply = next((each["text"] for each in record.answers if each["id"] == message), None)
    if not address or (reply is None and event == CustomerEvent.REPLY):
        return None
    return compose(declared_event, record, record.company.language, address=address, reply=reply)


def find_text(declared_event: DeclaredEvent, company_id: str | None, language: str) -> tuple[str, str]:
    """Return the subject and the text of a company's mails, with placeholders: its own, or the standard ones."""
    rows = MailTemplate._base_manager.filter(company_id=company_id, status=ACTIVE, language=language)
    name = declared_event.mails.name_of(declared_event.event)
    if (own := rows.filter(event=name).first()) is not None:
        return own.subject, own.text
    with override(language):
        return str(declared_event.standard.subject), str(declared_event.standard.text)


def compose(
    declared_event: DeclaredEvent, record: Record, language: str, *, address: str, reply: str | None = None
) -> EmailMultiAlternatives:
    """Return a mail as plain text and as HTML, in a language. Without a given reply, it contains the newest one. The
    mails about one record form a thread."""
    subject, text = find_text(declared_event, record.company_id, language)
    with override(language):
        values = {
            name: _read_text(record, column) for name, column in declared_event.mails.placeholders.items()
        }
        values["company"] = record.company.name
        values["reply"] = getattr(record, record.kind("answer").column) if reply is None else reply
        body = fill_paragraphs(text, values)
        subject = fill_line(subject, values)[:250]
        message = EmailMultiAlternatives(subject, body, to=[address], headers=thread_headers(record))
        html = render_to_string("mail/customer.html", {"text": body, "subject": subject, "lang": language})
        message.attach_alternative(html, "text/html")
    return message


def _read_text(record: Record, name: str) -> str:
    """Return the value of a property in the current language."""
    show = getattr(record, f"get_{name}_display", lambda: getattr(record, name))
    return "" if (value := show()) is None else str(value)


@mail_event(TEST, label=gettext_lazy("Test mail"))
def build_test_mail(delivery: Delivery) -> EmailMultiAlternatives | None:
    """Return the mail about a record as the customer would get it, to a user who still sees the record."""
    user = User._base_manager.filter(pk=delivery.user_id).first()
    event = declared.get(delivery.params["event"])
    if user is None or event is None or not user.can_sign_in or not user.email:
        return None
    record = user.find_visible(event.mails.model, delivery.record_id)
    if record is None or not user.may("view", record):
        return None
    message = compose(event, record, delivery.params["language"], address=user.email)
    with override(delivery.params["language"]):
        message.subject = gettext("Test: %(subject)s") % {"subject": message.subject}
    return message


def describe_recipient(mails: CustomerMails, record: Record) -> str:
    """Say who will get a reply."""
    if not has_mail_server():
        return gettext("This installation sends no mail: tell the customer yourself.")
    recipient = mails.find_recipient(record)
    if recipient.email:
        return gettext("Will be mailed to %(address)s, without attachments.") % {"address": recipient.email}
    if recipient.phone:
        return gettext("No e-mail address. Call %(phone)s.") % {"phone": recipient.phone}
    return gettext("No e-mail address and no phone number: the customer does not get this.")


def report_mail(planned: PlannedWrite, otherwise: str = "") -> str:
    """Say what happens with the mail about a change."""
    reports = {
        QUEUED: gettext("The mail to %(address)s is in the queue.")
        % {"address": planned.results.get(ADDRESS, "")},
        LIMITED: gettext("Not mailed: too many mails were sent. Call the customer."),
    }
    return reports.get(planned.results.get(RESULT, ""), otherwise)
