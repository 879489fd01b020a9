"""Declarations of API operations. URL patterns, the check for unknown query parameters and the OpenAPI
document follow from them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, re_path
from django.urls.resolvers import RoutePattern

from backoffice.api.annotations import Schema
from backoffice.api.dialects import Dialect
from backoffice.api.transport.views import View, endpoint, not_found_view, with_and_without_slash
from backoffice.lists.query_params import OBJECT_ID

if TYPE_CHECKING:
    from backoffice.api.schema.documents import Document


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter or a path variable. With `many` it is an array, and `schema` describes one entry;
    with `json` its text is JSON."""

    name: str
    schema: Schema
    description: str
    many: bool = False
    json: bool = False
    key: str = ""
    """The key in the alternative notation `name[key]`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The accepted names in the query string."""
        if self.key:
            return (self.name, f"{self.name}[{self.key}]")
        return (self.name, f"{self.name}[]") if self.many else (self.name,)


@dataclass(frozen=True, kw_only=True)
class RequestBodySpec:
    """A JSON request body: a document with the paths of `required` properties (`address` for a whole object,
    `location.latitude` for one property of it). A body with `is_optional` may be left out."""

    document: "Document"
    required: tuple[str, ...] = ()
    is_optional: bool = False
    computed_properties: tuple[str, ...] = ()
    """Model names of properties that the server computes if they are null or left out."""


@dataclass(frozen=True, kw_only=True)
class FileBodySpec:
    """A request body of multipart/form-data with one part, `file`."""

    description: str


@dataclass(frozen=True, kw_only=True)
class ListOf:
    """An array of documents; `name` is its key in a page, in the dialect that responds with pages."""

    document: "Document"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ResponseSpec:
    """The successful response: a document, a list of documents, a JSON Schema, or None for no body. A
    response with `has_etag` has an ETag and supports If-None-Match and If-Match; one with `has_location` has
    a Location."""

    content: "Document | ListOf | Schema | None" = None
    status: int = 200
    description: str = "Done."
    has_etag: bool = False
    has_location: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one URL. `path` is relative to the interface, with variables in braces; the handler takes
    an ApiRequest and the variables by name, as text. `errors` are the kinds of errors specific to the
    operation; those that every operation may return (unauthenticated, forbidden, too often, …) are
    implied."""

    id: str
    method: str
    path: str
    handler: View
    summary: str
    tag: str
    description: str = ""
    variables: tuple[Parameter, ...] = ()
    """The path variables that are not ids of records."""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBodySpec | FileBodySpec | None = None
    response: ResponseSpec = field(default_factory=ResponseSpec)
    errors: tuple[str, ...] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """OpenAPI links: ids of follow-up operations, with their parameters as expressions of this response:
    `{"getComplaint": {"id": "$response.body#/_id"}}`."""

    @cached_property
    def path_variables(self) -> list[str]:
        """The names of the variables in braces."""
        return re.findall(r"{(\w+)}", self.path)

    @cached_property
    def id_patterns(self) -> dict[str, re.Pattern[str]]:
        """The path variables that are ids, with the pattern of each."""
        declared: dict[str, str] = {
            variable.name: variable.schema.get("pattern", "") for variable in self.variables
        }
        patterns = {name: declared.get(name, OBJECT_ID["pattern"]) for name in self.path_variables}
        return {
            name: re.compile(patterns[name])
            for name in self.path_variables
            if name not in declared or (name == "id" and patterns[name])
        }

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        return frozenset(name for parameter in self.parameters for name in parameter.names)


class Interface:
    """One of the two documented systems: all its operations, at `/<prefix>/…`."""

    def __init__(self, dialect: Dialect, prefix: str, title: str, operations: Iterable[Operation]):
        self.dialect = dialect
        self.prefix = prefix
        self.title = title
        self.operations = tuple(operations)

    @property
    def by_path(self) -> dict[str, list[Operation]]:
        """The operations by path, with fixed segments before variables, so that `count` is not taken for an
        id."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.path, []).append(operation)
        return dict(sorted(found.items(), key=lambda item: _precedence(item[0])))

    def urls(self, *more: URLPattern) -> list[URLPattern | URLResolver]:
        """Return the URL patterns below the prefix. `more` patterns come first; all other paths are a 404 in
        the dialect's format."""
        patterns = [*more]
        for route, operations in self.by_path.items():
            view = endpoint(self.dialect, {operation.method: operation for operation in operations})
            patterns += with_and_without_slash(_route(route), view)
        begin = RoutePattern(f"{self.prefix}/", is_endpoint=False)
        below = URLResolver(begin, patterns, app_name=self.prefix, namespace=self.prefix)
        return [below, re_path(rf"^{self.prefix}(?:/|$)", not_found_view(self.dialect))]


def _precedence(route: str) -> list[tuple[bool, str]]:
    return [(step.startswith("{"), step) for step in route.split("/")]


def _route(route: str) -> str:
    return route.replace("{", "<str:").replace("}", ">")
