"""Error responses: codes, missing permissions, and errors found before the body is read."""

import gzip
import json
import logging

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.api.error_codes import CODES
from backoffice.api.openapi.document import build_document
from backoffice.api.tests.clients import ENDPOINTS, ApiClient, error_fields
from backoffice.people.tests.factories import UserFactory
from config.api import FACILITY, SUPPORT_DESK
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
OBJECT, COMPLAINT, CASE = "/v2/objects/{object}", "/v2/complaints/{complaint}", "/iptv/supportcase/{case}"


def codes(answer):
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


@pytest.fixture
def ada(cast, key_of):
    return ApiClient(key_of(cast.ada))


@pytest.fixture
def path_of(records):
    """`path_of(path)` returns the path with the ids of the records."""
    return lambda address: address.format(
        object=records.object.pk, complaint=records.complaint.pk, case=records.case.pk
    )


BODIES = [
    ("POST", "/v2/complaints", {}, {"desc": "required", "objectId": "required"}),
    ("POST", "/v2/complaints", {"_id": "a" * 24, "desc": None}, {"_id": "read_only", "desc": "required", "objectId": "required"}),
    ("POST", "/v2/articles", {"name": ""}, {"name": "required"}),
    ("POST", "/v2/contacts", {"firstName": "A"}, {"email": "required"}),
    ("PATCH", COMPLAINT, {"nonsense": 1}, {"nonsense": "unknown_property"}),
    ("PATCH", COMPLAINT, {"contact": {"nope": 1, "email": 3}}, {"contact.nope": "unknown_property", "contact.email": "invalid_type"}),
    ("PATCH", COMPLAINT, {"priority": "3", "images": "x", "contact": []}, {"priority": "invalid_type", "images": "invalid_type", "contact": "invalid_type"}),
    ("PATCH", COMPLAINT, {"priority": 5, "number": 0}, {"priority": "out_of_range", "number": "out_of_range"}),
    ("PATCH", COMPLAINT, {"number": 2**70, "customFields": {"a": 2**70}}, {"number": "out_of_range", "customFields.a": "out_of_range"}),
    ("PATCH", COMPLAINT, {"roomDescription": "x" * 256, "desc": "\x00"}, {"roomDescription": "too_long", "desc": "invalid"}),
    ("PATCH", COMPLAINT, {"contact": {"email": "x"}, "images": ["no"]}, {"contact.email": "invalid", "images.0": "invalid"}),
    ("PATCH", COMPLAINT, {"userId": "f" * 24}, {"userId": "unknown_reference"}),
    ("PATCH", COMPLAINT, {"userId": "x"}, {"userId": "invalid"}),
    ("PATCH", COMPLAINT, {"_id": "f" * 24, "complaintStatus": "finished"}, {"_id": "read_only", "complaintStatus": "read_only"}),
    ("PATCH", COMPLAINT, {"tags": ["a", "a"]}, {"tags.1": "duplicate"}),
    ("PATCH", OBJECT, {"rating": 6, "location": {"latitude": 91}}, {"rating": "out_of_range", "location.latitude": "out_of_range", "location.longitude": "required"}),
    ("PATCH", OBJECT, {"location": {"latitude": 5}}, {"location.longitude": "required"}),
    ("PATCH", OBJECT, {"contract": {"startDate": "2026-02-01T00:00:00Z", "endDate": "2026-01-01T00:00:00Z"}}, {"contract.endDate": "out_of_range"}),
    ("PATCH", OBJECT, {"material": [{"articleId": "f" * 24}, {"budget": 1}]}, {"material.0.articleId": "unknown_reference", "material.1.articleId": "required"}),
    ("POST", OBJECT + "/material", {"articleId": "f" * 24}, {"articleId": "unknown_reference"}),
    ("POST", OBJECT + "/location", {"latitude": 1}, {"longitude": "required"}),
    ("POST", CASE, {"device": "TOASTER", "solved": "yes"}, {"device": "invalid_choice", "solved": "invalid_type"}),
    ("POST", CASE, {"comments": [{"_id": "f" * 24}]}, {"comments.0._id": "unknown_reference"}),
    ("POST", CASE, {"name": "", "files": [{"_id": "f" * 24}]}, {"name": "required", "files.0._id": "unknown_reference"}),
    ("POST", "/v2/api_key", {"name": "x" * 300, "scopes": 5}, {"name": "too_long", "scopes": "invalid_type"}),
    ("GET", "/v2/complaints?nope=1&ids=x&limit=0&complaintStatus=odd", None, {"nope": "unknown_parameter"}),
    ("GET", "/v2/complaints?ids=x&limit=0&complaintStatus=odd&user=1&user=2&sort=secret", None,
     {"ids": "invalid", "limit": "out_of_range", "complaintStatus": "invalid_choice", "user": "duplicate", "sort": "invalid_choice"}),
    ("GET", "/v2/objects/distinctValues?field=key", None, {"field": "invalid_choice"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "address", "body", "expected"), BODIES, ids=lambda value: str(value)[:40])
def test_every_error_has_a_code(ada, path_of, method, address, body, expected):
    answer = ada.send(method, path_of(address), body)
    assert answer.status_code in (400, 422)
    assert codes(answer) == expected
    assert set(codes(answer).values()) <= CODES.keys()


def test_a_repeated_member_of_an_object_is_a_duplicate(ada, path_of):
    answer = ada.send("PATCH", path_of(COMPLAINT), '{"desc": "a", "desc": "b"}')
    assert codes(answer) == {"desc": "duplicate"}


def test_a_unique_value_of_another_record_is_taken(cast, records, ada, path_of):
    other = ComplaintFactory(company=cast.company, object=records.object.pk)
    assert codes(ada.patch(path_of(COMPLAINT), {"number": other.number})) == {"number": "taken"}


def test_conflicts_and_records_in_use_have_codes(records, ada, path_of):
    document = ada.get(path_of(COMPLAINT)).json()
    ada.patch(path_of(COMPLAINT), {"desc": "theirs"})
    stamped = {"desc": "mine", "status": {"lastModifiedAt": document["status"]["lastModifiedAt"]}}
    answer = ada.patch(path_of(COMPLAINT), stamped)
    assert (answer.status_code, codes(answer)) == (409, {"desc": "conflict"})
    answer = ada.patch(path_of(COMPLAINT), {"desc": "mine"}, if_match='"1"')
    assert (answer.status_code, codes(answer)) == (412, {"desc": "conflict"})
    answer = ada.send("DELETE", path_of(OBJECT))
    assert (answer.status_code, codes(answer)) == (409, {"": "in_use"})
    answer = ada.post(path_of(CASE), {"comments": []})
    assert (answer.status_code, set(codes(answer).values())) == (409, {"conflict"})


def test_no_code_of_version_1_is_renamed():
    assert set(CODES) >= {
        "required", "unknown_property", "unknown_parameter", "invalid_type", "invalid", "invalid_choice", "out_of_range",
        "too_long", "too_many", "too_large", "duplicate", "taken", "unknown_reference", "read_only", "not_allowed",
        "missing_scope", "missing_permission", "conflict", "in_use",
    }  # fmt: skip


@pytest.mark.parametrize("interface", [FACILITY, SUPPORT_DESK], ids=["v2", "iptv"])
def test_all_codes_are_documented(interface):
    schemas = build_document(interface, "http://testserver")["components"]["schemas"]
    assert schemas["ErrorCode"]["enum"] == list(CODES)
    assert "code" in schemas["Error"]["properties"]["errors"]["items"]["required"]


# Permissions


@endpoints
@pytest.mark.parametrize("method", ["read", "write"])
def test_a_403_names_the_scope_that_the_key_lacks(cast, records, key_of, endpoint, method):
    area = "supportdesk" if endpoint.telecomx else "facility"
    have = {"read": [f"{area}:write", "people:read"], "write": [f"{area}:read"]}[method]
    caller = ApiClient(key_of(getattr(cast, endpoint.actor), scopes=have))
    called = "GET" if method == "read" else endpoint.method
    answer = caller.send(called, endpoint.url(records), None if method == "read" else {endpoint.text: "x"})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], error["scope"]) == (
        403,
        "missing_scope",
        f"{area}:{method}",
    )
    body = answer.json()["description" if endpoint.telecomx else "message"]
    assert f"{area}:{method}" in body


def test_every_operation_names_the_scope(cast, records, key_of, path_of):
    caller = ApiClient(key_of(cast.ada, scopes=["facility:read", "supportdesk:read", "people:read"]))
    for method, address, scope in (
        ("POST", "/v2/complaints", "facility:write"), ("DELETE", COMPLAINT, "facility:write"),
        ("POST", COMPLAINT + "/assign", "facility:write"), ("POST", COMPLAINT + "/resolve", "facility:write"),
        ("POST", OBJECT + "/material", "facility:write"), ("POST", "/v2/customers", "people:write"),
        ("POST", "/v2/upload/images/x", "facility:write"), ("POST", "/iptv/supportcase", "supportdesk:write"),
        ("POST", "/v2/api_key", "people:write"),
    ):  # fmt: skip
        answer = caller.send(method, path_of(address), {})
        assert answer.status_code == 403, address
        assert [error.get("scope") for error in answer.json()["errors"]] == [scope], address
    blind = ApiClient(key_of(cast.ada, scopes=["facility:write"]))
    for address in (
        "/v2/complaints",
        "/v2/objects/count",
        "/v2/objects/tags",
        "/v2/complaints/countNewEntities",
    ):
        assert blind.get(address).json()["errors"][0]["scope"] == "facility:read", address


def test_a_403_names_the_permission_that_the_owner_lacks(cast, records, key_of, path_of):
    vera, rikke = ApiClient(key_of(cast.vera)), ApiClient(key_of(cast.rikke))
    for caller, method, address, body, permission in (
        (vera, "PATCH", COMPLAINT, {"desc": "x"}, "facility.change_complaint"),
        (vera, "DELETE", COMPLAINT, None, "facility.delete_complaint"),
        (vera, "POST", "/v2/complaints", {}, "facility.add_complaint"),
        (rikke, "POST", CASE, {"solved": True}, "supportdesk.administer_supportcase"),
    ):
        answer = caller.send(method, path_of(address), body)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (403, "missing_permission"), address
        assert error["permission"] == permission


def test_an_error_at_a_guarded_property_names_its_permission(cast, records, key_of, path_of):
    group = Group.objects.create(name="Cleaners")
    group.permissions.set(
        Permission.objects.filter(codename__in=["view_customerobject", "change_customerobject"])
    )
    cleaner = UserFactory(username="cleaner", company=cast.company, roles=["Cleaners"])
    answer = ApiClient(key_of(cleaner)).patch(path_of(OBJECT), {"key": 1})
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("key", "not_allowed")
    assert error["permission"] == "facility.view_object_secrets"


def test_an_error_at_a_property_names_the_permission_to_change_it(cast, records, key_of):
    alice, resold = ApiClient(key_of(cast.alice)), f"/v2/customers/{cast.resold.pk}"
    body = {"name": "Vest A/S", "parentResellerId": cast.reseller.pk}
    for answer in (
        alice.patch(resold, {"parentResellerId": None}),
        alice.patch(resold, {"name": "x", "parentResellerId": cast.resold.pk}),
        alice.post("/v2/customers", body),
    ):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"]) == (403, "parentResellerId")
        assert (error["code"], error["permission"]) == (
            "not_allowed",
            "supportdesk.administer_supportcase",
        )
        assert (
            answer.json()["message"]
            == "parentResellerId: You do not have permission to change this property."
        )
    same = alice.patch(resold, {"name": "Ny", "parentResellerId": cast.reseller.pk})
    assert same.status_code == 200  # no property changes


# Errors before the body is read


@endpoints
@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP", "gzip, identity", "x"])
def test_a_compressed_body_gets_415(cast, records, key_of, endpoint, encoding):
    caller = ApiClient(key_of(getattr(cast, endpoint.actor)))
    content = gzip.compress(json.dumps({endpoint.text: "x"}).encode())
    answer = caller.send(endpoint.method, endpoint.url(records), content, content_encoding=encoding)
    assert (answer.status_code, answer["Accept-Encoding"]) == (415, "identity")
    assert encoding.lower() in answer.json()["description" if endpoint.telecomx else "message"]
    if endpoint.telecomx:
        assert (answer.json()["code"], answer.json()["message"]) == (415, "unsupported_media_type")
    plain = caller.send(
        endpoint.method, endpoint.url(records), {endpoint.text: "x"}, content_encoding="identity"
    )
    assert plain.status_code == 200


@pytest.mark.parametrize("address", ["/v2/upload/images/x", "/iptv/upload/files/x", COMPLAINT + "/resolve"])
def test_compressed_forms_and_optional_bodies_get_415(ada, path_of, address):
    answer = ada.send(
        "POST",
        path_of(address),
        gzip.compress(b"x"),
        "multipart/form-data; boundary=b",
        content_encoding="gzip",
    )
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "address", ["/v2/complaints", "/v2", "/v2/nowhere", "/iptv/supportcase", "/iptv/", "/v2/openapi.json"]
)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "bad_host!", "a" * 300, "10.0.0.5"])
def test_an_unknown_host_is_refused_in_the_dialect(client, caplog, settings, address, host):
    settings.ALLOWED_HOSTS = ["testserver"]
    with caplog.at_level(logging.WARNING):
        answer = client.get(address, headers={"host": host})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    body = answer.json()
    message = body["description"] if address.startswith("/iptv") else body["message"]
    assert "ALLOWED_HOSTS" in message
    assert answer["X-Request-ID"]
    assert not any(record.exc_info for record in caplog.records)
    assert any("ALLOWED_HOSTS" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("https", [False, True])
def test_an_unknown_host_logs_no_traceback(client, caplog, settings, https):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["testserver"], https
    answer = client.get("/sign-in", headers={"host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert not any(record.exc_info for record in caplog.records)


NOWHERE = [
    ("GET", "/v2/customers/distinctValues?fieldKey=name"), ("POST", "/v2/users/filter"), ("GET", "/v2/users/filter?x=1"),
    ("PATCH", "/v2/complaints/filter"), ("GET", "/v2/complaints/{complaint}/nothing?x=1"), ("OPTIONS", "/v2/articles/all"),
    ("GET", "/v2/contacts/count/x"), ("POST", "/v2/objects/x/material"), ("DELETE", "/v2/api_key/mine"),
    ("GET", "/iptv/supportcase/count?x=1"), ("PUT", "/iptv/supportcase/search"), ("GET", "/v2/nowhere?limit=x"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "address"), NOWHERE)
@pytest.mark.parametrize("slash", ["", "/"])
def test_an_unknown_path_gets_404_with_any_parameters(ada, path_of, method, address, slash):
    path, mark, query = path_of(address).partition("?")
    answer = ada.send(
        method, f"{path}{slash}{mark}{query}", {} if method in ("POST", "PATCH", "PUT") else None
    )
    assert answer.status_code == 404
    assert answer.json()["errors"] == []


def test_an_unknown_parameter_is_refused_at_a_known_path(cast, ada, path_of):
    assert error_fields(ada.get(path_of(COMPLAINT) + "?x=1")) == ["x"]
    assert ada.get("/v2/users/self").status_code == 200
    assert error_fields(ada.get("/v2/users/self?x=1")) == ["x"]
    assert ada.send("PUT", path_of(COMPLAINT), {}).status_code == 405


# Headers of every response


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", COMPLAINT, 200), ("HEAD", COMPLAINT, 200), ("GET", "/v2/complaints", 200), ("PUT", COMPLAINT, 405),
        ("OPTIONS", COMPLAINT, 204), ("GET", "/v2/nowhere", 404), ("GET", "/iptv/nowhere/x", 404), ("GET", CASE, 200),
        ("PATCH", COMPLAINT, 400), ("GET", "/v2/openapi.json", 200), ("POST", "/iptv/openapi.json", 405),
        ("GET", "/v2/complaints/x", 404),
    ],
)  # fmt: skip
def test_every_response_has_the_rate_limit_and_the_request_id(
    ada, path_of, settings, method, address, status
):
    settings.RATE_LIMIT_KEY, settings.RATE_LIMIT_ADDRESS = "500/minute", "900/hour"
    answer = ada.send(method, path_of(address), {"x": 1} if status == 400 else None)
    assert (answer.status_code, bool(answer["X-Request-ID"])) == (status, True)
    policies = dict(each.split(";", 1) for each in answer["RateLimit-Policy"].split(", "))
    left = dict(each.split(";", 1) for each in answer["RateLimit"].split(", "))
    assert policies['"address"'] == "q=900;w=3600"
    assert policies.get('"key"', "q=500;w=60") == "q=500;w=60"
    assert policies.keys() == left.keys()
    remaining, seconds = (int(part[2:]) for part in left['"address"'].split(";"))
    assert 0 < remaining <= 900
    assert 0 < seconds <= 3600


def test_the_remaining_requests_count_down_to_the_refusal(cast, records, key_of, settings, path_of):
    settings.RATE_LIMIT_KEY, settings.RATE_LIMIT_ADDRESS = "3/minute", ""
    caller = ApiClient(key_of(cast.alice))
    answers = [caller.get(path_of(COMPLAINT)) for _turn in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    left = [answer["RateLimit"].split(";")[1] for answer in answers]
    assert left == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert answers[-1]["Retry-After"] == answers[-1]["RateLimit"].rpartition("t=")[2]
    settings.RATE_LIMIT_KEY = ""
    assert "RateLimit" not in caller.get(path_of(COMPLAINT))
