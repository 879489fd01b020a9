"""What users can be notified of, and which changes of records cause it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import StrOrPromise
from backoffice.records.models import Entity
from backoffice.records.services import PlannedWrite


class Choice(models.TextChoices):
    BELL = "bell", _("Bell")
    MAIL = "mail", _("Bell and e-mail")
    DAILY = "daily", _("Bell and daily e-mail")
    OFF = "off", _("Off")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that users choose to be notified of. `sentence` says it, with `%(who)s` for the author."""

    name: str
    label: StrOrPromise
    sentence: StrOrPromise
    default: Choice


ASSIGNED = Event(
    name="assigned",
    label=_("Assigned to me"),
    sentence=_("%(who)s assigned this to you"),
    default=Choice.MAIL,
)
REPORTED = Event(
    name="reported",
    label=_("New complaint about an object that I manage"),
    sentence=_("%(who)s reported this"),
    default=Choice.BELL,
)
MENTIONED = Event(
    name="mentioned",
    label=_("Mentioned in a note"),
    sentence=_("%(who)s mentioned you"),
    default=Choice.MAIL,
)
COMMENTED = Event(
    name="commented",
    label=_("New comment"),
    sentence=_("%(who)s commented"),
    default=Choice.MAIL,
)
REPLIED = Event(
    name="replied",
    label=_("Reply to the customer"),
    sentence=_("%(who)s replied to the customer"),
    default=Choice.BELL,
)
NOTED = Event(
    name="noted",
    label=_("New internal note"),
    sentence=_("%(who)s added an internal note"),
    default=Choice.BELL,
)
FINISHED = Event(
    name="finished",
    label=_("Finished or solved"),
    sentence=_("%(who)s finished this"),
    default=Choice.BELL,
)
REOPENED = Event(
    name="reopened",
    label=_("Reopened"),
    sentence=_("%(who)s reopened this"),
    default=Choice.BELL,
)
EVENTS = (ASSIGNED, REPORTED, MENTIONED, COMMENTED, REPLIED, NOTED, FINISHED, REOPENED)
"""All events, in the order of the page of preferences."""
EVENTS_BY_NAME = {event.name: event for event in EVENTS}


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Which changes of a property are an event, and whom they concern besides those who follow the record."""

    event: Event
    property: str
    """Who may not see it is not notified."""
    happens: Callable[[PlannedWrite], bool] = lambda planned: True
    """Whether a change of the property is an event. Of a list, each new element is one."""
    find_recipients: Callable[[Entity], Iterable[str | None]] = lambda record: ()
    """Returns user ids."""
    for_followers: bool = True
    sentence: StrOrPromise = ""
    """Says the event, instead of its own sentence."""
    is_mention: bool = False
    """Whether it concerns the users whom the texts of new messages of the property name as `@username`."""

    @property
    def is_personal(self) -> bool:
        """Whether it concerns only those whom the property names, as long as it does."""
        return not (self.for_followers or self.is_mention)


triggers: dict[type[Entity], tuple[Trigger, ...]] = {}
"""The triggers by model. Apps register theirs by `services.register_triggers`."""
