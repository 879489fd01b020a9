"""Concurrent updates: no change is lost without an error."""

from datetime import datetime, timedelta, timezone
from unittest import mock

import pytest

from backoffice.api.tests.clients import ENDPOINTS, ApiClient, error_fields
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)


def stamped(endpoint, document, **values):
    """A body with the stamp of the version that was read."""
    stamp = document
    for step in endpoint.stamp:
        stamp = stamp[step]
    body = {endpoint.stamp[0]: {endpoint.stamp[1]: stamp} if len(endpoint.stamp) > 1 else stamp}
    return body | values


@pytest.fixture
def api(cast, records, key_of):
    """`api(channel)` returns a client and the URL of the endpoint's record."""
    return lambda endpoint: (ApiClient(key_of(getattr(cast, endpoint.actor))), endpoint.url(records))


def by_browser(cast, record, values):
    return services.update(
        type(record).objects.get(pk=record.pk), values, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    ).record


@endpoints
def test_every_document_has_a_strong_etag_of_its_version(api, endpoint):
    caller, url = api(endpoint)
    first = caller.get(url)["ETag"]
    assert first == caller.get(url)["ETag"] == '"1"'
    assert caller.send(endpoint.method, url, {endpoint.text: "x"})["ETag"] == caller.get(url)["ETag"] == '"2"'


@endpoints
def test_if_match_allows_changes_of_the_current_version_only(api, endpoint):
    caller, url = api(endpoint)
    assert caller.send(endpoint.method, url, {endpoint.text: "a"}, if_match='"1"').status_code == 200
    for tags in ('"1"', 'W/"2"', '"3"', '"1", "9"', "2", "", '"x"', f'"{"9" * 500}"'):
        answer = caller.send(endpoint.method, url, {endpoint.text: "b"}, if_match=tags)
        assert answer.status_code == 412, tags
        if endpoint.telecomx:
            assert answer.json()["message"] == "precondition_failed"
    assert caller.get(url).json()[endpoint.text] == "a"
    for tags, text in (('"2"', "b"), ('"1", "3"', "c"), ("*", "d"), ('W/"5","5"', "e")):
        assert (
            caller.send(endpoint.method, url, {endpoint.text: text}, if_match=tags).json()[endpoint.text]
            == text
        )


@endpoints
def test_a_failed_precondition_lists_the_changes_with_author_and_time(cast, records, api, endpoint):
    caller, url = api(endpoint)
    now = by_browser(cast, getattr(records, endpoint.record), {endpoint.text: "theirs"})
    answer = caller.send(endpoint.method, url, {endpoint.text: "mine"}, if_match='"1"')
    assert answer.status_code == 412
    error = answer.json()["errors"][0]
    assert error == {
        "field": endpoint.text,
        "message": "Ada changed this in the browser.",
        "code": "conflict",
        "base": "",
        "theirs": "theirs",
        "who": "Ada",
        "when": caller.get(url).json()["lastUpdated"] if endpoint.telecomx else caller.get(url).json()["status"]["lastModifiedAt"],
        "via": "browser",
    }  # fmt: skip
    assert now.version == 2
    assert caller.get(url, if_match='"1"').status_code == 412


@endpoints
def test_a_precondition_is_checked_before_the_body(api, endpoint):
    caller, url = api(endpoint)
    assert caller.send(endpoint.method, url, b"{not json", if_match='"7"').status_code == 412


@endpoints
def test_a_concurrent_write_after_the_check_is_detected(cast, records, api, endpoint):
    """The statement that writes checks the version again."""
    caller, url = api(endpoint)

    update, raced = services.update, []

    def late(*args, **kwargs):
        if not raced:
            raced.append(True)
            by_browser(cast, getattr(records, endpoint.record), {endpoint.text: "faster"})
        return update(*args, **kwargs)

    with mock.patch.object(services, "update", late):
        answer = caller.send(endpoint.method, url, {endpoint.text: "slower"}, if_match='"1"')
    assert (answer.status_code, error_fields(answer)) == (412, [endpoint.text])
    assert caller.get(url).json()[endpoint.text] == "faster"


@endpoints
def test_a_record_deleted_concurrently_gets_404(cast, records, api, endpoint):
    caller, url = api(endpoint)
    if endpoint.record == "object":
        services.delete(records.complaint, actor=cast.ada, context=ChangeContext(Channel.BROWSER))

    update = services.update

    def late(record, values, **how):
        services.delete(record, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
        return update(record, values, **how)

    with mock.patch.object(services, "update", late):
        assert caller.send(endpoint.method, url, {endpoint.text: "x"}).status_code == 404


@endpoints
def test_if_none_match(api, endpoint):
    caller, url = api(endpoint)
    for tags in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = caller.get(url, if_none_match=tags)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"1"')
        assert "X-API-Key" in answer["Vary"]
        assert caller.send(endpoint.method, url, {endpoint.text: "x"}, if_none_match=tags).status_code == 412
    assert caller.get(url, if_none_match='"2"').status_code == 200
    assert caller.send(endpoint.method, url, {endpoint.text: "x"}, if_none_match='"2"').status_code == 200


def test_if_none_match_prevents_deletion(cast, records, key_of):
    caller, url = ApiClient(key_of(cast.alice)), f"/v2/complaints/{records.complaint.pk}"
    for tags in ("*", '"1"', 'W/"1"'):
        assert caller.send("DELETE", url, if_none_match=tags).status_code == 412
    assert caller.get(url).status_code == 200
    assert caller.send("DELETE", url, if_none_match='"7"').status_code == 204


@endpoints
def test_with_the_stamp_concurrent_changes_are_merged(cast, records, api, endpoint):
    caller, url = api(endpoint)
    document = caller.get(url).json()
    by_browser(cast, getattr(records, endpoint.record), {endpoint.text: "theirs"})
    number = {"complaint": "roomDescription", "object": "name", "case": "systemVersion"}[endpoint.record]
    answer = caller.send(endpoint.method, url, document | {number: "mine"})
    assert answer.status_code == 200
    assert (answer.json()[endpoint.text], answer.json()[number]) == ("theirs", "mine")


@endpoints
def test_with_the_stamp_a_property_changed_by_both_is_a_conflict(cast, records, api, endpoint):
    caller, url = api(endpoint)
    document = caller.get(url).json()
    by_browser(cast, getattr(records, endpoint.record), {endpoint.text: "theirs"})
    answer = caller.send(endpoint.method, url, stamped(endpoint, document, **{endpoint.text: "mine"}))
    assert answer.status_code == 409
    assert answer.json()["message"] == (
        "conflict" if endpoint.telecomx else "This was changed in the meantime."
    )
    (error,) = answer.json()["errors"]
    assert (error["field"], error["base"], error["yours"], error["theirs"], error["who"]) == (
        endpoint.text, "", "mine", "theirs", "Ada",
    )  # fmt: skip
    assert error["when"] in caller.get(url).content.decode()
    assert caller.get(url).json()[endpoint.text] == "theirs"
    agreed = caller.send(endpoint.method, url, stamped(endpoint, document, **{endpoint.text: "theirs"}))
    assert (agreed.status_code, agreed["ETag"]) == (200, '"2"')


@endpoints
def test_without_a_stamp_an_update_is_based_on_the_current_version(cast, records, api, endpoint):
    caller, url = api(endpoint)
    by_browser(cast, getattr(records, endpoint.record), {endpoint.text: "theirs"})
    assert caller.send(endpoint.method, url, {endpoint.text: "mine"}).json()[endpoint.text] == "mine"


def with_stamp(endpoint, stamp, **values):
    return {endpoint.stamp[0]: {endpoint.stamp[1]: stamp} if len(endpoint.stamp) > 1 else stamp} | values


@endpoints
def test_only_the_exact_stamp_of_a_version_identifies_it(cast, records, api, endpoint):
    caller, url = api(endpoint)
    record = getattr(records, endpoint.record)
    read = type(record).objects.get(pk=record.pk).last_modified_at
    by_browser(cast, record, {endpoint.text: "theirs"})
    present = History.objects.get(record_id=record.pk, version=2).at
    text = read.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for spelling in (
        text, text.replace("Z", "000Z"), text.replace("Z", "+00:00"),
        read.astimezone(timezone(timedelta(hours=-3))).isoformat(timespec="microseconds"),
    ):  # fmt: skip
        answer = caller.send(endpoint.method, url, with_stamp(endpoint, spelling, **{endpoint.text: "mine"}))
        assert (answer.status_code, error_fields(answer)) == (409, [endpoint.text]), spelling
    for place, stamp in enumerate((
        text.replace("Z", "4Z"), read + timedelta(milliseconds=1), read - timedelta(milliseconds=1),
        present - timedelta(milliseconds=1), present + timedelta(days=900), read - timedelta(days=900),
        "2023-11-07T05:31:56Z", "2020-02-17T14:36:09.698Z", read.replace(microsecond=0) - timedelta(seconds=1),
    )):  # fmt: skip
        stamp = stamp if isinstance(stamp, str) else stamp.isoformat().replace("+00:00", "Z")
        answer = caller.send(
            endpoint.method, url, with_stamp(endpoint, stamp, **{endpoint.text: f"mine {place}"})
        )
        assert (answer.status_code, answer.json()[endpoint.text]) == (200, f"mine {place}"), stamp
        by_browser(cast, record, {endpoint.text: "theirs"})


SPELLINGS = {
    "without a colon": lambda read, text: text.replace("Z", "+0000"),
    "hours only": lambda read, text: text.replace("Z", "+00"),
    "lower case": lambda read, text: text.lower(),
    "a space": lambda read, text: text.replace("T", " "),
    "a space and a zone": lambda read, text: text.replace("T", " ").replace("Z", "+00:00"),
    "a comma": lambda read, text: text.replace(".", ","),
    "nanoseconds": lambda read, text: text.replace("Z", "000000Z"),
    "spaces around": lambda read, text: f" {text} ",
    "basic": lambda read, text: text.replace("-", "").replace(":", ""),
    "India": lambda read, text: read.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(),
    "milliseconds": lambda read, text: round(read.timestamp() * 1000),
    "milliseconds as text": lambda read, text: str(round(read.timestamp() * 1000)),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@endpoints
def test_a_stamp_identifies_its_version_in_any_notation(cast, records, api, endpoint, spelling):
    caller, url = api(endpoint)
    record = getattr(records, endpoint.record)
    read = type(record).objects.get(pk=record.pk).last_modified_at
    by_browser(cast, record, {endpoint.text: "theirs"})
    stamp = SPELLINGS[spelling](read, read.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    answer = caller.send(endpoint.method, url, with_stamp(endpoint, stamp, **{endpoint.text: "mine"}))
    assert (answer.status_code, error_fields(answer)) == (409, [endpoint.text])


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-29T16:05:22", "2026-11-29", "29.11.2026 16:05", "Sun, 29 Nov 2026 16:05:22 GMT", "2026-13-45T00:00:00Z",
     "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-11-29T16:05:22 Z1", 10**18, str(10**17), "-" + "9" * 400],
)  # fmt: skip
@endpoints
def test_an_invalid_stamp_is_refused_by_name(cast, records, api, endpoint, stamp):
    caller, url = api(endpoint)
    answer = caller.send(endpoint.method, url, with_stamp(endpoint, stamp, **{endpoint.text: "mine"}))
    assert answer.status_code in (400, 422)
    assert error_fields(answer) == [".".join(endpoint.stamp)]
    assert caller.get(url).json().get(endpoint.text) != "mine"


@endpoints
def test_a_documented_example_stamp_is_ignored_for_any_record(cast, records, api, endpoint):
    """The documented example is later than the creation of the record and earlier than its last change."""
    caller, url = api(endpoint)
    record = getattr(records, endpoint.record)
    old = datetime(2019, 5, 1, 12, tzinfo=timezone.utc)
    type(record).objects.filter(pk=record.pk).update(created_at=old, last_modified_at=old)
    History.objects.filter(record_id=record.pk).update(at=old)
    by_browser(cast, record, {endpoint.text: "theirs"})
    body = with_stamp(endpoint, "2023-11-07T05:31:56Z", **{endpoint.text: "mine"})
    assert caller.send(endpoint.method, url, body).json()[endpoint.text] == "mine"
    named = with_stamp(endpoint, "2019-05-01T12:00:00Z", **{endpoint.text: "late"})
    assert caller.send(endpoint.method, url, named).status_code == 409


def test_edits_that_are_invalid_only_together_are_a_conflict_that_names_both(cast, records, api):
    caller, url = api(ENDPOINTS[1])
    document = caller.get(url).json()
    by_browser(cast, records.object, {"contract_start_date": "2026-06-01T00:00:00Z", "security_code": "4711"})
    answer = caller.patch(url, stamped(ENDPOINTS[1], document, contract={"endDate": "2026-05-01T00:00:00Z"}))
    assert answer.status_code == 409
    assert "Ada" in answer.json()["message"]
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert errors["contract.startDate"]["theirs"] == "2026-06-01T00:00:00Z"
    assert errors["contract.endDate"]["yours"] == "2026-05-01T00:00:00Z"
    assert "theirs" not in errors["securityCode"]
    assert "hmac" not in answer.content.decode()


def test_conflicts_of_secrets_name_the_author_without_values(cast, records, api):
    caller, url = api(ENDPOINTS[1])
    document = caller.get(url).json()
    by_browser(cast, records.object, {"security_code": "code-marker"})
    for answer in (
        caller.patch(url, stamped(ENDPOINTS[1], document, securityCode="0000")),
        caller.patch(url, {"securityCode": "0000"}, if_match='"1"'),
    ):
        assert answer.status_code in (409, 412)
        (error,) = answer.json()["errors"]
        assert set(error) == {"field", "message", "code", "who", "when", "via"}
        assert error["field"] == "securityCode"
        assert "marker" not in answer.content.decode()
        assert "hmac" not in answer.content.decode()


@pytest.mark.parametrize(
    ("header", "status", "words"),
    [
        ("{version}", 412, "quotation marks"),
        ("", 412, "quotation marks"),
        ('W/"{version}"', 412, "without W/"),
        ('W/"99"', 412, "no longer the current version"),
        ('"{version}", "99"', 200, ""),
    ],
)
def test_if_match_says_what_is_wrong_with_a_tag(cast, records, key_of, header, status, words):
    complaint = records.complaint
    answer = ApiClient(key_of(cast.alice)).patch(
        f"/v2/complaints/{complaint.pk}",
        {"comment": "x"},
        if_match=header.format(version=complaint.version),
    )
    assert answer.status_code == status
    assert words in answer.json().get("message", "")
