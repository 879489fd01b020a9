"""The OpenAPI 3.1 document of an interface, generated from the declarations that serve the requests."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response

from backoffice.api import errors
from backoffice.api.annotations import Schema
from backoffice.api.error_codes import CODES
from backoffice.api.openapi.examples import answered_example, example_of, sent_example
from backoffice.api.openapi.schemas import ANSWER, COMPONENTS, NEW, UPDATE, Schemas, object_schema
from backoffice.api.operations.base import (
    FileBodySpec,
    Interface,
    ListOf,
    Operation,
    Parameter,
    RequestBodySpec,
)
from backoffice.api.schema.default_documents import AN_ID
from backoffice.api.schema.documents import Document, registered_documents
from backoffice.api.transport.idempotency import NAME as KEY_NAME
from backoffice.api.transport.ratelimit import add_rate_headers
from backoffice.api.transport.views import View, error_response, in_english, wrong_method
from backoffice.db.annotations import JsonObject
from backoffice.lists.query_params import OBJECT_ID
from backoffice.records.idempotency import KEY_FORMAT, MAX_LENGTH

JSON = "application/json"
CACHED_SERVERS = 8
"""For how many host names of the server the document is cached."""

CONSTANTS = json.loads(Path(__file__).with_name("constants.json").read_text("utf-8"))
"""The parts that are the same in every document. Of each kind of error: its meaning, an example and the header
that goes with it."""
ERRORS = CONSTANTS["errors"]
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
ALWAYS_SENT = ("RateLimit", "RateLimit-Policy", "X-Request-ID")
"""The headers of every response."""


def build_document(interface: Interface, server: str) -> JsonObject:
    """Return the OpenAPI document of an interface at a server URL."""
    with translation.override("en"):
        return _Description(interface).document(server)


class _Description:
    """A builder of OpenAPI documents: operations, and the components that they refer to."""

    def __init__(self, interface: Interface):
        self.interface = interface
        self.dialect = interface.dialect
        self.operations = {operation.id: operation for operation in interface.operations}
        self.schemas: dict[str, Schema] = {**COMPONENTS, "ErrorCode": ERROR_CODE, "Error": self._error()}
        self.responses: dict[str, JsonObject] = {}

    def document(self, server: str) -> JsonObject:
        paths: dict[str, JsonObject] = {}
        for operation in self.interface.operations:
            methods = paths.setdefault(f"/{operation.path}", {})
            methods[operation.method.lower()] = self._operation(operation)
        tags = dict.fromkeys(operation.tag for operation in self.interface.operations)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": self.interface.title,
                "version": settings.VERSION,
                "description": "\n".join(CONSTANTS["description"]),
            },
            "servers": [{"url": server}],
            "security": [{name: []} for name in CONSTANTS["securitySchemes"]],
            "tags": [{"name": name} for name in tags],
            "paths": paths,
            "components": {
                "schemas": self.schemas,
                "responses": self.responses,
                "headers": CONSTANTS["headers"],
                "securitySchemes": CONSTANTS["securitySchemes"],
            },
        }

    def _operation(self, operation: Operation) -> JsonObject:
        described: JsonObject = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            **({"description": operation.description} if operation.description else {}),
            "parameters": self._parameters(operation),
            **({"requestBody": self._body(operation, operation.body)} if operation.body else {}),
            "responses": {str(operation.response.status): self._answer(operation)},
        }
        if _is_tagged_read(operation):
            described["responses"]["304"] = {
                "description": "The caller already has this version.",
                "headers": {name: _header(name) for name in ("ETag", *ALWAYS_SENT)},
            }
        by_status: dict[int, list[str]] = {}
        for kind in _errors_of(operation):
            by_status.setdefault(self.dialect.statuses[kind], []).append(kind)
        for status, kinds in sorted(by_status.items()):
            described["responses"][str(status)] = {
                "$ref": f"#/components/responses/{self._error_response(kinds)}"
            }
        return described

    def _parameters(self, operation: Operation) -> list[JsonObject]:
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
                    "type": "string", "contentMediaType": JSON, "contentSchema": parameter.schema, "examples": examples
                }  # fmt: skip
            elif parameter.many:
                array = {"type": "array", "items": parameter.schema}
                described[-1] |= {"schema": array, "style": "form", "explode": True}
            else:
                described[-1]["schema"] = parameter.schema
        if errors.STALE_VERSION in operation.errors:
            described.append(CONSTANTS["requestHeaders"]["If-Match"])
        if operation.method == "POST":
            pattern = f"^{KEY_FORMAT.pattern}$"
            limits = {"minLength": 1, "maxLength": MAX_LENGTH, "pattern": pattern}
            header = CONSTANTS["requestHeaders"][KEY_NAME]
            described.append(header | {"schema": header["schema"] | limits})
        if _is_tagged_read(operation):
            described.append(CONSTANTS["requestHeaders"]["If-None-Match"])
        return described

    def _body(self, operation: Operation, body: RequestBodySpec | FileBodySpec) -> JsonObject:
        if isinstance(body, FileBodySpec):
            part = {"type": "string", "format": "binary", "description": body.description}
            schema = {**object_schema({"file": part}), "required": ["file"]}
            return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
        purpose = NEW if operation.response.has_location else UPDATE
        example = sent_example(body.document, purpose, body.required)
        schema = self._sent(body, purpose)
        return {"required": not body.is_optional, "content": {JSON: {"schema": schema, "example": example}}}

    def _sent(self, body: RequestBodySpec, purpose: str) -> JsonObject:
        document = body.document
        suffix = purpose.title() if document.example else ""
        schema = Schemas(self.dialect, purpose).document_schema(
            document, body.required, body.computed_properties
        )
        return self._component(f"{document.name}{suffix}", schema)

    def _answered(self, document: Document) -> JsonObject:
        return self._component(document.name, Schemas(self.dialect, ANSWER).document_schema(document))

    def _component(self, name: str, schema: Schema) -> JsonObject:
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"Two schemas have the name {name}.")
        return {"$ref": f"#/components/schemas/{name}"}

    def _answer(self, operation: Operation) -> JsonObject:
        response = operation.response
        described: JsonObject = {"description": response.description}
        headers = (["ETag"] if response.has_etag else []) + (["Location"] if response.has_location else [])
        described["headers"] = {name: _header(name) for name in (*headers, *ALWAYS_SENT)}
        if response.content is not None:
            described["content"] = {JSON: self._content(response.content)}
        links = {name: how for name, how in operation.links.items() if name in self.operations}
        if links:
            described["links"] = {
                name: {"operationId": name, "parameters": dict(how)} for name, how in links.items()
            }
        return described

    def _content(self, content: Document | ListOf | Schema) -> JsonObject:
        if isinstance(content, Document):
            return {"schema": self._answered(content), "example": answered_example(content, self.dialect)}
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

    def _error_response(self, kinds: list[str]) -> str:
        """Add the component for the errors with one status, and return its name."""
        name = "Or".join(kind.title().replace(" ", "") for kind in kinds)
        examples = {
            kind.replace(" ", "-"): {
                "summary": ERRORS[kind]["meaning"],
                "value": self.dialect.error_body(_example_error(kind)),
            }
            for kind in kinds
        }
        described = {
            "description": " ".join(ERRORS[kind]["meaning"] for kind in kinds),
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}},
        }
        headers = [ERRORS[kind]["header"] for kind in kinds if "header" in ERRORS[kind]]
        described["headers"] = {name: _header(name) for name in (*headers, *ALWAYS_SENT)}
        self.responses[name] = described
        return name

    def _error(self) -> JsonObject:
        """Return the schema of the dialect's error body."""
        keys = self.dialect.error_body(_example_error(errors.NOT_FOUND))
        schema = object_schema({name: CONSTANTS["errorProperties"][name] for name in keys})
        return schema | {"required": list(keys)}


def _example_error(kind: str) -> errors.ApiError:
    """Return an example of a kind of error."""
    example = ERRORS[kind]["example"]
    details = [errors.ErrorDetail(**detail) for detail in example.get("details", ())]
    return errors.ApiError(kind, example.get("message", ""), details)


def _errors_of(operation: Operation) -> list[str]:
    """Return the kinds of errors that an operation may return."""
    kinds = {*ALWAYS, *operation.errors}
    if operation.path_variables:
        kinds.add(errors.NOT_FOUND)
    if operation.body:
        kinds |= {errors.TOO_LARGE, errors.UNSUPPORTED_ENCODING}
    if operation.method == "POST":
        kinds |= {errors.KEY_REUSED, errors.CONFLICT, errors.NOT_FOUND}  # of repeated requests
    return [kind for kind in ERRORS if kind in kinds]


def _is_tagged_read(operation: Operation) -> bool:
    return operation.response.has_etag and operation.method == "GET"


def _header(name: str) -> JsonObject:
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


def openapi_view(interface: Interface) -> View:
    """Return the view of the OpenAPI document. It is public: it contains nothing secret."""

    @lru_cache(maxsize=CACHED_SERVERS)
    def build(server: str) -> tuple[bytes, str]:
        document = build_document(interface, server)
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def view(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            response = error_response(interface.dialect, wrong_method(request, "GET, HEAD"))
            add_rate_headers(request, response)
            return response
        content, tag = build(request.build_absolute_uri(request.path.rpartition("/")[0]))
        response = HttpResponse(
            content, content_type=JSON, headers={"ETag": tag, "Cache-Control": "no-cache"}
        )
        # Never None, because it is given a response.
        response = get_conditional_response(request, tag, response=response)  # type: ignore[assignment]
        add_rate_headers(request, response)
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined] # Django's decorator would call the view through another one
    return in_english(view)
