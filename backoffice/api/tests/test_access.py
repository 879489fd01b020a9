"""Authentication, permissions, paths and methods, with the error responses of both dialects."""

from datetime import datetime, timezone
from unittest import mock

import pytest
from django.db import OperationalError

from backoffice.api.tests.clients import ENDPOINTS, ApiClient, error_fields
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Forbidden
from backoffice.records.models import History, SecretReading

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)


def assert_error(answer, endpoint, status, word):
    """The dialect's error body. `word` is the error code of the support API."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    if endpoint.telecomx:
        assert (body["code"], body["message"]) == (status, word)
        assert body["description"]
    else:
        assert body["message"]
        assert "code" not in body
    assert isinstance(body["errors"], list)


@endpoints
def test_the_key_is_accepted_in_either_header(cast, records, key_of, endpoint):
    key, url = key_of(getattr(cast, endpoint.actor)), endpoint.url(records)
    bearer = f"Bearer {key}"
    assert ApiClient(key).get(url).status_code == 200
    assert ApiClient(None).get(url, authorization=bearer).status_code == 200
    assert ApiClient(None).get(url, authorization=f"bearer  {key} ").status_code == 200
    assert ApiClient(key).get(url, authorization=bearer).status_code == 200
    assert ApiClient(key).get(url, authorization="Basic dTpw").status_code == 200


@endpoints
def test_requests_without_a_valid_key_are_refused(cast, records, key_of, endpoint):
    key, url = key_of(getattr(cast, endpoint.actor)), endpoint.url(records)
    other = key_of(getattr(cast, endpoint.actor))
    for caller, headers in (
        (ApiClient(None), {}),
        (ApiClient(""), {}),
        (ApiClient("ck_nobody_knows"), {}),
        (ApiClient(key + "x"), {}),
        (ApiClient("ck_\u00e6_\u00f8"), {}),
        (ApiClient("ck_\x01_x"), {}),
        (ApiClient(key), {"authorization": f"Bearer {other}"}),
        (ApiClient(None), {"authorization": key}),
        (ApiClient(None), {"authorization": "Bearer"}),
    ):
        for method in ("GET", endpoint.method):
            answer = caller.send(method, url, {}, **headers)
            assert_error(answer, endpoint, endpoint.unauthenticated, "access_denied")
            assert answer["WWW-Authenticate"] == "Bearer"
    assert ApiClient(None).get(f"{url}?x-api-key={key}").status_code == endpoint.unauthenticated
    assert error_fields(ApiClient(key).get(f"{url}?x-api-key={key}")) == ["x-api-key"]


def signed_in_caller(cast):
    caller = ApiClient(None)
    caller.client.force_login(cast.root)
    return caller


@endpoints
def test_a_session_gives_no_access_over_json(cast, records, endpoint):
    assert signed_in_caller(cast).get(endpoint.url(records)).status_code == endpoint.unauthenticated


@endpoints
def test_expired_keys_and_keys_of_deactivated_users_are_refused(cast, records, key_of, endpoint):
    actor, url = getattr(cast, endpoint.actor), endpoint.url(records)
    past = ApiClient(key_of(actor, expires_at=datetime(2020, 1, 1, tzinfo=timezone.utc)))
    assert past.get(url).status_code == endpoint.unauthenticated
    caller = ApiClient(key_of(actor))
    assert caller.get(url).status_code == 200
    services.update(actor, {"is_active": False}, actor=Installation(), context=ChangeContext(Channel.COMMAND))
    assert caller.get(url).status_code == endpoint.unauthenticated


def test_the_use_of_a_key_is_recorded(cast, records, key_of):
    ApiClient(key_of(cast.alice)).get(ENDPOINTS[0].url(records))
    assert ApiKey._base_manager.get().last_used_at is not None


@endpoints
def test_a_key_is_limited_to_its_scopes(cast, records, key_of, endpoint):
    actor, url = getattr(cast, endpoint.actor), endpoint.url(records)
    area = "supportdesk" if endpoint.telecomx else "facility"
    elsewhere = "facility" if endpoint.telecomx else "supportdesk"
    reader = ApiClient(key_of(actor, scopes=[f"{area}:read"]))
    assert reader.get(url).status_code == 200
    assert_error(reader.send(endpoint.method, url, {endpoint.text: "x"}), endpoint, 403, "access_denied")
    other_caller = ApiClient(key_of(actor, scopes=[f"{elsewhere}:read", f"{elsewhere}:write"]))
    assert_error(other_caller.get(url), endpoint, 403, "access_denied")


@endpoints
def test_viewers_can_read_but_not_write(cast, records, key_of, endpoint):
    vera, url = ApiClient(key_of(cast.vera)), endpoint.url(records)
    assert vera.get(url).status_code == 200
    for body in ({endpoint.text: "x"}, {}, {"nonsense": 1}, b"{not json"):
        assert_error(vera.send(endpoint.method, url, body), endpoint, 403, "access_denied")
    assert not History.objects.filter(
        action="change", record_id=getattr(records, endpoint.record).pk
    ).exists()


@endpoints
def test_users_of_the_other_app_get_403_instead_of_404(cast, records, key_of, endpoint):
    other = ApiClient(key_of(cast.alice if endpoint.telecomx else cast.sven))
    for which in ("record", "stranger"):
        assert_error(other.get(endpoint.url(records, which)), endpoint, 403, "access_denied")


@endpoints
def test_records_of_other_companies_do_not_exist(cast, records, key_of, endpoint):
    caller = ApiClient(key_of(getattr(cast, endpoint.actor)))
    ids = [
        getattr(records, endpoint.stranger).pk,
        "f" * 24,
        "123",
        "%00",
        "a%0Ab",
        "g" * 24,
        "%ff",
        "ä" * 24,
        "self",
    ]
    for pk in ids:
        for method in ("GET", "HEAD", endpoint.method):
            answer = caller.send(method, endpoint.address + pk, {})
            assert answer.status_code == 404, pk
        assert_error(caller.get(endpoint.address + pk), endpoint, 404, "not_found")
    assert ApiClient(None).get(endpoint.address + "123").status_code == endpoint.unauthenticated


@endpoints
def test_ids_are_accepted_in_either_case_and_returned_in_lower_case(cast, records, key_of, endpoint):
    caller, pk = ApiClient(key_of(getattr(cast, endpoint.actor))), getattr(records, endpoint.record).pk
    answer = caller.send(endpoint.method, endpoint.address + pk.upper(), {"_id": pk.upper()})
    assert (answer.status_code, answer.json()["_id"]) == (200, pk)


@endpoints
def test_paths_work_with_and_without_a_trailing_slash(cast, records, key_of, endpoint):
    caller, url = ApiClient(key_of(getattr(cast, endpoint.actor))), endpoint.url(records)
    for address in (url, url + "/"):
        assert caller.get(address).status_code == 200
        assert (
            caller.send(endpoint.method, address, {endpoint.text: address}).json()[endpoint.text] == address
        )
    assert caller.get(url + "//").status_code == 404


@pytest.mark.parametrize("address", ["/v2", "/v2/", "/v2/nothing", "/v2/complaints/a/b", "/iptv", "/iptv/x/"])
def test_unknown_paths_respond_in_the_dialect(client, address):
    answer = client.post(address, b"x", content_type="text/plain")
    assert answer.status_code == 404
    assert answer.json()["message"] == (
        "not_found" if address.startswith("/iptv") else "Nothing was found at this address."
    )


def test_paths_that_only_start_like_the_api_are_not_part_of_it(client):
    assert client.get("/v2x")["Content-Type"].startswith("text/html")


@endpoints
def test_other_methods_get_405_with_the_allowed_methods(cast, records, key_of, endpoint):
    caller, url = ApiClient(key_of(getattr(cast, endpoint.actor))), endpoint.url(records)
    may = {endpoint.method} if endpoint.telecomx else {endpoint.method, "DELETE"}
    allow = ", ".join(sorted({"GET", "HEAD", "OPTIONS"} | may))
    wrong = {"PUT", "DELETE", "PATCH", "POST", "TRACE", "BREW"} - may
    for method in wrong:
        answer = caller.send(method, url, {endpoint.text: "x"})
        assert_error(answer, endpoint, 405, "method_not_allowed")
        assert answer["Allow"] == allow
    answer = caller.send("OPTIONS", url)
    assert (answer.status_code, answer["Allow"], answer.content) == (204, allow, b"")


@endpoints
def test_head_is_get_without_the_body(cast, records, key_of, endpoint):
    caller, url = ApiClient(key_of(getattr(cast, endpoint.actor))), endpoint.url(records)
    whole, head = caller.get(url), caller.send("HEAD", url)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert head["Content-Length"] == str(len(whole.content))


@endpoints
def test_unknown_query_parameters_are_refused_by_name(cast, records, key_of, endpoint, settings):
    caller, url = ApiClient(key_of(getattr(cast, endpoint.actor))), endpoint.url(records)
    for method in ("GET", endpoint.method):
        answer = caller.send(method, f"{url}?expand=1&lang=da", {endpoint.text: "x"})
        assert_error(answer, endpoint, endpoint.invalid, "expand")
        assert error_fields(answer) == ["expand", "lang"]
    many = "&".join(f"a{n}" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    assert_error(caller.get(f"{url}?{many}"), endpoint, 400, "bad_request")


@endpoints
def test_responses_are_private_to_shared_caches(cast, records, key_of, endpoint):
    caller = ApiClient(key_of(getattr(cast, endpoint.actor)))
    for answer in (caller.get(endpoint.url(records)), ApiClient(None).get(endpoint.url(records))):
        assert {"X-API-Key", "Authorization"} <= set(answer["Vary"].split(", "))
        assert answer["Cache-Control"] == "private, no-cache"
        assert "Set-Cookie" not in answer
        assert "Cookie" not in answer["Vary"]


@endpoints
def test_an_unavailable_database_is_reported(cast, records, key_of, endpoint):
    caller = ApiClient(key_of(getattr(cast, endpoint.actor)))
    with mock.patch.object(ApiKey, "find", side_effect=OperationalError("gone away")):
        answer = caller.get(endpoint.url(records))
    assert_error(answer, endpoint, 503, "service_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "gone away" not in answer.content.decode()


@endpoints
def test_an_unexpected_error_is_logged_and_discloses_nothing(cast, records, key_of, endpoint, caplog):
    caller = ApiClient(key_of(getattr(cast, endpoint.actor)))
    caller.client.raise_request_exception = False
    with mock.patch.object(ApiKey, "note_use", side_effect=RuntimeError("inner workings")):
        answer = caller.get(endpoint.url(records))
    assert_error(answer, endpoint, 500, "internal_error")
    assert "inner" not in answer.content.decode()
    assert "inner workings" in caplog.text


@endpoints
def test_a_change_that_the_model_forbids_gets_403(cast, records, key_of, endpoint):
    caller, model = ApiClient(key_of(getattr(cast, endpoint.actor))), type(getattr(records, endpoint.record))
    with mock.patch.object(model, "validate_change", side_effect=Forbidden("Not on a Sunday.")):
        answer = caller.send(endpoint.method, endpoint.url(records), {endpoint.text: "x"})
    assert_error(answer, endpoint, 403, "access_denied")
    assert "Not on a Sunday." in answer.content.decode()


def test_errors_are_english_in_any_language(cast, records, key_of):
    body = {"contact": {"email": "x"}}
    answer = ApiClient(key_of(cast.alice)).patch(ENDPOINTS[1].url(records), body, accept_language="de")
    assert answer.json()["errors"][0]["message"] == "Enter a valid email address."
    assert answer["Content-Language"] == "en"


def test_reading_secrets_is_recorded_in_the_access_log(cast, records, key_of, settings):
    settings.BEHIND_PROXY = True  # the proxy may set request ids
    url = ENDPOINTS[1].url(records)
    alice, vera = ApiClient(key_of(cast.alice)), ApiClient(key_of(cast.vera))
    alice.get(url)
    assert not SecretReading.objects.exists()
    alice.patch(url, {"key": {"box": 3}})
    vera.get(url)
    alice.get(url, x_request_id="abc")
    readings = SecretReading.objects.order_by("pk")
    assert [(row.user_id, row.properties, row.via) for row in readings] == [
        (cast.alice.pk, ["key"], "json")
    ] * 2
    assert readings.last().request_id == "abc"


def test_a_key_never_does_more_than_its_owner(cast, records, key_of):
    user_without_roles = UserFactory(username="nobody", company=cast.company)
    for endpoint in ENDPOINTS:
        assert ApiClient(key_of(user_without_roles)).get(endpoint.url(records)).status_code == 403
