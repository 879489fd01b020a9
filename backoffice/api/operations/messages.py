"""The operation that lists the messages of a record, newest first."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.annotations import Schema
from backoffice.api.errors import INVALID, ApiError, ErrorDetail
from backoffice.api.operations.base import Operation, Parameter, ResponseSpec
from backoffice.api.operations.crud import Resource
from backoffice.api.operations.lists import LIMIT, OFFSET, ListOperation, read_single_value
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.conversations.thread import ThreadMessage, count_messages, read_thread
from backoffice.db.annotations import JsonObject
from backoffice.lists.query_params import OBJECT_ID

KIND, MESSAGES = "kind", "messages"
MAX_LIMIT = 100
_EXAMPLE_ID = "507f1f77bcf86cd799439061"


def messages_operation(resource: Resource) -> Operation:
    """Return the operation that lists the messages of one record."""
    model: Any = resource.document.model
    names = [kind.name for kind in model.conversation]
    listing = ListOperation(resource.document, resource.listing.filters, max_limit=MAX_LIMIT)
    kind = Parameter(
        name=KIND, schema={"type": "string", "enum": names}, description="Only the messages of one kind."
    )
    content: Schema = {"type": "array", "items": _schema(names)}
    if resource.listing.name:
        whole = {"type": "integer", "minimum": 0}
        keys = {OFFSET: whole, LIMIT: whole, "total": whole, MESSAGES: content}
        content = _closed_object(keys)
    return Operation(
        id=f"listMessagesOf{resource.singular.title().replace(' ', '')}",
        method="GET",
        path=f"{resource.path}/{{id}}/messages",
        handler=partial(_list, resource, listing, names),
        summary=f"List the messages of one {resource.singular}",
        tag=resource.tag,
        description="Newest first. Kinds of messages that the caller may not see are left out.",
        parameters=(kind, *listing.paging_parameters),
        response=ResponseSpec(content=content, description="The messages."),
    )


def _list(
    resource: Resource, listing: ListOperation, known: list[str], call: ApiRequest, id: str
) -> HttpResponse:
    record: Any = call.find(resource.document.model, id)
    params = call.request.GET
    (limit, offset), details = listing.paging(params)
    names: list[str] = []
    if KIND in params:
        try:
            names = [read_single_value(params, KIND)]
        except ValidationError as error:
            details.append(ErrorDetail.from_error(KIND, error))
        if set(names) - set(known):
            details.append(ErrorDetail(KIND, _("Choose one of the kinds."), error_codes.INVALID_CHOICE))
    if details:
        raise ApiError(INVALID, details=details)
    found = read_thread(record, call.actor, limit=limit, offset=offset, names=names)
    messages = [_serialize(call, message) for message in found]
    if not resource.listing.name:
        return json_response(messages)
    total = count_messages(record, call.actor, names)
    return json_response({OFFSET: offset, LIMIT: limit, "total": total, MESSAGES: messages})


def _serialize(call: ApiRequest, message: ThreadMessage) -> JsonObject:
    return {
        "_id": message.id or None,
        "kind": message.kind.name,
        "text": message.text,
        "date": call.dialect.instant(message.date) if message.date else None,
        "author": message.author_id,
        "authorName": message.author_name,
        "editedAt": call.dialect.instant(message.edited_at) if message.edited_at else None,
        "files": list(message.files),
    }


def _schema(names: list[str]) -> Schema:
    nullable_id = {**OBJECT_ID, "type": ["string", "null"], "examples": [_EXAMPLE_ID]}
    instant = {"type": ["string", "null"], "format": "date-time", "examples": ["2026-11-02T09:30:00Z"]}
    return _closed_object(
        {
            "_id": nullable_id,
            "kind": {"type": "string", "enum": names},
            "text": {"type": "string", "examples": ["Pæren er skiftet."]},
            "date": {**instant, "description": "When it was written."},
            "author": {**nullable_id, "description": "The user who wrote it, if that is known."},
            "authorName": {"type": "string", "examples": ["Anna Jensen"]},
            "editedAt": {**instant, "description": "When its text was last edited."},
            "files": {"type": "array", "items": {"type": "string"}, "description": "URLs of attachments."},
        }
    )


def _closed_object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
