"""Notifications in words, with the rights of the reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.utils.translation import ngettext

from backoffice.notifications.events import Trigger, triggers
from backoffice.notifications.models import Notification
from backoffice.people.models import User
from backoffice.records.models import Entity, History


@dataclass(frozen=True)
class ShownNotification:
    """A notification that its user may see."""

    pk: str
    record: Entity
    sentence: str
    more: str
    """How many further events of the kind there were, in words; empty if none."""
    at: datetime
    is_read: bool


def show(
    notifications: Iterable[Notification], user: User, *, is_present: bool = False
) -> list[ShownNotification]:
    """Return the notifications of records that the user may still see; with `is_present`, without those of personal
    events that do not concern the user any more. Takes two queries for each kind of record."""
    shown = []
    for record_type, group in _group(notifications).items():
        model = apps.get_model(record_type)
        triggers_by_event = {trigger.event.name: trigger for trigger in reversed(triggers[model])}
        ids = {each.record_id for each in group}
        rows = model.objects.visible_to(user).filter(pk__in=ids) if user.may("view", model) else ()
        records = {record.pk: record for record in rows}
        entries = _find_entries(record_type, group)
        for each in group:
            record, trigger = records.get(each.record_id), triggers_by_event.get(each.event)
            if record is None or trigger is None or not user.may("view", record, trigger.property):
                continue
            if is_present and trigger.is_personal and user.pk not in trigger.find_recipients(record):
                continue
            shown.append(_describe(each, trigger, record, entries.get((each.record_id, each.version)), user))
    return sorted(shown, key=lambda each: (each.at, each.pk), reverse=True)


def _group(notifications: Iterable[Notification]) -> dict[str, list[Notification]]:
    groups: dict[str, list[Notification]] = {}
    for each in notifications:
        groups.setdefault(each.record_type, []).append(each)
    return groups


def _find_entries(record_type: str, group: list[Notification]) -> dict[tuple[str, int], History]:
    """Return the history entries of notifications by record and version."""
    rows = History.objects.filter(
        record_type=record_type,
        record_id__in={each.record_id for each in group},
        version__in={each.version for each in group},
    )
    return {(row.record_id, row.version): row for row in rows}


def _describe(
    notification: Notification, trigger: Trigger, record: Entity, entry: History | None, user: User
) -> ShownNotification:
    who = type(record).visible_author(entry, user) if entry else ""
    sentence = str(trigger.sentence or trigger.event.sentence) % {"who": who}
    further = notification.times - 1
    more = ngettext("and %(n)d more", "and %(n)d more", further) % {"n": further} if further else ""
    is_read = notification.read_at is not None
    return ShownNotification(notification.pk, record, sentence, more, notification.created_at, is_read)
