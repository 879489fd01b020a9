"""Hostile requests: each gets a clear error response and changes nothing."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.api.tests.clients import ENDPOINTS, ApiClient, error_fields
from backoffice.records.models import History

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)


def caller_for(endpoint, cast, key_of):
    return ApiClient(key_of(getattr(cast, endpoint.actor)))


def assert_unchanged(records, endpoint):
    record = getattr(records, endpoint.record)
    assert type(record).objects.get(pk=record.pk).version == record.version
    assert History.objects.filter(record_id=record.pk).count() == 1


NOT_JSON = {
    "nothing": b"",
    "spaces": b"  \n",
    "half an object": b'{"a": ',
    "single quotes": b"{'a': 1}",
    "trailing comma": b'{"a": 1,}',
    "two objects": b"{} {}",
    "a comment": b"{} // no",
    "an array": b"[{}]",
    "a number": b"3",
    "text": b'"text"',
    "null": b"null",
    "true": b"true",
    "NaN": b'{"TEXT": NaN}',
    "Infinity": b'{"TEXT": -Infinity}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"TEXT": "x"}'.encode("utf-16"),
    "Latin-1": '{"TEXT": "ø"}'.encode("latin-1"),
    "surrogate in UTF-8": b'{"TEXT": "\xed\xa0\x80"}',
    "raw control character": b'{"TEXT": "a\x00b"}',
    "thousands of digits": b'{"TEXT": ' + b"9" * 5000 + b"}",
    "deep arrays": b'{"TEXT": ' + b"[" * 100_000,
    "deep objects": b'{"TEXT": ' + b'{"a":' * 100_000,
    "deep and closed": b'{"TEXT": ' + b"[" * 64 + b"]" * 64 + b"}",
    "deep beside an error": b'{"nonsense": {}, "TEXT": ' + b"[" * 500 + b"]" * 500 + b"}",
    "a form": b"TEXT=x",
}


@endpoints
def test_a_body_that_is_not_a_json_object_is_refused(cast, records, key_of, endpoint):
    caller = caller_for(endpoint, cast, key_of)
    for name, body in NOT_JSON.items():
        answer = caller.send(
            endpoint.method, endpoint.url(records), body.replace(b"TEXT", endpoint.text.encode())
        )
        assert answer.status_code == 400, name
        assert answer.json()["message"], name
        assert not endpoint.telecomx or answer.json()["message"] == "bad_request", name
    assert_unchanged(records, endpoint)


INVALID_VALUES = {
    "a null character": r'"a\u0000b"',
    "half a surrogate pair": r'"\ud800"',
    "the other half": r'"x\udc00y"',
    "1e400": "1e400",
    "-1e400": "-1e400",
    "2**63": str(2**63),
    "-2**63-1": str(-(2**63) - 1),
    "a number": "3",
    "false": "false",
    "an object": "{}",
    "an array": "[]",
    "hostile in an object": r'{"a": ["\u0000"]}',
}


@endpoints
def test_values_that_are_invalid_anywhere_are_refused(cast, records, key_of, endpoint):
    caller = caller_for(endpoint, cast, key_of)
    for name, value in INVALID_VALUES.items():
        answer = caller.send(endpoint.method, endpoint.url(records), f'{{"{endpoint.text}": {value}}}')
        assert answer.status_code == endpoint.invalid, name
        assert error_fields(answer)[0].startswith(endpoint.text), name
    assert_unchanged(records, endpoint)


DEEP_INSIDE = [
    (r'{"key": "\u0000"}', ["key"]),
    (r'{"key": {"a": [1, "\ud800", {"b": 1e999}]}}', ["key.a.1", "key.a.2.b"]),
    (r'{"key": {"a\u0000": 1, "\udfff": 2}}', ["key.a\x00", "key.\udfff"]),
    (r'{"key": [18446744073709551616, 1]}', ["key.0"]),
    (r'{"key": {"a": 1, "b": {"c": 1, "c": 1}}}', ["key.b.c"]),
    (r'{"status": {"createdAt": "\u0000"}}', ["status.createdAt"]),
]


def test_invalid_values_deep_inside_any_value_are_refused(cast, records, key_of):
    caller, endpoint = caller_for(ENDPOINTS[1], cast, key_of), ENDPOINTS[1]
    for body, paths in DEEP_INSIDE:
        answer = caller.patch(endpoint.url(records), body)
        assert (answer.status_code, sorted(error_fields(answer))) == (400, sorted(paths))
    assert_unchanged(records, endpoint)


@endpoints
def test_names_that_no_database_can_store_are_refused(cast, records, key_of, endpoint):
    caller = caller_for(endpoint, cast, key_of)
    body = r'{"\ud800": 1, "a\u0000": {}, "_id": "\udfff", "TEXT": 3, "\udfff.x": null}'
    answer = caller.send(endpoint.method, endpoint.url(records), body.replace("TEXT", endpoint.text))
    assert answer.status_code == endpoint.invalid
    assert sorted(error_fields(answer)) == sorted(["_id", endpoint.text, "\ud800", "a\x00", "\udfff.x"])


def test_values_of_any_type_are_stored_as_sent(cast, records, key_of):
    caller, url = caller_for(ENDPOINTS[1], cast, key_of), ENDPOINTS[1].url(records)
    deep = json.loads("[" * 62 + "]" * 62)
    for value in (
        0,
        3.0,
        -0.5,
        "",
        " a ",
        False,
        [],
        {},
        2**63 - 1,
        -(2**63),
        {"$a.b": [None, {"b": 1, "a": 2}]},
        deep,
    ):
        answer = caller.patch(url, {"key": value})
        assert answer.status_code == 200
        assert (
            json.dumps(answer.json()["key"]) == json.dumps(value) == json.dumps(caller.get(url).json()["key"])
        )
    assert caller.patch(url, {"key": None}).json()["key"] is None


@endpoints
def test_a_property_given_twice_is_refused_by_name(cast, records, key_of, endpoint):
    caller = caller_for(endpoint, cast, key_of)
    answer = caller.send(
        endpoint.method, endpoint.url(records), f'{{"{endpoint.text}": "a", "x": 1, "{endpoint.text}": "a"}}'
    )
    assert answer.status_code == endpoint.invalid
    assert error_fields(answer) == [endpoint.text, "x"]


OTHER_TYPES = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "application/merge-patch+json",
    "application/json; charset=latin-1",
    "application/json; charset=\x01",
    "application/json; charset=base64",
    "application/json; charset=utf-16",
]


@endpoints
def test_other_content_types_are_refused(cast, records, key_of, endpoint):
    caller = caller_for(endpoint, cast, key_of)
    for content_type in OTHER_TYPES:
        answer = caller.send(
            endpoint.method, endpoint.url(records), {endpoint.text: "x"}, content_type=content_type
        )
        assert (answer.status_code, answer.json()["errors"]) == (400, []), content_type
    assert_unchanged(records, endpoint)


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=UTF-8", "Application/JSON", "application/json; charset=utf8"]
)
def test_the_content_type_may_have_the_charset_utf_8(cast, records, key_of, content_type):
    caller, url = caller_for(ENDPOINTS[0], cast, key_of), ENDPOINTS[0].url(records)
    assert caller.send("PATCH", url, {"comment": "x"}, content_type=content_type).json()["comment"] == "x"


@endpoints
def test_a_body_is_limited_to_one_mebibyte(cast, records, key_of, endpoint):
    caller, url = caller_for(endpoint, cast, key_of), endpoint.url(records)
    body = json.dumps({endpoint.text: "x"}).encode()
    largest = body + b" " * (2**20 - len(body))
    assert caller.send(endpoint.method, url, largest).json()[endpoint.text] == "x"
    answer = caller.send(endpoint.method, url, largest + b" ")
    assert answer.status_code == 413
    assert answer.json()["message"] == (
        "payload_too_large" if endpoint.telecomx else "The request body is larger than 1 MiB."
    )
    answer = caller.send(endpoint.method, url, {endpoint.text: "y"}, content_length="9" * 5000)
    assert answer.status_code == 413


def test_the_number_of_validation_errors_is_limited(cast, records, key_of):
    caller, url = caller_for(ENDPOINTS[1], cast, key_of), ENDPOINTS[1].url(records)
    answer = caller.patch(url, {"tags": [1] * 1500})
    assert answer.status_code == 400
    assert error_fields(answer) == [*(f"tags.{place}" for place in range(1000)), ""]
    assert len(error_fields(caller.patch(url, {"tags": [1] * 1000}))) == 1000


class BrokenStream(io.BytesIO):
    def read(self, *args):
        raise RuntimeError("the caller has hung up")


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (io.BytesIO(b'{"comment": "in pieces"}'), 200),
        (io.BytesIO(b'{"comment": "' + b"x" * 2**20 + b'"}'), 413),
        (BrokenStream(), 400),
    ],
)
def test_a_body_without_content_length_is_read_completely(cast, records, key_of, stream, status):
    caller, url = caller_for(ENDPOINTS[0], cast, key_of), ENDPOINTS[0].url(records)
    sent = {"PATH_INFO": url, "REQUEST_METHOD": "PATCH", "CONTENT_TYPE": "application/json", "wsgi.input": stream,
            "wsgi.input_terminated": True, "HTTP_X_API_KEY": caller.headers["x-api-key"]}  # fmt: skip
    assert caller.client.request(**sent).status_code == status


WORDS = st.sampled_from(
    [
        "_id",
        "id",
        "number",
        "companyId",
        "status",
        "createdAt",
        "lastModifiedAt",
        "chatId",
        "desc",
        "roomDescription",
        "contactName",
        "contact",
        "email",
        "telephone",
        "phone",
        "priority",
        "images",
        "userId",
        "comment",
        "response",
        "customFields",
        "objectId",
        "complaintStatus",
        "tags",
        "customerId",
        "name",
        "contract",
        "startDate",
        "endDate",
        "material",
        "articleId",
        "budget",
        "address",
        "street",
        "location",
        "latitude",
        "longitude",
        "rating",
        "securityCode",
        "key",
        "invoiceCCRecipientIds",
        "serviceRecipient",
        "contactIds",
        "description",
        "customer",
        "employee",
        "solved",
        "date",
        "lastUpdated",
        "device",
        "author",
        "answer",
        "privateInformation",
        "files",
        "url",
        "type",
        "comments",
        "isSupport",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["f" * 24, "2023-11-07T05:31:56Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "a@b.dk",
         "https://a.dk/1", "\x00", "\ud800", 2**63 - 1, 2**64, 1e308, "ANDROID", "2023-02-30T25:61:61Z"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def assert_all_or_nothing(cast, records, key_of, body, only_known):
    for endpoint in ENDPOINTS:
        record = getattr(records, endpoint.record)
        caller = caller_for(endpoint, cast, key_of)
        before = caller.get(endpoint.url(records))
        sent = {key: value for key, value in body.items() if key in before.json()} if only_known else body
        rows = History.objects.filter(record_id=record.pk).count()
        answer = caller.send(endpoint.method, endpoint.url(records), json.dumps(sent))
        assert answer.status_code in (200, endpoint.invalid, 400, 409), answer.content
        after = caller.get(endpoint.url(records))
        if answer.status_code == 200:
            assert after.json() == answer.json()
            again = caller.send(endpoint.method, endpoint.url(records), after.content)
            assert (again.status_code, again.json()) == (200, after.json())
        else:
            assert error_fields(answer) or answer.status_code == 400
            assert after.content == before.content
            assert History.objects.filter(record_id=record.pk).count() == rows


ANYTHING = {"body": st.dictionaries(WORDS, VALUES, max_size=8), "only_known": st.booleans()}
HOW = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@pytest.mark.slow
@settings(max_examples=5, **HOW)
@given(**ANYTHING)
def test_any_body_changes_all_or_nothing(cast, records, key_of, body, only_known):
    assert_all_or_nothing(cast, records, key_of, body, only_known)


@pytest.mark.deep
@pytest.mark.endurance
@settings(max_examples=1000, **HOW)
@given(**ANYTHING)
def test_many_bodies_change_all_or_nothing(cast, records, key_of, body, only_known):
    assert_all_or_nothing(cast, records, key_of, body, only_known)
