"""Bulk edits use the user's rights at the time each record is changed."""

import threading

import pytest
from django.contrib.auth.models import Group

from backoffice.accounts.sessions import end_everywhere
from backoffice.bulk import runner
from backoffice.bulk.edits import PropertyEdit
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.runner import Run
from backoffice.bulk.services import prepare, purge, resume, start, stop
from backoffice.jobs.kinds import Lane
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import LeaseLost, claim, run_due
from backoffice.people.models import User
from backoffice.people.roles import FACILITY_STAFF, VIEWER
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import History
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
COMMAND = ChangeContext(Channel.COMMAND)
AFTER = 2
"""The number of records that are changed before the rights are withdrawn."""


def update_user(user, **values):
    services.update(
        User.objects.get(pk=user.pk), values, actor=Installation(user.company_id), context=COMMAND
    )


WITHDRAWALS = {
    "switched off": lambda cast: update_user(cast.alice, is_active=False),
    "archived": lambda cast: update_user(cast.alice, status=2),
    "without the role": lambda cast: update_user(cast.alice, roles=[VIEWER]),
    "the role without the right": lambda cast: Group.objects.get(name=FACILITY_STAFF).permissions.clear(),
    "narrowed to a customer": lambda cast: update_user(cast.alice, customer=cast.reseller.pk),
    "signed out everywhere": lambda cast: end_everywhere(cast.alice, COMMAND),
    "another password": lambda cast: update_user(cast.alice, password="another hash"),
    "stopped": lambda cast: stop(Job.objects.get()),
}


@pytest.fixture
def job(cast, records, monkeypatch):
    """Five complaints that Alice is editing in bulk."""
    monkeypatch.setattr(runner, "PAUSE_BETWEEN_RECORDS", 0)
    for number in range(5):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Of many, {number}")
    found = Complaint.objects.filter(desc__startswith="Of many").order_by("number")
    job = prepare(found, cast.alice, edits=[PropertyEdit("priority", "set", 4)])
    assert start(job)
    return job


def run_with_interruption(monkeypatch, act, after=AFTER):
    """Run the waiting jobs, and call `act` between two records."""
    done, do = [], Run.do

    def interrupted(run, item):
        if len(done) == after:
            act()
        done.append(item)
        do(run, item)

    monkeypatch.setattr(Run, "do", interrupted)
    run_due()
    return done


@pytest.mark.parametrize("how", WITHDRAWALS)
def test_no_further_record_is_changed_after_rights_are_withdrawn(how, cast, job, monkeypatch):
    run_with_interruption(monkeypatch, lambda: WITHDRAWALS[how](cast))
    assert Complaint.objects.filter(priority=4).count() == AFTER
    outcomes = set(job.items.order_by("position").values_list("outcome", flat=True)[AFTER:])
    assert outcomes == ({""} if how == "stopped" else {"refused"})


def test_a_bulk_deletion_stops_too(cast, records, monkeypatch):
    monkeypatch.setattr(runner, "PAUSE_BETWEEN_RECORDS", 0)
    places = [CustomerObjectFactory(company=cast.company, customer=cast.resold.pk) for _each in range(4)]
    found = CustomerObject.objects.filter(pk__in=[place.pk for place in places]).order_by("number")
    job = prepare(found, cast.ada, removes=True)
    assert start(job)
    run_with_interruption(monkeypatch, lambda: update_user(cast.ada, roles=[VIEWER]), after=1)
    assert found.count() == 3


def test_rights_are_read_in_the_transaction_of_the_record(cast, job, monkeypatch):
    """The rights are withdrawn after the worker has started with the record, just before it reads them."""
    fetch = runner.fetch_actor

    def fetch_later(user_id, sign_in):
        if Complaint.objects.filter(priority=4).count() == AFTER:
            update_user(cast.alice, roles=[VIEWER])
        return fetch(user_id, sign_in)

    monkeypatch.setattr(runner, "fetch_actor", fetch_later)
    run_due()
    assert Complaint.objects.filter(priority=4).count() == AFTER


def test_a_deleted_user_ends_the_job_at_once(cast, job, monkeypatch):
    done = run_with_interruption(monkeypatch, lambda: update_user(cast.alice, is_active=False))
    assert len(done) == 5  # fetched items are refused without another check
    assert set(JobItem.objects.filter(outcome="refused").values_list("why", flat=True)) == {
        "The user who started this bulk edit no longer has access."
    }
    job.refresh_from_db()
    assert job.state == Job.State.ENDED


def test_a_stopped_job_continues_after_the_next_sign_in(cast, job):
    assert stop(job)
    end_everywhere(cast.alice, COMMAND)
    assert resume(job)
    run_due()
    assert Complaint.objects.filter(priority=4).count() == 5


def test_a_worker_that_lost_its_lease_stops(job):
    one = claim("one", ["bulk.edit"], threading.Event())
    QueuedJob.objects.update(due_at="2020-01-01T00:00:00Z")
    two = claim("two", ["bulk.edit"], threading.Event())
    with pytest.raises(LeaseLost):
        Run(Job.objects.get(), one).execute()
    assert not Complaint.objects.filter(priority=4).exists()
    two.execute()
    assert Complaint.objects.filter(priority=4).count() == 5
    rows = History.objects.filter(request_id=job.pk)
    assert len(set(rows.values_list("record_id", flat=True))) == rows.count() == 5


def test_a_bulk_edit_of_the_version_before_is_continued(job):
    """It has no background job."""
    QueuedJob.objects.all().delete()
    purge()
    purge()
    assert run_due([Lane.LONG]) == 1
    assert Complaint.objects.filter(priority=4).count() == 5
