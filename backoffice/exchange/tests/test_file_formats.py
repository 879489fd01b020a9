"""Formats of document files, and their errors."""

import io
import json
import sys

import pytest

from backoffice.db.object_ids import new_object_id
from backoffice.exchange.tests.files import complaint_document, run_import, stored_record
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.properties import instant_as_text
from facility.models import Complaint

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)


def json_lines(*several):
    return "\n".join(json.dumps(each) for each in several)


@pytest.mark.slow
def test_arrays_and_lines_with_any_line_ending_are_read(records, folder):
    for form in (
        lambda many: json.dumps(many),
        lambda many: json.dumps(many, indent=4),
        lambda many: json_lines(*many),
        lambda many: json_lines(*many).replace("\n", "\r\n") + "\r\n",
        lambda many: "\n\n" + json_lines(*many) + "\n\n",
        lambda many: "\ufeff" + json.dumps(many),
        lambda many: "\n".join(json.dumps(each, indent=1) for each in many),
    ):
        many = [complaint_document(records), complaint_document(records)]
        assert folder.take("complaints", form(many)).failure == ""
        assert all(map(stored_record, many))


def test_files_without_documents_import_nothing(folder):
    for nothing in ("", "[]", "\ufeff", "\n \r\n", "[\n]\n"):
        answer = folder.take("complaints", nothing)
        assert (answer.failure, answer.report) == (
            "",
            "0 of 0 documents imported: 0 new, 0 changed, 0 unchanged.\n",
        )


def test_a_syntax_error_has_its_line_and_the_rest_is_validated(records, folder):
    good, bad = complaint_document(records), complaint_document(records, priority=9)
    text = "\n".join(
        [
            json.dumps(good),
            '{"_id": "x',
            json.dumps(bad),
            "hello",
            '{"a" 1}',
            "[1]",
            '{"a": 1, "a": 2}',
            json.dumps(good)[:-5],
        ]
    )
    answer = folder.take("complaints", text)
    assert [error.split()[0] for error in answer.errors] == ["2", "3", "4", "5", "6", "7", "8"]
    assert "(line 5, column 6)" in answer.report
    assert answer.failure == "Nothing was written: 7 of 8 documents were rejected."
    kept = folder.take("complaints", text, "--keep-going")
    assert "1 of 8 documents imported" in kept.report
    assert stored_record(good)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[{"_id":1},]', 1, "comma"),
        ("[{} {}]", 1, "comma is missing"),
        ("[\n{}", 2, "incomplete"),
        ("[{}]\nmore", 2, "after the end"),
        ("[[{}]]", 1, "not a JSON object"),
        ("\x00", 1, "not a JSON object"),
        ('{"a": "\n"}', 1, "does not end"),
        ('{"a": "\x01"}', 1, "not valid JSON"),
        ('{"a": 1e400}', 1, "id of 24"),
        ('{"a": NaN}', 1, "not JSON"),
        ('{"a": ' + "[" * 100_000, 1, "does not end"),
        ('{"a": ' + "[" * 1000 + "]" * 1000 + "}", 1, "deeper"),
        ('{"a": "' + "x" * 16 * 1024 * 1024 + '"}', 1, "larger than 16 MiB"),
    ],
)
def test_hostile_files_are_refused(folder, text, line, message):
    answer = folder.take("complaints", text)
    assert [
        output for output in answer.report.splitlines() if f".json:{line}:" in output and message in output
    ]
    assert answer.failure


def test_errors_of_documents_on_one_line_have_columns(records, folder):
    """The usual format of arrays. Columns count bytes, as editors do."""
    good, bad = complaint_document(records, desc="Måge på taget"), complaint_document(records, priority=9)
    twin = complaint_document(records) | {"_id": good["_id"]}
    pieces = [json.dumps(each, ensure_ascii=False) for each in (good, bad, twin)]
    text = f"[{', '.join(pieces)}, " + '{"x": 1 2}]'
    answer = folder.take("complaints", text)
    columns = [text.encode().index(piece.encode()) + 1 for piece in pieces]
    places = [line.partition(".json:")[2] for line in answer.report.splitlines() if ".json:" in line]
    assert places[0].startswith(f"1:{columns[1]}: priority: ")
    assert places[1].startswith(f"1:{columns[2]}: _id: ")
    assert places[1].endswith("line 1, column 2.")  # the position of the document with the same id
    broken = text.encode().index(b'{"x"') + 1
    assert places[2].startswith(f"1:{broken}: ")
    assert f"column {broken + 8})" in places[2]


def test_a_document_larger_than_a_request_body_is_imported(records, folder):
    grown = complaint_document(records, desc="x" * 2 * 1024 * 1024)
    assert folder.take("complaints", [grown]).failure == ""
    assert len(stored_record(grown).desc) == 2 * 1024 * 1024


def test_bytes_that_are_not_utf_8_are_refused(folder):
    assert "UTF-8" in folder.take("complaints", b'{"a": "\xff"}').report


def test_files_of_mongoexport_are_read(cast, records, folder):
    pk = new_object_id()
    document = {
        "_id": {"$oid": pk},
        "companyId": {"$oid": cast.company.pk},
        "number": {"$numberLong": "812"},
        "priority": {"$numberInt": "3"},
        "objectId": {"$oid": records.object.pk},
        "desc": "Mongo",
        "status": {
            "status": {"$numberDouble": "1.0"},
            "createdAt": {"$date": "2020-02-17T14:36:09.698Z"},
            "lastModifiedAt": {"$date": {"$numberLong": "1581950169698"}},
        },
        "complaintStatus": "finished",
        "finishedAt": {"$date": 1581950169697},
        "customFields": {"at": {"$date": {"$numberLong": "-1"}}, "n": {"$numberInt": "5"}},
    }
    assert folder.take("complaints", json.dumps(document)).failure == ""
    record = Complaint.objects.get(pk=pk)
    assert (record.number, record.priority, record.status) == (812, 3, 1)
    assert (
        instant_as_text(record.created_at)
        == instant_as_text(record.last_modified_at)
        == "2020-02-17T14:36:09.698Z"
    )
    assert instant_as_text(record.finished_at) == "2020-02-17T14:36:09.697Z"
    assert record.custom_fields == {"at": "1969-12-31T23:59:59.999Z", "n": 5}
    assert "1 unchanged" in folder.take("complaints", json.dumps([document])).report


def test_extended_json_in_open_values_is_kept_as_it_is(records, folder):
    document = complaint_document(records, customFields={"x": {"$oid": "mine"}}, userId=None)
    assert folder.take("complaints", [document]).failure == ""
    assert stored_record(document).custom_fields == {"x": {"$oid": "mine"}}


@pytest.mark.parametrize("wrong", [{"$date": "soon"}, {"$date": {}}, {"$date": True}, {"$date": 10**30},
                                   {"$numberLong": "x"}, {"$date": {"$numberLong": "9" * 19}}])  # fmt: skip
def test_invalid_extended_json_is_refused(records, folder, wrong):
    answer = folder.take("complaints", [complaint_document(records, status={"createdAt": wrong})])
    assert "2 status.createdAt" in answer.errors


def test_the_standard_input_is_read(records, monkeypatch):
    document = complaint_document(records)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(document).encode())))
    assert run_import("complaints", "-").failure == ""
    assert stored_record(document)
