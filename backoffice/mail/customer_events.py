"""What customers get a mail about, as each app declares it for its records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from backoffice.db.annotations import StrOrPromise
from backoffice.records.models import Record


class CustomerEvent(models.TextChoices):
    RECEIVED = "received"
    REPLY = "reply"
    FINISHED = "finished"
    REOPENED = "reopened"


HAVE_REPLY = (CustomerEvent.REPLY, CustomerEvent.FINISHED)
"""The events whose mails contain a reply to the customer."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom the mails about a record are for: a user, if there is an id. Without an address, staff call."""

    email: str = ""
    phone: str = ""
    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class MailText:
    """The standard text of a mail, with placeholders. `label` names the event."""

    label: StrOrPromise
    subject: StrOrPromise
    text: StrOrPromise


@dataclass(frozen=True, kw_only=True)
class CustomerMails:
    """The mails about the records of one model, which has replies (`answers`)."""

    model: type[Record]
    find_recipient: Callable[[Any], Recipient]
    is_finished: Callable[[Any], bool]
    placeholders: Mapping[str, str]
    """The property that each placeholder stands for. None is guarded."""
    texts: Mapping[CustomerEvent, MailText]

    def name_of(self, event: CustomerEvent) -> str:
        """Return the name of an event in deliveries, jobs and templates: `facility.reply`."""
        return f"{self.model._meta.app_label}.{event.value}"


@dataclass(frozen=True, kw_only=True)
class DeclaredEvent:
    """An event of one model."""

    mails: CustomerMails
    event: CustomerEvent

    @property
    def standard(self) -> MailText:
        return self.mails.texts[self.event]

    @property
    def placeholders(self) -> list[str]:
        """The names of the placeholders, with those of every app."""
        return [*self.mails.placeholders, "company", *(["reply"] if self.event in HAVE_REPLY else [])]


declared: dict[str, DeclaredEvent] = {}
"""All events by name. Apps register their events by `customer_mails.register_customer_mails`."""


def event_choices() -> list[tuple[str, StrOrPromise]]:
    """Return the names and labels of all events."""
    return [(name, each.standard.label) for name, each in declared.items()]
