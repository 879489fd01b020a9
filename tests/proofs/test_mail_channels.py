"""By which channels a change mails the customer: in the browser, and elsewhere if the company chose that."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import TestCase

from backoffice.api.tests.clients import ApiClient
from backoffice.exchange.tests.files import Folder, export_documents
from backoffice.jobs.runner import run_due
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import now
from backoffice.web.tests.test_bulk import BulkEditSession, run_jobs
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db
ADDRESS = "karen@example.dk"


@pytest.fixture
def lamp(cast, records):
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    return ComplaintFactory(
        company=cast.company, object=records.object.pk, desc="Lamp", contact_email=ADDRESS
    )


def patch(cast, lamp, key_of, client, tmp_path):
    answer = ApiClient(key_of(cast.alice)).patch(f"/v2/complaints/{lamp.pk}", {"response": "By a script"})
    assert answer.status_code == 200


def edit_in_bulk(cast, lamp, key_of, client, tmp_path):
    session = BulkEditSession(client, cast.alice)
    session.say(session.choose([lamp]), response="By a bulk edit")
    session.start()
    run_jobs()


def import_document(cast, lamp, key_of, client, tmp_path):
    (document,) = [each for each in export_documents("complaints") if each["_id"] == lamp.pk]
    document |= {"response": "By an import"}
    del document["answers"]
    assert Folder(tmp_path).take("complaints", [document]).failure == ""


def edit_in_admin(cast, lamp, key_of, client, tmp_path):
    present = Complaint.objects.get(pk=lamp.pk)
    services.update(
        present, {"response": "By an administrator"}, actor=cast.ada, context=ChangeContext(Channel.ADMIN)
    )


CHANNELS = [patch, edit_in_bulk, import_document, edit_in_admin]


@pytest.mark.parametrize("is_chosen", [False, True])
@pytest.mark.parametrize("change", CHANNELS)
def test_other_channels_mail_customers_only_if_the_company_chose_that(
    cast, lamp, key_of, client, tmp_path, as_user, change, is_chosen
):
    if is_chosen:
        ada = as_user(cast.ada)
        address = f"/admin/people/company/{cast.company.pk}/change/"
        sent = {
            "name": cast.company.name,
            "language": "en",
            "mail_customers": "on",
            "status": "1",
            "version": "1",
        }
        assert ada.post(address, sent).status_code == 302
        assert Company.objects.get(pk=cast.company.pk).mail_customers
    with TestCase.captureOnCommitCallbacks(execute=True):
        change(cast, lamp, key_of, client, tmp_path)
    run_due()
    assert Complaint.objects.get(pk=lamp.pk).response.startswith("By ")
    bodies = [message.body for message in mail.outbox]
    assert len(bodies) == is_chosen
    assert all("Hello,\n\nBy " in body for body in bodies)


def test_a_new_company_mails_nobody_about_changes_by_scripts(cast):
    assert Company.objects.get(pk=cast.company.pk).mail_customers is False


@pytest.mark.parametrize("is_chosen", [False, True])
def test_a_complaint_by_a_script_is_confirmed_only_if_the_company_chose_that(
    cast, records, key_of, is_chosen
):
    Company._base_manager.filter(pk=cast.company.pk).update(mail_customers=is_chosen)
    body = {"desc": "x", "objectId": records.object.pk, "contact": {"email": ADDRESS}}
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert ApiClient(key_of(cast.alice)).post("/v2/complaints", body).status_code == 201
    assert len(mail.outbox) == is_chosen


def test_the_request_decides_whether_resolving_mails(cast, lamp, key_of):
    Company._base_manager.filter(pk=cast.company.pk).update(mail_customers=True)
    with TestCase.captureOnCommitCallbacks(execute=True):
        ApiClient(key_of(cast.alice)).post(f"/v2/complaints/{lamp.pk}/resolve", {"sendEmail": False})
    assert mail.outbox == []


def test_imported_records_that_bring_their_dates_mail_nobody(cast, records, tmp_path):
    Company._base_manager.filter(pk=cast.company.pk).update(mail_customers=True)
    document = {
        "_id": "a" * 24,
        "companyId": cast.company.pk,
        "objectId": records.object.pk,
        "desc": "Old",
        "contact": {"email": ADDRESS, "telephone": ""},
        "response": "Long ago",
    }
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert Folder(tmp_path).take("complaints", [document]).failure == ""
    assert mail.outbox == []


def test_a_mail_that_is_not_true_any_more_is_not_sent(cast, lamp, as_user, monkeypatch):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
    alice = as_user(cast.alice)
    alice.post(f"/complaints/{lamp.pk}/act/finish")
    alice.post(f"/complaints/{lamp.pk}/act/reopen")
    run_due()
    assert [message.subject for message in mail.outbox] == [
        f"We are working on your complaint no. {lamp.number} again"
    ]


def test_changes_dated_in_the_past_mail_nobody(cast, records):
    values = {"desc": "Old", "object": records.object.pk, "contact_email": ADDRESS}
    context = ChangeContext(Channel.BROWSER)
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.create(Complaint, values, actor=cast.alice, context=context, at=now() - timedelta(days=2))
        assert mail.outbox == []
        services.create(Complaint, values, actor=cast.alice, context=context)
    assert len(mail.outbox) == 1
