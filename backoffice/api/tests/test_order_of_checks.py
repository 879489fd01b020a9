"""What is checked first, and requests that once slipped past a check."""

from unittest import mock

import pytest
from django.db import IntegrityError, OperationalError

from backoffice.api.operations.validation_errors import MAX_CHANGES
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.api.transport.views import to_api_error
from backoffice.db.transactions import WriteConflict
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.writes import updates
from facility.models import Complaint

pytestmark = pytest.mark.django_db
BY_BROWSER = ChangeContext(Channel.BROWSER)
MANY = 1500
LONG = "9" * 5000


@pytest.fixture
def url(records):
    return f"/v2/complaints/{records.complaint.pk}"


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


def test_a_stamp_is_a_number_however_it_is_written(cast, records, alice, url):
    stamp = int(records.complaint.last_modified_at.timestamp() * 1000)
    services.update(records.complaint, {"comment": "theirs"}, actor=cast.ada, context=BY_BROWSER)
    for sent in (stamp, float(stamp), str(stamp)):
        answer = alice.patch(url, {"comment": "mine", "status": {"lastModifiedAt": sent}})
        assert (answer.status_code, error_fields(answer)) == (409, ["comment"]), sent
    exponent = f'{{"comment": "mine", "status": {{"lastModifiedAt": {stamp:.12e}}}}}'.encode()
    assert alice.patch(url, exponent).status_code == 409
    answer = alice.patch(url, {"comment": "mine", "status": {"lastModifiedAt": {"$date": stamp}}})
    assert (answer.status_code, error_fields(answer)) == (400, ["status.lastModifiedAt"])
    assert Complaint.objects.get(pk=records.complaint.pk).comment == "theirs"


@pytest.mark.parametrize(
    "body", [{LONG: 1}, {"contact": {LONG: 1}}, {"customFields": {LONG: 2**70}}, {"tags": [1], LONG: 1}]
)
def test_names_of_thousands_of_digits_are_invalid(alice, url, body):
    assert alice.patch(url, body).status_code == 400


def test_many_faults_do_not_hide_a_missing_right(cast, records, key_of, url):
    body = {f"unknown{index}": 1 for index in range(MANY)}
    assert ApiClient(key_of(cast.vera)).patch(url, body).status_code == 403
    read_only = ApiClient(key_of(cast.alice, scopes=["facility:read"]))
    assert read_only.patch(url, body).status_code == 403


@pytest.mark.parametrize("code", ["1", "\x00", 2**70])
def test_a_guarded_property_is_forbidden_whatever_its_value(cast, records, key_of, code):
    role = cast.alice.groups.get()
    role.permissions.remove(*role.permissions.filter(codename="view_object_secrets"))
    answer = ApiClient(key_of(cast.alice)).patch(f"/v2/objects/{records.object.pk}", {"securityCode": code})
    assert (answer.status_code, error_fields(answer)) == (403, ["securityCode"])


def test_a_lasting_database_error_is_not_reported_as_a_conflict(cast, records):
    error = IntegrityError("CHECK constraint failed")
    with mock.patch.object(updates, "write", side_effect=error), pytest.raises(IntegrityError):
        services.update(records.complaint, {"comment": "x"}, actor=cast.alice, context=BY_BROWSER)


def test_whoever_loses_every_race_waits_between_the_attempts(cast, records, monkeypatch):
    monkeypatch.setattr("backoffice.db.transactions.PATIENCE", 0.5)
    attempts = []
    monkeypatch.setattr(updates, "write", lambda *_arguments: attempts.append(1))
    with pytest.raises(WriteConflict):
        services.update(records.complaint, {"comment": "x"}, actor=cast.alice, context=BY_BROWSER)
    assert len(attempts) < 100


def test_a_derived_property_is_never_in_conflict(cast, records, alice, url):
    read = alice.get(url).json()
    services.update(records.complaint, {"user": cast.sven.pk}, actor=cast.ada, context=BY_BROWSER)
    stamp = {"lastModifiedAt": read["status"]["lastModifiedAt"]}
    answer = alice.patch(url, {"complaintStatus": "finished", "status": stamp})
    assert (answer.status_code, error_fields(answer)) == (400, ["complaintStatus"])
    assert alice.patch(url, {"complaintStatus": read["complaintStatus"], "status": stamp}).status_code == 200


def test_a_failed_precondition_names_each_property_once(cast, records, alice, url):
    record = records.complaint
    for text in ("first", "second", "third"):
        record = services.update(
            record, {"comment": text, "desc": text}, actor=cast.ada, context=BY_BROWSER
        ).record
    services.update(record, {"desc": "Lampen er gået"}, actor=cast.ada, context=BY_BROWSER)
    answer = alice.patch(url, {"comment": "mine"}, if_match='"1"')
    assert answer.status_code == 412
    (change,) = answer.json()["errors"]
    assert (change["field"], change["base"], change["theirs"]) == ("comment", "", "third")


def test_a_failed_precondition_lists_the_newest_changes(cast, records, key_of):
    sven, url = ApiClient(key_of(cast.sven)), f"/iptv/supportcase/{records.case.pk}"
    first = sven.get(url)["ETag"]
    how = {"actor": cast.ada, "context": BY_BROWSER}
    record = services.update(records.case, {"name": "Box"}, **how).record
    kept = [{"id": comment["id"]} for comment in record.comments]
    added = [{"comment": f"{number}"} for number in range(MAX_CHANGES + 4)]
    services.update(record, {"comments": kept + added}, base=record.version, **how)
    answer = sven.post(url, {"name": "mine"}, if_match=first)
    *changes, rest = answer.json()["errors"]
    assert (answer.status_code, len(changes), rest["code"]) == (412, MAX_CHANGES, "too_many")
    assert {change["field"].split(".")[0] for change in changes} == {"comments"}
    assert ": 5." in rest["message"]


@pytest.mark.parametrize("priority", [9, "9"])
def test_a_conflict_hides_no_invalid_value(cast, records, alice, url, priority):
    stamp = {"lastModifiedAt": alice.get(url).json()["status"]["lastModifiedAt"]}
    services.update(records.complaint, {"comment": "theirs"}, actor=cast.ada, context=BY_BROWSER)
    answer = alice.patch(url, {"comment": "mine", "priority": priority, "status": stamp})
    assert (answer.status_code, error_fields(answer)) == (400, ["priority"])
    assert alice.patch(url, {"comment": "mine", "priority": 3, "status": stamp}).status_code == 409


def test_a_left_out_comment_hides_no_invalid_value(cast, records, key_of):
    case, sven = records.case, ApiClient(key_of(cast.sven))
    url, left_out = f"/iptv/supportcase/{case.pk}", {"comments": []}
    assert case.comments
    answer = sven.post(url, {**left_out, "name": ""})
    assert (answer.status_code, error_fields(answer)) == (422, ["name"])
    assert sven.post(url, {**left_out, "name": "Box"}).status_code == 409


def test_a_repeated_update_overwrites_the_changes_of_others_only_without_a_stamp(cast, records, alice, url):
    stamp = {"lastModifiedAt": alice.get(url).json()["status"]["lastModifiedAt"]}
    assert alice.patch(url, {"comment": "mine", "status": stamp}).status_code == 200
    services.update(records.complaint, {"comment": "theirs"}, actor=cast.ada, context=BY_BROWSER)
    assert alice.patch(url, {"comment": "mine", "status": stamp}).status_code == 409
    assert alice.patch(url, {"comment": "mine"}).json()["comment"] == "mine"


@pytest.mark.parametrize(
    ("method", "headers", "advice"),
    [
        ("PATCH", {}, "Without If-Match or the stamp"),
        ("DELETE", {}, "it takes effect only once"),
        ("POST", {"headers": {"Idempotency-Key": "a"}}, "it takes effect only once"),
        ("POST", {}, "Check whether the record was changed"),
    ],
)
def test_a_request_of_unknown_outcome_says_whether_to_repeat_it(rf, method, headers, advice):
    error = to_api_error(OperationalError("away"), rf.generic(method, "/", **headers), is_unwritten=False)
    assert advice in error.message
