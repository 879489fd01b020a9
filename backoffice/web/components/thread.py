"""The thread on a record page: a page of its messages, with their files and links to edit them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from backoffice.conversations.thread import LARGEST_OFFSET, LENGTH, ThreadMessage, read_thread
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import find_deliveries, prints_mail
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.components.files import ShownFile, UploadLookup
from backoffice.web.viewsets import RecordViewSet

PARAMETER = "thread"
"""The query parameter with the number of newer messages that a page leaves out."""
MAX_FILES = 50
"""How many files of a message a page shows."""


@dataclass(frozen=True)
class ShownMessage:
    """A message with its files, and the URL of the page that edits it if the user may."""

    message: ThreadMessage
    files: list[ShownFile]
    more_files: int
    """How many further files it has."""
    edit_url: str
    delivery: str = ""
    """What became of its e-mail, in words; empty if none was queued."""
    resend_url: str = ""


@dataclass(frozen=True)
class Thread:
    """A page of the messages, newest first, with the URLs of the pages before and after it."""

    messages: list[ShownMessage]
    earlier_url: str = ""
    later_url: str = ""


def conversation_properties(record: Entity) -> list[str]:
    """Return the properties that the thread shows."""
    kinds = getattr(record, "conversation", ())
    return [name for kind in kinds for name in (kind.messages, *kind.properties)]


def build_thread(
    viewset: RecordViewSet,
    record: Entity,
    actor: Actor,
    address: str,
    query: Mapping[str, str],
    length: int = LENGTH,
) -> Thread | None:
    """Return a page of the record's thread; None for a record without conversation. `address` is the URL of the
    page, `query` its query parameters."""
    if not getattr(record, "conversation", ()):
        return None
    text = query.get(PARAMETER, "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    offset = min(asked, LARGEST_OFFSET)
    found = read_thread(record, actor, limit=length + 1, offset=offset)
    messages = found[:length]
    delivered = _deliveries(viewset, record)
    files = UploadLookup(record, [url for message in messages for url in message.files[:MAX_FILES]])
    shown = [
        ShownMessage(
            message,
            [files.describe(url) for url in message.files[:MAX_FILES]],
            max(len(message.files) - MAX_FILES, 0),
            _edit_url(viewset, record, message, actor),
            *_describe_delivery(viewset, record, actor, delivered.get(message.id)),
        )
        for message in messages
    ]
    earlier = _page_url(address, offset + length) if len(found) > length else ""
    later = _page_url(address, max(offset - length, 0)) if offset else ""
    return Thread(shown, earlier, later)


def _edit_url(viewset: RecordViewSet, record: Entity, message: ThreadMessage, actor: Actor) -> str:
    author = {message.kind.author: message.author_id}
    if not message.id or not record.may_edit_message(message.kind, author, actor):
        return ""
    return viewset.url("edit_message", record.pk, message.id)


def _page_url(address: str, offset: int) -> str:
    return f"{address}{'&' if '?' in address else '?'}{PARAMETER}={offset}#thread"


def _deliveries(viewset: RecordViewSet, record: Entity) -> dict[str, Delivery]:
    """Return the e-mails with messages of the thread, by the message's id."""
    events = viewset.reply_events
    return find_deliveries(record, events) if events else {}


def _describe_delivery(
    viewset: RecordViewSet, record: Entity, actor: Actor, delivery: Delivery | None
) -> tuple[str, str]:
    """Return what became of an e-mail, for those who may change the record, and the URL that sends it again."""
    if delivery is None or not actor.may("change", record):
        return "", ""
    if delivery.state == Delivery.State.QUEUED:
        return _("The e-mail is in the queue."), ""
    if delivery.state == Delivery.State.SENT:
        names = {
            "address": delivery.recipient,
            "sent": date_format(localtime(delivery.sent_at), "DATETIME_FORMAT"),
        }
        if prints_mail():
            return _(
                "Printed in the terminal for %(address)s, %(sent)s: there is no mail server."
            ) % names, ""
        return _("Mailed to %(address)s, %(sent)s.") % names, ""
    again = viewset.url("send_again", record.pk, delivery.params["message"])
    if delivery.state == Delivery.State.FAILED:
        return _("Not mailed: %(reason)s.") % {"reason": delivery.reason.partition(" (")[0]}, again
    return _("Not mailed: there was no address."), again
