"""Notifying users of changes, and what they choose."""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.transactions import insert, with_retry
from backoffice.jobs.kinds import job_kind
from backoffice.jobs.outbox import enqueue
from backoffice.jobs.runner import JobRun
from backoffice.mail.outgoing import has_mail_server, is_news, queue_mail
from backoffice.notifications.events import (
    EVENTS,
    EVENTS_BY_NAME,
    Choice,
    Event,
    Trigger,
    triggers,
)
from backoffice.notifications.models import EventChoice, Following, Notification
from backoffice.people.models import User
from backoffice.people.usernames import username_key
from backoffice.records.actors import Channel
from backoffice.records.fields import now
from backoffice.records.history import added_ids, changes_since
from backoffice.records.identify import MAX_SUGGESTIONS, find_candidates
from backoffice.records.models import Entity, History, Record
from backoffice.records.properties import UserChoices
from backoffice.records.services import PlannedWrite, on_write

KIND = "notifications.notify"
MAIL_EVENT = "notifications.mail"
MERGED_WITHIN = timedelta(minutes=2)
"""Events of one kind at one record within this time are one notification, and one e-mail."""
MAX_RECIPIENTS = 500
MAX_CANDIDATES = 30
"""The most users whose rights are checked for one list of suggestions."""
MAX_LATER_CHANGES = 100
"""The most later changes of a record that an event is compared with."""
MAX_COUNT = 99
"""The bell counts up to this number."""
RETENTION = timedelta(days=180)
_MENTION = re.compile(r"(?<![\w@])@([\w.+@-]{1,150})")


def register_triggers(model: type[Record], *of_model: Trigger) -> None:
    """Register which changes of a model users are notified of."""
    triggers[model] = of_model
    on_write(model)(_enqueue_events)


def _enqueue_events(planned: PlannedWrite) -> None:
    """Add one job for all events of a change, in its transaction."""
    if planned.action == "remove":
        for model in (Notification, Following):
            model.objects.filter(record_id=planned.before.pk).delete()
        return
    if planned.actor.user_id is None or planned.provenance is not None or not is_news(planned):
        return  # what commands and imports do is no news
    touched = {change["property"].partition(".")[0] for change in planned.changes}
    happened = [
        trigger.event.name
        for trigger in triggers[type(planned.record)]
        if trigger.property in touched and _happens(trigger, planned)
    ]
    if not happened:
        return
    record = planned.record
    params = {
        "record_type": record._meta.label_lower,
        "record": record.pk,
        "version": record.version,
        "events": happened,
        "is_bulk": planned.context is not None and planned.context.channel == Channel.BULK,
    }
    enqueue(KIND, params=params, company_id=record.company_id)


def _happens(trigger: Trigger, planned: PlannedWrite) -> bool:
    if planned.record.properties[trigger.property].many:
        return bool(added_ids(planned.changes, trigger.property))
    return trigger.happens(planned)


@job_kind(KIND, label=_("Notifications"))
def notify(run: JobRun) -> None:
    """Notify those whom a change concerns: by at most one event each, the first of the record's triggers."""
    params = run.job.params
    model = apps.get_model(params["record_type"])
    record = model._base_manager.filter(pk=params["record"]).first()
    entry = History.objects.filter(
        record_type=params["record_type"], record_id=params["record"], version=params["version"]
    ).first()
    if record is None or entry is None:
        return
    followers = _find_followers(record.pk)
    notified: set[str] = set()
    for trigger in triggers[model]:
        if trigger.event.name not in params["events"]:
            continue
        if trigger.is_personal and trigger.property in _find_later_properties(record, entry):
            continue
        ids = {pk for pk in trigger.find_recipients(record) if pk}
        if trigger.is_mention:
            ids |= _find_mentioned(record, entry, trigger.property)
        if trigger.for_followers:
            ids = (ids | followers[True]) - followers[False]
        ids -= notified | {entry.user_id}
        for user in _find_readers(record, trigger, ids):
            notified.add(user.pk)
            _add(user, trigger.event, record, entry, may_mail=not params.get("is_bulk"))


def _find_later_properties(record: Entity, entry: History) -> set[str]:
    """Return the properties that were changed again since a history entry."""
    if record.version == entry.version:
        return set()
    rows = changes_since(record, entry.version, until=entry.version + MAX_LATER_CHANGES)
    return {change["property"].partition(".")[0] for row in rows for change in row.changes}


def _find_followers(record_id: str) -> dict[bool, set[str]]:
    """Return the users who chose to follow a record (True), and not to (False)."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    rows = Following.objects.filter(record_id=record_id).values_list("user_id", "is_following")
    for user_id, is_following in rows[:MAX_RECIPIENTS]:
        found[is_following].add(user_id)
    return found


def _find_mentioned(record: Entity, entry: History, name: str) -> set[str]:
    """Return the users whom the messages name that the change added."""
    added = added_ids(entry.changes, name)
    messages = record.properties[name].model._base_manager.filter(record=record.pk, pk__in=added)
    names = {each for text in messages.values_list("text", flat=True) for each in _names_in(text)}
    users = User._base_manager.filter(
        username_key__in=[username_key(each) for each in list(names)[:MAX_RECIPIENTS]],
        company_id=record.home_company_id(),
    )
    return set(users.values_list("pk", flat=True))


def _names_in(text: str) -> set[str]:
    """Return the names after an `@`, without the full stop of a sentence."""
    return {name.rstrip(".-") for name in _MENTION.findall(text)}


def find_mention_trigger(model: type[Entity]) -> Trigger | None:
    """Return the trigger by which messages of a model mention users; None if they do not."""
    return next((trigger for trigger in triggers.get(model, ()) if trigger.is_mention), None)


def find_mentionable(record: Entity, trigger: Trigger, text: str, actor: User) -> list[User]:
    """Return colleagues, by the beginning of a name, who may see the messages of a record: some queries for each."""
    holders = UserChoices(permission=type(record).permission("view"), insiders=True)
    staff = User.objects.visible_to(actor).filter(company_id=record.home_company_id()).exclude(pk=actor.pk)
    users = staff.eligible_for(holders, actor).order_by("username_sort", "pk")
    found = find_candidates(users, text, MAX_CANDIDATES) if text else users[:MAX_CANDIDATES]
    can_be_named = (user for user in found if _names_in(f"@{user.username}") == {user.username})
    readers = (user for user in can_be_named if can_read(user, record, trigger.property))
    return list(islice(readers, MAX_SUGGESTIONS))


def _find_readers(record: Entity, trigger: Trigger, ids: set[str]) -> list[User]:
    """Return those users who may sign in, and see the record and what changed."""
    users = User._base_manager.filter(pk__in=list(ids)[:MAX_RECIPIENTS])
    return [user for user in users if user.can_sign_in and can_read(user, record, trigger.property)]


def can_read(user: User, record: Entity, name: str) -> bool:
    """Return whether a user may see a property of a record now."""
    if not user.may("view", type(record)):
        return False
    present = user.find_visible(type(record), record.pk)
    return present is not None and user.may("view", present, name)


def _add(user: User, event: Event, record: Entity, entry: History, *, may_mail: bool) -> None:
    """Add a notification, or count the event to one of the last minutes that was not read. A bulk edit mails nobody:
    it may be thousands of records."""
    choice = choices_of(user)[event.name]
    if choice == Choice.OFF:
        return
    same = Notification.objects.filter(
        user_id=user.pk,
        event=event.name,
        record_id=record.pk,
        read_at=None,
        created_at__gt=now() - MERGED_WITHIN,
    )
    if same.update(version=entry.version, times=models.F("times") + 1):
        return
    notification = Notification(
        user_id=user.pk,
        company_id=record.home_company_id(),
        event=event.name,
        record_type=record._meta.label_lower,
        record_id=record.pk,
        version=entry.version,
    )
    notification.save(force_insert=True)
    if may_mail and choice == Choice.MAIL and user.email and has_mail_server():
        queue_mail(
            MAIL_EVENT,
            record,
            company_id=record.home_company_id(),
            user_id=user.pk,
            params={"notification": notification.pk},
            due_at=now() + MERGED_WITHIN,
        )


def choices_of(user: User) -> dict[str, str]:
    """Return how a user wants to be notified of each event, by its name. Daily e-mails are for staff only."""
    chosen = dict(EventChoice.objects.filter(user_id=user.pk).values_list("event", "choice"))
    if user.customer_id:
        chosen = {name: Choice.MAIL if choice == Choice.DAILY else choice for name, choice in chosen.items()}
    return {event.name: chosen.get(event.name, event.default) for event in EVENTS}


def choose(user: User, choices: dict[str, str]) -> None:
    """Save how a user wants to be notified of each event."""

    def save() -> None:
        EventChoice.objects.filter(user_id=user.pk).delete()
        for name, choice in choices.items():
            if choice != EVENTS_BY_NAME[name].default:
                insert(EventChoice(user_id=user.pk, event=name, choice=choice))

    with_retry(save)


def follow(user: User, record: Entity, is_following: bool) -> None:
    """Save that a user follows a record, or does not want to be notified."""

    def save() -> None:
        rows = Following.objects.filter(user_id=user.pk, record_id=record.pk)
        if not rows.update(is_following=is_following):
            insert(Following(user_id=user.pk, record_id=record.pk, is_following=is_following))

    with_retry(save)


def follows(user: User, record: Entity) -> bool | None:
    """Return whether a user is notified of changes of a record: by choice, or because it concerns them.
    None if records of this kind cause no notifications."""
    if type(record) not in triggers:
        return None
    rows = Following.objects.filter(user_id=user.pk, record_id=record.pk)
    if (chosen := rows.values_list("is_following", flat=True).first()) is not None:
        return chosen
    return any(
        trigger.for_followers and user.pk in trigger.find_recipients(record)
        for trigger in triggers[type(record)]
    )


def count_unread(user: User) -> int:
    """Return the number of unread notifications, at most one more than MAX_COUNT."""
    unread = Notification.objects.filter(user_id=user.pk, read_at=None).order_by()
    return len(unread.values_list("pk", flat=True)[: MAX_COUNT + 1])


def mark_read(user: User, *, record_id: str = "", ids: Iterable[str] | None = None) -> int:
    """Mark a user's notifications as read: all, those of a record, or some by id. Return their number."""
    unread = Notification.objects.filter(user_id=user.pk, read_at=None)
    if record_id:
        unread = unread.filter(record_id=record_id)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=now())


@job_kind("notifications.purge", label=_("Removal of old notifications"), every=timedelta(days=1))
def purge_notifications(run: JobRun) -> None:
    """Delete notifications older than half a year."""
    Notification.objects.filter(created_at__lt=now() - RETENTION).delete()
