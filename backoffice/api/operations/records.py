"""Reading, creating, updating and deleting one record through its document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import TypeAlias

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.api import error_codes
from backoffice.api.annotations import BodyErrors, ReadBody
from backoffice.api.errors import (
    CONFLICT,
    FORBIDDEN,
    NOT_FOUND,
    STALE_VERSION,
    ApiError,
    ErrorDetail,
    not_found,
)
from backoffice.api.operations.validation_errors import (
    MAY_NOT_CHANGE,
    conflict_error,
    forbidden_error,
    stale_error,
    validation_error,
)
from backoffice.api.schema.documents import Document
from backoffice.api.transport.etags import (
    PRECONDITIONS,
    PreconditionFailed,
    build_etag,
    matches_if_none_match,
    pinned_version,
)
from backoffice.api.transport.idempotency import find_earlier, find_key, has_key, run_once
from backoffice.api.transport.request_body import read_object
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.db.annotations import JsonObject
from backoffice.db.transactions import with_retry
from backoffice.records import services
from backoffice.records.actors import ChangeContext
from backoffice.records.assignments import AssignableMixin
from backoffice.records.exceptions import Conflict, DeletionRefused, Forbidden, RecordDeleted
from backoffice.records.history import record_at
from backoffice.records.idempotency import RequestKey
from backoffice.records.models import Entity
from backoffice.records.services import PlannedWrite

MAY_NOT_REMOVE = gettext_lazy("You do not have permission to delete this.")
NO_VALUES: Mapping[str, object] = MappingProxyType({})
Answer: TypeAlias = Callable[[ApiRequest, Document, Entity], HttpResponse]


def answer_read(document: Document, call: ApiRequest, id: str) -> HttpResponse:
    """Handle the standard operation that reads a record."""
    return read_record(call, document, call.find(document.model, id))


def answer_update(document: Document, call: ApiRequest, id: str) -> HttpResponse:
    """Handle the standard operation that updates a record."""
    write = update_record(call, document, call.find(document.model, id))
    return answer_with(call, document, write.record)


def read_record(
    call: ApiRequest, document: Document, record: Entity, answer: Answer | None = None
) -> HttpResponse:
    """Return the document of a record that the actor may see (or the response of `answer`), or 304 if
    If-None-Match names the current version."""
    _check_if_match(call, document, record)
    if matches_if_none_match(call.request, record):
        return HttpResponse(status=304, headers={"ETag": build_etag(record)})
    return (answer or answer_with)(call, document, record)


def update_record(
    call: ApiRequest,
    document: Document,
    record: Entity,
    *,
    body: ReadBody | None = None,
    required: tuple[str, ...] = (),
    extra_values: Mapping[str, object] = NO_VALUES,
    base: int | None = None,
    action: str = "change",
    is_optional: bool = False,
) -> PlannedWrite:
    """Update the properties that are present in the body: all or none of them. Raises ApiError.

    `body` is the result of `read_object` if the body is read already; one with `is_optional` may be missing.
    `extra_values` are further values of the model, computed from version `base` of the record. Which version the
    author read, If-Match states, else `base`, else the stamp in the body."""
    if (received := _receive(call, document, record, body, is_optional, action)) is None:
        return _unchanged(call, record, action)
    parsed, pinned = document.parse(received.body, record, received.unstorable, required), received.pinned
    base = pinned if pinned is not None else parsed.base if base is None else base

    def plan(values: dict[str, object], seen: Entity = record, base: int | None = base) -> None:
        services.plan(seen, {**values, **extra_values}, actor=call.actor, base=base, action=action)

    def update(context: ChangeContext) -> PlannedWrite:
        if parsed.errors:
            services.check_rights(call.actor, action, record, document.sent_names(parsed.body))
            raise validation_error(document, parsed, plan)
        try:
            return services.update(
                record,
                {**parsed.values, **extra_values},
                actor=call.actor,
                context=context,
                base=base,
                action=action,
                strict=pinned is not None,
            )
        except Conflict as conflict:
            if pinned is None and not conflict.is_combined:  # a conflict is only reported for a valid body
                read = base or record.version
                plan(parsed.values, record_at(record, read), read)
            raise

    try:
        if received.key is None:
            return update(call.context)
        return run_once(
            call,
            received.key,
            update,
            lambda _earlier: _unchanged(call, call.find(document.model, record.pk), action),
        )
    except ValidationError as error:
        raise validation_error(document, parsed, plan, error) from error
    except (Forbidden, Conflict, RecordDeleted) as error:
        raise _update_error(call, document, record, action, pinned, error) from error


@dataclass(frozen=True)
class Received:
    """A body, the errors of its values that cannot be stored, its idempotency key and the version that If-Match
    requires."""

    body: JsonObject
    unstorable: BodyErrors
    key: RequestKey | None
    pinned: int | None


def _receive(
    call: ApiRequest,
    document: Document,
    record: Entity,
    body: ReadBody | None,
    is_optional: bool,
    action: str,
) -> Received | None:
    """Check the preconditions of an update and read its body. Return None if an earlier request with the same key
    made the update. Preconditions come before the body, but a key needs the body."""
    try:
        key = None
        if call.request.method == "POST" and has_key(call.request):
            body = body or read_object(call, is_optional)
            key = find_key(call)
            if find_earlier(call, key):
                return None
        pinned = _check_preconditions(call, document, record)
        return Received(*(body or read_object(call, is_optional)), key, pinned)
    except ApiError:
        call.demand(action, record, MAY_NOT_CHANGE)  # who may not change it learns only that
        raise


def _update_error(
    call: ApiRequest,
    document: Document,
    record: Entity,
    action: str,
    pinned: int | None,
    error: Forbidden | Conflict | RecordDeleted,
) -> ApiError:
    """Return the 403, 404, 409 or 412 for an error of the write service."""
    if isinstance(error, Forbidden):
        return forbidden_error(call, document, record, action, error)
    if isinstance(error, RecordDeleted):
        return not_found()
    if pinned is not None:
        return _stale_after_check(call, document, record, pinned)
    return conflict_error(document, record, call.actor, error, call.dialect)


def _stale_after_check(call: ApiRequest, document: Document, record: Entity, pinned: int | None) -> ApiError:
    """Return the 412 for a record that another writer changed after its version was checked."""
    present = call.find(document.model, record.pk)
    return stale_error(document, present, call.actor, pinned, call.dialect)


def _unchanged(call: ApiRequest, record: Entity, action: str) -> PlannedWrite:
    """Return the result of an update that an earlier request made."""
    return PlannedWrite(record, record, call.actor, record.last_modified_at, action)


Completing: TypeAlias = Mapping[str, Callable[[ApiRequest, dict[str, object]], object]]
"""Functions that compute model properties that a body may leave out, by name, from the call and the values of
the body. They return None if those values are not valid."""


def create_record(
    call: ApiRequest,
    document: Document,
    *,
    required: tuple[str, ...] = (),
    completing: Completing | None = None,
    status: int = 201,
    is_optional: bool = False,
) -> Entity:
    """Create a record of the actor's company from the body. The computed properties are saved in the same
    transaction. A repeated request returns the record of the first one. A body with `is_optional` may be missing.
    Raises ApiError."""
    if call.actor.company_id is None:
        raise ApiError(FORBIDDEN, _("You belong to no company, so you cannot create this."))
    call.demand("add", document.model, _("You do not have permission to create this."))
    body, unstorable = read_object(call, is_optional)
    key = find_key(call, status)
    if earlier := find_earlier(call, key):
        return call.find(document.model, earlier.record_id)
    record = document.model(company_id=call.actor.company_id)  # type: ignore[misc] # all these models have one
    completing = {} if completing is None else completing
    parsed = document.parse(document.drop_nulls(body, completing), record, unstorable, required)

    def plan(values: dict[str, object]) -> None:
        try:
            services.plan_creation(record.copy(), values, actor=call.actor)
        except ValidationError as error:
            raise _without_completed(error, values, completing) from error

    def create(context: ChangeContext) -> Entity:
        if parsed.errors:
            services.require_properties(call.actor, record, document.sent_names(parsed.body))
            raise validation_error(document, parsed, plan)
        more = {
            name: compute(call, parsed.values)
            for name, compute in completing.items()
            if name not in parsed.values
        }
        return services.create(document.model, parsed.values | more, actor=call.actor, context=context).record

    try:
        return run_once(
            call,
            key,
            (lambda context: with_retry(partial(create, context))) if completing else create,
            lambda earlier: call.find(document.model, earlier.record_id),
        )
    except ValidationError as error:
        error = _without_completed(error, parsed.values, completing)
        raise validation_error(document, parsed, plan, error) from error
    except Forbidden as error:
        raise forbidden_error(call, document, document.model, "add", error) from error


def _without_completed(
    error: ValidationError, values: dict[str, object], completing: Completing
) -> ValidationError:
    """Return the error without those of properties that the server computes."""
    errors = error.error_dict.items()
    return ValidationError(
        {name: found for name, found in errors if name in values or name not in completing}
    )


def take_next_record(call: ApiRequest, document: Document, nothing_waits: str) -> Entity:
    """Assign the next record to the actor and return it. A repeated request returns that of the first one. Raises
    ApiError 404 with the message `nothing_waits` if there is none."""
    model = document.model
    if not issubclass(model, AssignableMixin):
        raise TypeError(f"{model} has no assignee.")
    call.demand("change", model, MAY_NOT_CHANGE)
    body, unstorable = read_object(call, is_optional=True)
    parsed = nothing_of(document).parse(body, model(), unstorable)
    if parsed.errors:
        raise validation_error(document, parsed, lambda values: None)
    key = find_key(call)
    if earlier := find_earlier(call, key):
        return call.find(model, earlier.record_id)

    def take(context: ChangeContext) -> Entity:
        planned = services.take_next(model, actor=call.actor, context=context)
        if planned is None:
            raise ApiError(NOT_FOUND, nothing_waits)
        return planned.record

    return run_once(call, key, take, lambda earlier: call.find(model, earlier.record_id))


@cache
def nothing_of(document: Document) -> Document:
    """Return a document without properties, for requests about the same model that send none."""
    return Document(document.model, name="Nothing", dialect=document.dialect)


def remove_record(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """Delete a record and return 204. Raises ApiError 409 with the dependants of the record."""
    call.demand("delete", record, MAY_NOT_REMOVE)
    pinned = _check_preconditions(call, document, record)
    try:
        services.delete(record, actor=call.actor, context=call.context, base=pinned)
    except DeletionRefused as error:
        details = [ErrorDetail("", listed, error_codes.IN_USE) for listed in error.dependants]
        raise ApiError(CONFLICT, str(error), details) from error
    except Conflict as conflict:
        raise _stale_after_check(call, document, record, pinned) from conflict
    except RecordDeleted as error:
        raise not_found() from error
    return HttpResponse(status=204)


def answer_with(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """Return the document with its ETag, and record in the access log that its secrets were read."""
    content = document.serialize_record(record, call.actor, call.dialect)
    if document.has_secrets:
        call.log_secret_access([record])
    return json_response(content, headers={"ETag": build_etag(record)})


def _check_if_match(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """Return the version that If-Match requires, or None. Raises ApiError 412 if it is not the current
    one."""
    try:
        return pinned_version(call.request, record)
    except PreconditionFailed as stale:
        raise stale_error(document, record, call.actor, stale.seen_version, call.dialect) from stale


def _check_preconditions(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """Like `_check_if_match`, for requests that write. Raises ApiError 412 if If-None-Match names the current
    version."""
    if PRECONDITIONS.isdisjoint(call.request.META):
        return None
    pinned = _check_if_match(call, document, record)
    if matches_if_none_match(call.request, record):
        raise ApiError(
            STALE_VERSION, _("The request applies only if this version does not exist (If-None-Match).")
        )
    return pinned
