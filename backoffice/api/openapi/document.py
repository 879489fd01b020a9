"""The OpenAPI 3.1 document of an interface, generated from the declarations that serve the requests."""

import hashlib
import json
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response

from backoffice.api import errors
from backoffice.api.error_codes import CODES
from backoffice.api.openapi.examples import (
    AN_ID,
    PROBLEMS,
    answered_example,
    example_of,
    sent_example,
)
from backoffice.api.openapi.schemas import ANSWER, ANYTHING, COMPONENTS, NEW, UPDATE, Schemas, object_schema
from backoffice.api.operations.base import (
    FileBodySpec,
    Interface,
    ListOf,
    Operation,
    Parameter,
    RequestBodySpec,
    ResponseSpec,
)
from backoffice.api.schema.documents import Document, registered_documents
from backoffice.api.transport.idempotency import NAME as KEY_NAME
from backoffice.api.transport.ratelimit import add_rate_headers
from backoffice.api.transport.views import in_english, problem_response, wrong_method
from backoffice.lists.query_params import OBJECT_ID
from backoffice.records.idempotency import KEY_FORMAT, MAX_LENGTH

VERSION = "1.0.0"
JSON = "application/json"
CACHED_SERVERS = 8
"""For how many host names of the server the document is cached."""

MEANING = {
    errors.UNAUTHENTICATED: "There is no valid API key.",
    errors.FORBIDDEN: "The key or its owner does not have permission to do this.",
    errors.NOT_FOUND: "The record does not exist, or the caller may not see it.",
    errors.MALFORMED: "The request cannot be read.",
    errors.INVALID: "The request contains invalid values; the response lists all of them.",
    errors.CONFLICT: "Someone else has changed the same property in the meantime, or other records depend on the record.",
    errors.STALE_VERSION: "The current version is not the one in If-Match.",
    errors.KEY_REUSED: "The Idempotency-Key was sent with another body.",
    errors.METHOD_NOT_ALLOWED: "This URL accepts other methods only.",
    errors.TOO_LARGE: "The request body is too large, or an upload limit is reached.",
    errors.UNSUPPORTED_ENCODING: "The request body has a Content-Encoding that is not supported.",
    errors.TOO_MANY_REQUESTS: "Too many requests.",
    errors.UNAVAILABLE: "The database is not available.",
    errors.STORAGE_FULL: "The server has run out of disk space; nothing was saved.",
    errors.FAILURE: "Something went wrong on the server.",
}
ALWAYS = (
    errors.UNAUTHENTICATED, errors.FORBIDDEN, errors.MALFORMED, errors.INVALID, errors.METHOD_NOT_ALLOWED,
    errors.TOO_MANY_REQUESTS, errors.FAILURE, errors.UNAVAILABLE,
)  # fmt: skip
"""The errors of all operations."""

ERROR_CODE = {
    "type": "string",
    "enum": list(CODES),
    "description": "The kind of error, as a code that never changes. "
    + " ".join(f"`{code}`: {meaning}" for code, meaning in CODES.items()),
}
SECONDS = {"type": "integer", "minimum": 1}
TEXT = {"type": "string"}
HEADERS = {
    "ETag": ("The version of the document.", {"type": "string", "pattern": '^"[0-9]+"$'}),
    "Location": ("The URL of the new record.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("Seconds to wait before the next attempt.", SECONDS),
    "WWW-Authenticate": ("How to authenticate: `Bearer`, if there is no valid API key.", TEXT),
    "Allow": ("The allowed methods.", TEXT),
    "RateLimit": ("The remaining requests: for each limit `r` requests in the next `t` seconds.", TEXT),
    "RateLimit-Policy": (
        "The limits of the network address and of the API key: `q` requests in `w` seconds.",
        TEXT,
    ),
    "X-Request-ID": ("The id of the request, which logs and the history contain, too.", TEXT),
}
ALWAYS_SENT = ("RateLimit", "RateLimit-Policy", "X-Request-ID")
"""The headers of every response."""
HEADERS_OF = {
    errors.UNAUTHENTICATED: "WWW-Authenticate",
    errors.METHOD_NOT_ALLOWED: "Allow",
    errors.TOO_MANY_REQUESTS: "Retry-After",
    errors.UNAVAILABLE: "Retry-After",
}
IF_MATCH = "Execute the request only if this is the current version: an ETag, several, or `*`."
IDEMPOTENCY_KEY = (
    "Execute the request once, however often it is sent within 24 hours: a text of your choice, a new one for each "
    "new request."
)
IF_NONE_MATCH = "Return the document only if its current version is none of these: an ETag, several, or `*`."

SECURITY = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-API-Key", "description": "An API key."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
}
DESCRIPTION = """\
Send an API key in the header `x-API-Key`, or as `Authorization: Bearer …`.

An update changes the properties in its body and nothing else, all of them or none. The server rejects unknown
properties and query parameters by name. Array parameters can be repeated, comma-separated, written `name[]`, or a
JSON array.

A POST accepts an `Idempotency-Key`: a request with the same key and body within 24 hours has no further effect, and
its response contains the record as it is now (`Idempotent-Replayed: true`).

Every document has an `ETag`; `If-Match` requires that version. If a body contains the time of the last change that
the client has read, the server merges it with the changes of others since then; if two changed the same property
differently, the response is 409.
"""


def build_document(interface: Interface, server: str) -> dict:
    """Return the OpenAPI document of an interface at a server URL."""
    with translation.override("en"):
        return _Description(interface).document(server)


class _Description:
    """A builder of OpenAPI documents: operations, and the components that they refer to."""

    def __init__(self, interface: Interface):
        self.interface = interface
        self.dialect = interface.dialect
        self.operations = {operation.id: operation for operation in interface.operations}
        self.schemas: dict[str, dict] = {**COMPONENTS, "ErrorCode": ERROR_CODE, "Error": self._error()}
        self.responses: dict[str, dict] = {}

    def document(self, server: str) -> dict:
        paths: dict[str, dict] = {}
        for operation in self.interface.operations:
            methods = paths.setdefault(f"/{operation.path}", {})
            methods[operation.method.lower()] = self._operation(operation)
        tags = dict.fromkeys(operation.tag for operation in self.interface.operations)
        return {
            "openapi": "3.1.0",
            "info": {"title": self.interface.title, "version": VERSION, "description": DESCRIPTION},
            "servers": [{"url": server}],
            "security": [{name: []} for name in SECURITY],
            "tags": [{"name": name} for name in tags],
            "paths": paths,
            "components": {
                "schemas": self.schemas,
                "responses": self.responses,
                "headers": {
                    name: {"description": description, "schema": schema}
                    for name, (description, schema) in HEADERS.items()
                },
                "securitySchemes": SECURITY,
            },
        }

    def _operation(self, operation: Operation) -> dict:
        described = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            **({"description": operation.description} if operation.description else {}),
            "parameters": self._parameters(operation),
            **({"requestBody": self._body(operation)} if operation.body else {}),
            "responses": {str(operation.response.status): self._answer(operation)},
        }
        if _is_tagged_read(operation):
            described["responses"]["304"] = {
                "description": "The caller already has this version.",
                "headers": {name: _header(name) for name in ("ETag", *ALWAYS_SENT)},
            }
        by_status: dict[int, list[str]] = {}
        for kind in _problems_of(operation):
            by_status.setdefault(self.dialect.statuses[kind], []).append(kind)
        for status, kinds in sorted(by_status.items()):
            described["responses"][str(status)] = {"$ref": f"#/components/responses/{self._problem(kinds)}"}
        return described

    def _parameters(self, operation: Operation) -> list[dict]:
        variables = {variable.name: variable for variable in operation.variables}
        described = []
        for name in operation.path_variables:
            variable = variables.get(name) or Parameter(
                name=name, schema=OBJECT_ID, description="The id of the record."
            )
            described.append(
                {"name": name, "in": "path", "required": True, "description": variable.description}
                | {"schema": variable.schema, "example": _variable_example(operation, variable)}
            )
        for parameter in operation.parameters:
            described.append({"name": parameter.name, "in": "query", "description": parameter.description})
            if parameter.json:  # some client generators fail on `content` instead of `schema`
                examples = [json.dumps(one) for one in parameter.schema["examples"]]
                described[-1]["schema"] = {
                    **TEXT, "contentMediaType": JSON, "contentSchema": parameter.schema, "examples": examples
                }  # fmt: skip
            elif parameter.many:
                array = {"type": "array", "items": parameter.schema}
                described[-1] |= {"schema": array, "style": "form", "explode": True}
            else:
                described[-1]["schema"] = parameter.schema
        if errors.STALE_VERSION in operation.problems:
            described.append({"name": "If-Match", "in": "header", "description": IF_MATCH, "schema": TEXT})
        if operation.method == "POST":
            pattern = f"^{KEY_FORMAT.pattern}$"
            schema = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": pattern}
            described.append(
                {"name": KEY_NAME, "in": "header", "description": IDEMPOTENCY_KEY, "schema": schema}
            )
        if _is_tagged_read(operation):
            described.append(
                {"name": "If-None-Match", "in": "header", "description": IF_NONE_MATCH, "schema": TEXT}
            )
        return described

    def _body(self, operation: Operation) -> dict:
        body = operation.body
        if isinstance(body, FileBodySpec):
            part = {"type": "string", "format": "binary", "description": body.description}
            schema = {**object_schema({"file": part}), "required": ["file"]}
            return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
        purpose = NEW if operation.response.has_location else UPDATE
        example = sent_example(body.document, purpose, body.required)
        schema = self._sent(body, purpose)
        return {"required": not body.is_optional, "content": {JSON: {"schema": schema, "example": example}}}

    def _sent(self, body: RequestBodySpec, purpose: str) -> dict:
        document = body.document
        suffix = purpose.title() if document.example else ""
        schema = Schemas(self.dialect, purpose).document_schema(
            document, body.required, body.computed_properties
        )
        return self._component(f"{document.name}{suffix}", schema)

    def _answered(self, document: Document) -> dict:
        return self._component(document.name, Schemas(self.dialect, ANSWER).document_schema(document))

    def _component(self, name: str, schema: dict) -> dict:
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"Two schemas have the name {name}.")
        return {"$ref": f"#/components/schemas/{name}"}

    def _answer(self, operation: Operation) -> dict:
        response = operation.response
        described: dict = {"description": response.description}
        headers = (["ETag"] if response.has_etag else []) + (["Location"] if response.has_location else [])
        described["headers"] = {name: _header(name) for name in (*headers, *ALWAYS_SENT)}
        if response.content is not None:
            described["content"] = {JSON: self._content(response)}
        links = {name: how for name, how in operation.links.items() if name in self.operations}
        if links:
            described["links"] = {
                name: {"operationId": name, "parameters": dict(how)} for name, how in links.items()
            }
        return described

    def _content(self, response: ResponseSpec) -> dict:
        content = response.content
        if isinstance(content, Document):
            return {
                "schema": self._answered(content),
                "example": answered_example(content, self.dialect),
            }
        if not isinstance(content, ListOf):
            return {"schema": content, "example": example_of(content)}
        many = {"type": "array", "items": self._answered(content.document)}
        examples = [answered_example(content.document, self.dialect)]
        if not content.name:
            return {"schema": many, "example": examples}
        numbers = {name: {"type": "integer", "minimum": 0} for name in ("offset", "limit", "total")}
        page = object_schema({**numbers, content.name: many})
        page["required"] = list(page["properties"])
        return {"schema": page, "example": {"offset": 0, "limit": 100, "total": 1, content.name: examples}}

    def _problem(self, kinds: list[str]) -> str:
        """Add the component for the errors with one status, and return its name."""
        name = "Or".join(kind.title().replace(" ", "") for kind in kinds)
        examples = {
            kind.replace(" ", "-"): {
                "summary": MEANING[kind],
                "value": self.dialect.error_body(PROBLEMS[kind]),
            }
            for kind in kinds
        }
        described = {
            "description": " ".join(MEANING[kind] for kind in kinds),
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
        }
        headers = [HEADERS_OF[kind] for kind in kinds if kind in HEADERS_OF]
        described["headers"] = {name: _header(name) for name in (*headers, *ALWAYS_SENT)}
        self.responses[name] = described
        return name

    def _error(self) -> dict:
        """Return the schema of the dialect's error body."""
        detail = object_schema(
            {
                "field": {"type": "string", "description": "The path of the property, or the parameter."},
                "message": {"type": "string", "description": "The description of the problem."},
                "code": {"$ref": "#/components/schemas/ErrorCode"},
                "base": {**ANYTHING, "description": "In a conflict: the value that the client has read."},
                "yours": {**ANYTHING, "description": "In a conflict: the value that was sent."},
                "theirs": {**ANYTHING, "description": "In a conflict: the current value."},
                "who": {
                    "type": "string",
                    "description": "In a conflict: the user who made the other change.",
                },
                "when": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When the other change was made.",
                },
                "via": {"type": "string", "description": "The channel."},
                "scope": {"type": "string", "description": "The scope that the API key needs."},
                "permission": {
                    "type": "string",
                    "description": "The permission that the owner of the key needs.",
                },
            }
        )
        detail["required"] = ["field", "message", "code"]
        properties = {
            "code": {"type": "integer", "description": "The status."},
            "message": {"type": "string", "description": "A word or a sentence that describes the error."},
            "description": {"type": "string", "description": "The same, as a sentence."},
            "errors": {"type": "array", "items": detail, "description": "All errors."},
        }
        body = self.dialect.error_body(PROBLEMS[errors.NOT_FOUND])
        schema = object_schema({name: properties[name] for name in body})
        schema["required"] = list(body)
        return schema


def _problems_of(operation: Operation) -> list[str]:
    """Return the kinds of errors that an operation may return."""
    kinds = {*ALWAYS, *operation.problems}
    if operation.path_variables:
        kinds.add(errors.NOT_FOUND)
    if operation.body:
        kinds |= {errors.TOO_LARGE, errors.UNSUPPORTED_ENCODING}
    if operation.method == "POST":
        kinds |= {errors.KEY_REUSED, errors.CONFLICT, errors.NOT_FOUND}  # of repeated requests
    return [kind for kind in MEANING if kind in kinds]


def _is_tagged_read(operation: Operation) -> bool:
    return operation.response.has_etag and operation.method == "GET"


def _header(name: str) -> dict:
    return {"$ref": f"#/components/headers/{name}"}


def _variable_example(operation: Operation, variable: Parameter) -> object:
    """Return an example of a path variable: for an id, that of the type of record that the path begins
    with."""
    if variable.schema != OBJECT_ID:
        return example_of(variable.schema)
    response, body = operation.response.content, operation.body
    candidates = [
        registered_documents.get(operation.path.split("/")[0]),
        response if isinstance(response, Document) else None,
        body.document if isinstance(body, RequestBodySpec) else None,
    ]
    examples = [document.example for document in candidates if document and document.example]
    return examples[0].get("_id", AN_ID) if examples and variable.name == "id" else AN_ID


def openapi_view(interface: Interface):
    """Return the view of the OpenAPI document. It is public: it contains nothing secret."""

    @lru_cache(maxsize=CACHED_SERVERS)
    def build(server: str) -> tuple[bytes, str]:
        content = json.dumps(
            build_document(interface, server), ensure_ascii=False, separators=(",", ":")
        ).encode()
        return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def view(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            response = problem_response(interface.dialect, wrong_method(request, "GET, HEAD"))
            add_rate_headers(request, response)
            return response
        content, tag = build(request.build_absolute_uri(request.path.rpartition("/")[0]))
        response = HttpResponse(
            content, content_type=JSON, headers={"ETag": tag, "Cache-Control": "no-cache"}
        )
        response = get_conditional_response(request, tag, response=response)
        add_rate_headers(request, response)
        return response

    view.csrf_exempt = True
    return in_english(view)
