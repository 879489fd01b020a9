"""Reading, creating, updating and deleting one record through its document."""

from collections.abc import Callable, Mapping
from functools import partial

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.api import error_codes
from backoffice.api.errors import CONFLICT, FORBIDDEN, STALE_VERSION, ApiError, ErrorDetail, Faults, not_found
from backoffice.api.operations.validation_errors import (
    conflict_error,
    forbidden_error,
    stale_error,
    validation_error,
)
from backoffice.api.schema.documents import Document
from backoffice.api.transport.etags import (
    PreconditionFailed,
    build_etag,
    matches_if_none_match,
    pinned_version,
)
from backoffice.api.transport.idempotency import find_earlier, find_key, run_once, sent_key
from backoffice.api.transport.parsing import read_object
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.db.transactions import with_retry
from backoffice.records import services
from backoffice.records.actors import ChangeContext
from backoffice.records.exceptions import Conflict, DeletionRefused, Forbidden, RecordDeleted
from backoffice.records.history import log_secret_access
from backoffice.records.models import Entity
from backoffice.records.services import PlannedWrite

MAY_NOT_CHANGE = gettext_lazy("You do not have permission to change this.")
MAY_NOT_REMOVE = gettext_lazy("You do not have permission to delete this.")
Answer = Callable[[ApiRequest, Document, Entity], HttpResponse]


def read_record(
    call: ApiRequest, document: Document, record: Entity, answer: Answer | None = None
) -> HttpResponse:
    """Return the document of a record that the caller may see (or the response of `answer`), or 304 if
    If-None-Match names the current version."""
    _pinned_version(call, document, record)
    if matches_if_none_match(call.request, record):
        return HttpResponse(status=304, headers={"ETag": build_etag(record)})
    return (answer or answer_with)(call, document, record)


def update_record(
    call: ApiRequest,
    document: Document,
    record: Entity,
    *,
    sent: tuple[dict, Faults] | None = None,
    required: tuple[str, ...] = (),
    extra_values: dict | None = None,
    base: int | None = None,
    action: str = "change",
    is_optional: bool = False,
) -> PlannedWrite:
    """Update the properties that are present in the body: all or none of them.

    `sent` is the result of `read_object` if the body is read already. `extra_values` are values of the model
    that do not come from the body, computed from the version `base`. A body with `is_optional` may be missing.
    Raises ApiError."""
    call.demand("change", record, MAY_NOT_CHANGE)
    key = None
    if sent_key(call.request) is not None:
        sent = sent or read_object(call.request, is_optional)
        key = find_key(call, call.request.body_digest)
        if find_earlier(call, key):
            return _unchanged(record, call, action)
    pinned = _pinned_version_for_write(call, document, record)
    body, unstorable = sent or read_object(call.request, is_optional)
    _check_allowed(call, document, record, body)
    if base is None or pinned is not None:
        base = document.find_base_version(body, record) if pinned is None else pinned
    options = {"actor": call.actor, "base": base, "action": action}

    def plan(values: dict) -> None:
        services.plan(record, values | (extra_values or {}), **options)

    def invalid(**cause) -> ApiError:
        return validation_error(document, record, call.actor, body, base, plan=plan, **cause)

    if not unstorable:
        body = document.reduce_unchanged_items(body, record, call.dialect)
    if faults := document.faults(body, record, unstorable, required):
        raise invalid(faults=faults)
    try:
        values = document.values(body) | (extra_values or {})
        update = partial(services.update, record, values, strict=pinned is not None, **options)
        return run_once(
            call,
            key,
            lambda context: update(context=context),
            lambda _earlier: _unchanged(call.find(document.model, record.pk), call, action),
        )
    except ValidationError as error:
        raise invalid(error=error) from error
    except Conflict as conflict:
        raise _update_conflict_error(call, document, record, conflict, pinned) from conflict
    except Forbidden as error:
        raise forbidden_error(document, error) from error
    except RecordDeleted as error:
        raise not_found() from error


def _update_conflict_error(
    call: ApiRequest, document: Document, record: Entity, conflict: Conflict, pinned: int | None
) -> ApiError:
    if pinned is None:
        return conflict_error(document, record, call.actor, conflict, call.dialect)
    present = call.find(document.model, record.pk)
    return stale_error(document, present, call.actor, pinned, call.dialect)


def _unchanged(record: Entity, call: ApiRequest, action: str) -> PlannedWrite:
    """Return the result of an update that an earlier request made."""
    return PlannedWrite(record, record, call.actor, record.last_modified_at, action)


Completing = Mapping[str, Callable[[ApiRequest, dict], object]]
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
    """Create a record of the caller's company from the body. The computed properties are saved in the same
    transaction. A repeated request returns the record of the first one. A body with `is_optional` may be missing.
    Raises ApiError."""
    if call.actor.company_id is None:
        raise ApiError(FORBIDDEN, _("You belong to no company, so you cannot create this."))
    call.demand("add", document.model, _("You do not have permission to create this."))
    body, unstorable = read_object(call.request, is_optional)
    key = find_key(call, call.request.body_digest, status)
    if earlier := find_earlier(call, key):
        return call.find(document.model, earlier.record_id)
    record = document.model(company_id=call.actor.company_id)
    _check_allowed(call, document, record, body)
    completing = {} if completing is None else completing
    body = document.drop_nulls(body, completing)

    def plan(values: dict) -> None:
        try:
            services.plan_creation(record.copy(), values, actor=call.actor)
        except ValidationError as error:
            raise without_completed(error, values) from error

    def without_completed(error: ValidationError, values: dict) -> ValidationError:
        """Return the error without complaints about properties that the server computes."""
        errors = error.error_dict.items()
        return ValidationError(
            {name: found for name, found in errors if name in values or name not in completing}
        )

    def invalid(**cause) -> ApiError:
        return validation_error(document, record, call.actor, body, None, plan=plan, **cause)

    if faults := document.faults(body, record, unstorable, required):
        raise invalid(faults=faults)
    values = document.values(body)

    def create(context: ChangeContext) -> Entity:
        def complete_and_create() -> Entity:
            more = {name: compute(call, values) for name, compute in completing.items() if name not in values}
            return services.create(document.model, values | more, actor=call.actor, context=context).record

        return with_retry(complete_and_create) if completing else complete_and_create()

    try:
        return run_once(call, key, create, lambda earlier: call.find(document.model, earlier.record_id))
    except ValidationError as error:
        raise invalid(error=without_completed(error, values)) from error
    except Forbidden as error:
        raise forbidden_error(document, error) from error


def remove_record(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """Delete a record and return 204. Raises ApiError 409 with the dependants of the record."""
    call.demand("delete", record, MAY_NOT_REMOVE)
    pinned = _pinned_version_for_write(call, document, record)
    try:
        services.delete(record, actor=call.actor, context=call.context, base=pinned)
    except DeletionRefused as error:
        details = [ErrorDetail("", listed, error_codes.IN_USE) for listed in error.dependants]
        raise ApiError(CONFLICT, str(error), details) from error
    except Conflict as conflict:
        present = call.find(document.model, record.pk)
        raise stale_error(document, present, call.actor, pinned, call.dialect) from conflict
    except RecordDeleted as error:
        raise not_found() from error
    return HttpResponse(status=204)


def answer_with(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """Return the document with its ETag, and record in the access log that its secrets were read."""
    content = document.serialize_record(record, call.actor, call.dialect)
    if document.has_secrets:
        log_secret_access([record], call.actor, call.context)
        call.request.shows_secrets = True
    return json_response(content, headers={"ETag": build_etag(record)})


def _check_allowed(call: ApiRequest, document: Document, record: Entity, body: dict) -> None:
    if forbidden := document.find_forbidden(body, record, call.actor):
        message = _("You do not have permission to view or change this property.")
        details = [
            ErrorDetail(path, message, error_codes.NOT_ALLOWED, {"permission": permission})
            for path, permission in forbidden.items()
        ]
        raise ApiError(FORBIDDEN, details=details)


def _pinned_version(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """Return the version that If-Match requires, or None. Raises ApiError 412 if it is not the current
    one."""
    try:
        return pinned_version(call.request, record)
    except PreconditionFailed as stale:
        raise stale_error(document, record, call.actor, stale.seen_version, call.dialect) from stale


def _pinned_version_for_write(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """Like `_pinned_version`, for requests that write. Raises ApiError 412 if If-None-Match names the current
    version."""
    pinned = _pinned_version(call, document, record)
    if matches_if_none_match(call.request, record):
        raise ApiError(
            STALE_VERSION, _("The request applies only if this version does not exist (If-None-Match).")
        )
    return pinned
