"""The undo of imports, and the continuation of an import interrupted between two batches."""

import re

import pytest

from backoffice.db.object_ids import new_object_id
from backoffice.exchange import importer, rollback
from backoffice.exchange.importer import Import
from backoffice.exchange.models import ImportRun
from backoffice.exchange.tests.files import export_documents, run_import
from backoffice.people.models import Company, Customer, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.history.versions import plain_state
from backoffice.records.models import History
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
COMMAND = ChangeContext(Channel.COMMAND)


def cyclic_documents(cast) -> dict[str, list[dict]]:
    """A user and a customer that refer to each other, with an object, complaints and a case."""
    user, customer, place = (new_object_id() for _each in range(3))
    home = {"companyId": cast.company.pk, "status": {"createdBy": user, "lastModifiedBy": user}}
    complaint = {**home, "objectId": place, "desc": "x", "userId": user, "tags": ["a"]}
    return {
        "complaints": [{"_id": new_object_id(), **complaint} for _each in range(4)],
        "users": [{"_id": user, **home, "username": "new", "customerId": customer, "roles": ["Viewer"]}],
        "customers": [{"_id": customer, **home, "name": "New", "parentResellerId": cast.reseller.pk}],
        "objects": [
            {"_id": place, **home, "customerId": customer, "address": {"street": "Vej 1"}, "tags": ["b"]}
        ],
        "cases": [
            {
                "_id": new_object_id(), **home, "name": "TV", "customer": customer,
                "comments": [{"_id": new_object_id(), "comment": "x", "employee": user, "isSupport": False}],
            }
        ],
    }  # fmt: skip


def import_id(answer) -> str:
    return re.search(r"--undo ([0-9a-f]{24})", answer.report + answer.failure)[1]


def state(*models) -> dict:
    return {record.pk: plain_state(record) for model in models for record in model._base_manager.all()}


ALL = (User, Customer, CustomerObject, Complaint)


@pytest.mark.parametrize("words", [[], ["--batch-size", "2"]])
def test_created_records_are_deleted_even_in_cycles(cast, records, folder, words):
    before = state(*ALL)
    answer = folder.take_all(cyclic_documents(cast), *words)
    assert answer.failure == ""
    assert len(state(*ALL)) == len(before) + 7
    result = run_import("--undo", import_id(answer))
    assert (result.failure, result.report) == ("", "8 records deleted, 0 changes undone.\n")
    assert state(*ALL) == before
    assert run_import("--undo", import_id(answer)).failure == "This import was undone already."
    rows = History.objects.filter(request_id=f"undo-{import_id(answer)}")
    assert set(rows.values_list("action", flat=True)) == {"remove"}


def test_changed_records_get_their_old_values(cast, records, folder):
    files = {
        "complaints": [
            {**each, "desc": "new", "priority": 4, "userId": cast.alice.pk}
            for each in export_documents("complaints", "--company", cast.company.name)
        ],
        "objects": [
            {**each, "name": "New", "key": "changed", "tags": []}
            for each in export_documents("objects", "--company", cast.company.name)
        ],
    }
    before = state(Complaint, CustomerObject)
    answer = folder.take_all(files)
    assert "2 changed" in answer.report
    assert "0 new, 0 changed" in folder.take_all(files).report
    result = run_import("--undo", import_id(answer))
    assert "0 records deleted, 2 changes undone." in result.report
    assert "Rådhuset): Key: unchanged" in result.report or "Rådhuset): key: unchanged" in result.report
    after = state(Complaint, CustomerObject)
    after[records.object.pk]["key"] = None
    assert after == before
    assert history_of(records.complaint).first().action == "undo"


def test_records_changed_since_are_not_rolled_back(cast, records, folder):
    files = cyclic_documents(cast)
    answer = folder.take_all(files)
    first = Complaint.objects.get(pk=files["complaints"][0]["_id"])
    services.update(first, {"comment": "seen"}, actor=cast.alice, context=COMMAND)
    before = state(*ALL)
    result = run_import("--undo", import_id(answer))
    assert result.failure == "Nothing was undone."
    assert result.report == f"Alice has changed complaint {first.pk} (x) since.\n"
    assert state(*ALL) == before


def test_records_referenced_since_are_not_deleted(cast, records, folder):
    files = cyclic_documents(cast)
    answer = folder.take_all(files)
    ComplaintFactory(company=cast.company, object=files["objects"][0]["_id"])
    before = state(*ALL)
    result = run_import("--undo", import_id(answer))
    assert result.failure == "Nothing was undone."
    assert "depend on it: 1 complaints" in result.report
    assert state(*ALL) == before


def test_companies_stay_after_a_rollback(folder):
    company, user = new_object_id(), new_object_id()
    files = {
        "companies": [{"_id": company, "name": "Sønderborg Drift"}],
        "users": [{"_id": user, "companyId": company, "username": "ida"}],
    }
    answer = folder.take_all(files)
    result = run_import("--undo", import_id(answer))
    assert result.failure == ""
    assert not User.objects.filter(pk=user).exists()
    assert Company.objects.filter(pk=company).exists()


def test_rollback_requires_the_permissions_to_import_and_delete(cast, records, folder):
    pk = import_id(folder.take_all(cyclic_documents(cast)))
    before = state(*ALL)
    for name in ("alice", "vera"):
        assert run_import("--undo", pk, "--as", name).failure == "You may not undo imports."
    assert state(*ALL) == before
    assert run_import("--undo", pk, "--as", "ada").failure == ""


def test_a_request_id_like_an_import_id_is_not_rolled_back(cast, records, folder):
    pk = import_id(folder.take_all(cyclic_documents(cast)))
    services.update(
        records.complaint, {"comment": "x"}, actor=cast.alice, context=ChangeContext(Channel.BROWSER, pk)
    )
    assert run_import("--undo", pk).failure == ""
    assert Complaint.objects.get(pk=records.complaint.pk).comment == "x"


class Interrupted(BaseException):
    """What the database sees of a killed process."""


@pytest.fixture
def interrupted_import(monkeypatch):
    """`interrupted_import(5, …)` imports and is interrupted while it writes the fifth document."""
    write = Import._write

    def run(count, folder, files, *words):
        written = []

        def write_or_stop(work, entry, record):
            written.append(entry)
            if len(written) == count:
                raise Interrupted
            write(work, entry, record)

        with monkeypatch.context() as patch, pytest.raises(Interrupted):
            patch.setattr(Import, "_write", write_or_stop)
            folder.take_all(files, *words)

    return run


def test_an_import_interrupted_in_its_transaction_leaves_nothing(cast, records, folder, interrupted_import):
    before = state(*ALL)
    interrupted_import(6, folder, cyclic_documents(cast))
    assert (state(*ALL), ImportRun.objects.count()) == (before, 0)


def test_an_import_interrupted_between_batches_is_continued(cast, records, folder, interrupted_import):
    files = cyclic_documents(cast)
    before = len(state(*ALL))
    interrupted_import(6, folder, files, "--batch-size", "2")
    assert before < len(state(*ALL)) < before + 7
    run = ImportRun.objects.get()
    assert (run.finished_at, run.done) == (None, len(state(*ALL)) - before)
    other = folder.take("users", [])
    assert "Another import is unfinished." in other.failure
    assert f"manage.py import_documents --undo {run.pk}" in other.failure
    assert "--batch-size 2" in other.failure
    interrupted_import(2, folder, files)
    finished = folder.take_all(files, "--batch-size", "2")
    assert finished.failure == ""
    assert f"{8 - run.done} new, 0 changed, 0 unchanged, {run.done} by an earlier attempt." in finished.report
    assert set(History.objects.filter(action="import").values_list("request_id", flat=True)) == {run.pk}
    assert ImportRun.objects.get().finished_at is not None
    assert folder.take("users", []).failure == ""


def test_an_import_interrupted_between_batches_can_be_rolled_back(cast, records, folder, interrupted_import):
    files, before = cyclic_documents(cast), state(*ALL)
    interrupted_import(6, folder, files, "--batch-size", "2")
    assert run_import("--undo", ImportRun.objects.get().pk).failure == ""
    assert state(*ALL) == before
    assert "8 new" in folder.take_all(files).report


def test_an_import_is_written_by_one_process_only(cast, records, folder, monkeypatch):
    """Another process has continued the import in the meantime."""
    pieces = Import._write_batch

    def write_batch(work, *args):
        ImportRun.objects.update(done=99)
        pieces(work, *args)

    monkeypatch.setattr(Import, "_write_batch", write_batch)
    before = state(*ALL)
    answer = folder.take_all(cyclic_documents(cast), "--batch-size", "100")
    assert "Another process is running the same import." in answer.failure
    assert state(*ALL) == before


@pytest.fixture
def in_short_transactions(monkeypatch):
    """The way a large import is written on databases with a single writer. Lists the places of each
    transaction."""
    monkeypatch.setattr(importer, "has_one_writer", lambda: True)
    monkeypatch.setattr(importer, "FIRST_BATCH", 3)
    monkeypatch.setattr(importer, "MIN_BATCH", 1)
    monkeypatch.setattr(importer, "LOCK_PAUSE", 0)
    written, write_batch = [], Import._write_batch

    def note(work, first, last, *rest):
        written.append((first, last))
        write_batch(work, first, last, *rest)

    monkeypatch.setattr(Import, "_write_batch", note)
    return written


def test_a_large_import_is_written_in_short_transactions(cast, records, folder, in_short_transactions):
    before, files = state(*ALL), cyclic_documents(cast)
    answer = folder.take_all(files)
    assert answer.failure == ""
    assert "8 documents imported: 8 new" in answer.report
    assert len(in_short_transactions) > 1
    assert [first for first, _last in in_short_transactions[1:]] == [
        last + 1 for _first, last in in_short_transactions[:-1]
    ]
    assert ImportRun.objects.get().finished_at is not None
    assert run_import("--undo", import_id(answer)).failure == ""
    assert state(*ALL) == before


@pytest.mark.parametrize("place", [2, 5, 8])
def test_a_failure_between_batches_is_rolled_back(
    cast, records, folder, in_short_transactions, monkeypatch, place
):
    """The result is all or nothing."""
    before, written, write = state(*ALL), [], Import._write

    def refuse(work, entry, record):
        written.append(entry)
        if len(written) == place:
            work._refuse(entry, [("desc", "No.")])
        else:
            write(work, entry, record)

    monkeypatch.setattr(Import, "_write", refuse)
    answer = folder.take_all(cyclic_documents(cast))
    assert "Nothing was written." in answer.failure
    assert state(*ALL) == before
    assert ImportRun.unfinished() is None
    monkeypatch.setattr(Import, "_write", write)
    assert "8 new" in folder.take_all(cyclic_documents(cast)).report


def test_ctrl_c_between_batches_reverts_the_import(cast, records, folder, in_short_transactions, monkeypatch):
    before, written, write = state(*ALL), [], Import._write

    def stop(work, entry, record):
        written.append(entry)
        if len(written) == 6:
            assert len(state(*ALL)) > len(before)
            raise KeyboardInterrupt
        write(work, entry, record)

    monkeypatch.setattr(Import, "_write", stop)
    with pytest.raises(KeyboardInterrupt):
        folder.take_all(cyclic_documents(cast))
    assert state(*ALL) == before
    assert ImportRun.unfinished() is None


def test_an_import_in_short_transactions_can_be_continued_or_rolled_back(
    cast, records, folder, in_short_transactions, interrupted_import
):
    before, files = state(*ALL), cyclic_documents(cast)
    interrupted_import(6, folder, files)
    assert len(state(*ALL)) > len(before)
    assert "by an earlier attempt." in folder.take_all(files).report
    assert run_import("--undo", ImportRun.objects.get().pk).failure == ""
    assert state(*ALL) == before


def test_an_interrupted_rollback_is_continued(cast, records, folder, monkeypatch):
    """On SQLite the rollback runs in short transactions, too."""
    before, files = state(*ALL), cyclic_documents(cast)
    run = ImportRun.objects.get(pk=import_id(folder.take_all(files)))

    def do_some(items, work):
        for item in list(items)[:3]:
            work(item)

    with monkeypatch.context() as patch:
        patch.setattr(rollback, "run_in_short_transactions", do_some)
        run_import("--undo", run.pk)
    assert len(state(*ALL)) > len(before)
    run.refresh_from_db()
    assert run.undone_at is None
    assert run_import("--undo", run.pk).failure == ""
    assert state(*ALL) == before
