"""The reference of the interfaces as pages for people, made from the same description that machines read."""

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
from backoffice.api.openapi.document import ALWAYS_SENT, JSON, describe
from backoffice.api.operations.base import Interface, Operation, Schema

SOMEWHERE = "https://caretaker.invalid"
"""What stands for the installation's own address in the pages that are kept."""
MANY = 8
"""A table with more lines than this is folded."""


@dataclass(frozen=True)
class SchemaTable:
    """Lines of properties or parameters, and the names of properties that may be sent but not be set."""

    rows: list[SchemaRow]
    fixed: list[str]

    @property
    def is_short(self) -> bool:
        return len(self.rows) <= MANY

    @property
    def required(self) -> list[str]:
        return [row.name for row in self.rows if row.required]


@dataclass(frozen=True)
class DescribedAnswer:
    """What is answered when all goes well, or when it is known already."""

    status: str
    description: SafeString
    headers: list[str]
    document: str
    example: str


class DescribedOperation:
    """One operation of the description, as the page tells it."""

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
            rows.append(SchemaRow(one["name"], schema, description=one["description"], where=where))
        return SchemaTable(rows, [])

    @cached_property
    def _body(self) -> Mapping:
        (found,) = self._described.get("requestBody", {}).get("content", {"": {}}).values()
        return found

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
        """The names of the errors that it may answer, by status."""
        responses = self._described["responses"].items()
        return {status: _name(answer["$ref"]) for status, answer in responses if "$ref" in answer}

    @property
    def own_errors(self) -> list["DescribedError"]:
        """Those that not every operation may answer."""
        return [
            error for error in self._page.errors if error.name in self.errors.values() and not error.common
        ]

    @property
    def common_statuses(self) -> list[str]:
        """Those of the errors that every operation may answer."""
        return list(dict.fromkeys(error.status for error in self._page.errors if error.common))

    @property
    def links(self) -> list[str]:
        """The operations that come next."""
        (first, *_others) = self._described["responses"].values()
        return [name for name in first.get("links", ()) if name != self.id]


@dataclass(frozen=True)
class DescribedError:
    """What is answered when it does not go well: told once for all operations."""

    name: str
    status: str
    description: str
    headers: list[str]
    examples: list[str]
    common: bool


@dataclass(frozen=True)
class OperationGroup:
    """The operations that are about the same."""

    name: str
    operations: list

    @property
    def anchor(self) -> str:
        return slugify(self.name)


def groups_of(operations: Iterable[Operation | DescribedOperation]) -> list[OperationGroup]:
    """The operations by what they are about."""
    found: dict[str, list] = {}
    for operation in operations:
        found.setdefault(operation.tag, []).append(operation)
    return [OperationGroup(tag, among) for tag, among in found.items()]


class Reference:
    """The page of an interface."""

    def __init__(self, interface: Interface):
        self.interface = interface
        self.prefix = interface.prefix
        self.server = f"{SOMEWHERE}/{self.prefix}"
        self._described = describe(interface, self.server)
        self.about = paragraphs(self._described["info"]["description"])
        self.operations = [
            DescribedOperation(self, method, address, described)
            for address, methods in self._described["paths"].items()
            for method, described in methods.items()
        ]

    @property
    def openapi(self) -> str:
        """The name of the address of the description."""
        return f"{self.prefix}:openapi"

    @property
    def groups(self) -> list["OperationGroup"]:
        return groups_of(self.operations)

    @cached_property
    def errors(self) -> list[DescribedError]:
        found: dict[str, str] = {}
        for operation in self.operations:
            found |= {name: status for status, name in operation.errors.items()}
        return [
            DescribedError(
                name,
                status,
                told["description"],
                _own_headers(told),
                [pretty(example["value"]) for example in told["content"][JSON]["examples"].values()],
                all(name in operation.errors.values() for operation in self.operations),
            )
            for name, status in sorted(found.items(), key=lambda item: item[1])
            for told in [self._described["components"]["responses"][name]]
        ]

    @property
    def documents(self) -> list[tuple[str, SchemaTable]]:
        """The documents that are answered, each once."""
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
        """A schema itself where there is only its name."""
        return self._schemas[_name(schema["$ref"])] if "$ref" in schema else schema


def pretty(value: object) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _own_headers(answer: Mapping) -> list[str]:
    """Return the headers of an answer that not every answer has."""
    return [name for name in answer.get("headers", ()) if name not in ALWAYS_SENT]


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _references(schema: object) -> Iterator[str]:
    """The names that a schema refers to, the outermost first."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            yield _name(schema["$ref"])
        for inner in schema.values():
            yield from _references(inner)


def _origin(request: HttpRequest) -> str:
    """The address that the installation is asked by."""
    return request.build_absolute_uri("/").rstrip("/")


def reference_urls(interfaces: Mapping[str, Interface]) -> list:
    """The addresses of the reference: an overview, and a page for each interface by its name. Anybody may read
    them: they say nothing that is secret."""

    @lru_cache(maxsize=len(interfaces) * len(settings.LANGUAGES))
    def written(name: str, _language: str) -> str:
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
        body = mark_safe(written(name, get_language()).replace(SOMEWHERE, here))  # noqa: S308 # nosec B308 B703 # our own text, escaped
        return render(request, "api/reference.html", {"interface": interfaces[name], "body": body})

    return [
        path("docs/api", overview, name="reference"),
        *(path(f"docs/api/{name}", page, {"name": name}, name=f"reference_{name}") for name in interfaces),
    ]
