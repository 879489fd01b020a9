"""Complaints over JSON from creation to deletion: read, update, assign, resolve, and the mail about it."""

import logging
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.db.transactions import atomic
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def url(records):
    return f"/v2/complaints/{records.complaint.pk}"


@pytest.fixture
def lamp(cast, records):
    """A complaint with an e-mail address and internal properties, in an English company."""
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    return ComplaintFactory(
        company=cast.company, object=records.object.pk, desc="Lampen i trappen\r\ner gået <igen>", number=4711,
        contact_email="karen@example.dk", contact_name="Karen", comment="internal-marker", tags=["tag-marker"],
        room_description="room-marker", custom_fields={"x": "custom-marker"}, user=cast.alice.pk,
    )  # fmt: skip


def last_history_entry(record):
    return History.objects.filter(record_id=record.pk).order_by("-version").first()


def test_create_complaint(cast, records, alice):
    answer = alice.post("/v2/complaints", {"desc": "Døren klemmer", "objectId": records.object.pk})
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"] == f"/v2/complaints/{made['_id']}"
    assert answer["ETag"] == '"1"'
    assert alice.get(answer["Location"]).content == answer.content
    stamp = made["status"]["createdAt"]
    assert made == {
        "_id": made["_id"], "number": 2, "companyId": cast.company.pk,
        "status": {"status": 1, "createdAt": stamp, "createdBy": cast.alice.pk, "lastModifiedAt": stamp,
                   "lastModifiedBy": cast.alice.pk},
        "chatId": made["chatId"], "desc": "Døren klemmer", "roomDescription": "", "contactName": "",
        "contact": {"email": "", "telephone": ""}, "priority": 1, "images": [], "userId": None, "comment": "",
        "response": "", "customFields": None, "objectId": records.object.pk, "complaintStatus": "new",
        "assignedDate": None, "finishedAt": None, "finishedBy": None, "finishImages": [], "tags": [],
    }  # fmt: skip
    row = last_history_entry(Complaint.objects.get(pk=made["_id"]))
    assert (row.action, row.via, row.user_id) == ("create", "json", cast.alice.pk)


def test_a_new_complaint_has_required_properties(cast, records, alice):
    for body, paths in (
        ({}, ["desc", "objectId"]),
        ({"desc": "", "objectId": None}, ["desc", "objectId"]),
        ({"objectId": records.object.pk, "priority": 9}, ["desc", "priority"]),
        ({"desc": "x", "objectId": records.their_object.pk, "number": 1}, ["number", "objectId"]),
        ({"desc": "x", "objectId": records.object.pk, "complaintStatus": "finished"}, ["complaintStatus"]),
        ({"desc": "x", "objectId": records.object.pk, "companyId": cast.elsewhere.pk}, ["companyId"]),
    ):
        answer = alice.post("/v2/complaints", body)
        assert (answer.status_code, error_fields(answer)) == (400, paths), body
    assert Complaint.objects.count() == 2


def test_get_complaint(cast, records, alice, url, key_of):
    answer = alice.get(url)
    assert (answer.status_code, answer["ETag"], answer.json()["number"]) == (200, '"1"', 1)
    assert alice.get(url, if_none_match='"1"').status_code == 304
    assert alice.get(url.upper().replace("/V2/COMPLAINTS", "/v2/complaints")).content == answer.content
    for missing in (
        f"/v2/complaints/{records.their_complaint.pk}",
        "/v2/complaints/x",
        f"/v2/complaints/{'0' * 24}",
    ):
        assert alice.get(missing).status_code == 404
    assert ApiClient(key_of(cast.sven)).get(url).status_code == 403


def test_update_complaint(cast, alice, url, key_of):
    answer = alice.patch(url, {"priority": 4})
    assert (answer.status_code, answer.json()["priority"], answer["ETag"]) == (200, 4, '"2"')
    assert ApiClient(key_of(cast.vera)).patch(url, {"priority": 1}).status_code == 403
    assert (
        ApiClient(key_of(cast.alice, scopes=["facility:read"])).patch(url, {"priority": 1}).status_code == 403
    )


def test_delete_complaint(cast, records, alice, url, key_of):
    for caller in (ApiClient(key_of(cast.vera)), ApiClient(key_of(cast.alice, scopes=["facility:read"]))):
        assert caller.send("DELETE", url).status_code == 403
    assert ApiClient(key_of(cast.charlie)).send("DELETE", url).status_code == 404
    assert alice.send("DELETE", url, if_match='"7"').status_code == 412
    answer = alice.send("DELETE", url, if_match='"1"')
    assert (answer.status_code, answer.content) == (204, b"")
    assert alice.send("DELETE", url).status_code == 404
    assert alice.get("/v2/complaints").json() == []
    assert alice.get("/v2/complaints/count").json() == {"count": 0}
    assert alice.get("/v2/complaints/distinctValues?field=desc").json() == []
    row = last_history_entry(records.complaint)
    assert (row.action, row.via, row.version) == ("remove", "json", 2)
    assert {"property": "desc", "old": "Lampen er gået", "new": None} in row.changes
    assert alice.post("/v2/complaints", {"desc": "x", "objectId": records.object.pk}).json()["number"] == 2


def test_assign_complaint(cast, records, alice, url):
    answer = alice.post(f"{url}/assign", {"userId": cast.alice.pk})
    assert (answer.status_code, answer.json(), answer["ETag"]) == (200, {"assigned": True}, '"2"')
    body = alice.get(url).json()
    assert (body["userId"], body["complaintStatus"]) == (cast.alice.pk, "assigned")
    assert alice.post(f"{url}/assign/", {"userId": cast.alice.pk})["ETag"] == '"2"'  # no property changes
    answer = alice.post(f"{url}/assign", {"userId": None})
    assert (answer.status_code, answer.json()) == (200, {"assigned": True})
    body = alice.get(url).json()
    assert (body["userId"], body["complaintStatus"], body["assignedDate"]) == (None, "new", None)


def test_a_complaint_is_assigned_to_users_with_permission_only(cast, records, alice, url, key_of):
    for body, paths in (
        ({}, ["userId"]),
        ({"userId": cast.charlie.pk}, ["userId"]),
        ({"userId": "x"}, ["userId"]),
        ({"userId": ""}, ["userId"]),
        ({"userId": 5, "desc": "x"}, ["userId", "desc"]),
        ({"user": cast.alice.pk}, ["user", "userId"]),
    ):
        answer = alice.post(f"{url}/assign", body)
        assert (answer.status_code, sorted(error_fields(answer))) == (400, sorted(paths)), body
    assert alice.post(f"{url}/assign", "[1]").status_code == 400
    assert alice.post(f"{url}/assign", "").status_code == 400
    body = {"userId": cast.alice.pk}
    assert ApiClient(key_of(cast.vera)).post(f"{url}/assign", body).status_code == 403
    assert ApiClient(key_of(cast.charlie)).post(f"{url}/assign", body).status_code == 404
    assert alice.post(f"{url}/assign", body, if_match='"9"').status_code == 412
    assert alice.get(f"{url}/assign").status_code == 405
    assert Complaint.objects.get(pk=records.complaint.pk).version == 1


def test_resolve_complaint(cast, records, alice, url):
    body = {
        "comment": "Pæren skiftet",
        "finishImages": ["https://example.com/after.jpg"],
        "complaintResponse": "Lyset virker igen.",
        "sendEmail": False,
    }
    answer = alice.post(f"{url}/resolve", body)
    assert (answer.status_code, answer.json(), answer["ETag"]) == (200, {"finished": True}, '"2"')
    result = alice.get(url).json()
    assert result["complaintStatus"] == "finished"
    assert (result["finishedBy"], result["finishedAt"]) == (cast.alice.pk, result["status"]["lastModifiedAt"])
    assert (result["comment"], result["response"]) == ("Pæren skiftet", "Lyset virker igen.")
    assert result["finishImages"] == ["https://example.com/after.jpg"]
    assert (last_history_entry(records.complaint).action, last_history_entry(records.complaint).via) == (
        "finish",
        "json",
    )


@pytest.mark.parametrize("body", [None, "", "{}", {}])
def test_a_complaint_is_resolved_without_a_body(records, alice, url, body):
    content_type = "application/json" if body is not None else ""
    answer = alice.send("POST", f"{url}/resolve", body, content_type=content_type)
    assert (answer.status_code, answer.json()) == (200, {"finished": True})
    assert alice.get(url).json()["complaintStatus"] == "finished"
    answer = alice.send("POST", f"{url}/resolve", body, content_type=content_type)
    assert (answer.json(), answer["ETag"]) == ({"finished": True}, '"2"')  # it was finished already


def test_invalid_resolutions_are_refused(cast, records, alice, url, key_of):
    for body, paths in (
        ({"finishImages": ["https://a.dk/1", "x", 5]}, ["finishImages.1", "finishImages.2"]),
        ({"finishImages": None}, ["finishImages"]),
        ({"sendEmail": "true"}, ["sendEmail"]),
        ({"sendEmail": None, "comment": 5}, ["comment", "sendEmail"]),
        ({"complaintResponse": "\0", "response": "x"}, ["complaintResponse", "response"]),
        ({"comment": {"a": 1}, "desc": "x"}, ["comment", "desc"]),
    ):
        answer = alice.post(f"{url}/resolve", body)
        assert (answer.status_code, sorted(error_fields(answer))) == (400, paths), body
    for body in ("[]", "{", "null", b"\xff"):
        assert alice.post(f"{url}/resolve", body).status_code == 400
    assert alice.send("POST", f"{url}/resolve", "{}", content_type="text/plain").status_code == 400
    assert ApiClient(key_of(cast.vera)).post(f"{url}/resolve", {}).status_code == 403
    assert (
        ApiClient(key_of(cast.alice, scopes=["facility:read"])).post(f"{url}/resolve", {}).status_code == 403
    )
    assert ApiClient(key_of(cast.charlie)).post(f"{url}/resolve", {}).status_code == 404
    assert alice.post(f"{url}/resolve", {}, if_match='"9"').status_code == 412
    assert Complaint.objects.get(pk=records.complaint.pk).version == 1
    assert mail.outbox == []


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run `after_commit` functions at the end of the block, like a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_the_customer_gets_a_mail(cast, alice, lamp, committed):
    with committed(), atomic():
        alice.post(
            f"/v2/complaints/{lamp.pk}/resolve",
            {"complaintResponse": "Tak! Lyset & døren virker <igen>.", "comment": "also-internal-marker"},
        )
        assert mail.outbox == []  # not before the commit
    (sent,) = mail.outbox
    assert sent.to == ["karen@example.dk"]
    assert (sent.cc, sent.bcc, sent.attachments) == ([], [], [])
    assert sent.subject == "Your complaint no. 4711 is finished"
    assert sent.body == (
        "Hello,\n\nYour complaint no. 4711 is finished.\n\nTak! Lyset & døren virker <igen>.\n\n"
        "You wrote:\n\nLampen i trappen\r\ner gået <igen>\n\nHansen Service A/S"
    )
    assert sent.content_subtype == "plain"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "marker" not in sent.message().as_string()
    assert "Alice" not in sent.body


def test_a_resolution_without_a_response_is_mailed(alice, lamp, committed):
    with committed():
        alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve")
    assert mail.outbox[0].body.startswith("Hello,\n\nYour complaint no. 4711 is finished.\n\nYou wrote:\n")


def test_the_mail_is_in_the_language_of_the_company(alice, lamp, committed):
    Company._base_manager.update(language="da")
    with committed():
        alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve", accept_language="de")
    assert mail.outbox[0].body.startswith("Hej,\n\nDin fejlmelding nr. 4711 er afsluttet.")


def test_no_mail_is_sent_without_news_address_or_consent(cast, records, alice, lamp, url, committed):
    with committed():
        assert alice.post(f"/v2/complaints/{lamp.pk}/resolve", {"sendEmail": False}).status_code == 200
        # Finished already, so there is no news for the customer.
        assert alice.post(f"/v2/complaints/{lamp.pk}/resolve", {"complaintResponse": "x"}).status_code == 200
        assert alice.post(f"{url}/resolve", {"complaintResponse": "x"}).status_code == 200  # no address
    assert mail.outbox == []


def test_the_response_has_the_outcome_of_the_mail(records, alice, lamp, url):
    def mailed(path, body):
        return alice.post(f"{path}/resolve", body)["Caretaker-Mail"]

    path = f"/v2/complaints/{lamp.pk}"
    assert mailed(url, {}) == "no address"
    assert mailed(path, {}) == "queued"
    assert mailed(path, {}) == "none"  # finished already


def test_the_response_reports_a_missing_mail_server(alice, lamp, settings, committed):
    settings.EMAIL_BACKEND = "config.mail_backends.UnconfiguredBackend"
    with committed():
        assert alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve")["Caretaker-Mail"] == "no mail server"


@pytest.mark.attack
def test_mails_about_a_complaint_are_limited(cast, alice, lamp, committed, settings, caplog):
    """The limit counts changed addresses too, whichever user changes them."""
    settings.MAIL_LIMIT_COMPLAINT = "3/day"
    outcomes = []
    for number in range(6):
        alice.patch(f"/v2/complaints/{lamp.pk}", {"contact": {"email": f"stranger{number}@example.com"}})
        with committed():
            outcomes.append(alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve")["Caretaker-Mail"])
        present = Complaint.objects.get(pk=lamp.pk)
        assert present.complaint_status == "finished"
        services.update(
            present, {}, actor=cast.alice, context=ChangeContext(Channel.COMMAND), action="reopen"
        )
    assert outcomes == ["queued"] * 3 + ["limited"] * 3
    assert len(mail.outbox) == 3
    assert "stranger" not in caplog.text


@pytest.mark.attack
def test_mails_of_a_company_are_limited(cast, records, alice, committed, settings):
    settings.MAIL_LIMIT_COMPANY = "2/hour"
    with committed():
        for number in range(4):
            made = alice.post(
                "/v2/complaints",
                {
                    "desc": "x",
                    "objectId": records.object.pk,
                    "contact": {"email": f"stranger{number}@example.com"},
                },
            )
            assert alice.send("POST", f"/v2/complaints/{made.json()['_id']}/resolve").status_code == 200
    assert len(mail.outbox) == 2


def test_a_reopened_complaint_is_mailed_again(cast, alice, lamp, committed):
    for count in (1, 2):
        with committed():
            alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve")
        assert len(mail.outbox) == count
        present = Complaint.objects.get(pk=lamp.pk)
        services.update(
            present, {}, actor=cast.alice, context=ChangeContext(Channel.COMMAND), action="reopen"
        )


def test_a_rolled_back_resolution_is_not_mailed(alice, lamp, committed):
    with committed(), pytest.raises(ZeroDivisionError), atomic():
        assert alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve").status_code == 200
        raise ZeroDivisionError
    assert mail.outbox == []
    assert Complaint.objects.get(pk=lamp.pk).complaint_status == "assigned"


class UnavailableBackend(BaseEmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"karen@example.dk is unknown")})


def test_an_unavailable_mail_server_fails_nothing_and_the_log_has_no_address(
    alice, lamp, committed, settings, caplog
):
    settings.EMAIL_BACKEND = f"{__name__}.UnavailableBackend"
    with committed(), caplog.at_level(logging.INFO):
        assert alice.send("POST", f"/v2/complaints/{lamp.pk}/resolve").json() == {"finished": True}
    (log_record,) = [record for record in caplog.records if record.name == "backoffice.jobs"]
    assert log_record.getMessage().endswith(
        f"given up: SMTPRecipientsRefused 550 (the mail about facility.complaint {lamp.pk})"
    )
    assert "karen" not in caplog.text


def test_an_address_cannot_add_headers(alice, lamp, committed, caplog):
    url = f"/v2/complaints/{lamp.pk}"
    for address in ("a@b.dk\nBcc: c@d.dk", "a@b.dk\r\nX: y", '"a\r\nb"@c.dk', "a@b.dk, c@d.dk", "A <a@b.dk>"):
        answer = alice.patch(url, {"contact": {"email": address}})
        assert (answer.status_code, error_fields(answer)) == (400, ["contact.email"])
    # Even with a mail server nothing is sent.
    Complaint.objects.filter(pk=lamp.pk).update(contact_email="karen@example.dk\r\nBcc: c@d.dk")
    with committed(), caplog.at_level(logging.INFO):
        assert alice.send("POST", f"{url}/resolve").status_code == 200
    assert mail.outbox == []
    assert "karen" not in caplog.text


def test_reopen_a_finished_complaint(cast, records, key_of):
    url = f"/v2/complaints/{records.complaint.pk}"
    alice, vera = ApiClient(key_of(cast.alice)), ApiClient(key_of(cast.vera))
    for user, state in ((None, "new"), (cast.alice.pk, "assigned")):
        alice.patch(url, {"userId": user})
        alice.post(f"{url}/resolve", {"sendEmail": False})
        for body in (b"", {}):
            answer = alice.send("POST", f"{url}/reopen", body)
            assert (answer.status_code, answer.json()) == (200, {"reopened": True})
        result = alice.get(url)
        assert (result.json()["complaintStatus"], result["ETag"]) == (state, answer["ETag"])
        assert (result.json()["finishedAt"], result.json()["finishedBy"]) == (None, None)
    row = History.objects.filter(record_id=records.complaint.pk).latest("version")
    assert (row.action, row.via) == ("reopen", "json")
    assert vera.post(f"{url}/reopen", {}).status_code == 403
    assert alice.post(f"{url}/reopen", {"comment": "x"}).status_code == 400
    assert alice.post(f"{url}/reopen", {}, if_match='"1"').status_code == 412
    assert alice.get(f"{url}/reopen").status_code == 405
    assert alice.post(f"/v2/complaints/{records.their_complaint.pk}/reopen", {}).status_code == 404
