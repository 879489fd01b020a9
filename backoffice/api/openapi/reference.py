"""Reference pages of the interfaces, generated from their OpenAPI documents."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from backoffice.api.annotations import Schema
from backoffice.api.openapi.curl import curl_of
from backoffice.api.openapi.describe import SchemaRow, inline, paragraphs, rows_of
from backoffice.api.openapi.document import ALWAYS_SENT, JSON, build_document
from backoffice.api.operations.base import Interface
from backoffice.db.annotations import JsonObject

PLACEHOLDER_ORIGIN = "https://caretaker.invalid"
"""The placeholder for the installation's origin in cached pages."""


def describe_interface(interface: Interface) -> JsonObject:
    """Return the content of the reference page of an interface."""
    server = f"{PLACEHOLDER_ORIGIN}/{interface.prefix}"
    document = build_document(interface, server)
    schemas = document["components"]["schemas"]
    operations = [
        {
            "method": method.upper(),
            "path": f"/{interface.prefix}{address}",
            "curl": curl_of(method.upper(), f"{server}{address}", described),
            "body": _body(described, schemas),
            **_operation(described),
        }
        for address, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    errors = _errors(document, operations)
    for operation in operations:
        names = operation["errors"].values()
        operation["own_errors"] = [each for each in errors if each["name"] in names and not each["common"]]
    documents = dict.fromkeys(
        answer["document"] for operation in operations for answer in operation["answers"]
    )
    return {
        "server": server,
        "openapi": f"{interface.prefix}:openapi",
        "about": paragraphs(document["info"]["description"]),
        "operations": operations,
        "documents": [(name, list(rows_of(schemas[name]))) for name in documents if name],
        "errors": errors,
        "common_statuses": dict.fromkeys(error["status"] for error in errors if error["common"]),
    }


def _operation(described: JsonObject) -> JsonObject:
    """Return the content for an operation of the document, besides its address, request body and errors."""
    parameters = [
        SchemaRow(
            one["name"],
            one["schema"],
            description=one["description"],
            location="" if one["in"] == "query" else one["in"],
        )
        for one in described["parameters"]
    ]
    responses = described["responses"]
    first = next(iter(responses.values()))
    return {
        "id": described["operationId"],
        "summary": described["summary"],
        "about": paragraphs(described.get("description", "")),
        "tag": described["tags"][0],
        "parameters": parameters,
        "answers": [_answer(status, answer) for status, answer in responses.items() if "$ref" not in answer],
        "errors": {status: _name(answer["$ref"]) for status, answer in responses.items() if "$ref" in answer},
        "links": [name for name in first.get("links", ()) if name != described["operationId"]],
    }


def _body(described: JsonObject, schemas: Mapping[str, Schema]) -> JsonObject | None:
    """Return the properties of the request body that can be set, and the names of those that can only be
    sent."""
    if "requestBody" not in described:
        return None
    (content,) = described["requestBody"]["content"].values()
    schema = content["schema"]
    rows = list(rows_of(schemas[_name(schema["$ref"])] if "$ref" in schema else schema))
    fixed = [row.name for row in rows if row.schema.get("readOnly") or row.schema.get("type") == "null"]
    rows = [row for row in rows if row.name not in fixed]
    required = [row.name for row in rows if row.required]
    is_optional = not described["requestBody"]["required"]
    return {"rows": rows, "fixed": fixed, "required": required, "is_optional": is_optional}


def _answer(status: str, answer: JsonObject) -> JsonObject:
    """Return the content for a successful response, or a 304."""
    content = answer.get("content", {}).get(JSON, {})
    return {
        "status": status,
        "description": inline(answer["description"]),
        "headers": _own_headers(answer),
        "document": next(_references(content.get("schema", {})), ""),
        "example": pretty(content["example"]) if content else "",
    }


def _errors(document: JsonObject, operations: list[JsonObject]) -> list[JsonObject]:
    """Return the error responses, each described once for all operations."""
    statuses = {name: status for operation in operations for status, name in operation["errors"].items()}
    return [
        {
            "name": name,
            "status": status,
            "description": response["description"],
            "headers": _own_headers(response),
            "examples": [pretty(each["value"]) for each in response["content"][JSON]["examples"].values()],
            "common": all(name in operation["errors"].values() for operation in operations),
        }
        for name, status in sorted(statuses.items(), key=lambda item: item[1])
        for response in [document["components"]["responses"][name]]
    ]


def pretty(value: object) -> str:
    """Format a value as indented JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _own_headers(answer: JsonObject) -> list[str]:
    """Return the headers of a response that not every response has."""
    return [name for name in answer.get("headers", ()) if name not in ALWAYS_SENT]


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _references(schema: object) -> Iterator[str]:
    """Yield the names that a schema refers to, the outermost first."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield _name(schema["$ref"])
        for inner in schema.values():
            yield from _references(inner)


def _origin(request: HttpRequest) -> str:
    """Return the installation's origin as the client addresses it."""
    return request.build_absolute_uri("/").rstrip("/")


def reference_urls(interfaces: Mapping[str, Interface]) -> list[URLPattern]:
    """Return the URL patterns of the reference: an overview, and a page for each interface by name. They are
    public: they contain nothing secret."""

    @lru_cache(maxsize=len(interfaces) * len(settings.LANGUAGES))
    def render_body(name: str, _language: str) -> str:
        return render_to_string(
            "api/reference_body.html", {"reference": describe_interface(interfaces[name])}
        )

    def overview(request: HttpRequest) -> HttpResponse:
        pages = [
            {
                "interface": interface,
                "address": reverse(f"reference_{name}"),
                "description": reverse(f"{interface.prefix}:openapi"),
            }
            for name, interface in interfaces.items()
        ]
        return render(request, "api/overview.html", {"pages": pages, "here": _origin(request)})

    def page(request: HttpRequest, name: str) -> HttpResponse:
        here = escape(_origin(request))
        body = mark_safe(render_body(name, get_language()).replace(PLACEHOLDER_ORIGIN, here))  # noqa: S308 # nosec B308 B703 # our own text, escaped
        return render(request, "api/reference.html", {"interface": interfaces[name], "body": body})

    return [
        path("docs/api", overview, name="reference"),
        *(path(f"docs/api/{name}", page, {"name": name}, name=f"reference_{name}") for name in interfaces),
    ]
