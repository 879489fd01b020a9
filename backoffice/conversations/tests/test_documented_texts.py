"""The documented texts of complaints and cases over JSON, and the messages that they leave."""

import pytest

from backoffice.api.tests.clients import ApiClient
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.models import Complaint, ComplaintMessage
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def alice(cast, records, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def sven(cast, records, key_of):
    return ApiClient(key_of(cast.sven))


@pytest.fixture
def url(records):
    return f"/v2/complaints/{records.complaint.pk}"


@pytest.fixture
def case_url(records):
    return f"/iptv/supportcase/{records.case.pk}"


def texts(record, name="answers"):
    return [message["text"] for message in getattr(type(record).objects.get(pk=record.pk), name)]


def test_another_text_adds_a_message_and_the_same_text_none(cast, records, alice, url):
    first = alice.patch(url, {"comment": "Ring first", "response": "We are on our way"})
    assert alice.patch(url, {"response": "We are on our way"})["ETag"] == first["ETag"]
    answer = alice.patch(url, {"response": "Done"}).json()
    assert (answer["comment"], answer["response"]) == ("Ring first", "Done")
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    assert texts(complaint) == ["We are on our way", "Done"]
    (note,) = complaint.notes
    assert (note["text"], note["author"], note["author_name"]) == (
        "Ring first",
        cast.alice.pk,
        complaint.answers[0]["author_name"],
    )
    assert complaint.answers[-1]["date"] == complaint.last_modified_at
    assert complaint.answers[-1]["edited_at"] is None


def test_an_emptied_text_reads_empty_until_the_next_message(records, alice, url):
    alice.patch(url, {"response": "Done"})
    assert alice.patch(url, {"response": ""}).json()["response"] == ""
    assert texts(records.complaint) == ["Done"]
    assert alice.patch(url, {"response": "Done"}).json()["response"] == "Done"
    assert texts(records.complaint) == ["Done", "Done"]


def test_a_whole_document_can_be_sent_back(records, alice, url):
    alice.patch(url, {"comment": "a", "response": "b"})
    read = alice.get(url)
    again = alice.patch(url, read.json())
    assert (again.content, again["ETag"]) == (read.content, read["ETag"])
    assert texts(records.complaint, "notes") == ["a"]


def test_messages_are_not_properties_of_the_document(records, alice, url):
    for name in ("notes", "answers"):
        assert name not in alice.get(url).json()
        answer = alice.patch(url, {name: []})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_property")


def test_finishing_with_texts_adds_messages(records, alice, url):
    assert (
        alice.post(f"{url}/resolve", {"comment": "Fixed", "complaintResponse": "Thanks"}).status_code == 200
    )
    assert (texts(records.complaint, "notes"), texts(records.complaint)) == (["Fixed"], ["Thanks"])


def test_an_invalid_text_is_reported_once(records, alice, url):
    answer = alice.patch(url, {"response": "x" * 20_001})
    assert [error["field"] for error in answer.json()["errors"]] == ["response"]


def test_the_chat_id_is_given_and_kept(cast, records, alice):
    new = {"desc": "Lamp", "objectId": records.object.pk}
    given = alice.post("/v2/complaints", new).json()["chatId"]
    assert len(given) == 24
    own = "507f1f77bcf86cd799439011"
    body = alice.post("/v2/complaints", new | {"chatId": own}).json()
    url = f"/v2/complaints/{body['_id']}"
    assert alice.patch(url, {"response": "x"}).json()["chatId"] == own
    assert alice.patch(url, {"chatId": None, "response": "y"}).json()["chatId"] is None
    assert len(alice.patch(url, {"response": "z"}).json()["chatId"]) == 24


def test_details_without_another_answer_correct_the_newest(cast, records, sven, case_url):
    sven.post(case_url, {"response": {"answer": "Restart it"}})
    sven.post(case_url, {"response": {"answer": "Replace it"}})
    date = "2026-01-02T03:04:05.000Z"
    sent = {"author": "Nina", "date": date, "employee": cast.ada.pk}
    answer = sven.post(case_url, {"response": sent}).json()["response"]
    assert answer == sent | {"answer": "Replace it", "employeeName": "Ada"}
    case = SupportCase.objects.get(pk=records.case.pk)
    first, second = case.answers
    assert (first["sender"], first["author"]) == ("PlayMaker Teamet", cast.sven.pk)
    assert (second["sender"], second["author"], second["author_name"]) == ("Nina", cast.ada.pk, "Ada")
    assert second["date"] == case.response_date
    assert second["edited_at"] is None


def test_emptying_the_answer_empties_the_response_and_keeps_the_messages(records, sven, case_url):
    sven.post(case_url, {"response": {"answer": "Restart it"}, "privateInformation": "Rings often"})
    body = sven.post(case_url, {"response": {"answer": ""}, "privateInformation": ""}).json()
    assert "response" not in body
    assert "privateInformation" not in body
    assert texts(records.case) == ["Restart it"]
    assert texts(records.case, "notes")[-1] == "Rings often"


def test_notes_of_cases_are_hashed_in_the_history(records, sven, case_url):
    sven.post(case_url, {"privateInformation": "Rings often"})
    row = History.objects.filter(record_id=records.case.pk).order_by("-version").first()
    assert {change["property"].split(".")[0] for change in row.changes} == {"notes", "private_information"}
    assert "Rings often" not in str(row.changes)
    assert "hmac:" in str(row.changes)


def test_undo_restores_the_text_and_the_messages(cast, records, alice, url):
    alice.patch(url, {"response": "First"})
    alice.patch(url, {"response": "Second"})
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    row = History.objects.filter(record_id=complaint.pk).order_by("-version").first()
    restored = services.undo(complaint, row, actor=cast.alice, context=BROWSER).record
    assert (restored.response, texts(restored)) == ("First", ["First"])


def test_a_text_that_the_previous_version_wrote_becomes_a_message(cast, records, alice, url):
    alice.patch(url, {"response": "First"})
    Complaint.objects.filter(pk=records.complaint.pk).update(response="Written by the old code")
    assert alice.patch(url, {"comment": "Other"}).status_code == 200
    assert texts(records.complaint) == ["First"]
    alice.patch(url, {"response": "Third"})
    assert texts(records.complaint) == ["First", "Written by the old code", "Third"]
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    assert (complaint.answers[1]["author"], complaint.answers[1]["author_name"]) == (None, "")


def test_a_composed_message_becomes_the_newest_text(cast, records, alice, url):
    complaint = records.complaint
    for text in ("One", "One", "Two"):
        values = {"answers": [*({"id": each["id"]} for each in complaint.answers), {"text": text}]}
        complaint = services.update(
            complaint, values, actor=cast.alice, context=BROWSER, base=complaint.version
        ).record
    assert texts(complaint) == ["One", "One", "Two"]
    assert alice.get(url).json()["response"] == "Two"


def test_two_composed_messages_never_conflict(cast, records):
    complaint = records.complaint
    for actor, text in ((cast.alice, "One"), (cast.ada, "Two")):
        services.update(complaint, {"answers": [{"text": text}]}, actor=actor, context=BROWSER, base=1)
    assert texts(complaint) == ["One", "Two"]
    assert Complaint.objects.get(pk=complaint.pk).response == "Two"


def test_concurrent_answers_over_json_conflict_as_documented(records, alice, url):
    stamp = alice.get(url).json()["status"]["lastModifiedAt"]
    alice.patch(url, {"response": "One"})
    answer = alice.patch(url, {"response": "Two", "status": {"lastModifiedAt": stamp}})
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["response"]
    assert texts(records.complaint) == ["One"]


def test_an_edited_message_is_marked_and_the_newest_text_follows(cast, records, alice, url):
    alice.patch(url, {"response": "First"})
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    edit = {"answers": [{"id": complaint.answers[0]["id"], "text": "First!"}]}
    edited = services.update(
        complaint, edit, actor=cast.alice, context=BROWSER, base=complaint.version, action="edit_message"
    ).record
    assert edited.answers[0]["edited_at"] == edited.last_modified_at
    assert alice.get(url).json()["response"] == "First!"
    assert (
        History.objects.filter(record_id=complaint.pk).order_by("-version").first().action == "edit_message"
    )


def test_deleting_a_record_deletes_its_messages(cast, records):
    complaint = ComplaintFactory(company=cast.company, object=records.object.pk, comment="a", response="b")
    assert ComplaintMessage.objects.filter(record=complaint.pk).count() == 2
    services.delete(complaint, actor=cast.alice, context=BROWSER)
    assert not ComplaintMessage.objects.filter(record_id=complaint.pk).exists()
