"""Standard operations on one type of record: list, count, create, read, update, delete."""

from dataclasses import dataclass
from functools import cached_property, partial

from django.db.models import Max
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.annotations import Schema
from backoffice.api.errors import CONFLICT, INVALID, NOT_FOUND, STALE_VERSION, ApiError, ErrorDetail
from backoffice.api.operations.base import ListOf, Operation, Parameter, RequestBodySpec, ResponseSpec
from backoffice.api.operations.lists import ListOperation
from backoffice.api.operations.records import (
    Completing,
    answer_read,
    answer_update,
    answer_with,
    create_record,
    nothing_of,
    remove_record,
    take_next_record,
)
from backoffice.api.schema.documents import Document
from backoffice.api.schema.json_types import ANYTHING
from backoffice.api.transport.etags import build_etag
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.lists.query_params import OBJECT_ID
from backoffice.records.models import Entity

COUNT = {
    "type": "object",
    "properties": {"count": {"type": "integer", "minimum": 0}},
    "required": ["count"],
    "additionalProperties": False,
}
NEW_ID = {
    "type": "object",
    "properties": {"_id": OBJECT_ID},
    "required": ["_id"],
    "additionalProperties": False,
}
LAST_NUMBER = {
    "type": "object",
    "properties": {"lastNumber": {"type": "integer", "minimum": 0}},
    "required": ["lastNumber"],
    "additionalProperties": False,
}


def flag_schema(word: str) -> Schema:
    """Return the schema of `{"<word>": true}`."""
    return {
        "type": "object",
        "properties": {word: {"type": "boolean", "const": True}},
        "required": [word],
        "additionalProperties": False,
    }


CHANGING = (CONFLICT, STALE_VERSION)
"""The errors of operations that write to a record: concurrent changes."""


@dataclass(frozen=True)
class Resource:
    """One type of record at `path`. `singular` and `plural` are its names in summaries and operation ids (`customer
    object`: `getCustomerObject`)."""

    document: Document
    path: str
    singular: str
    plural: str
    listing: ListOperation
    required: tuple[str, ...] = ()
    """Paths of the required properties of a new record."""
    creation_document: Document | None = None
    """The document for new records, if it is another one."""
    links: tuple[str, ...] = ()
    """Ids of further operations on one record."""

    @cached_property
    def tag(self) -> str:
        return self.plural[:1].upper() + self.plural[1:]

    def list(self) -> Operation:
        return Operation(
            id=f"list{_title(self.plural)}",
            method="GET",
            path=self.path,
            handler=self._list,
            summary=f"List {self.plural}",
            tag=self.tag,
            parameters=self.listing.parameters,
            response=ResponseSpec(
                content=ListOf(document=self.document, name=self.listing.name),
                description=f"The {self.plural} that match.",
            ),
            links=self._links(f"$response.body#{f'/{self.listing.name}' if self.listing.name else ''}/0/_id"),
        )

    def count(self) -> Operation:
        return Operation(
            id=f"count{_title(self.plural)}",
            method="GET",
            path=f"{self.path}/count",
            handler=self._count,
            summary=f"Count {self.plural}",
            tag=self.tag,
            parameters=self.listing.conditions,
            response=ResponseSpec(content=COUNT, description=f"The number of {self.plural} that match."),
        )

    def distinct(self) -> Operation:
        paths = {"type": "string", "enum": self.listing.distinct_paths}
        names = (
            Parameter(
                name="field",
                schema={**paths, "examples": ["status.status"]},
                description="The property, by its path in the document.",
            ),
            Parameter(
                name="fieldKey", schema=paths, description="The same by another name; send one of the two."
            ),
        )
        return Operation(
            id=f"distinctValuesOf{_title(self.plural)}",
            method="GET",
            path=f"{self.path}/distinctValues",
            handler=self._distinct,
            summary="List distinct values of a property",
            tag=self.tag,
            parameters=(*names, *self.listing.conditions),
            response=ResponseSpec(
                content={"type": "array", "items": dict(ANYTHING)},
                description="The values: text, numbers or booleans.",
            ),
        )

    def last_number(self) -> Operation:
        return Operation(
            id=f"lastNumberOf{_title(self.plural)}",
            method="GET",
            path=f"{self.path}/lastNumber",
            handler=self._last_number,
            summary=f"Get the highest {self.singular} number",
            tag=self.tag,
            response=ResponseSpec(content=LAST_NUMBER, description="The highest number; 0 if there is none."),
        )

    def create(
        self,
        *,
        completing: Completing | None = None,
        id_only: bool = False,
        status: int = 201,
        is_optional: bool = False,
    ) -> Operation:
        body_document = self.creation_document or self.document

        def handle(call: ApiRequest) -> HttpResponse:
            record = create_record(
                call,
                body_document,
                required=self.required,
                completing=completing,
                status=status,
                is_optional=is_optional,
            )
            response = self._created(call, record, id_only)
            response.status_code = status
            response.headers["Location"] = f"{call.request.path.rstrip('/')}/{record.pk}"
            return response

        return Operation(
            id=f"create{_title(self.singular)}",
            method="POST",
            path=self.path,
            handler=handle,
            summary=f"Create {_with_article(self.singular)}",
            tag=self.tag,
            body=RequestBodySpec(
                document=body_document,
                required=self.required,
                is_optional=is_optional,
                computed_properties=tuple(completing or ()),
            ),
            response=ResponseSpec(
                content=NEW_ID if id_only else self.document,
                status=status,
                description="Created.",
                has_etag=True,
                has_location=True,
            ),
            links=self._links("$response.body#/_id"),
        )

    def read(self) -> Operation:
        return Operation(
            id=f"get{_title(self.singular)}",
            method="GET",
            path=f"{self.path}/{{id}}",
            handler=partial(answer_read, self.document),
            summary=f"Get one {self.singular}",
            tag=self.tag,
            response=ResponseSpec(content=self.document, description=f"The {self.singular}.", has_etag=True),
            errors=(STALE_VERSION,),
            links=self._links("$response.body#/_id"),
        )

    def update(self, method: str = "PATCH") -> Operation:
        return Operation(
            id=f"update{_title(self.singular)}",
            method=method,
            path=f"{self.path}/{{id}}",
            handler=partial(answer_update, self.document),
            summary=f"Update one {self.singular}",
            tag=self.tag,
            description="Changes the properties in the request body and nothing else, all of them or none.",
            body=RequestBodySpec(document=self.document),
            response=ResponseSpec(
                content=self.document, description=f"The {self.singular} as it is now.", has_etag=True
            ),
            errors=CHANGING,
            links=self._links("$response.body#/_id"),
        )

    def take_next(self) -> Operation:
        def handle(call: ApiRequest) -> HttpResponse:
            nothing_waits = f"No {self.singular} is waiting."
            return answer_with(call, self.document, take_next_record(call, self.document, nothing_waits))

        return Operation(
            id=f"takeNext{_title(self.singular)}",
            method="POST",
            path=f"{self.path}/takeNext",
            handler=handle,
            summary=f"Take the next {self.singular}",
            tag=self.tag,
            description=(
                f"Assigns one open {self.singular} without an assignee to the owner of the key: that with the highest "
                "priority, and of those the oldest. Of several callers at once, each gets another one. 404 if none is "
                "waiting."
            ),
            body=RequestBodySpec(document=nothing_of(self.document), is_optional=True),
            response=ResponseSpec(
                content=self.document, description=f"The {self.singular} as it is now.", has_etag=True
            ),
            errors=(NOT_FOUND, CONFLICT),
            links=self._links("$response.body#/_id"),
        )

    def delete(self) -> Operation:
        return Operation(
            id=f"delete{_title(self.singular)}",
            method="DELETE",
            path=f"{self.path}/{{id}}",
            handler=self._delete,
            summary=f"Delete one {self.singular}",
            tag=self.tag,
            description="A record that others depend on is not deleted (409). The history keeps the last state.",
            response=ResponseSpec(content=None, status=204, description="Deleted."),
            errors=CHANGING,
        )

    def _links(self, id_at: str) -> dict[str, dict[str, str]]:
        """Return the links of a response that contains the record's id."""
        standard = [
            f"get{_title(self.singular)}",
            f"update{_title(self.singular)}",
            f"delete{_title(self.singular)}",
        ]
        return {name: {"id": id_at} for name in [*standard, *self.links]}

    def _list(self, call: ApiRequest) -> HttpResponse:
        return self.listing.page(call)

    def _count(self, call: ApiRequest) -> HttpResponse:
        return self.listing.count(call)

    def _distinct(self, call: ApiRequest) -> HttpResponse:
        names = [name for name in ("field", "fieldKey") if name in call.request.GET]
        if len(names) != 1 or len(call.request.GET.getlist(names[0])) != 1:
            raise ApiError(
                INVALID, details=[ErrorDetail("field", _("Enter the field only once."), error_codes.REQUIRED)]
            )
        return self.listing.distinct(call, call.request.GET[names[0]])

    def _last_number(self, call: ApiRequest) -> HttpResponse:
        call.demand("view", self.document.model)
        visible = self.document.model.objects.visible_to(call.actor).order_by()
        return json_response({"lastNumber": visible.aggregate(last=Max("number"))["last"] or 0})

    def _created(self, call: ApiRequest, record: Entity, id_only: bool) -> HttpResponse:
        if id_only:
            return json_response({"_id": record.pk}, headers={"ETag": build_etag(record)})
        return answer_with(call, self.document, record)

    def _delete(self, call: ApiRequest, id: str) -> HttpResponse:
        return remove_record(call, self.document, call.find(self.document.model, id))


def _title(words: str) -> str:
    """Convert a name to a part of an operation id: `customer object` to `CustomerObject`, `API key` to
    `APIKey`."""
    return "".join(word[:1].upper() + word[1:] for word in words.split())


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeio' else 'a'} {noun}"
