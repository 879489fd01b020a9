"""Notifications and their e-mails if something changes before they are written or sent."""

import pytest
from django.core import mail
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from backoffice.jobs.runner import run_due
from backoffice.notifications import services as notifications
from backoffice.notifications.models import Following
from backoffice.notifications.tests.test_notifications import (
    BROWSER,
    browser,
    read_bell,
    read_list,
    send_mails,
    update,
)
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import changes_since
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk, desc="The lamp is dead")


def assign(complaint, user, by, channel=Channel.BROWSER) -> None:
    present = Complaint.objects.get(pk=complaint.pk)
    services.update(present, {"user": user and user.pk}, actor=by, context=ChangeContext(channel))


def test_a_deleted_record_leaves_no_notification(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    notifications.follow(cast.alice, complaint, True)
    assert read_bell(cast.alice) == "1"
    services.delete(Complaint.objects.get(pk=complaint.pk), actor=cast.root, context=BROWSER)
    assert (read_bell(cast.alice), Following.objects.count()) == ("", 0)


def test_what_one_may_not_see_any_more_can_be_marked_as_read(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    cast.alice.groups.clear()
    client = browser(cast.alice)
    assert read_list(cast.alice) == []
    assert b'name="all"' in client.get("/notifications").content
    client.post("/notifications", {"all": "1"})
    assert read_bell(cast.alice) == ""


def test_an_assignment_that_was_changed_notifies_nobody(cast, complaint, monkeypatch):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    assign(complaint, cast.ada, by=cast.root)
    assign(complaint, cast.alice, by=cast.alice)
    run_due()
    assert (read_list(cast.alice), read_list(cast.ada)) == ([], [])


def test_nobody_is_mailed_about_an_assignment_that_has_ended(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    assign(complaint, None, by=cast.ada)
    assert send_mails() == []


def test_a_choice_counts_when_the_mail_is_sent(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    notifications.choose(cast.alice, {"assigned": "off"})
    assert send_mails() == []


def test_a_bulk_edit_mails_nobody(cast, complaint):
    with TestCase.captureOnCommitCallbacks(execute=True):
        assign(complaint, cast.alice, by=cast.ada, channel=Channel.BULK)
    assert read_bell(cast.alice) == "1"
    assert send_mails() == mail.outbox == []


def test_following_at_the_same_time_is_no_error(cast, complaint, monkeypatch):
    """Another request inserts the row after this one has looked for it."""
    insert, attempts = notifications.insert, []

    def insert_later(row):
        if not attempts:
            Following(user_id=row.user_id, record_id=row.record_id, is_following=False).save(
                force_insert=True
            )
        attempts.append(row)
        insert(row)

    monkeypatch.setattr(notifications, "insert", insert_later)
    notifications.follow(cast.alice, complaint, True)
    assert len(attempts) >= 1
    assert notifications.follows(cast.alice, complaint) is True


def test_the_list_takes_as_many_queries_for_many_as_for_one(cast, records):
    client, counts = browser(cast.alice), []
    for wanted in (1, 10):
        while len(read_list(cast.alice)) < wanted:
            other = ComplaintFactory(company=cast.company, object=records.object.pk)
            update(other, cast.ada, user=cast.alice.pk)
        client.get("/notifications")
        with CaptureQueriesContext(connection) as queries:
            client.get("/notifications")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_event_is_compared_with_a_bounded_number_of_later_changes(cast, complaint):
    for number in range(6):
        update(complaint, cast.ada, room_description=f"Room {number}")
    present = Complaint.objects.get(pk=complaint.pk)
    assert [row.version for row in changes_since(present, 2)] == [3, 4, 5, 6, 7]
    assert [row.version for row in changes_since(present, 2, until=4)] == [3, 4]
    with CaptureQueriesContext(connection) as queries, pytest.MonkeyPatch.context() as patch:
        patch.setattr(notifications, "MAX_LATER_CHANGES", 1)
        entry = changes_since(present, 1, until=2)[0]
        assert notifications._find_later_properties(present, entry) == {"room_description"}
    assert len(queries) <= 2
