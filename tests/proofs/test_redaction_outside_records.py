"""Redaction of people outside records: saved views, bulk edits, canned answers, files and counters. No table
has a text column that redaction does not cover."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from backoffice.accounts.models import Attempts
from backoffice.bulk.models import Job, JobItem
from backoffice.lists.models import SavedView
from backoffice.people.models import User
from backoffice.people.tests.factories import ContactFactory, UserFactory
from backoffice.privacy.erasers import columns_with_texts
from backoffice.privacy.mentions import record_models
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import ObjectIdField
from backoffice.records.models import ChildRow, Entity
from backoffice.records.properties import CollectionProperty
from backoffice.records.tests.parameters import deep_only
from backoffice.uploads.tests.upload_requests import Sender
from backoffice.web.tests.test_bulk import BulkEditSession, run_jobs
from backoffice.workplace.models import CannedAnswer
from facility.models import Complaint
from tests.support.markers import MARK, find_marker

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)
WITHOUT_PERSONAL_DATA = {
    "admin.LogEntry.object_id": "nothing writes it",
    "admin.LogEntry.object_repr": "nothing writes it",
    "admin.LogEntry.change_message": "nothing writes it",
    "auth.Group.name": "a role",
    "auth.Permission.name": "what may be done",
    "auth.Permission.codename": "what may be done",
    "bulk.Job.language": "the code of a language",
    "bulk.Job.sign_in": "a keyed hash",
    "bulk.Job.worker": "drawn at random",
    "contenttypes.ContentType.app_label": "a name in the code",
    "contenttypes.ContentType.model": "a name in the code",
    "exchange.ImportRun.digest": "a checksum",
    "lists.ListChoice.columns": "names in the code",
    "records.KeyFingerprint.setting": "a name in the code",
    "records.KeyFingerprint.fingerprint": "a checksum",
    "moving.Move.source": "the address of a database",
    "moving.Move.run": "drawn at random",
    "moving.Move.step": "a name in the code",
    "moving.Move.after": "an id",
    "people.User.username_key": "follows from the username",
    "people.User.email_key": "follows from the e-mail address",
    "records.History.action": "one of a few words",
    "records.History.changes": "blanked with the record",
    "records.IdempotencyKey.digest": "a keyed hash",
    "records.IdempotencyKey.caller": "an id",
    "records.IdempotencyKey.body_digest": "a keyed hash",
    "jobs.QueuedJob.key": "ids and names in the code",
    "jobs.QueuedJob.params": "ids",
    "jobs.QueuedJob.reason": "names of errors; an id",
    "jobs.QueuedJob.worker": "random",
    "mail.Delivery.event": "one of a few words",
    "mail.Delivery.params": "ids; a network address, deleted with the person",
    "mail.Delivery.reason": "names of errors; an id",
    "records.SecretReading.properties": "names in the code",
    "sessions.Session.session_key": "nothing writes it",
    "sessions.Session.session_data": "nothing writes it",
    "signin.Attempts.key": "a keyed hash",
    "signin.UserSession.session_key": "a keyed hash",
    "signin.UserSession.session_data": "ids and moments; what was typed, encrypted, for 12 hours; ended with the person",
    "signin.UserSession.device": "names of a browser and a system; ended with the person",
    "signin.UserSession.address": "part of a network address; ended with the person",
    "uploads.Upload.content_type": "one of a few words",
    "uploads.Upload.desk": "the label of an app",
    "uploads.Upload.sha256": "a checksum",
}
"""Text columns in which no person is named, or which are covered otherwise, and why."""
CODES = ("record_type", "request_id", "kind")


def text_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Yield every column of every table that can contain typed text."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            coded = isinstance(field, ObjectIdField) or field.choices or field.name in CODES
            if not coded and not field.remote_field and isinstance(
                field, (models.CharField, models.TextField, models.JSONField)
            ):  # fmt: skip
                yield model, field.name


def is_searched(model, name) -> bool:
    """Return whether a column is a property of a record or of one of its rows, which redaction searches."""
    if issubclass(model, Entity):
        return name in {*model.properties, *model.sort_key_names, "search_text", "sort_language"}
    return issubclass(model, ChildRow)


def test_every_text_column_is_covered():
    unknown = {
        f"{model._meta.label}.{name}"
        for model, name in text_columns()
        if not is_searched(model, name) and name not in columns_with_texts(model)
    }
    assert unknown == set(WITHOUT_PERSONAL_DATA)


def test_every_row_that_belongs_to_a_record_is_a_property_of_one():
    """Properties are searched by their columns; rows that are no property would be missed."""
    lists = [
        prop
        for model in record_models()
        for prop in model.properties.values()
        if isinstance(prop, CollectionProperty)
    ]
    lists += [inner for prop in lists for inner in getattr(prop, "nested", {}).values()]
    known = {(prop.model, name) for prop in lists for name in prop.fields}
    missing = {(model, name) for model, name in text_columns() if issubclass(model, ChildRow)} - known
    assert missing == set()


@pytest.fixture
def redacted_contact(cast, records, client, as_user, key_of):
    """A person's name and address in everything outside records that stores texts, entered through its
    channels; the contact."""
    contact = ContactFactory(
        company=cast.company, first_name="Gertrud", last_name=MARK, email=f"{MARK}@example.com"
    )
    named = {"contact_name": str(contact), "contact_email": contact.email}
    alice = as_user(cast.alice)
    alice.post("/complaints/views", {"query": urlencode({"q": str(contact)}), "name": "Hers", "shared": "on"})
    alice.post("/complaints/views", {"query": "priority=3", "name": str(contact)})
    many = BulkEditSession(client, cast.alice)
    many.say(many.choose([records.complaint], query=urlencode({"q": contact.email})), **named)
    services.update(records.complaint, {"contact_name": "Someone"}, actor=cast.ada, context=BROWSER)
    services.update(records.complaint, {"contact_name": str(contact)}, actor=cast.ada, context=BROWSER)
    many.start()
    return contact


def jobs_of(person) -> list[Job]:
    return list(Job.objects.filter(user_id=person.pk))


@pytest.mark.slow
def test_no_text_of_a_contact_remains_in_views_and_bulk_edits(
    cast, records, redacted_contact, redact, client
):
    prepared = BulkEditSession(client, cast.alice)
    prepared.say(prepared.choose([records.complaint]), contact_name=str(redacted_contact), priority="4")
    other = BulkEditSession(client, cast.alice)
    other.say(other.choose([records.complaint]), contact_name="Per Holm")
    services.update(
        records.complaint, {"contact_name": str(redacted_contact).upper()}, actor=cast.ada, context=BROWSER
    )
    other.start()
    run_jobs()
    before = find_marker()
    for place in ("bulk.Job.wanted", "bulk.Job.query", "bulk.JobItem.why", "lists.SavedView.name",
                  "lists.SavedView.query"):  # fmt: skip
        assert place in before, place
    output = redact("contact", redacted_contact.pk)
    assert find_marker() == []
    assert "saved views: 2" in output and "bulk edits" in output
    name = f"redacted-{redacted_contact.pk}"
    views = SavedView.objects.filter(owner_id=cast.alice.pk)
    assert {view.name for view in views} == {"Hers", name}
    assert {view.query.partition("&")[0] for view in views} == {f"q={name}", "priority=3"}
    assert JobItem.objects.get(job__pk=other.address.rpartition("/")[2]).why.endswith(
        f"“{name}” in the meantime."
    )


@deep_only
def test_a_running_bulk_edit_does_not_write_redacted_texts(cast, records, redacted_contact, redact, client):
    """A running bulk edit ends, and reports why."""
    alice = BulkEditSession(client, cast.alice)
    (job,) = jobs_of(cast.alice)
    alice.address = f"/bulk/{job.pk}"
    redact("contact", redacted_contact.pk)
    run_jobs()
    ((outcome, why),) = alice.report().values()
    assert outcome == "Rejected" and "in the meantime" in why
    assert find_marker() == []
    assert Complaint.objects.get(pk=records.complaint.pk).contact_name == f"redacted-{redacted_contact.pk}"


@deep_only
def test_views_and_bulk_edits_of_another_companys_namesake_are_unchanged(
    cast, records, redacted_contact, redact, client
):
    client.force_login(cast.charlie)
    client.post(
        "/complaints/views", {"query": urlencode({"q": str(redacted_contact)}), "name": str(redacted_contact)}
    )
    charlie = BulkEditSession(client, cast.charlie)
    charlie.say(charlie.choose([records.their_complaint]), contact_name=str(redacted_contact))
    redact("contact", redacted_contact.pk)
    assert SavedView.objects.get(owner_id=cast.charlie.pk).name == str(redacted_contact)
    (job,) = jobs_of(cast.charlie)
    assert (job.state, job.wanted[0]["value"]) == (Job.State.PREPARED, str(redacted_contact))


@pytest.mark.slow
def test_personal_settings_of_a_redacted_user_are_deleted(cast, records, redact, as_user, client):
    user = UserFactory(company=cast.company, username=f"{MARK}-u", roles=["Facility staff"])
    hers = as_user(user)
    hers.post("/seen")
    hers.post("/account/preferences", {"theme": "dark", "density": "compact"})
    for shared in ({}, {"shared": "on"}):
        hers.post("/complaints/views", {"query": "", "name": f"View {len(shared)}", "default": "on"} | shared)
    BulkEditSession(client, user).choose([records.complaint])
    for _try in range(2):
        Client().post("/sign-in", {"username": user.username, "password": "wrong"})
    assert Attempts.objects.count() == 2 and len(jobs_of(user)) == 1
    output = redact("user", user.username)
    assert "attempts: 1" in output and "visits: 1" in output and "preferences: 1" in output
    assert [view.name for view in SavedView.objects.filter(owner_id=user.pk)] == ["View 1"]
    assert jobs_of(user) == [] and Attempts.objects.count() == 1
    assert find_marker() == []
    assert not User.objects.get(pk=user.pk).is_active


@pytest.mark.slow
def test_a_text_is_redacted_everywhere_outside_records(
    cast, records, redacted_contact, redact, as_user, client, key_of, folder
):
    ada = as_user(cast.ada)
    name = f"Gertrud  {MARK}"
    ada.post("/canned-answers/new", {"title": f"By {name}", "text": f"Yours, {name}", "status": 1})
    assert CannedAnswer.objects.count() == 1
    ada.post("/complaints/views", {"query": urlencode({"q": f"for {name}"}), "name": f"Of {name}'s"})
    many = BulkEditSession(client, cast.alice)
    many.say(many.choose([records.complaint]), desc=f"{name} rang", comment=f"by {name}")
    Sender(key_of(cast.alice)).sent(filename=f"{name}.png")
    before = find_marker()
    assert {"workplace.CannedAnswer.text", "lists.SavedView.query", "uploads.Upload.name"} <= set(before)
    counted = redact("--text", f"gertrud {MARK}")
    assert "saved views: 3" in counted and "bulk edits: 2" in counted and find_marker() == before
    redact("--text", f"gertrud {MARK}", "--everywhere")
    redact("--text", f"{MARK}@example.com", "--everywhere")
    redact("contact", redacted_contact.pk)
    assert find_marker() == []
    assert CannedAnswer.objects.get().text == "Yours, redacted"
    assert "q=for+redacted" in SavedView.objects.get(owner_id=cast.ada.pk).query
    (wanted,) = [job.wanted for job in jobs_of(cast.alice) if len(job.wanted) == 2 and job.query == ""]
    assert {each["property"]: each["value"] for each in wanted} == {
        "desc": "redacted rang",
        "comment": "by redacted",
    }
