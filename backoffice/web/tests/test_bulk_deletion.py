"""Tests of bulk deletion: preview, execution and report."""

import threading

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from backoffice.accounts.reauthentication import CONFIRMED_AT, FIELD
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.runner import Run
from backoffice.bulk.services import KIND
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import claim
from backoffice.people.tests.factories import PASSWORD
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.web.tests.test_bulk import BulkEditSession, reload, run_jobs
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

OVER_JSON = ChangeContext(Channel.JSON)


@pytest.fixture
def complaints(cast, records):
    how = {"company": cast.company, "object": records.object.pk}
    return [ComplaintFactory(**how, desc=desc) for desc in ("Low", "High", "Alice's")]


@pytest.fixture
def alice(cast, client):
    return BulkEditSession(client, cast.alice)


def select_for_deletion(many, records=(), **sent):
    """Select records for deletion and return the preview."""
    answer = many.choose(records, do="remove", **sent)
    assert answer["Location"].endswith("/preview")
    many.address = answer["Location"].removesuffix("/preview")
    return BeautifulSoup(many.client.get(answer["Location"]).content, "lxml")


@pytest.mark.slow
def test_selected_records_are_deleted_after_a_preview(alice, cast, complaints):
    before = History.objects.count()
    page = select_for_deletion(alice, complaints[:2])
    assert page.h1.get_text(strip=True) == "Deletion preview" and "2 will be deleted" in page.get_text(" ")
    assert alice.preview() == dict.fromkeys(["Low", "High"], "Will be deleted")
    assert "Delete all 2 complaints" in page.select_one(".bulk-actions").get_text()
    assert History.objects.count() == before
    assert "Finished" not in alice.start().content.decode()
    run_jobs()
    assert alice.report() == dict.fromkeys(["Low", "High"], ("Done", ""))
    assert [type(each).objects.filter(pk=each.pk).exists() for each in complaints] == [False, False, True]
    rows = [history_of(complaint).first() for complaint in complaints[:2]]
    assert {(row.action, row.via, row.who, row.request_id) for row in rows} == {
        ("remove", "bulk", "Alice", alice.address.rpartition("/")[2])
    }
    jobs = alice.client.get("/bulk").content.decode()
    assert "<b>Delete</b>" in jobs


def test_each_deletion_is_reported(cast, records, client):
    """Referenced records and records changed after the preview stay, and the report lists both."""
    alice = BulkEditSession(client, cast.alice, "objects")
    free = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Free")
    changed = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Changed")
    page = select_for_deletion(alice, [records.object, free, changed])
    assert page.select_one(".outcome-refused") and "2 will be deleted" in page.get_text(" ")
    services.update(changed, {"description": "Two stairs"}, actor=cast.ada, context=OVER_JSON)
    assert alice.preview()["Changed"].startswith("Conflict")
    alice.start()
    run_jobs()
    report = alice.report()
    assert {name: word for name, (word, _why) in report.items()} == {
        "Rådhuset": "Rejected", "Free": "Done", "Changed": "Conflict",
    }  # fmt: skip
    assert report["Rådhuset"][1] and "Ada" in report["Changed"][1]
    assert reload(changed).description == "Two stairs" and reload(records.object).version == 1
    again = alice.client.post(f"{alice.address}/again")
    alice.address = again["Location"].removesuffix("/preview")
    assert alice.preview()["Changed"] == "Will be deleted"


@pytest.mark.slow
def test_bulk_deletion_requires_the_permission_to_delete(cast, records, client, complaints):
    """Alice may change and delete objects; the permission is checked when each one is deleted, not at the
    request."""
    vera = BulkEditSession(client, cast.vera)
    assert vera.choose(complaints, do="remove").status_code == 403
    rights = [f"{do}_complaint" for do in ("view", "change")]
    cast.vera.user_permissions.set(Permission.objects.filter(codename__in=rights))
    vera = BulkEditSession(client, get_user_model().objects.get(pk=cast.vera.pk))
    assert vera.choose(complaints, do="remove").status_code == 403
    assert "Delete selected…" not in vera.client.get("/complaints").content.decode()
    address = vera.choose(complaints)["Location"]
    assert "Delete them instead" not in vera.client.get(address).content.decode()
    assert vera.client.post(address, {"remove": "1"}).status_code == 403
    alice = BulkEditSession(client, cast.alice)
    assert "Delete selected…" in alice.client.get("/complaints").content.decode()
    assert alice.client.get(address).status_code == 404
    answer = alice.choose(complaints, which="all")
    alice.address = answer["Location"]
    page = alice.client.post(alice.address, {"remove": "1"}, follow=True)
    assert "Deletion preview" in page.content.decode()
    alice.start()
    cast.alice.groups.clear()
    run_jobs()
    items = JobItem.objects.filter(job_id=alice.address.rpartition("/")[2])
    assert {item.outcome for item in items} == {"refused"} and len(items) == 4
    assert [reload(each).version for each in complaints] == [1, 1, 1]
    assert alice.client.get(alice.address).status_code == 403


def test_two_workers_delete_each_record_once(alice, cast, complaints):
    """Two workers take the same record, and one is stopped before the last; the next worker does the rest."""
    select_for_deletion(alice, complaints)
    alice.start()
    run = claim("one", [KIND], threading.Event())
    job = Job.objects.get(pk=run.job.params["bulk_edit"])
    items = list(job.items.order_by("position"))
    for _worker in range(2):
        Run(job, run).do(items[0])
    assert [item.outcome for item in job.items.order_by("position")] == ["done", "", ""]
    QueuedJob.objects.update(due_at="2020-01-01T00:00:00Z")
    run_jobs()
    rows = History.objects.filter(request_id=job.pk)
    assert sorted(rows.values_list("action", "version")) == [("remove", 2)] * 3
    assert {word for word, _why in alice.report().values()} == {"Done"}


def test_deleting_users_requires_reauthentication(cast, client):
    """An unattended browser cannot continue a bulk deletion without reauthentication."""
    ada = BulkEditSession(client, cast.ada, "users")
    select_for_deletion(ada, [cast.vera])
    session = client.session
    session[CONFIRMED_AT] = 0
    session.save()
    page = BeautifulSoup(ada.start().content, "lxml")
    assert page.select_one(f"[name={FIELD}]") and Job.objects.get().state == Job.State.PREPARED
    client.post(f"{ada.address}/start", {FIELD: PASSWORD})
    assert Job.objects.get().state == Job.State.RUNNING
