"""Commenting on a case and reopening it, for everyone who may see the case and comment."""

from dataclasses import replace

from django.http import HttpResponse
from django.utils.translation import gettext_lazy

from backoffice.api.errors import INVALID, ApiError, ErrorDetail, dotted, invalid
from backoffice.api.operations import (
    CHANGING,
    Operation,
    RequestBodySpec,
    Resource,
    ResponseSpec,
    flag_schema,
    update_record,
)
from backoffice.api.schema import Document, NestedList, Property, Shape
from backoffice.api.transport import ApiRequest, build_etag, json_response, read_object
from supportdesk.api.documents import COMMENTS, EXAMPLES, SUPPORT_CASE
from supportdesk.models import SupportCase

MAY_NOT_COMMENT = gettext_lazy("You do not have permission to comment on this.")
MAY_NOT_REOPEN = gettext_lazy("You do not have permission to reopen this.")
REQUIRED = ("comment",)
COMMENT = Document(
    SupportCase,
    *COMMENTS.shape.properties,
    name="Comment",
    element_of="comments",
    example=EXAMPLES["support_case"]["comments"][0],
)
NEW_COMMENT = Document(
    SupportCase,
    Property("comment"),
    NestedList("files", shape=Shape("NewFile", Property("url"), Property("type"))),
    name="NewComment",
    element_of="comments",
    example={"comment": "The picture is still missing.", "files": []},
)
NOTHING = Document(SupportCase, name="NothingToSend")


def _comment(call: ApiRequest, id: str) -> HttpResponse:
    case = call.find(SupportCase, id)
    call.demand("comment", case, MAY_NOT_COMMENT)
    body, unstorable = read_object(call)
    parsed = NEW_COMMENT.parse(body, case, unstorable, REQUIRED)
    if parsed.errors:
        raise invalid([ErrorDetail.from_error(dotted(path), error) for path, error in parsed.errors.items()])
    known = [comment["id"] for comment in case.comments]
    values = {"comments": [*({"id": pk} for pk in known), parsed.values]}
    try:
        record = update_record(
            call, SUPPORT_CASE, case, body=({}, {}), extra_values=values, base=case.version, action="comment"
        ).record
    except ApiError as error:
        if error.kind != INVALID:
            raise
        details = [replace(one, field=_path_in_comment(one.field, len(known))) for one in error.details]
        raise invalid(details) from error
    new = [comment for comment in record.comments if comment["id"] not in known]
    # A repeated request finds the comment that the first one added.
    found = new or [comment for comment in record.comments if comment["comment"] == parsed.values["comment"]]
    content = COMMENT.serialize(COMMENT.bound, record.visible_message(found[-1], call.actor), call.dialect)
    return json_response(content, status=201, headers={"ETag": build_etag(record)})


def _path_in_comment(path: str, index: int) -> str:
    """Return the path in the body of a path in the case: the comment is the last of its list."""
    return path.removeprefix(f"comments.{index}.")


def _reopen(call: ApiRequest, id: str) -> HttpResponse:
    case = call.find(SupportCase, id)
    call.demand("reopen", case, MAY_NOT_REOPEN)
    write = update_record(
        call, NOTHING, case, extra_values={"solved": False}, action="reopen", is_optional=True
    )
    return json_response({"reopened": True}, headers={"ETag": build_etag(write.record)})


def comment_operations(cases: Resource) -> list[Operation]:
    """Return the operations on one case."""
    return [
        Operation(
            id="commentOnSupportCase",
            method="POST",
            path=f"{cases.path}/{{id}}/comments",
            handler=_comment,
            summary="Comment on one support case",
            tag=cases.tag,
            description=(
                "Adds a comment in the name of the caller. It needs the permission to comment or to have reported "
                "the case, not the permission to change it."
            ),
            body=RequestBodySpec(document=NEW_COMMENT, required=REQUIRED),
            response=ResponseSpec(content=COMMENT, status=201, description="The comment.", has_etag=True),
            errors=CHANGING,
        ),
        Operation(
            id="reopenSupportCase",
            method="POST",
            path=f"{cases.path}/{{id}}/reopen",
            handler=_reopen,
            summary="Reopen one solved support case",
            tag=cases.tag,
            description="A case that is not solved does not change. It needs the same permission as a comment.",
            body=RequestBodySpec(document=NOTHING, is_optional=True),
            response=ResponseSpec(content=flag_schema("reopened"), description="Reopened.", has_etag=True),
            errors=CHANGING,
        ),
    ]
