"""The e-mails of notifications: at once, or one a day for staff. They name records by their numbers and say what
happened, without texts: those are on the pages, for who may see them."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Max, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy, ngettext, override

from backoffice.jobs.kinds import job_kind
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import JobRun
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import has_mail_server, mail_event, queue_mail, thread_headers
from backoffice.notifications.events import Choice
from backoffice.notifications.models import EventChoice, Notification
from backoffice.notifications.services import MAIL_EVENT, choices_of
from backoffice.notifications.shown import show
from backoffice.people.models import User
from backoffice.people.public_url import public_url
from backoffice.records.fields import now

DAILY_EVENT = "notifications.daily"
HOUR = 8
"""The hour of daily e-mails, in the time zone of the installation."""
MAX_SHOWN = 50
BATCH_SIZE = 200
"""The most daily e-mails queued in one transaction."""


@mail_event(MAIL_EVENT, label=gettext_lazy("Notification"))
def build_notification(delivery: Delivery) -> EmailMessage | None:
    """Return the mail about one notification, if the user still wants it."""
    user = User._base_manager.filter(pk=delivery.user_id).first()
    events = [name for name, choice in choices_of(user).items() if choice == Choice.MAIL] if user else []
    return _build(delivery, Notification.objects.filter(pk=delivery.params["notification"], event__in=events))


@mail_event(DAILY_EVENT, label=gettext_lazy("Daily e-mail of notifications"))
def build_daily(delivery: Delivery) -> EmailMessage | None:
    """Return the mail about all notifications of the events that the user chose it for."""
    user = User._base_manager.filter(pk=delivery.user_id, customer=None).first()
    choices = choices_of(user) if user else {}
    events = [name for name, choice in choices.items() if choice == Choice.DAILY]
    return _build(delivery, Notification.objects.filter(user_id=delivery.user_id, event__in=events))


def _build(delivery: Delivery, notifications: QuerySet[Notification]) -> EmailMessage | None:
    """Return the mail about those notifications that the user has not read, may still see, and gets no other mail
    about; None if there are none."""
    user = User._base_manager.filter(pk=delivery.user_id).first()
    if user is None or not user.can_sign_in or not user.email:
        return None
    unread = notifications.filter(read_at=None).order_by("-created_at", "-pk")[:MAX_SHOWN]
    with override(language_for(user)):
        if not (
            shown := show([each for each in unread if not _was_mailed(user, each)], user, is_present=True)
        ):
            return None
        items = []
        for each in shown:
            meta = each.record._meta
            path = reverse(f"{meta.app_label}:{meta.model_name}_record", args=[each.record.pk])
            name = f"{capfirst(meta.verbose_name)} {getattr(each.record, 'number', '')}"
            items.append({"shown": each, "name": name, "url": f"{public_url()}{path}"})
        preferences_url = f"{public_url()}{reverse(settings.PREFERENCES_URL)}"
        context = {"user": user, "items": items, "preferences_url": preferences_url}
        text = render_to_string("notifications/mail.txt", context)
        headers = {"List-Unsubscribe": f"<{preferences_url}>"}
        subject = ngettext("%(n)s unread notification", "%(n)s unread notifications", len(items))
        subject %= {"n": len(items)}
        if len(items) == 1:
            subject = f"{items[0]['name']}: {shown[0].sentence}"
            headers |= thread_headers(shown[0].record)
        return EmailMessage(" ".join(subject.split()), text, to=[user.email], headers=headers)


def _was_mailed(user: User, notification: Notification) -> bool:
    """Return whether the user gets another mail about the same change, as the customer whom it concerns."""
    rows = Delivery.objects.filter(record_id=notification.record_id, user_id=user.pk).exclude(
        event=MAIL_EVENT
    )
    rows = rows.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENT]).order_by("-created_at")
    return any(row.params.get("version") == notification.version for row in rows[:100])


def language_for(user: User) -> str:
    """Return the language of mails to a user: the company's."""
    return user.company.language if user.company else settings.LANGUAGE_CODE


@job_kind("notifications.daily_run", label=gettext_lazy("Daily e-mails"), every=timedelta(days=1))
def queue_daily_mails(run: JobRun) -> None:
    """Queue today's e-mails. The transaction that queues one also records it: each user gets one a day, however
    often this runs."""
    users = _find_recipients(_find_hour()) if has_mail_server() else []
    for user in users[:BATCH_SIZE]:
        queue_mail(DAILY_EVENT, user, company_id=user.company_id, user_id=user.pk)
    due_at = now() if len(users) > BATCH_SIZE else _find_hour(days=1)
    QueuedJob.objects.filter(pk=run.job.pk).update(due_at=due_at)


def _find_hour(days: int = 0) -> datetime:
    """Return the last time when daily e-mails were due, or the one some days later."""
    local = timezone.localtime(now(), timezone.get_default_timezone())
    day = local.date() + timedelta(days=days - (local.hour < HOUR))
    return datetime.combine(day, time(HOUR), tzinfo=local.tzinfo)


def _find_recipients(until: datetime) -> list[User]:
    """Return staff with unread notifications since their last daily e-mail, and none since the hour: one more than a
    batch."""
    wanted = set(EventChoice.objects.filter(choice=Choice.DAILY).values_list("user_id", "event"))
    served = Delivery.objects.filter(event=DAILY_EVENT).order_by().values_list("user_id")
    last = dict(served.annotate(last=Max("created_at")))
    unread = Notification.objects.filter(read_at=None, created_at__lt=until).order_by()
    newest = unread.values_list("user_id", "event").annotate(newest=Max("created_at"))
    ids = {
        user_id
        for user_id, event, created_at in newest
        if (user_id, event) in wanted and (user_id not in last or last[user_id] < created_at)
    }
    return list(User._base_manager.filter(pk__in=list(ids), customer=None).order_by("pk")[: BATCH_SIZE + 1])
