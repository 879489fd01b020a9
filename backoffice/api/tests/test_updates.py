"""Updates in both dialects: all properties in the body change, or none."""

from unittest import mock

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from backoffice.api.tests.clients import ENDPOINTS, ApiClient, error_fields
from backoffice.records.history import history_of
from backoffice.records.models import History

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)


@pytest.fixture
def call(cast, records, key_of):
    """`call(channel, body, **headers)` updates the endpoint's record."""
    callers = {}

    def send(endpoint, body, **headers):
        if endpoint.actor not in callers:
            callers[endpoint.actor] = ApiClient(key_of(getattr(cast, endpoint.actor)))
        return callers[endpoint.actor].send(endpoint.method, endpoint.url(records), body, **headers)

    return send


def get(cast, records, key_of, endpoint):
    return ApiClient(key_of(getattr(cast, endpoint.actor))).get(endpoint.url(records))


@endpoints
def test_only_properties_in_the_body_change(cast, records, key_of, call, endpoint):
    before = get(cast, records, key_of, endpoint).json()
    answer = call(endpoint, {endpoint.text: "ny tekst – æøå"})
    assert answer.status_code == 200
    after = answer.json()
    assert after[endpoint.text] == "ny tekst – æøå"
    assert "ny tekst – æøå".encode() in answer.content
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {endpoint.text, endpoint.stamp[0]}
    assert get(cast, records, key_of, endpoint).json() == after


@endpoints
def test_an_update_adds_one_history_entry_with_its_channel(cast, records, call, endpoint, settings):
    settings.BEHIND_PROXY = True  # the proxy may set request ids
    call(endpoint, {endpoint.text: "x"}, x_request_id="request-7")
    actor, row = getattr(cast, endpoint.actor), history_of(getattr(records, endpoint.record)).first()
    documented = [change for change in row.changes if not change["property"].startswith("notes.")]
    assert documented == [{"property": endpoint.text, "old": "", "new": "x"}]
    assert (row.via, row.request_id, row.user_id) == ("json", "request-7", actor.pk)
    assert row.who == f"{actor.get_full_name()} (test script)"


@endpoints
def test_sending_a_response_back_changes_nothing(cast, records, key_of, call, endpoint):
    call(endpoint, {endpoint.text: "x"})
    for answer in (get(cast, records, key_of, endpoint), call(endpoint, {})):
        rows = History.objects.count()
        again = call(endpoint, answer.content)
        assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, answer["ETag"])
        assert History.objects.count() == rows


@endpoints
def test_null_and_empty_text_both_empty_an_optional_text(call, endpoint):
    for empty in (None, ""):
        assert call(endpoint, {endpoint.text: "x"}).json()[endpoint.text] == "x"
        assert call(endpoint, {endpoint.text: empty}).json().get(endpoint.text, "") == ""


@endpoints
def test_text_is_stored_as_sent(call, endpoint):
    for text in ("  a  ", "a\r\nb\tc", "<b>&amp;</b>", "🏢", "\u200b", "null"):
        assert call(endpoint, {endpoint.text: text}).json()[endpoint.text] == text


@endpoints
def test_one_response_has_all_validation_errors_and_nothing_is_written(records, call, endpoint):
    name, value = endpoint.rule
    answer = call(endpoint, {"nonsense": 1, name: value, endpoint.text: 7, "_id": "f" * 24, "more": None})
    assert answer.status_code == endpoint.invalid
    expected = ["_id", *sorted([name, endpoint.text], key=[endpoint.text, name].index), "nonsense", "more"]
    assert sorted(error_fields(answer)) == sorted(expected)
    assert error_fields(answer)[0] == "_id"
    assert error_fields(answer)[-2:] == ["nonsense", "more"]
    if endpoint.telecomx:
        assert answer.json()["message"] == "_id"
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert errors["nonsense"] == "This property does not exist."
    assert errors[endpoint.text] == "This must be text."
    record = getattr(records, endpoint.record)
    assert type(record).objects.get(pk=record.pk).version == 1
    assert call(endpoint, {name: value, endpoint.text: "fine"}).status_code == endpoint.invalid
    assert getattr(type(record).objects.get(pk=record.pk), endpoint.text) == ""


@endpoints
def test_a_different_id_is_refused(call, endpoint):
    for value in ("f" * 24, "short", "", None, 3, ["x"]):
        answer = call(endpoint, {"_id": value})
        assert (answer.status_code, error_fields(answer)) == (endpoint.invalid, ["_id"]), value


@endpoints
def test_audit_stamps_in_the_body_are_never_written(cast, records, key_of, call, endpoint):
    before = get(cast, records, key_of, endpoint).content
    for value in ("2023-11-07T05:31:56Z", "<string>", None, 3, {"a": 1}, "2999-01-01T00:00:00Z"):
        if endpoint.telecomx:
            body = {"date": value, "lastUpdated": value}
        else:
            names = ("createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy")
            body = {"status": dict.fromkeys(names, value)}
        answer = call(endpoint, body)
        assert (answer.status_code, answer.content) == (200, before), value


GROUPS = {"complaint": ("contact", "email"), "object": ("contact", "email"), "case": ("response", "author")}


@endpoints
def test_nested_objects_are_updated_property_by_property(call, endpoint):
    group, name = GROUPS[endpoint.record]
    other = {"complaint": "telephone", "object": "phone", "case": "answer"}[endpoint.record]
    call(endpoint, {group: {other: "12 34"}})
    answer = call(endpoint, {group: {name: "a@example.com"}}).json()
    assert (answer[group][other], answer[group][name]) == ("12 34", "a@example.com")
    assert call(endpoint, {group: {}}).json() == answer
    for wrong, path in ((None, group), ([], group), ("x", group), ({"nope": 1}, f"{group}.nope"),
                        ({name: 5}, f"{group}.{name}")):  # fmt: skip
        refused = call(endpoint, {group: wrong})
        assert (refused.status_code, error_fields(refused)) == (endpoint.invalid, [path])


def test_errors_of_list_items_have_the_positions_as_sent(call):
    images = ["https://a.dk/1", 5, "no uri", None, "https://a.dk/2", "none either"]
    answer = call(ENDPOINTS[0], {"images": images, "tags": [1, "a", "b", 2, "a"]})
    assert error_fields(answer) == [
        "images.1",
        "images.2",
        "images.3",
        "images.5",
        "tags.0",
        "tags.3",
        "tags.4",
    ]


def test_model_errors_are_reported_together_with_type_errors(cast, records, call):
    answer = call(
        ENDPOINTS[1],
        {
            "material": [
                {"articleId": records.article.pk, "budget": 2**60 + 1},
                {"articleId": "f" * 24},
                {"budget": 1},
            ]
        },
    )
    assert error_fields(answer) == ["material.0.budget", "material.1.articleId", "material.2.articleId"]


def test_a_missing_half_is_not_reported_if_the_other_half_is_invalid(call):
    answer = call(ENDPOINTS[1], {"location": {"latitude": 55.7, "longitude": "east"}})
    assert error_fields(answer) == ["location.longitude"]


@endpoints
def test_an_error_of_an_undocumented_field_has_the_fields_own_name(records, call, endpoint):
    broken = ValidationError({"version": ["Odd."], NON_FIELD_ERRORS: ["All of it is odd."]})
    with mock.patch.object(type(getattr(records, endpoint.record)), "clean", side_effect=broken):
        answer = call(endpoint, {endpoint.text: "x"})
    assert answer.status_code == endpoint.invalid
    assert sorted(error_fields(answer)) == ["", "version"]
    assert "All of it is odd." in answer.content.decode()
    assert answer.json()["message"]


WHOLE = [(3.0, 3), (3, 3), (4e0, 4)]
NOT_WHOLE = ["3", True, 3.5, None, [3], {}, "", 5, 0, -1, 1e300]


def test_integer_properties_accept_integers_only(call):
    for sent, kept in WHOLE:
        answer = call(ENDPOINTS[0], {"priority": sent})
        assert f'"priority":{kept},' in answer.content.decode()
    for value in NOT_WHOLE:
        assert error_fields(call(ENDPOINTS[0], {"priority": value})) == ["priority"], value


def test_number_properties_accept_numbers_only(call):
    for sent, kept in ((2.5, "2.5"), (4.0, "4"), (4, "4"), (-0.0, "0"), (None, "null")):
        assert f'"rating":{kept},' in call(ENDPOINTS[1], {"rating": sent}).content.decode()
    for value in ("4", True, [], 5.1, -0.1):
        assert error_fields(call(ENDPOINTS[1], {"rating": value})) == ["rating"], value
    huge = call(ENDPOINTS[1], {"location": {"latitude": 10**30, "longitude": 2**53 + 1}})
    assert error_fields(huge) == ["location.latitude", "location.longitude"]


def test_a_large_budget_survives_the_round_trip(records, call):
    answer = call(ENDPOINTS[1], {"material": [{"articleId": records.article.pk, "budget": 1e300}]})
    assert answer.json()["material"][0]["budget"] == 1e300
    assert call(ENDPOINTS[1], answer.content).content == answer.content


GOOD_DATES = {
    "2023-11-07T05:31:56Z": "2023-11-07T05:31:56Z",
    "2023-11-07T05:31:56.120Z": "2023-11-07T05:31:56.120Z",
    "2023-11-07T05:31:56.123456789+01:00": "2023-11-07T04:31:56.123Z",
    "2024-02-29T23:59:59-00:30": "2024-03-01T00:29:59Z",
}
BAD_DATES = ["2023-11-07", "2023-11-07T05:31:56", "2023-02-30T00:00:00Z", "2023-11-07t05:31:56z", "2023-11-07 05:31:56Z", "1699335116", 1699335116,
             "0001-01-01T00:00:00+01:00", "2023-11-07T05:31:56+25:00", "２０２３-11-07T05:31:56Z", "", "now", True, []]  # fmt: skip


def test_dates_are_iso_8601_with_a_zone(call):
    for sent, kept in GOOD_DATES.items():
        assert call(ENDPOINTS[1], {"contract": {"endDate": sent}}).json()["contract"]["endDate"] == kept
    for value in BAD_DATES:
        answer = call(ENDPOINTS[1], {"contract": {"endDate": value}})
        assert (answer.status_code, error_fields(answer)) == (400, ["contract.endDate"]), value
    assert call(ENDPOINTS[1], {"contract": {"endDate": None}}).json()["contract"]["endDate"] is None


def test_the_support_desks_dates_always_have_milliseconds(call):
    answer = call(ENDPOINTS[2], {"response": {"answer": "Ja", "date": "2020-02-17T14:36:09Z"}})
    assert answer.json()["response"]["date"] == "2020-02-17T14:36:09.000Z"
