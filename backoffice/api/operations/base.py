"""What an interface offers: one declaration for each operation. The declaration makes the address, refuses query
parameters that the operation does not know, and describes itself to machines (`openapi`)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver, re_path
from django.urls.resolvers import RoutePattern

from backoffice.api.dialects import Dialect
from backoffice.api.transport.views import both_slashes, endpoint, nowhere
from backoffice.lists.query_params import OBJECT_ID

if TYPE_CHECKING:
    from backoffice.api.schema.documents import Document

Schema = Mapping[str, object]
"""A JSON Schema (2020-12), as OpenAPI 3.1 has them."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter, or a variable in a path. With `many` it is an array and `schema` that of one entry;
    `json`: its text is JSON."""

    name: str
    schema: Schema
    description: str
    many: bool = False
    json: bool = False
    key: str = ""
    """The key of the object that the value may be sent in: `name[key]`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names it may be sent by."""
        if self.key:
            return (self.name, f"{self.name}[{self.key}]")
        return (self.name, f"{self.name}[]") if self.many else (self.name,)


@dataclass(frozen=True, kw_only=True)
class RequestBodySpec:
    """The body of a request: a document, of which `required` must be there (`address` for the whole object,
    `location.latitude` for one property of it). An `optional` body may be left out."""

    document: "Document"
    required: tuple[str, ...] = ()
    optional: bool = False
    completed: tuple[str, ...] = ()
    """Model names of properties that are completed where they are null or left out."""


@dataclass(frozen=True, kw_only=True)
class FileBodySpec:
    """A body of multipart/form-data with one part, `file`."""

    description: str


@dataclass(frozen=True, kw_only=True)
class ListOf:
    """An array of documents; in a dialect that answers pages, the page's `name` for them."""

    document: "Document"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ResponseSpec:
    """The answer when all goes well: a document, many of them, or what a schema says; None: no body. A `tagged`
    one has an ETag, of what can be asked for again by If-None-Match and insisted on by If-Match; `created` a
    Location."""

    content: "Document | ListOf | Schema | None" = None
    status: int = 200
    description: str = "Done."
    tagged: bool = False
    created: bool = False


Handler = Callable[..., HttpResponse]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method at one address. `path` is relative to the interface, its variables in braces; the handler takes
    a Call and them by name (`lat` and `long` as text). `problems` are those of its own: what every operation
    may answer (not signed in, not allowed, too often, …) follows from what it is."""

    id: str
    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    description: str = ""
    variables: tuple[Parameter, ...] = ()
    """Those variables of the path that are no ids of records."""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBodySpec | FileBodySpec | None = None
    response: ResponseSpec = field(default_factory=ResponseSpec)
    problems: tuple[str, ...] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Which operation comes next, by id, and what of this answer its parameters are: `{"getComplaint":
    {"id": "$response.body#/_id"}}`."""

    @cached_property
    def path_variables(self) -> list[str]:
        """The names of what stands in braces."""
        return re.findall(r"{(\w+)}", self.path)

    @cached_property
    def id_patterns(self) -> dict[str, re.Pattern]:
        """The variables of the path that are ids, each with what an id looks like."""
        declared = {variable.name: variable.schema.get("pattern") for variable in self.variables}
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
    """One of the two documented systems: everything it offers, at `/<prefix>/…`."""

    def __init__(self, dialect: Dialect, prefix: str, title: str, operations: Iterable[Operation]):
        self.dialect = dialect
        self.prefix = prefix
        self.title = title
        self.operations = tuple(operations)

    @property
    def by_path(self) -> dict[str, list[Operation]]:
        """The operations at each path, fixed words before variables: `count` is no id."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.path, []).append(operation)
        return dict(sorted(found.items(), key=lambda item: _precedence(item[0])))

    def urls(self, *more) -> list:
        """The addresses below the prefix; `more` patterns come before them, and what is none of these is 404 in
        the dialect's own words."""
        patterns = list(more)
        for route, operations in self.by_path.items():
            view = endpoint(self.dialect, {operation.method: operation for operation in operations})
            patterns += both_slashes(_route(route), view)
        begin = RoutePattern(f"{self.prefix}/", is_endpoint=False)
        below = BySegment(begin, patterns, app_name=self.prefix, namespace=self.prefix)
        return [below, re_path(rf"^{self.prefix}(?:/|$)", nowhere(self.dialect))]


class BySegment(URLResolver):
    """Django's resolver, for patterns without one in another: it looks only at those that begin as the path does, and not
    at all seventy one after the other."""

    @cached_property
    def _begin(self) -> dict[str, list[URLPattern]]:
        """The patterns by their first segment, in their order. (None begins with a variable.)"""
        found: dict[str, list[URLPattern]] = {}
        for pattern in self.url_patterns:
            found.setdefault(str(pattern.pattern).partition("/")[0], []).append(pattern)
        return found

    def resolve(self, path: str) -> ResolverMatch:
        if (begun := self.pattern.match(path)) is None:
            raise Resolver404({"path": path})
        rest, *_arguments = begun
        for pattern in self._begin.get(rest.partition("/")[0], ()):
            if (found := pattern.resolve(rest)) is not None:
                return ResolverMatch(
                    found.func, found.args, found.kwargs, found.url_name, [self.app_name], [self.namespace],
                    found.route, captured_kwargs=found.captured_kwargs, extra_kwargs=found.extra_kwargs,
                )  # fmt: skip
        raise Resolver404({"path": rest, "tried": []})


def _precedence(route: str) -> list[tuple[bool, str]]:
    return [(step.startswith("{"), step) for step in route.split("/")]


def _route(route: str) -> str:
    return route.replace("{", "<str:").replace("}", ">")
