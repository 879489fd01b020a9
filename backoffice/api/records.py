"""Reading, creating, updating and removing one record by its document."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.conditional import Stale, has_already, pinned_version, tag_of
from backoffice.api.document import Document
from backoffice.api.endpoint import Call, json_response
from backoffice.api.offences import conflict_problem, invalid_problem, stale_problem
from backoffice.api.parsing import read_object
from backoffice.api.problems import CONFLICT, FORBIDDEN, STALE, Offence, Problem, nothing_here
from backoffice.records.change import change, create, remove
from backoffice.records.errors import Conflict, Gone, InUse
from backoffice.records.models import Entity
from backoffice.records.plan import Draft
from backoffice.records.readings import note_readings


def read_record(call: Call, document: Document, record: Entity) -> HttpResponse:
    """The document of a record that the caller may see, or 304 for who has it already."""
    _pinned(call, document, record)
    if has_already(call.request, record):
        return HttpResponse(status=304, headers={"ETag": tag_of(record)})
    return answer_with(call, document, record)


def update_record(
    call: Call,
    document: Document,
    record: Entity,
    *,
    body: dict | None = None,
    required: tuple[str, ...] = (),
    also: dict | None = None,
    action: str = "change",
    optional: bool = False,
) -> Draft:
    """Change what is present in the body, and nothing else; all of it or none. `body` is the request's, which may
    be missing if it is `optional`, unless it was read already. `also` are properties of the model that the request
    says by other means than its body."""
    call.demand("change", record, _("You may not change this."))
    pinned = _pinned(call, document, record)
    if has_already(call.request, record):
        raise Problem(STALE, _("You asked for a change only if this version is not there."))
    body, unstorable = read_object(call.request, optional) if body is None else (body, {})
    _within_bounds(call, document, record, body)
    base = pinned if pinned is not None else document.version_read(body, record)
    if faults := document.faults(body, record, unstorable, required):
        raise invalid_problem(document, record, call.actor, body, base, faults=faults)
    try:
        return change(
            record,
            document.values(body) | (also or {}),
            actor=call.actor,
            via=call.via,
            base=base,
            strict=pinned is not None,
            action=action,
        )
    except ValidationError as error:
        raise invalid_problem(document, record, call.actor, body, base, error=error) from error
    except Conflict as conflict:
        if pinned is not None:
            present = call.find(document.model, record.pk)
            raise stale_problem(document, present, call.actor, pinned, call.dialect) from conflict
        raise conflict_problem(document, record, call.actor, conflict, call.dialect) from conflict
    except Gone as error:
        raise nothing_here() from error


Completing = Callable[[Call, dict], dict]
"""Properties of the model that a new record gets beside its body: `completing(call, values)`."""


def create_record(
    call: Call, document: Document, *, required: tuple[str, ...] = (), completing: Completing | None = None
) -> Entity:
    """A new record of the caller's company by the body."""
    call.demand("add", document.model, _("You may not create this."))
    body, unstorable = read_object(call.request)
    if call.actor.company_id is None:
        raise Problem(FORBIDDEN, _("You belong to no company that this could be made in."))
    record = document.model(company_id=call.actor.company_id)
    _within_bounds(call, document, record, body)
    if faults := document.faults(body, record, unstorable, required):
        raise invalid_problem(document, record, call.actor, body, None, faults=faults)
    values = document.values(body)
    try:
        more = completing(call, values) if completing else {}
        return create(document.model, values | more, actor=call.actor, via=call.via).record
    except ValidationError as error:
        raise invalid_problem(document, record, call.actor, body, None, error=error) from error


def remove_record(call: Call, document: Document, record: Entity) -> HttpResponse:
    """204, or 409 with what depends on the record."""
    call.demand("delete", record, _("You may not remove this."))
    pinned = _pinned(call, document, record)
    try:
        remove(record, actor=call.actor, via=call.via, base=pinned)
    except InUse as error:
        offences = [Offence("", f"{count} {name}") for name, count in error.dependants]
        raise Problem(CONFLICT, str(error), offences) from error
    except Conflict as conflict:
        present = call.find(document.model, record.pk)
        raise stale_problem(document, present, call.actor, pinned, call.dialect) from conflict
    except Gone as error:
        raise nothing_here() from error
    return HttpResponse(status=204)


def answer_with(call: Call, document: Document, record: Entity) -> HttpResponse:
    """The document, with its tag; that its secrets were read is written down."""
    content = document.of(record, call.actor, call.dialect)
    if document.has_secrets:
        note_readings([record], call.actor, call.via)
    return json_response(content, headers={"ETag": tag_of(record)})


def _within_bounds(call: Call, document: Document, record: Entity, body: dict) -> None:
    if forbidden := document.out_of_bounds(body, record, call.actor):
        message = _("You may not see or change this property.")
        raise Problem(FORBIDDEN, offences=[Offence(path, message) for path in forbidden])


def _pinned(call: Call, document: Document, record: Entity) -> int | None:
    """The version that If-Match insists on."""
    try:
        return pinned_version(call.request, record)
    except Stale as stale:
        raise stale_problem(document, record, call.actor, stale.seen, call.dialect) from stale
