"""Imports: records are created exactly, all or none, with errors by line and property."""

import io
import json
import sys
from datetime import timedelta

import pytest

from backoffice.db.object_ids import new_object_id
from backoffice.exchange.exportables import exportables
from backoffice.exchange.models import ImportRun
from backoffice.exchange.tests.files import complaint_document, export_documents, stored_record
from backoffice.people.models import Company, Customer, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import now
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.records.properties import instant_as_text
from facility.models import Article, Complaint, CustomerObject
from facility.tests.factories import ArticleFactory
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)


def test_a_new_record_keeps_its_id_number_and_stamps(cast, records, folder, client):
    document = complaint_document(
        records,
        number=4711,
        status={
            "status": 2,
            "createdAt": "2019-03-05T08:00:00.120Z",
            "createdBy": cast.alice.pk,
            "lastModifiedAt": "2020-01-01T00:00:00Z",
            "lastModifiedBy": cast.root.pk,
        },
        userId=cast.alice.pk,
        complaintStatus="finished",
        assignedDate="2019-03-06T08:00:00Z",
        finishedAt="2019-03-07T08:00:00Z",
        finishedBy=cast.alice.pk,
        tags=["b", "a"],
    )
    before = now()
    answer = folder.take("complaints", [document])
    client.force_login(cast.alice)
    page = client.get(f"/complaints/{document['_id']}").content.decode()
    assert "<strong>command line</strong> imported this" in page
    assert "Undo" not in page
    assert (answer.failure, answer.errors) == ("", [])
    assert "1 of 1 documents imported: 1 new" in answer.report
    (back,) = [each for each in export_documents("complaints") if each["_id"] == document["_id"]]
    assert {name: back[name] for name in document} == document
    record = stored_record(document)
    assert (record.version, record.created_by_id) == (1, cast.alice.pk)
    row = history_of(record).get()
    assert (row.action, row.via, row.who, row.request_id) == (
        "import",
        "command",
        "command line",
        ImportRun.objects.get().pk,
    )
    assert before <= row.at <= now()
    assert ("number", 4711) in [(change["property"], change["new"]) for change in row.changes]


def test_a_case_keeps_its_date(records, folder):
    """A new case over JSON may have any date, even a mistaken one."""
    (document,) = [each for each in export_documents("cases") if each["_id"] == records.case.pk]
    document |= {"_id": new_object_id(), "number": 4711, "date": "2999-01-01T00:00:00.000Z"}
    document |= {"files": [], "comments": [], "privateInformation": "", "notes": [], "answers": []}
    assert folder.take("cases", [document]).failure == ""
    assert [each for each in export_documents("cases") if each["_id"] == document["_id"]] == [document]


def test_missing_properties_are_derived(cast, records, folder):
    bare, assigned = complaint_document(records), complaint_document(records, userId=cast.alice.pk)
    assert folder.take("complaints", [bare, assigned]).failure == ""
    assert stored_record(bare).complaint_status == "new"
    record = stored_record(assigned)
    assert (record.complaint_status, record.assigned_date) == ("assigned", record.last_modified_at)
    assert {stored_record(bare).number, record.number} == {
        records.complaint.number + 1,
        records.complaint.number + 2,
    }


def test_imported_numbers_are_not_used_again(records, folder):
    first, second, third = (
        complaint_document(records),
        complaint_document(records, number=2),
        complaint_document(records, number=2**60),
    )
    assert folder.take("complaints", [first, second, third]).failure == ""
    assert [stored_record(each).number for each in (first, second, third)] == [3, 2, 2**60]


def test_a_stamp_before_the_import_identifies_the_imported_version(cast, records, folder, key_of, client):
    stamp = "2020-01-01T00:00:00Z"
    document = complaint_document(
        records, comment="old", status={"createdAt": stamp, "lastModifiedAt": stamp}
    )
    folder.take("complaints", [document])
    for moment, status in (
        ("2020-01-01T00:00:00Z", 409),
        ("2020-01-01T01:00:00.000000+01:00", 409),
        ("2021-01-01T00:00:00Z", 200),
        ("2019-12-31T00:00:00Z", 200),
    ):
        services.update(stored_record(document), {"comment": "new"}, actor=cast.alice, context=COMMAND)
        answer = client.patch(
            f"/v2/complaints/{document['_id']}",
            {"status": {"lastModifiedAt": moment}, "comment": "mine"},
            content_type="application/json",
            headers={"x-api-key": key_of(cast.alice)},
        )
        assert answer.status_code == status, moment


@pytest.mark.slow
def test_importing_an_export_changes_nothing(cast, records, folder):
    services.update(records.complaint, {"user": cast.alice.pk}, actor=cast.alice, context=COMMAND)
    services.update(records.object, {"security_code": {"b": 1, "a": [2]}}, actor=cast.alice, context=COMMAND)
    slugs = ["companies", "users", "customers", "contacts", "articles", "objects", "complaints", "cases"]
    files = {slug: export_documents(slug) for slug in slugs}
    rows = History.objects.count()
    for words in ([], ["--batch-size", "3"], ["--keep-going"]):
        answer = folder.take_all(files, *words)
        assert answer.failure == ""
        assert "0 new, 0 changed" in answer.report
    assert History.objects.count() == rows
    assert {slug: export_documents(slug) for slug in slugs} == files


def test_changes_of_a_document_are_merged_with_other_changes(cast, records, folder):
    (document,) = export_documents("complaints", "--company", cast.company.name)
    services.update(records.complaint, {"comment": "theirs"}, actor=cast.alice, context=COMMAND)
    answer = folder.take("complaints", [{**document, "roomDescription": "Hall"}])
    assert "0 new, 1 changed" in answer.report
    record = Complaint.objects.get(pk=records.complaint.pk)
    assert (record.comment, record.room_description, record.version) == ("theirs", "Hall", 3)
    refused = folder.take("complaints", [{**document, "comment": "mine"}])
    assert refused.errors == ["2 comment"]
    assert "Alice changed this from the command line." in refused.report
    assert "Nothing was written" in refused.failure
    assert Complaint.objects.get(pk=records.complaint.pk).version == 3


def test_documents_refer_to_each_other_in_any_order_and_in_cycles(cast, folder):
    user, customer, reseller, article, thing, one = (new_object_id() for _each in range(6))
    home = {"companyId": cast.company.pk}
    made = {"status": {"createdBy": user, "lastModifiedBy": user}}
    files = {
        "complaints": [{"_id": one, **home, **made, "objectId": thing, "desc": "x", "userId": user}],
        "objects": [
            {"_id": thing, **home, **made, "customerId": customer, "address": {"street": "Vej 1"},
             "material": [{"articleId": article, "budget": 2}]}
        ],
        "customers": [
            {"_id": customer, **home, **made, "name": "New", "parentResellerId": reseller},
            {"_id": reseller, **home, **made, "name": "Reseller"},
        ],
        "articles": [{"_id": article, **home, **made, "name": "Soap"}],
        "users": [{"_id": user, **home, **made, "username": "new", "customerId": reseller, "roles": ["Viewer"]}],
    }  # fmt: skip
    for words in ([], ["--batch-size", "1"]):
        assert folder.take_all(files, *words, "--dry-run").failure == ""
    assert folder.take_all(files, "--batch-size", "1").failure == ""
    record = Complaint.objects.get(pk=one)
    assert (record.object.customer.parent_reseller_id, record.user.customer_id) == (reseller, reseller)
    assert not User.objects.get(pk=user).has_usable_password()
    assert ImportRun.objects.get().done == 6


def test_a_whole_company_can_be_imported(folder):
    company, user = new_object_id(), new_object_id()
    files = {
        "users": [{"_id": user, "companyId": company, "username": "ida"}],
        "companies": [{"_id": company, "name": "Sønderborg Drift", "status": {"createdBy": user}}],
    }
    assert folder.take_all(files).failure == ""
    assert User.objects.get(pk=user).company == Company.objects.get(name="Sønderborg Drift")


def test_records_of_another_system_get_the_company(cast, records, folder):
    document = complaint_document(records, companyId=new_object_id())
    assert folder.take("complaints", [document]).errors == ["2 companyId", "2 objectId"]
    assert folder.take("complaints", [document], "--company", cast.company.name).failure == ""
    assert stored_record(document).company_id == cast.company.pk
    again = folder.take("complaints", [document], "--company", cast.company.name)
    assert "0 new, 0 changed, 1 unchanged" in again.report
    moved = folder.take("complaints", [document], "--company", cast.elsewhere.name)
    assert moved.errors == ["2 _id"]


class TestCases:
    """Imported values of a support case are not computed again."""

    def test_responses_of_the_api_can_be_imported(self, cast, records, folder, client, key_of):
        answer = client.get(f"/iptv/supportcase/{records.case.pk}", headers={"x-api-key": key_of(cast.sven)})
        document = json.loads(answer.content) | {"_id": new_object_id()}
        for part in [*document["files"], *document["comments"]]:
            part |= dict.fromkeys(part.keys() & {"_id", "id"}, new_object_id())
        assert folder.take("cases", [document]).errors == ["2 companyId"]
        assert folder.take("cases", [document], "--company", cast.company.name).failure == ""
        again = client.get(f"/iptv/supportcase/{document['_id']}", headers={"x-api-key": key_of(cast.sven)})
        assert again.json() == document

    def test_names_dates_and_sides_are_not_invented(self, cast, records, folder):
        ids = [new_object_id() for _each in range(5)]
        document = {
            "_id": ids[0], "companyId": cast.company.pk, "name": "TV", "customer": cast.resold.pk, "customerName": "",
            "employee": None, "employeeName": "Gone", "date": "2020-02-17T14:36:09.698Z",
            "lastUpdated": "2020-02-18T14:36:09.698Z",
            "response": {"author": "", "answer": "Ja", "date": None, "employee": None, "employeeName": ""},
            "comments": [
                {"_id": ids[1], "comment": "Hej", "date": "2020-02-17T14:40:00.000Z", "customer": None,
                 "customerName": "", "employee": cast.rikke.pk, "employeeName": "", "isSupport": True,
                 "files": [{"_id": ids[2], "id": ids[2], "url": "https://a.dk/1", "type": "DOC"}]},
                {"_id": ids[3], "comment": "Ja", "date": "2020-02-17T14:41:00.000Z", "customer": None,
                 "customerName": "", "employee": None, "employeeName": "", "isSupport": False, "files": []},
            ],
        }  # fmt: skip
        assert folder.take("cases", [document]).failure == ""
        (back,) = [each for each in export_documents("cases") if each["_id"] == ids[0]]
        assert {name: back[name] for name in document} == document
        case = SupportCase.objects.get(pk=ids[0])
        assert instant_as_text(case.created_at) == document["date"]

    def test_ids_of_comments_are_unique(self, cast, records, folder):
        taken, own = records.case.comments[0]["id"], new_object_id()
        base = {"companyId": cast.company.pk, "name": "x"}
        answer = folder.take(
            "cases",
            [
                {**base, "_id": new_object_id(), "comments": [{"_id": taken, "comment": "x"}]},
                {**base, "_id": new_object_id(), "comments": [{"_id": own, "comment": "x"}] * 2},
                {**base, "_id": new_object_id(), "comments": [{"_id": own.upper(), "comment": "y"}]},
                {
                    **base,
                    "_id": new_object_id(),
                    "comments": [{"comment": "y"}, {"_id": own, "comment": "x"}],
                },
            ],
        )
        assert answer.errors == ["2 comments.0._id", "3 comments.1._id", "5 comments.1._id"]


def test_a_dry_run_writes_nothing(records, folder):
    rows = History.objects.count()
    answer = folder.take("complaints", [complaint_document(records)], "--dry-run")
    assert "1 of 1 documents would be imported" in answer.report
    assert (answer.failure, History.objects.count(), ImportRun.objects.count()) == ("", rows, 0)
    bad = folder.take(
        "complaints",
        [complaint_document(records), complaint_document(records, priority=0)],
        "--dry-run",
        "--keep-going",
    )
    assert "1 of 2 documents would be imported" in bad.report
    assert History.objects.count() == rows


@pytest.mark.parametrize("words", [[], ["--batch-size", "1"]])
def test_valid_documents_are_imported_by_option(records, folder, words):
    place = {"_id": new_object_id(), "companyId": records.object.company_id, "customerId": "f" * 24,
             "address": {"street": "Vej 1"}}  # fmt: skip
    stranded = complaint_document(records, objectId=place["_id"])
    good, bad = complaint_document(records), complaint_document(records, priority=7)
    answer = folder.take_all(
        {"complaints": [stranded, bad, good], "objects": [place]}, "--keep-going", *words
    )
    assert sorted(answer.errors) == ["2 customerId", "2 objectId", "3 priority"]
    assert "2.json, line 2" in answer.report
    assert answer.failure == "3 documents were rejected."
    assert "1 of 4 documents imported: 1 new" in answer.report
    assert [stored_record(each) is not None for each in (stranded, bad, good)] == [False, False, True]


def test_a_deleted_record_is_restored_with_its_history(cast, records, folder):
    article = ArticleFactory(company=cast.company)
    (document,) = [each for each in export_documents("articles") if each["_id"] == article.pk]
    services.delete(article, actor=cast.alice, context=COMMAND)
    assert folder.take("articles", [document]).failure == ""
    back = Article.objects.get(pk=article.pk)
    assert (back.version, list(history_of(back).values_list("action", flat=True))) == (
        3,
        ["import", "remove", "create"],
    )
    assert back.last_modified_at == article.last_modified_at
    services.update(back, {"name": "Later"}, actor=cast.alice, context=COMMAND)
    stale = folder.take("articles", [document | {"unit": "kg"}])
    assert "1 changed" in stale.report
    assert Article.objects.get(pk=article.pk).name == "Later"


def test_a_full_export_contains_every_property():
    """The only properties lost in an export are credentials."""
    known = {
        slug: set(subject.model.properties)
        | subject.model.bookkeeping_columns - subject.export_document.bound.keys()
        for slug, subject in exportables().items()
        if subject.document
    }
    lost = {slug: names - exportables()[slug].export_document.bound.keys() for slug, names in known.items()}
    signing_in = {
        "password",
        "sessions_ended_at",
        "totp_secret",
        "recovery_codes",
        "second_factor_at",
        "last_code_at",
        "invited_at",
    }
    assert {slug: names for slug, names in lost.items() if names} == {"users": signing_in}


def test_the_last_sign_in_is_imported(cast, folder):
    user = {
        "_id": new_object_id(),
        "companyId": cast.company.pk,
        "username": "ida",
        "lastLogin": "2020-01-01T00:00:00Z",
    }
    assert folder.take("users", [user]).failure == ""
    assert instant_as_text(User.objects.get(pk=user["_id"]).last_login) == "2020-01-01T00:00:00.000Z"


def test_times_are_stored_to_the_millisecond(cast, folder):
    moment = now() - timedelta(days=1)
    customer = {"_id": new_object_id(), "companyId": cast.company.pk, "name": "x",
                "status": {"createdAt": instant_as_text(moment), "lastModifiedAt": instant_as_text(moment)}}  # fmt: skip
    assert folder.take("customers", [customer]).failure == ""
    assert Customer.objects.get(pk=customer["_id"]).created_at == moment
    assert CustomerObject.objects.count() == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_progress_bar(records, folder, monkeypatch):
    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert folder.take("complaints", [complaint_document(records)]).failure == ""
        for what in ("Reading", "Checking", "Writing", "0/1"):
            assert (what in stream.getvalue()) is shown
