"""Daily e-mails: one a day with what a user of the company's staff has not read."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.core import mail

from backoffice.jobs.kinds import kinds
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.outbox import enqueue
from backoffice.jobs.runner import claim, run_due
from backoffice.mail.models import Delivery
from backoffice.notifications import mail as mails
from backoffice.notifications.models import EventChoice, Notification
from backoffice.notifications.tests.test_notifications import BROWSER, browser, update
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import Installation
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from tests.support.clock import clock_set_to

pytestmark = pytest.mark.django_db
RUN = "notifications.daily_run"
ZONE = ZoneInfo("Europe/Copenhagen")
MONDAY = datetime(2027, 3, 22, 14, 0, tzinfo=ZONE)
"""A day in the week before the clocks go forward."""


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk, desc="The lamp is dead")


@pytest.fixture
def schedule(cast):
    """The row of the schedule, which runs at eight."""
    with clock_set_to(MONDAY - timedelta(hours=1)):
        enqueue(RUN, key=kinds[RUN].schedule_key)
    return QueuedJob.objects.get(kind=RUN)


def choose(user, event: str, choice: str) -> None:
    sent = {"theme": "system", "density": "comfortable", "language": "en", f"event-{event}": choice}
    assert browser(user).post("/account/preferences", sent).status_code == 302


def work_until(moment: datetime) -> list:
    """Do every job when it is due, until a moment. Return the e-mails sent meanwhile."""
    sent = len(mail.outbox)
    while (job := QueuedJob.objects.filter(due_at__lte=moment).order_by("due_at").first()) is not None:
        with clock_set_to(job.due_at):
            run_due()
    return mail.outbox[sent:]


def at(days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(MONDAY.date() + timedelta(days=days), datetime.min.time(), ZONE).replace(
        hour=hour, minute=minute
    )


def assign(cast, complaint, user=None) -> None:
    """Let Ada assign a complaint to Alice on Monday at two."""
    with clock_set_to(MONDAY):
        update(complaint, cast.ada, user=(user or cast.alice).pk)


def test_one_mail_comes_at_eight_instead_of_one_at_once(cast, complaint, schedule):
    choose(cast.alice, "assigned", "daily")
    choose(cast.vera, "assigned", "daily")
    assign(cast, complaint)
    other = ComplaintFactory(company=cast.company, object=complaint.object_id)
    assign(cast, other)
    assert work_until(at(1, 7, 59)) == []
    (message,) = work_until(at(1, 8, 1))
    assert message.to == ["alice@example.com"]  # Vera has nothing unread
    assert "2" in message.subject
    for each in (complaint, other):
        assert f"/complaints/{each.pk}" in message.body
    assert message.body.count("Ada") == 2 and "lamp" not in message.body
    assert work_until(at(2, 12)) == []  # it was in a mail already


def test_a_mail_lists_all_that_is_unread(cast, complaint, schedule):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    assert len(work_until(at(1, 9))) == 1
    other = ComplaintFactory(company=cast.company, object=complaint.object_id)
    with clock_set_to(at(1, 10)):
        update(other, cast.ada, user=cast.alice.pk)
    (message,) = work_until(at(2, 9))
    assert f"/complaints/{complaint.pk}" in message.body and f"/complaints/{other.pk}" in message.body


def test_nothing_unread_is_no_mail(cast, complaint, schedule):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    with clock_set_to(at(1, 7)):
        browser(cast.alice).post("/notifications", {"all": "1"})
    assert work_until(at(3, 12)) == []
    assert not Delivery.objects.exists()


def test_other_events_are_mailed_at_once_as_before(cast, complaint, schedule):
    choose(cast.alice, "finished", "daily")
    assign(cast, complaint)
    (message,) = work_until(MONDAY + timedelta(minutes=3))
    assert str(complaint.number) in message.subject
    assert work_until(at(1, 9)) == []  # “finished” did not happen


def test_it_is_eight_oclock_in_summer_too(cast, complaint, schedule):
    """Clocks go forward on 28 March 2027."""
    choose(cast.alice, "assigned", "daily")
    for day in (5, 6):  # Saturday and Sunday
        made = ComplaintFactory(company=cast.company, object=complaint.object_id)
        with clock_set_to(at(day, 14)):
            update(made, cast.ada, user=cast.alice.pk)
        assert work_until(at(day + 1, 7, 59)) == []
        assert len(work_until(at(day + 1, 8))) == 1


def test_customers_get_none_and_are_not_offered_it(cast, records, schedule):
    page = BeautifulSoup(browser(cast.rikke).get("/account/preferences").content, "lxml")
    assert page.select("#notifications select") and not page.select("option[value=daily]")
    sent = {"theme": "system", "density": "comfortable", "language": "en", "event-commented": "daily"}
    assert browser(cast.rikke).post("/account/preferences", sent).status_code == 200
    assert not EventChoice.objects.exists()
    EventChoice(user_id=cast.rikke.pk, event="commented", choice="daily").save()  # chosen as a colleague
    SupportCase._base_manager.filter(pk=records.case.pk).update(
        employee=cast.rikke.pk, customer=cast.resold.pk
    )
    with clock_set_to(MONDAY):
        case = SupportCase.objects.get(pk=records.case.pk)
        update(case, cast.sven, comments=[*case.comments, {"comment": "Is it dark?"}])
    (message,) = work_until(MONDAY + timedelta(minutes=3))
    assert message.to == [cast.rikke.email]  # at once
    assert work_until(at(2, 12)) == []


def test_rights_count_when_it_is_sent(cast, complaint, schedule):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    services.update(
        User.objects.get(pk=cast.alice.pk),
        {"roles": []},
        actor=Installation(cast.company.pk),
        context=BROWSER,
    )
    assert work_until(at(1, 9)) == []
    assert [row.state for row in Delivery.objects.all()] == [Delivery.State.CANCELLED]


def test_a_user_who_may_not_sign_in_gets_none(cast, complaint, schedule):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    User._base_manager.filter(pk=cast.alice.pk).update(is_active=False)
    assert work_until(at(1, 9)) == []


def test_without_a_mail_server_nothing_is_queued(cast, complaint, schedule, settings):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    settings.EMAIL_BACKEND = "config.mail_backends.UnconfiguredBackend"
    work_until(at(1, 9))
    assert not Delivery.objects.exists()


def test_killed_and_repeated_runs_send_one_mail(cast, complaint, schedule, monkeypatch):
    choose(cast.alice, "assigned", "daily")
    assign(cast, complaint)
    work_until(at(1, 7))
    with clock_set_to(at(1, 8)):
        assert claim("killed at once", [RUN], threading.Event()) is not None
    queue_mail, killed = mails.queue_mail, []

    def queue_and_die(*args, **values):
        queue_mail(*args, **values)
        if not killed:
            killed.append(True)
            raise SystemExit  # nothing catches it: the transaction is rolled back, the lease remains

    monkeypatch.setattr(mails, "queue_mail", queue_and_die)
    with clock_set_to(at(1, 8, 1)), pytest.raises(SystemExit):
        run_due()
    assert not Delivery.objects.exists() and mail.outbox == []
    assert len(work_until(at(1, 9))) == 1
    for hour in (10, 11):  # an administrator retries the schedule
        QueuedJob.objects.filter(kind=RUN).update(due_at=at(1, hour))
        assert work_until(at(1, hour, 30)) == []
    assert Delivery.objects.count() == 1


def test_many_users_are_served_in_batches(cast, complaint, schedule, monkeypatch):
    monkeypatch.setattr(mails, "BATCH_SIZE", 1)
    people = [cast.alice, cast.vera, cast.ada]
    for user in people:
        choose(user, "finished", "daily")
        Notification(
            user_id=user.pk,
            company_id=cast.company.pk,
            event="finished",
            record_type="facility.complaint",
            record_id=complaint.pk,
            version=1,
            created_at=MONDAY,
        ).save(force_insert=True)
    sent = work_until(at(1, 9))
    assert sorted(message.to[0] for message in sent) == sorted(user.email for user in people)
    assert work_until(at(1, 23)) == []
