"""Existing texts become first messages; redaction and personal data of messages."""

import pytest
from django.apps import apps
from django.core.management import call_command

from backoffice.conversations.first_messages import add_first_messages
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.models import Complaint, ComplaintMessage
from facility.tests.factories import ComplaintFactory
from supportdesk.models import CaseMessage, SupportCase

pytestmark = pytest.mark.django_db
JSON = ChangeContext(Channel.JSON)


def test_texts_become_first_messages_with_the_author_that_the_history_knows(cast, records):
    complaint = services.update(
        records.complaint, {"comment": "Ring first"}, actor=cast.alice, context=JSON
    ).record
    services.update(complaint, {"priority": 3}, actor=cast.ada, context=JSON)
    other = ComplaintFactory(company=cast.company, object=records.object.pk)
    Complaint.objects.filter(pk=other.pk).update(comment="By nobody known")
    ComplaintMessage.objects.all().delete()
    add_first_messages(apps, "facility.Complaint", "facility.ComplaintMessage", "note", "comment")
    (note,) = Complaint.objects.get(pk=complaint.pk).notes
    row = History.objects.get(record_id=complaint.pk, version=2)
    assert (note["text"], note["author"], note["date"]) == ("Ring first", cast.alice.pk, row.at)
    (unknown,) = Complaint.objects.get(pk=other.pk).notes
    assert (unknown["text"], unknown["author"], unknown["author_name"]) == ("By nobody known", None, "")
    assert unknown["date"] == other.last_modified_at
    assert ComplaintMessage.objects.count() == 2


def test_answers_of_cases_keep_their_date_and_author(cast, records):
    case = services.update(
        records.case, {"response_answer": "Restart it"}, actor=cast.sven, context=JSON
    ).record
    CaseMessage.objects.filter(kind="answer").delete()
    add_first_messages(
        apps, "supportdesk.SupportCase", "supportdesk.CaseMessage", "answer", "response_answer",
        sender="response_author", date="response_date", author_id="response_employee_id",
        author_name="response_employee_name",
    )  # fmt: skip
    (answer,) = SupportCase.objects.get(pk=case.pk).answers
    assert (answer["sender"], answer["date"], answer["author"]) == (
        "PlayMaker Teamet",
        case.response_date,
        cast.sven.pk,
    )


def test_redacting_a_text_redacts_its_messages(cast, records):
    for text in ("Ask Gertrud Gertudsen", "Gertrud Gertudsen called"):
        record = SupportCase.objects.get(pk=records.case.pk)
        services.update(record, {"private_information": text}, actor=cast.sven, context=JSON)
    call_command("redact", "supportcase", records.case.pk, "private_information")
    case = SupportCase.objects.get(pk=records.case.pk)
    assert (case.private_information, case.notes) == ("", [])
    assert "Gertrud" not in str(list(History.objects.filter(record_id=case.pk).values("changes")))


def test_a_text_is_redacted_in_every_message(cast, records):
    for text in ("Ask Gertrud Gertudsen", "Done"):
        record = Complaint.objects.get(pk=records.complaint.pk)
        services.update(record, {"response": text}, actor=cast.alice, context=JSON)
    call_command("redact", "--text", "Gertrud Gertudsen", "--everywhere")
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    assert [message["text"] for message in complaint.answers] == ["Ask redacted", "Done"]
    assert complaint.response == "Done"
