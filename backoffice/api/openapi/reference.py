"""Reference pages of the interfaces, generated from their OpenAPI documents."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language

from backoffice.api.openapi.curl import curl_of
from backoffice.api.openapi.describe import SchemaRow, inline, paragraphs, rows_of
from backoffice.api.openapi.document import ALWAYS_SENT, JSON, build_document
from backoffice.api.operations.base import Interface, Operation, Schema

PLACEHOLDER_ORIGIN = "https://caretaker.invalid"
"""The placeholder for the installation's origin in cached pages."""
SHORT_TABLE = 8
"""The maximum number of rows in a table that is open at first."""


@dataclass(frozen=True)
class SchemaTable:
    """Rows of properties or parameters, and the names of properties that may be sent but not be set."""

    rows: list[SchemaRow]
    fixed: list[str]

    @property
    def is_short(self) -> bool:
        return len(self.rows) <= SHORT_TABLE

    @property
    def required(self) -> list[str]:
        return [row.name for row in self.rows if row.required]


@dataclass(frozen=True)
class DescribedAnswer:
    """A successful response, or a 304."""

    status: str
    description: SafeString
    headers: list[str]
    document: str
    example: str


class DescribedOperation:
    """One operation of the OpenAPI document, for the page."""

    def __init__(self, page: "Reference", method: str, address: str, described: Mapping):
        self._page = page
        self._described = described
        self.method = method.upper()
        self.address = address
        self.id: str = described["operationId"]
        self.summary: str = described["summary"]
        self.about = paragraphs(described.get("description", ""))
        self.tag: str = described["tags"][0]

    @property
    def curl(self) -> str:
        return curl_of(self.method, f"{self._page.server}{self.address}", self._described)

    @property
    def path(self) -> str:
        return f"/{self._page.prefix}{self.address}"

    @property
    def parameters(self) -> SchemaTable:
        rows = []
        for one in self._described["parameters"]:
            schema = one["schema"]
            where = "" if one["in"] == "query" else one["in"]
            rows.append(SchemaRow(one["name"], schema, description=one["description"], location=where))
        return SchemaTable(rows, [])

    @cached_property
    def _body(self) -> Mapping:
        (content,) = self._described.get("requestBody", {}).get("content", {"": {}}).values()
        return content

    @property
    def body(self) -> SchemaTable | None:
        if not self._body:
            return None
        rows = list(rows_of(self._page.resolved(self._body["schema"])))
        fixed = [row.name for row in rows if row.schema.get("readOnly") or row.schema.get("type") == "null"]
        return SchemaTable([row for row in rows if row.name not in fixed], fixed)

    @property
    def body_is_optional(self) -> bool:
        return not self._described["requestBody"]["required"]

    @property
    def answers(self) -> Iterator[DescribedAnswer]:
        for status, answer in self._described["responses"].items():
            if "$ref" in answer:
                continue
            content = answer.get("content", {}).get(JSON, {})
            yield DescribedAnswer(
                status,
                inline(answer["description"]),
                _own_headers(answer),
                next(_references(content.get("schema", {})), ""),
                pretty(content["example"]) if content else "",
            )

    @cached_property
    def errors(self) -> dict[str, str]:
        """The names of its error responses, by status."""
        responses = self._described["responses"].items()
        return {status: _name(answer["$ref"]) for status, answer in responses if "$ref" in answer}

    @property
    def own_errors(self) -> list["DescribedError"]:
        """Its error responses that not every operation has."""
        return [
            error for error in self._page.errors if error.name in self.errors.values() and not error.common
        ]

    @property
    def common_statuses(self) -> list[str]:
        """The statuses of the error responses that every operation has."""
        return list(dict.fromkeys(error.status for error in self._page.errors if error.common))

    @property
    def links(self) -> list[str]:
        """The ids of follow-up operations."""
        (first, *_others) = self._described["responses"].values()
        return [name for name in first.get("links", ()) if name != self.id]


@dataclass(frozen=True)
class DescribedError:
    """An error response, described once for all operations."""

    name: str
    status: str
    description: str
    headers: list[str]
    examples: list[str]
    common: bool


@dataclass(frozen=True)
class OperationGroup:
    """Operations with the same tag."""

    name: str
    operations: list

    @property
    def anchor(self) -> str:
        return slugify(self.name)


def groups_of(operations: Iterable[Operation | DescribedOperation]) -> list[OperationGroup]:
    """Group operations by tag."""
    by_tag: dict[str, list] = {}
    for operation in operations:
        by_tag.setdefault(operation.tag, []).append(operation)
    return [OperationGroup(tag, members) for tag, members in by_tag.items()]


class Reference:
    """The content of the reference page of an interface."""

    def __init__(self, interface: Interface):
        self.interface = interface
        self.prefix = interface.prefix
        self.server = f"{PLACEHOLDER_ORIGIN}/{self.prefix}"
        self._described = build_document(interface, self.server)
        self.about = paragraphs(self._described["info"]["description"])
        self.operations = [
            DescribedOperation(self, method, address, described)
            for address, methods in self._described["paths"].items()
            for method, described in methods.items()
        ]

    @property
    def openapi(self) -> str:
        """The name of the URL of the OpenAPI document."""
        return f"{self.prefix}:openapi"

    @property
    def groups(self) -> list["OperationGroup"]:
        return groups_of(self.operations)

    @cached_property
    def errors(self) -> list[DescribedError]:
        statuses: dict[str, str] = {}
        for operation in self.operations:
            statuses |= {name: status for status, name in operation.errors.items()}
        return [
            DescribedError(
                name,
                status,
                response["description"],
                _own_headers(response),
                [pretty(example["value"]) for example in response["content"][JSON]["examples"].values()],
                all(name in operation.errors.values() for operation in self.operations),
            )
            for name, status in sorted(statuses.items(), key=lambda item: item[1])
            for response in [self._described["components"]["responses"][name]]
        ]

    @property
    def documents(self) -> list[tuple[str, SchemaTable]]:
        """The documents in responses, each once."""
        names = dict.fromkeys(
            answer.document
            for operation in self.operations
            for answer in operation.answers
            if answer.document
        )
        return [(name, SchemaTable(list(rows_of(self._schemas[name])), [])) for name in names]

    @property
    def _schemas(self) -> Mapping[str, Schema]:
        return self._described["components"]["schemas"]

    def resolved(self, schema: Schema) -> Schema:
        """Resolve a reference to a schema."""
        return self._schemas[_name(schema["$ref"])] if "$ref" in schema else schema


def pretty(value: object) -> str:
    """Format a value as indented JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _own_headers(answer: Mapping) -> list[str]:
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


def reference_urls(interfaces: Mapping[str, Interface]) -> list:
    """Return the URL patterns of the reference: an overview, and a page for each interface by name. They are
    public: they contain nothing secret."""

    @lru_cache(maxsize=len(interfaces) * len(settings.LANGUAGES))
    def render_body(name: str, _language: str) -> str:
        return render_to_string("api/reference_body.html", {"reference": Reference(interfaces[name])})

    def overview(request: HttpRequest) -> HttpResponse:
        pages = [
            {
                "interface": interface,
                "address": reverse(f"reference_{name}"),
                "description": reverse(f"{interface.prefix}:openapi"),
                "groups": groups_of(interface.operations),
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
