"""Refused documents by line and property, required permissions, and failures of an import."""

import pytest
from django.contrib.auth.models import Permission

from backoffice.db.object_ids import new_object_id
from backoffice.exchange.importer import Import
from backoffice.exchange.models import ImportRun
from backoffice.exchange.tests.files import complaint_document, export_documents, run_import, stored_record
from backoffice.people.models import Company, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)


REFUSED = {
    "number": ({"number": "7"}, ["number"]),
    "taken": ({"number": 1}, ["number"]),
    "priority": ({"priority": 9, "nonsense": 1}, ["priority", "nonsense"]),
    "nested": ({"contact": {"email": "x", "fax": ""}}, ["contact.email", "contact.fax"]),
    "places": ({"images": ["https://a.dk/1", "x", 5], "tags": ["a", "a"]}, ["images.1", "images.2", "tags.1"]),
    "required": ({"desc": "", "objectId": None}, ["desc", "objectId"]),
    "lists": ({"tags": 5, "images": {}}, ["images", "tags"]),
    "open": ({"customFields": [1]}, ["customFields"]),
    "unstorable": ({"comment": "a\x00b", "response": 2**70}, ["comment", "response"]),
    "too large": ({"number": {"$numberLong": str(2**63)}, "priority": {"$numberInt": "9" * 19}}, ["number", "priority"]),
    "too small": ({"number": {"$numberLong": str(-(2**63) - 1)}}, ["number"]),
    "infinite": ({"customFields": {"a": 1}, "number": {"$numberDouble": "1e400"}}, ["number"]),
    "reference": ({"userId": "f" * 24, "objectId": "f" * 24}, ["userId", "objectId"]),
    "stamp types": ({"status": {"createdAt": "yesterday", "lastModifiedBy": 3}},
                    ["status.createdAt", "status.lastModifiedBy"]),
    "future": ({"status": {"createdAt": "2999-01-01T00:00:00Z", "lastModifiedAt": "2999-01-01T00:00:00Z"}},
               ["status.createdAt", "status.lastModifiedAt"]),
    "order": ({"status": {"createdAt": "2020-01-02T00:00:00Z", "lastModifiedAt": "2020-01-01T00:00:00Z"}},
              ["status.lastModifiedAt"]),
    "nobody": ({"status": {"createdBy": "f" * 24, "lastModifiedBy": "e" * 24}},
               ["status.createdBy", "status.lastModifiedBy"]),
    "state": ({"complaintStatus": "lost"}, ["complaintStatus"]),
    "assigned to nobody": ({"complaintStatus": "assigned"}, ["complaintStatus"]),
    "date of nothing": ({"assignedDate": "2020-01-01T00:00:00Z"}, ["assignedDate"]),
    "finished never": ({"complaintStatus": "finished"}, ["finishedAt"]),
    "finished too late": ({"complaintStatus": "finished", "finishedAt": "2999-01-01T00:00:00Z"}, ["finishedAt"]),
    "finisher of nothing": ({"finishedAt": "2020-01-01T00:00:00Z"}, ["finishedAt"]),
    "company": ({"companyId": "f" * 24}, ["companyId"]),
    "company's type": ({"companyId": 3}, ["companyId"]),
    "no company": ({"companyId": None}, ["companyId"]),
    "no id": ({"_id": None}, ["_id"]),
    "an id of something else": ({"_id": "x"}, ["_id"]),
}  # fmt: skip


def test_extended_json_numbers_are_limited_in_open_values(records, folder):
    body = complaint_document(
        records, customFields={"a": [{"$numberLong": str(2**63)}, {"$numberDouble": "-1e999"}]}
    )
    answer = folder.take("complaints", [body | {"_id": {"$oid": body["_id"]}}])
    assert sorted(answer.errors) == ["2 customFields.a.0", "2 customFields.a.1"]


@pytest.mark.parametrize("name", REFUSED)
def test_errors_have_line_and_property(cast, records, folder, name):
    values, paths = REFUSED[name]
    good = complaint_document(records)
    answer = folder.take("complaints", [good, complaint_document(records, **values)])
    assert set(paths) <= {error.removeprefix("3 ") for error in answer.errors}
    if "company" not in name:
        assert sorted(answer.errors) == sorted(f"3 {path}" for path in paths)
    assert answer.failure == "Nothing was written: 1 of 2 documents were rejected."
    assert stored_record(good) is None
    assert not ImportRun.objects.exists()


def test_other_companies_records_cannot_be_referenced_or_changed(cast, records, folder):
    foreign = {"objectId": records.their_object.pk}
    assert folder.take("complaints", [complaint_document(records, **foreign)]).errors == ["2 objectId"]
    (theirs,) = export_documents("complaints", "--company", cast.elsewhere.name)
    assert folder.take("complaints", [theirs], "--as", "ada").errors == ["2 _id"]
    assert folder.take("complaints", [{**theirs, "companyId": cast.company.pk}]).errors == ["2 companyId"]
    mine = complaint_document(records, companyId=cast.elsewhere.pk)
    assert "2 companyId" in folder.take("complaints", [mine], "--as", "ada").errors
    assert folder.take(
        "complaints", [complaint_document(records)], "--company", cast.elsewhere.name, "--as", "ada"
    ).failure


def test_two_documents_cannot_have_the_same_unique_value(cast, records, folder):
    first = complaint_document(records, number=50)
    answer = folder.take_all(
        {
            "complaints": [first, complaint_document(records, number=50.0), first | {"number": 51}],
            "users": [
                {"_id": new_object_id(), "companyId": cast.company.pk, "username": "twin"},
                {"_id": new_object_id(), "companyId": cast.elsewhere.pk, "username": "twin"},
                {"_id": new_object_id(), "companyId": cast.elsewhere.pk, "username": "alice"},
            ],
        }
    )
    assert answer.errors == ["4 _id", "3 number", "3 username", "4 username"] or answer.errors == [
        "3 number",
        "4 _id",
        "3 username",
        "4 username",
    ]
    assert "1.json, line 2" in answer.report


class TestRights:
    """The actor, and what the actor may import."""

    def test_importing_requires_its_own_permission(self, cast, records, folder):
        new = complaint_document(records)
        for name in ("alice", "vera"):
            assert (
                folder.take("complaints", [new], "--as", name).report.count(
                    "You do not have permission to import"
                )
                == 1
            )
        cast.alice.user_permissions.add(Permission.objects.get(codename="import_records"))
        assert folder.take("complaints", [new], "--as", "alice").failure == ""
        row = history_of(stored_record(new)).get()
        assert (row.user_id, row.who) == (cast.alice.pk, cast.alice.get_full_name())
        assert stored_record(new).created_by_id == cast.alice.pk

    def test_changing_records_requires_the_permission_to_change(self, cast, records, folder):
        (document,) = export_documents("complaints", "--as", "alice")
        document["comment"] = "x"
        assert folder.take("complaints", [document], "--as", "vera").errors == ["2"]
        assert folder.take("complaints", [document], "--as", "alice").failure == ""

    def test_importing_secrets_requires_the_permission_to_see_them(self, cast, records, folder):
        (document,) = export_documents("objects", "--company", cast.company.name)
        cast.vera.user_permissions.add(Permission.objects.get(codename="change_customerobject"))
        assert folder.take("objects", [document | {"key": 1}], "--as", "vera").errors == [
            "2 securityCode",
            "2 key",
        ]
        (visible,) = export_documents("objects", "--as", "vera")
        assert folder.take("objects", [visible], "--as", "vera").failure == ""

    def test_only_the_installation_and_superusers_import_companies(self, cast, folder):
        company = [{"_id": new_object_id(), "name": "New one"}]
        assert "superuser" in folder.take("companies", company, "--as", "ada").failure
        assert folder.take("companies", company, "--as", "root").failure == ""

    def test_users_cannot_import_roles_with_more_rights_than_theirs(self, cast, folder):
        cast.alice.user_permissions.add(
            *Permission.objects.filter(codename__in=["import_records", "add_user", "change_user"])
        )
        user = {"_id": new_object_id(), "username": "new", "roles": ["Administrator"], "isSuperuser": True}
        assert set(folder.take("users", [user], "--as", "alice").errors) == {"2 roles.0", "2 isSuperuser"}

    def test_an_unknown_user_is_refused(self, cast, records, folder):
        for words in (["--as", "nobody"], ["--company", "nobody"]):
            assert folder.take("complaints", [complaint_document(records)], *words).failure.startswith(
                "There is no"
            )


@pytest.mark.parametrize(
    "words",
    [[], ["complaints"], ["api-keys", "x"], ["nothing", "x"], ["complaints", "/nowhere"], ["--undo", "x"],
     ["complaints", "x", "--undo", "y"]],
)  # fmt: skip
def test_invalid_arguments_are_refused(cast, words):
    assert run_import(*words).failure


def test_a_change_during_validation_stops_the_import(cast, records, folder, monkeypatch):
    """Another user takes the number between validation and writing."""
    write = Import.write

    def late(work, size):
        services.update(records.complaint, {"number": 50}, actor=cast.alice, context=COMMAND)
        write(work, size)

    monkeypatch.setattr(Import, "write", late)
    good, bad = complaint_document(records), complaint_document(records, number=50)
    answer = folder.take("complaints", [good, bad])
    assert answer.errors == ["3 number"]
    assert answer.failure == "The database has changed in the meantime. Nothing was written."
    assert stored_record(good) is None


@pytest.mark.parametrize("nothing", ["\u200b", "\u3164", " \u2060"], ids=ascii)
@pytest.mark.parametrize(("slug", "name"), [("companies", "name"), ("users", "username")])
def test_an_invisible_name_must_be_unique_too(cast, folder, slug, name, nothing):
    """Older versions accepted such names, so an import does, unless another record has the name."""
    model, record = (Company, cast.elsewhere) if slug == "companies" else (User, cast.charlie)
    model._base_manager.filter(pk=record.pk).update(**{name: nothing})
    document = {"_id": new_object_id(), name: nothing}
    if slug == "users":
        document |= {"companyId": cast.company.pk, "email": "new@example.com"}
    answer = folder.take(slug, [document])
    assert name in " ".join(answer.errors), answer.report
    assert "Nothing was written" in answer.failure
    assert not model._base_manager.filter(pk=document["_id"]).exists()
