"""Reading, creating, updating and removing one record by its document."""

from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.api import error_codes
from backoffice.api.errors import CONFLICT, FORBIDDEN, STALE, ApiError, ErrorDetail, Faults, not_found
from backoffice.api.operations.validation_errors import (
    conflict_error,
    forbidden_error,
    stale_error,
    validation_error,
)
from backoffice.api.schema.documents import Document
from backoffice.api.transport.etags import PreconditionFailed, has_already, pinned_version, tag_of
from backoffice.api.transport.idempotency import find_earlier, find_key, run_once, sent_key
from backoffice.api.transport.parsing import read_object
from backoffice.api.transport.views import ApiRequest, json_response
from backoffice.db.transactions import with_retry
from backoffice.records import services
from backoffice.records.actors import ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden, Gone, InUse
from backoffice.records.history import log_readings
from backoffice.records.models import Entity
from backoffice.records.services import PlannedWrite

MAY_NOT_CHANGE = gettext_lazy("You may not change this.")
MAY_NOT_REMOVE = gettext_lazy("You may not remove this.")
Answer = Callable[[ApiRequest, Document, Entity], HttpResponse]


def read_record(
    call: ApiRequest, document: Document, record: Entity, answer: Answer | None = None
) -> HttpResponse:
    """The document of a record that the caller may see (or what `answer` makes of it), or 304 for who has it
    already."""
    _pinned(call, document, record)
    if has_already(call.request, record):
        return HttpResponse(status=304, headers={"ETag": tag_of(record)})
    return (answer or answer_with)(call, document, record)


def update_record(
    call: ApiRequest,
    document: Document,
    record: Entity,
    *,
    sent: tuple[dict, Faults] | None = None,
    required: tuple[str, ...] = (),
    also: dict | None = None,
    base: int | None = None,
    action: str = "change",
    optional: bool = False,
) -> PlannedWrite:
    """Change what is present in the body, and nothing else; all of it or none. `sent` is the body as `read_object`
    gives it, if it was read already. `also` are properties of the model that the request says by other means than
    its body, worked out from the version `base`. An `optional` body may be missing."""
    call.demand("change", record, MAY_NOT_CHANGE)
    key = None
    if sent_key(call.request) is not None:
        sent = sent or read_object(call.request, optional)
        key = find_key(call, call.request.body_digest)
        if find_earlier(call, key):
            return _unchanged(record, call, action)
    pinned = _pinned_to_change(call, document, record)
    body, unstorable = sent or read_object(call.request, optional)
    _within_bounds(call, document, record, body)
    if pinned is not None:
        base = pinned
    elif base is None:
        base = document.version_read(body, record)
    how = {"actor": call.actor, "base": base, "action": action}

    def planned(values: dict) -> None:
        services.plan(record, values | (also or {}), **how)

    def invalid(**why) -> ApiError:
        return validation_error(document, record, call.actor, body, base, planned=planned, **why)

    if not unstorable:
        body = document.without_echoes(body, record, call.dialect)
    if faults := document.faults(body, record, unstorable, required):
        raise invalid(faults=faults)
    try:
        values = document.values(body) | (also or {})
        return run_once(
            call,
            key,
            lambda via: services.update(record, values, via=via, strict=pinned is not None, **how),
            lambda _earlier: _unchanged(call.find(document.model, record.pk), call, action),
        )
    except ValidationError as error:
        raise invalid(error=error) from error
    except Conflict as conflict:
        if pinned is not None:
            present = call.find(document.model, record.pk)
            raise stale_error(document, present, call.actor, pinned, call.dialect) from conflict
        raise conflict_error(document, record, call.actor, conflict, call.dialect) from conflict
    except Forbidden as error:
        raise forbidden_error(document, error) from error
    except Gone as error:
        raise not_found() from error


def _unchanged(record: Entity, call: ApiRequest, action: str) -> PlannedWrite:
    """A change that was made already."""
    return PlannedWrite(record, record, call.actor, record.last_modified_at, action)


Completing = Mapping[str, Callable[[ApiRequest, dict], object]]
"""What makes those properties of the model that a body need not say, by name: a function of the call and the values
that it does say. Its answer may be None, when the rest is not good enough to make anything of."""


def create_record(
    call: ApiRequest,
    document: Document,
    *,
    required: tuple[str, ...] = (),
    completing: Completing | None = None,
    status: int = 201,
    optional: bool = False,
) -> Entity:
    """A new record of the caller's company by the body; what is made to complete it is kept only with it. A request
    that is sent again gives the record that the first one made. An `optional` body may be missing."""
    if call.actor.company_id is None:
        raise ApiError(FORBIDDEN, _("You belong to no company that this could be made in."))
    call.demand("add", document.model, _("You may not create this."))
    body, unstorable = read_object(call.request, optional)
    key = find_key(call, call.request.body_digest, status)
    if earlier := find_earlier(call, key):
        return call.find(document.model, earlier.record_id)
    record = document.model(company_id=call.actor.company_id)
    _within_bounds(call, document, record, body)
    completing = {} if completing is None else completing
    body = document.without_nulls(body, completing)

    def planned(values: dict) -> None:
        try:
            services.plan_creation(record.copy(), values, actor=call.actor)
        except ValidationError as error:
            raise without_completed(error, values) from error

    def without_completed(error: ValidationError, values: dict) -> ValidationError:
        """The error, but what the body need not say is not missing."""
        found = error.error_dict.items()
        return ValidationError({name: why for name, why in found if name in values or name not in completing})

    def invalid(**why) -> ApiError:
        return validation_error(document, record, call.actor, body, None, planned=planned, **why)

    if faults := document.faults(body, record, unstorable, required):
        raise invalid(faults=faults)
    values = document.values(body)

    def made(via: ChangeContext) -> Entity:
        def completed() -> Entity:
            more = {name: make(call, values) for name, make in completing.items() if name not in values}
            return services.create(document.model, values | more, actor=call.actor, via=via).record

        return with_retry(completed) if completing else completed()

    try:
        return run_once(call, key, made, lambda earlier: call.find(document.model, earlier.record_id))
    except ValidationError as error:
        raise invalid(error=without_completed(error, values)) from error
    except Forbidden as error:
        raise forbidden_error(document, error) from error


def remove_record(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """204, or 409 with what depends on the record."""
    call.demand("delete", record, MAY_NOT_REMOVE)
    pinned = _pinned_to_change(call, document, record)
    try:
        services.delete(record, actor=call.actor, via=call.via, base=pinned)
    except InUse as error:
        offences = [ErrorDetail("", listed, error_codes.IN_USE) for listed in error.dependants]
        raise ApiError(CONFLICT, str(error), offences) from error
    except Conflict as conflict:
        present = call.find(document.model, record.pk)
        raise stale_error(document, present, call.actor, pinned, call.dialect) from conflict
    except Gone as error:
        raise not_found() from error
    return HttpResponse(status=204)


def answer_with(call: ApiRequest, document: Document, record: Entity) -> HttpResponse:
    """The document, with its tag; that its secrets were read is written down."""
    content = document.of(record, call.actor, call.dialect)
    if document.has_secrets:
        log_readings([record], call.actor, call.via)
        call.request.shows_secrets = True
    return json_response(content, headers={"ETag": tag_of(record)})


def _within_bounds(call: ApiRequest, document: Document, record: Entity, body: dict) -> None:
    if forbidden := document.out_of_bounds(body, record, call.actor):
        message = _("You may not see or change this property.")
        offences = [
            ErrorDetail(path, message, error_codes.NOT_ALLOWED, {"permission": permission})
            for path, permission in forbidden.items()
        ]
        raise ApiError(FORBIDDEN, offences=offences)


def _pinned(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """The version that If-Match insists on."""
    try:
        return pinned_version(call.request, record)
    except PreconditionFailed as stale:
        raise stale_error(document, record, call.actor, stale.seen, call.dialect) from stale


def _pinned_to_change(call: ApiRequest, document: Document, record: Entity) -> int | None:
    """The same, of a request that would write. Refuses it if If-None-Match names the present version."""
    pinned = _pinned(call, document, record)
    if has_already(call.request, record):
        raise ApiError(STALE, _("You asked for a change only if this version is not there."))
    return pinned
