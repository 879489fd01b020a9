"""The OpenAPI descriptions: valid, complete, and true."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import ValidationError as TypeErrors

from backoffice.api.openapi import patterns
from backoffice.api.openapi.document import build_document
from backoffice.api.openapi.schemas import ANSWER, COMPONENTS, NEW, UPDATE, Schemas
from backoffice.api.operations import RequestBodySpec
from backoffice.api.schema import Document, registered_documents
from backoffice.api.schema.json_types import validate_instant
from backoffice.api.tests.clients import ENDPOINTS, ApiClient
from backoffice.records.fields.text_fields import validate_uri
from backoffice.records.tests.parameters import deep_only
from config.api import FACILITY, SUPPORT_DESK

INTERFACES = {interface.prefix: interface for interface in (FACILITY, SUPPORT_DESK)}
both = pytest.mark.parametrize("prefix", INTERFACES)
ALWAYS = {"RateLimit", "RateLimit-Policy", "X-Request-ID"}
METHODS = {"get", "post", "patch", "delete"}


def build_description(prefix):
    return build_document(INTERFACES[prefix], f"http://testserver/{prefix}")


def operations(document):
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def validator(schema, components):
    return Draft202012Validator({**schema, "components": {"schemas": components}})


def schema_errors(schema, document, value):
    return [
        error.message for error in validator(schema, document["components"]["schemas"]).iter_errors(value)
    ]


@both
@deep_only
def test_the_document_is_valid_openapi(prefix, client):
    answer = client.get(f"/{prefix}/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    assert document == json.loads(json.dumps(build_description(prefix)))
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@both
def test_anonymous_visitors_can_read_and_cache_it(prefix, client):
    address = f"/{prefix}/openapi.json"
    answer = client.get(address)
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again["ETag"], again.content) == (304, answer["ETag"], b"")
    assert client.head(address)["ETag"] == answer["ETag"]
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200
    refused = client.post(address)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    assert refused.json()["errors"] == []


@both
def test_it_names_its_server(prefix, client):
    def server(**how):
        return client.get(f"/{prefix}/openapi.json", **how).json()["servers"]

    assert server() == [{"url": f"http://testserver/{prefix}"}]
    assert server(headers={"host": "desk.example.dk:8443"}) == [
        {"url": f"http://desk.example.dk:8443/{prefix}"}
    ]
    assert server(secure=True) == [{"url": f"https://testserver/{prefix}"}]


@both
def test_it_is_in_english_for_every_client(prefix, client):
    asked = client.get(f"/{prefix}/openapi.json", headers={"accept-language": "da"})
    assert asked.json() == json.loads(json.dumps(build_description(prefix)))


@both
def test_every_operation_is_included(prefix):
    document = build_description(prefix)
    there = {(path, method, operation["operationId"]) for path, method, operation in operations(document)}
    declared = {(f"/{one.path}", one.method.lower(), one.id) for one in INTERFACES[prefix].operations}
    assert there == declared
    assert len({id for _path, _method, id in there}) == len(there)
    assert {method for _path, method, _id in there} <= METHODS
    tags = [tag["name"] for tag in document["tags"]]
    assert all(operation["tags"][0] in tags for _path, _method, operation in operations(document))
    assert document["security"] == [{"apiKey": []}, {"bearer": []}]


@both
def test_links_name_operations_and_their_variables(prefix):
    document = build_description(prefix)
    variables = {
        operation["operationId"]: {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        for _path, _method, operation in operations(document)
    }
    links = [
        link
        for _path, _method, operation in operations(document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 3
    for link in links:
        assert set(link["parameters"]) == variables[link["operationId"]]


@pytest.mark.parametrize(
    ("prefix", "id", "statuses"),
    [
        ("v2", "listComplaints", "200 400 401 403 405 429 500 503"),
        ("v2", "getComplaint", "200 304 400 401 403 404 405 412 429 500 503"),
        ("v2", "createComplaint", "201 400 401 403 404 405 409 413 415 422 429 500 503"),
        ("v2", "updateComplaint", "200 400 401 403 404 405 409 412 413 415 429 500 503"),
        ("v2", "deleteComplaint", "204 400 401 403 404 405 409 412 429 500 503"),
        ("v2", "uploadImage", "200 400 401 403 404 405 409 413 415 422 429 500 503 507"),
        ("iptv", "listSupportCases", "200 400 403 405 422 429 500 503"),
        ("iptv", "getSupportCase", "200 304 400 403 404 405 412 422 429 500 503"),
        ("iptv", "updateSupportCase", "200 400 403 404 405 409 412 413 415 422 429 500 503"),
    ],
)
def test_every_status_of_an_operation_is_described(prefix, id, statuses):
    found = {
        operation["operationId"]: operation
        for _path, _method, operation in operations(build_description(prefix))
    }
    assert sorted(found[id]["responses"]) == statuses.split()


@both
def test_headers_are_described_where_they_are_sent(prefix):
    document = build_description(prefix)
    found = {operation["operationId"]: operation for _path, _method, operation in operations(document)}
    kind = {"v2": "Complaint", "iptv": "SupportCase"}[prefix]
    headers = {
        f"{how} {status}": sorted(set(answer["headers"]) - ALWAYS)
        for how in ("get", "create", "update")
        for status, answer in found[f"{how}{kind}"]["responses"].items()
        if "headers" in answer
    }
    assert headers.pop({"v2": "create 201", "iptv": "create 200"}[prefix]) == ["ETag", "Location"]
    assert headers == {"get 200": ["ETag"], "get 304": ["ETag"], "update 200": ["ETag"]}
    asked = {one["name"] for one in found[f"get{kind}"]["parameters"] if one["in"] == "header"}
    assert asked == {"If-Match", "If-None-Match"}
    headers = {name: set(one["headers"]) for name, one in document["components"]["responses"].items()}
    assert all(one >= ALWAYS for one in headers.values())
    headers = {name: one - ALWAYS for name, one in headers.items()}
    assert headers["TooOften"] == headers["Away"] == {"Retry-After"}
    assert headers["Method"] == {"Allow"}
    assert headers[{"v2": "Unauthenticated", "iptv": "UnauthenticatedOrForbidden"}[prefix]] == {
        "WWW-Authenticate"
    }


def examples_of(media):
    if "example" in media:
        yield media["example"]
    yield from (one["value"] for one in media.get("examples", {}).values())


@both
def test_every_example_matches_its_schema(prefix):
    document = build_description(prefix)
    seen = 0
    places = [document["components"]["responses"]]
    for _path, _method, operation in operations(document):
        places.append({"body": operation["requestBody"]} if "requestBody" in operation else {})
        places.append({status: one for status, one in operation["responses"].items() if "content" in one})
        for parameter in operation["parameters"]:
            schema = parameter["schema"]
            if "contentSchema" in schema:
                schema = schema["contentSchema"] | {
                    "examples": [json.loads(one) for one in schema["examples"]]
                }
            for example in [*examples_of(parameter), *schema.get("examples", ())]:
                seen += 1
                assert schema_errors(schema, document, example) == [], (
                    operation["operationId"],
                    parameter["name"],
                )
    for place in places:
        for name, one in place.items():
            for kind, media in one["content"].items():
                given = list(examples_of(media))
                assert given or kind == "multipart/form-data", name
                for example in given:
                    seen += 1
                    assert schema_errors(media["schema"], document, example) == [], example
    assert seen > 20


def leaves(document):
    return [(leaf, document.bound[leaf.attribute]) for leaf in document.properties]


ALL = {document.name: document for document in registered_documents.values()} | {
    operation.body.document.name: operation.body.document
    for interface in INTERFACES.values()
    for operation in interface.operations
    if isinstance(operation.body, RequestBodySpec)
}


@pytest.mark.parametrize("document", ALL.values(), ids=ALL)
def test_schemas_have_the_types_that_bodies_are_checked_for(document: Document):
    """Values accepted by a schema have the right type, and no schema accepts a wrong type."""
    by_schema = validator(Schemas(document.dialect, UPDATE).document_schema(document), COMPONENTS)
    values = [None, "", "x", "507f1f77bcf86cd799439011", "2026-03-02T08:15:00Z", 1, 2.5, True, [], ["x"], {}]
    for leaf, _prop in leaves(document):
        for value in values:
            body = {leaf.group: {leaf.key: value}} if leaf.group else {leaf.key: value}
            if by_schema.is_valid(body):
                assert has_right_types(document, body), body
            elif value is None:
                assert not has_right_types(document, body), body


def has_right_types(document: Document, body: dict) -> bool:
    try:
        document.adapter.validate_python(body)
    except TypeErrors:
        return False
    return True


def test_complaints_are_described_as_documented():
    schemas = build_description("v2")["components"]["schemas"]
    assert list(schemas["Complaint"]["properties"]) == [
        "_id", "number", "companyId", "status", "chatId", "desc", "roomDescription", "contactName", "contact",
        "priority", "images", "userId", "comment", "response", "customFields", "objectId", "complaintStatus",
        "assignedDate", "finishedAt", "finishedBy", "finishImages", "tags",
    ]  # fmt: skip
    assert schemas["Complaint"]["required"] == list(schemas["Complaint"]["properties"])
    assert schemas["ComplaintNew"]["required"] == ["desc", "objectId"]
    assert "_id" not in schemas["ComplaintNew"]["properties"]
    update = schemas["ComplaintUpdate"]
    assert "required" not in update
    assert update["additionalProperties"] is False
    sent = update["properties"]
    assert sent["priority"] == {
        "type": "integer", "minimum": 1, "maximum": 4, "description": "Priority. 1 Low, 2 Medium, 3 High, 4 Critical.",
    }  # fmt: skip
    assert (sent["desc"]["type"], sent["desc"]["minLength"]) == ("string", 1)
    assert (sent["roomDescription"]["type"], sent["roomDescription"]["maxLength"]) == (
        ["string", "null"],
        255,
    )
    assert sent["userId"]["type"] == ["string", "null"]
    assert sent["objectId"]["type"] == "string"
    assert sent["_id"]["readOnly"] is sent["complaintStatus"]["readOnly"] is True
    assert sent["status"]["properties"]["createdAt"]["readOnly"] is True
    assert "readOnly" not in sent["status"]["properties"]["lastModifiedAt"]
    assert "readOnly" not in sent["status"]["properties"]["status"]


def test_secrets_are_marked_and_optional():
    schemas = build_description("v2")["components"]["schemas"]
    answered = schemas["CustomerObject"]
    assert set(answered["properties"]) - set(answered["required"]) == {"securityCode", "key"}
    assert answered["properties"]["securityCode"]["description"].startswith("The door code. A secret.")


def test_support_cases_are_described_as_documented():
    schemas = build_description("iptv")["components"]["schemas"]
    answered, sent = schemas["SupportCase"], schemas["SupportCaseUpdate"]["properties"]
    assert list(answered["properties"]) == [
        "_id", "name", "description", "customer", "customerName", "employee", "employeeName", "solved", "date",
        "lastUpdated", "device", "systemVersion", "playMakerVersion", "response", "privateInformation", "files",
        "comments", "assignee", "priority", "assignedDate",
    ]  # fmt: skip
    always = ["_id", "name", "solved", "date", "lastUpdated", "files", "comments", "priority"]
    assert answered["required"] == always
    assert answered["properties"]["customerName"]["minLength"] == 1
    devices = answered["properties"]["device"]["enum"]
    assert "CROMEMAC" in devices
    assert len(devices) == 12
    assert set(sent["device"]["enum"]) - set(devices) == {"CHROMEMAC", "", None}
    element = sent["files"]["items"]
    assert (list(element["properties"]), list(element["patternProperties"])) == (
        ["_id", "url", "type"],
        ["^id$"],
    )
    check = validator(element, {})
    assert check.is_valid({"_id": "0" * 24})
    assert check.is_valid({"url": "https://example.dk/a.png"})
    assert check.is_valid({"_id": "0" * 24, "id": "0" * 24})
    assert not check.is_valid({"identity": "0" * 24})
    assert schemas["Error"]["required"] == ["code", "message", "description", "errors"]


@pytest.mark.django_db
@pytest.mark.parametrize("channel", ENDPOINTS, ids=str)
@pytest.mark.parametrize("who", ["ada", "alice", "sven", "vera"])
def test_responses_match_the_description(channel, who, cast, records, key_of):
    prefix = channel.address.split("/")[1]
    document = build_description(prefix)
    answer = ApiClient(key_of(getattr(cast, who))).get(channel.url(records))
    assert answer.status_code in (200, 403)
    name = type(getattr(records, channel.record)).__name__ if answer.status_code == 200 else "Error"
    assert schema_errors({"$ref": f"#/components/schemas/{name}"}, document, answer.json()) == []


def accepts(check, text):
    try:
        check(text)
    except ValidationError:
        return False
    return True


def matches(pattern, text):
    return re.fullmatch(pattern, text) is not None


LETTERS = st.text(st.sampled_from("aZ09-._@ø[]:/\"\\ +%'^é\u2028\u00a0"), max_size=12)


@given(LETTERS | st.from_regex(patterns.URI, fullmatch=True) | st.text())
@deep_only
def test_the_pattern_of_uris_is_what_the_field_checks(text):
    assert matches(patterns.URI, text) == accepts(validate_uri, text)


@given(LETTERS | st.tuples(LETTERS, LETTERS).map("@".join) | st.emails() | st.text())
@deep_only
def test_the_pattern_of_e_mail_addresses_is_what_the_field_checks(text):
    if not re.search(r"@\[[^@]*\]$", text):  # no pattern checks that an IP address is valid
        assert matches(patterns.EMAIL, text) == accepts(validate_email, text)


DIGITS = st.text(st.sampled_from("0123456789"), max_size=9)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds"))


@pytest.mark.slow
@given(st.tuples(MOMENTS, DIGITS, st.sampled_from(["Z", "+01:00", "-23:59", "+24:00", "z", ""])))
def test_the_pattern_of_times_is_what_is_parsed(parts):
    moment, fraction, zone = parts
    text = f"{moment}{'.' + fraction if fraction else ''}{zone}"
    read = accepts(validate_instant, text)
    # (No pattern checks that an instant near the years 1 and 9999 exists in UTC too.)
    assert read == matches(patterns.INSTANT, text) or moment[:4] in ("0001", "9999")


@pytest.mark.slow
def test_every_schema_is_valid_and_closed():
    for purpose in (NEW, UPDATE, ANSWER):
        for document in ALL.values():
            schema = Schemas(document.dialect, purpose).document_schema(document)
            Draft202012Validator.check_schema(schema)
            assert schema["additionalProperties"] is False


@both
def test_summaries_say_what_an_operation_does(prefix):
    first_words = {
        operation["summary"].split()[0] for _path, _method, operation in operations(build_description(prefix))
    }
    verbs = (
        "Add Assign Comment Count Create Delete Finish Generate Get List Reopen Revoke Set Take Update Upload"
    )
    assert first_words <= set(verbs.split())
