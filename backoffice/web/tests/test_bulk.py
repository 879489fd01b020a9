"""Tests of bulk edits: selection, preview, execution and report."""

import os
import threading
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.utils.timezone import now

from backoffice.bulk import services as bulk_services
from backoffice.bulk.models import Job, JobItem
from backoffice.bulk.runner import Run
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import claim
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.models import History
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

OVER_JSON = ChangeContext(Channel.JSON)


def run_jobs() -> None:
    with open(os.devnull, "w") as nowhere:
        call_command("run_jobs", stdout=nowhere)


def reload(record):
    return type(record).objects.get(pk=record.pk)


@pytest.fixture
def complaints(cast, records):
    """Create three complaints: of low priority, of high priority, and assigned to Alice."""
    how = {"company": cast.company, "object": records.object.pk}
    return [
        ComplaintFactory(**how, desc="Low"),
        ComplaintFactory(**how, desc="High", priority=3),
        ComplaintFactory(**how, desc="Alice's", user=cast.alice.pk),
    ]


class BulkEditSession:
    """A user's session through the pages of a bulk edit."""

    def __init__(self, client, person, slug="complaints"):
        self.client, self.slug = client, slug
        client.force_login(person)

    def choose(self, records=(), **sent):
        """Select records in the list and return the response."""
        chosen = {"chosen": [record.pk for record in records]}
        return self.client.post(f"/{self.slug}/bulk", chosen | sent)

    def say(self, answer, **values):
        """Submit the form of changes and return the response."""
        self.address = answer["Location"]
        sent = {name.replace("__", "-"): value for name, value in values.items()}
        return self.client.post(
            self.address, {"set": [name for name in sent if "-" not in name]} | sent, follow=True
        )

    def start(self):
        return self.client.post(f"{self.address}/start", follow=True)

    def report(self, asked="") -> dict[str, tuple[str, str]]:
        page = BeautifulSoup(self.client.get(self.address + asked).content, "lxml")
        cells = [row.find_all("td") for row in page.select("#progress tbody tr")]
        return {
            name.get_text(strip=True): (word.get_text(strip=True), why.get_text(strip=True))
            for name, word, why in cells
        }

    def preview(self) -> dict[str, str]:
        page = BeautifulSoup(self.client.get(f"{self.address}/preview").content, "lxml")
        cells = [row.find_all("td") for row in page.select("tbody tr")]
        return {
            name.get_text(strip=True): " ".join(what.get_text(" ", strip=True).split())
            for _no, name, what in cells
        }


@pytest.fixture
def alice(cast, client):
    return BulkEditSession(client, cast.alice)


@pytest.mark.slow
def test_each_record_is_previewed_updated_and_reported(alice, cast, complaints):
    before = History.objects.count()
    answer = alice.say(alice.choose(complaints), priority="3", user=cast.alice.pk)
    assert alice.address.count("/") == 2
    assert alice.preview() == {
        "Low": "priority from Low to High assignee set to Alice state from New to Assigned assigned on set to "
        + alice.preview()["Low"].rpartition("assigned on set to ")[2],
        "High": "assignee set to Alice state from New to Assigned assigned on set to "
        + alice.preview()["High"].rpartition("assigned on set to ")[2],
        "Alice's": "priority from Low to High",
    }
    assert "Change all 3 complaints" in answer.content.decode()
    assert History.objects.count() == before
    page = alice.start().content.decode()
    assert "0 of 3 are done." in page
    assert '<noscript><meta http-equiv="refresh"' in page
    run_jobs()
    assert alice.report() == dict.fromkeys(["Low", "High", "Alice's"], ("Done", ""))
    assert "3 of 3 are done." in alice.client.get(alice.address).content.decode()
    rows = [history_of(complaint).first() for complaint in complaints]
    assert {(row.via, row.who, row.version) for row in rows} == {("bulk", "Alice", 2)}
    assert {row.request_id for row in rows} == {alice.address.rpartition("/")[2]}
    assert [reload(complaint).priority for complaint in complaints] == [3, 3, 3]
    run_jobs()
    assert History.objects.count() == before + 3


@pytest.mark.slow
def test_a_change_after_the_preview_is_not_overwritten(alice, cast, complaints):
    alice.say(alice.choose(complaints), priority="2")
    services.update(complaints[0], {"priority": 4}, actor=cast.ada, context=OVER_JSON)
    services.update(complaints[1], {"comment": "seen"}, actor=cast.ada, context=OVER_JSON)
    assert alice.preview()["Low"] == "Conflict Ada changed “Priority” to “Critical” in the meantime."
    services.delete(complaints[2], actor=cast.ada, context=OVER_JSON)
    alice.start()
    run_jobs()
    assert alice.report() == {
        "Low": ("Conflict", "Ada changed “Priority” to “Critical” in the meantime."),
        "High": ("Done", ""),
        "Alice's": ("Rejected", "It was deleted in the meantime."),
    }
    assert list(alice.report("?outcome=conflict")) == ["Low"]
    saved = reload(complaints[1])
    assert (reload(complaints[0]).priority, saved.priority, saved.comment) == (4, 2, "seen")
    again = alice.client.post(f"{alice.address}/again")
    alice.address = again["Location"].removesuffix("/preview")
    assert alice.preview() == {"Low": "priority from Critical to Medium"}
    alice.start()
    run_jobs()
    assert reload(complaints[0]).priority == 2


def test_validation_errors_are_shown_at_their_field_or_for_each_record(alice, cast, complaints):
    answer = alice.say(alice.choose(complaints), contact_email="nobody", priority="9", desc="")
    page = BeautifulSoup(answer.content, "lxml")
    assert [error.get_text() for error in page.select(".bulk-field .filter-error")] == [
        "This field cannot be blank.",
        "Ensure this value is less than or equal to 4.",
        "Enter a valid email address.",
    ]
    assert page.select_one("#id_contact_email")["value"] == "nobody"
    page = BeautifulSoup(alice.say(alice.choose(complaints[:1]), user=cast.charlie.pk).content, "lxml")
    assert [error.get_text() for error in page.select(".bulk-field .filter-error")] == [
        "There is no user with this id."
    ]
    nothing = alice.say(alice.choose(complaints))
    assert "Select at least one field to change." in nothing.content.decode()


def test_a_report_of_deleted_records_says_that_none_exists(alice, cast, complaints):
    alice.say(alice.choose(complaints[:1]), priority="4")
    services.update(complaints[0], {"priority": 2}, actor=cast.ada, context=OVER_JSON)
    alice.start()
    run_jobs()
    services.delete(reload(complaints[0]), actor=cast.ada, context=OVER_JSON)
    jobs = Job.objects.count()
    page = alice.client.post(f"{alice.address}/again", follow=True).content.decode()
    assert "None of the selected records exists any more." in page
    assert Job.objects.count() == jobs


@pytest.mark.slow
def test_items_are_added_to_and_removed_from_lists(cast, records, client):
    other = CustomerObjectFactory(
        company=cast.company, customer=cast.resold.pk, name="Scheune", tags=["barn"]
    )
    alice = BulkEditSession(client, cast.alice, "objects")
    tags = {
        "tags__TOTAL_FORMS": "2",
        "tags__INITIAL_FORMS": "0",
        "tags__0__text": "north",
        "tags__1__text": "new",
    }
    for how, found in (
        ("add", (["school", "north", "new"], ["barn", "north", "new"])),
        ("take", (["school"], ["barn"])),
        ("set", (["north", "new"], ["north", "new"])),
    ):
        alice.say(alice.choose([records.object, other]), tags="", how__tags=how, **tags)
        alice.start()
        run_jobs()
        assert (reload(records.object).tags, reload(other).tags) == found


def test_a_comment_is_added_to_each_case_and_none_is_lost_concurrently(cast, records, client):
    sven = BulkEditSession(client, cast.sven, "cases")
    fields = {
        "comments__TOTAL_FORMS": "1", "comments__INITIAL_FORMS": "0", "comments__0__comment": "Løst i version 7",
        "comments__0__files__TOTAL_FORMS": "0", "comments__0__files__INITIAL_FORMS": "0",
    }  # fmt: skip
    sven.say(sven.choose([records.case]), comments="", how__comments="set", solved="on", **fields)
    sven.start()
    run_jobs()
    saved = reload(records.case)
    assert saved.solved
    assert [comment["comment"] for comment in saved.comments] == ["Har du prøvet igen?", "Løst i version 7"]
    assert saved.comments[1]["employee"] == cast.sven.pk


def test_all_matching_records_or_all_of_the_page_can_be_selected(alice, cast, complaints, monkeypatch):
    answer = alice.choose(which="all", query="q=lampen&priority=1")
    assert Job.objects.get(pk=answer["Location"].rpartition("/")[2]).items.count() == 1
    answer = alice.choose(which="all", query="sort=number")
    job = Job.objects.get(pk=answer["Location"].rpartition("/")[2])
    wanted = [complaint.pk for complaint in complaints]
    assert [item.record_id for item in job.items.order_by("position")][-3:] == wanted
    answer = alice.choose(which="page", shown=[complaints[0].pk, "nonsense", "f" * 24])
    assert Job.objects.get(pk=answer["Location"].rpartition("/")[2]).items.count() == 1
    monkeypatch.setattr(bulk_services, "MAX_RECORDS", 2)
    assert (
        "Select at most 2 records at a time."
        in alice.client.get(alice.choose(which="all")["Location"]).content.decode()
    )
    assert "Nothing is selected" in alice.client.get(alice.choose()["Location"]).content.decode()


def test_other_companies_records_and_jobs_are_not_found(alice, cast, records, complaints, client):
    assert alice.choose([records.their_complaint])["Location"].startswith("/complaints")
    alice.say(alice.choose(complaints), priority="4")
    for other in (cast.ada, cast.charlie):
        client.force_login(other)
        for page in ("", "/preview"):
            assert client.get(alice.address + page).status_code == 404
        assert client.post(f"{alice.address}/start").status_code == 404
    assert client.get("/bulk").content.decode().count("/bulk/") == 0
    run_jobs()
    assert reload(complaints[0]).version == 1


@pytest.mark.parametrize("name", ["vera", "rikke", "sven"])
def test_users_without_the_permission_do_not_see_bulk_edits(name, cast, records, client):
    person = getattr(cast, name)
    many = BulkEditSession(client, person)
    assert many.choose([records.complaint]).status_code == 403
    assert Job.objects.count() == 0
    slug = "cases" if name == "rikke" else "customers"
    page = BeautifulSoup(client.get(f"/{slug}").content, "lxml")
    assert bool(page.select("input[name=chosen]")) == (name == "sven")
    assert bool(page.select_one("#bulk-bar")) == (name == "sven")


def test_rights_withdrawn_during_the_job_apply(alice, cast, complaints):
    alice.say(alice.choose(complaints[:1]), priority="4")
    alice.start()
    cast.alice.groups.clear()
    run_jobs()
    item = JobItem.objects.get(outcome="refused")
    assert item.why == "You do not have permission to do this."
    assert reload(complaints[0]).version == 1


def test_a_deactivated_users_job_changes_nothing_more(alice, cast, complaints):
    alice.say(alice.choose(complaints[:1]), priority="4")
    alice.start()
    services.update(cast.alice, {"is_active": False}, actor=cast.root, context=OVER_JSON)
    run_jobs()
    assert "no longer has access" in JobItem.objects.get(outcome="refused").why
    assert reload(complaints[0]).version == 1


@pytest.mark.slow
def test_a_job_can_be_stopped_and_continued(alice, complaints):
    alice.say(alice.choose(complaints), priority="4")
    alice.start()
    alice.client.post(f"{alice.address}/stop")
    run_jobs()
    assert alice.report() == {}
    page = alice.client.get(alice.address).content.decode()
    assert "Continue with the other 3" in page
    alice.client.post(f"{alice.address}/go-on")
    run_jobs()
    assert len(alice.report()) == 3
    assert "There was nothing left to do." in alice.start().content.decode()
    assert alice.client.post(f"{alice.address}/nonsense").status_code == 404


def test_secrets_and_unique_properties_cannot_be_edited_in_bulk(cast, records, client):
    root = BulkEditSession(client, cast.ada, "objects")
    page = BeautifulSoup(client.get(root.choose([records.object])["Location"]).content, "lxml")
    offered = {box["value"] for box in page.select("input[name=set]")}
    assert {"name", "customer", "tags", "material", "rating", "status"} <= offered
    assert not offered & {"number", "security_code", "key"}
    assert not page.select("script:not([src]), [style], [onclick]")


def test_two_workers_change_each_record_once(alice, complaints):
    """Two workers take the same item, which is changed once."""
    alice.say(alice.choose(complaints), priority="4")
    alice.start()
    run = claim("one", [bulk_services.KIND], threading.Event())
    assert claim("two", [bulk_services.KIND], threading.Event()) is None
    job = Job.objects.get(pk=run.job.params["bulk_edit"])
    items = list(job.items.order_by("position"))
    for _worker in range(2):
        Run(job, run).do(items[0])
    assert reload(complaints[2]).version == 2
    assert History.objects.filter(request_id=job.pk).count() == 1
    # The lease expires, and the next worker does the rest.
    QueuedJob.objects.update(due_at="2020-01-01T00:00:00Z")
    run_jobs()
    assert History.objects.filter(request_id=job.pk).count() == 3


def test_jobs_are_kept_for_a_day_or_ninety_days(alice, complaints):
    alice.say(alice.choose(complaints), priority="4")
    alice.start()
    run_jobs()
    alice.choose(complaints)
    entries = set(History.objects.values_list("pk", flat=True))
    assert sorted(Job.objects.values_list("state", flat=True)) == sorted(
        [Job.State.PREPARED, Job.State.ENDED]
    )
    for state, days in ((Job.State.PREPARED, 1), (Job.State.ENDED, 90)):
        for age, is_kept in ((timedelta(days=days, hours=-1), True), (timedelta(days=days, hours=1), False)):
            Job.objects.filter(state=state).update(created_at=now() - age)
            bulk_services.purge()
            assert Job.objects.filter(state=state).exists() is is_kept
    assert JobItem.objects.count() == 0
    assert set(History.objects.values_list("pk", flat=True)) == entries


def test_abandoned_jobs_are_deleted(alice, complaints):
    alice.choose(complaints)
    alice.say(alice.choose(complaints), priority="4")
    Job.objects.filter(wanted=[]).update(created_at="2020-01-01T00:00:00Z")
    bulk_services.purge()
    assert Job.objects.count() == 1
    assert JobItem.objects.count() == 3


def test_a_user_sees_their_own_jobs(alice, complaints):
    alice.say(alice.choose(complaints), priority="4")
    page = BeautifulSoup(alice.client.get("/bulk").content, "lxml")
    assert [" ".join(cell.get_text(" ", strip=True).split()) for cell in page.select("tbody td")][:2] == [
        "3 complaints Priority : Critical", "Not started",
    ]  # fmt: skip


def test_an_abandoned_job_is_listed_as_without_changes(alice, complaints):
    alice.choose(complaints[:1])
    alice.choose(complaints, do="remove")
    page = BeautifulSoup(alice.client.get("/bulk").content, "lxml")
    rows = [
        [" ".join(cell.get_text(" ", strip=True).split()) for cell in row.select("td")][:2]
        for row in page.select("tbody tr")
    ]
    assert sorted(rows) == [
        ["1 complaints no changes entered", "Not started"],
        ["3 complaints Delete", "Not started"],
    ]
