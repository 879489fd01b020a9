"""Reading and updating one record by its document."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.conditional import Stale, has_already, pinned_version, tag_of
from backoffice.api.dialect import Dialect
from backoffice.api.document import Document
from backoffice.api.endpoint import Call, endpoint, json_response
from backoffice.api.offences import conflict_problem, invalid_problem, stale_problem
from backoffice.api.parsing import read_object
from backoffice.api.problems import FORBIDDEN, STALE, Offence, Problem, nothing_here
from backoffice.records.change import change
from backoffice.records.errors import Conflict, Gone
from backoffice.records.models import Entity
from backoffice.records.readings import note_reading


def record_endpoint(dialect: Dialect, document: Document, update: str):
    """The view of one record: GET, and `update` (PATCH or POST) as the system documents it."""

    def read(call: Call, id: str) -> HttpResponse:
        return read_record(call, document, id)

    def write(call: Call, id: str) -> HttpResponse:
        return update_record(call, document, id)

    return endpoint(dialect, **{"GET": read, update: write})


def read_record(call: Call, document: Document, pk: str) -> HttpResponse:
    """The document, or 304 for who has it already."""
    record = call.find(document.model, pk)
    call.only_parameters()
    _pinned(call, document, record)
    if has_already(call.request, record):
        return HttpResponse(status=304, headers={"ETag": tag_of(record)})
    return _answer(call, document, record)


def update_record(call: Call, document: Document, pk: str) -> HttpResponse:
    """Change what is present in the body, and nothing else; all of it or none."""
    record = call.find(document.model, pk)
    if not call.actor.may("change", record):
        raise Problem(FORBIDDEN, _("You may not change this."))
    call.only_parameters()
    pinned = _pinned(call, document, record)
    if has_already(call.request, record):
        raise Problem(STALE, _("You asked for a change only if this version is not there."))
    body, unstorable = read_object(call.request)
    if forbidden := document.out_of_bounds(body, record, call.actor):
        message = _("You may not see or change this property.")
        raise Problem(FORBIDDEN, offences=[Offence(path, message) for path in forbidden])
    base = pinned if pinned is not None else document.version_read(body, record)
    if faults := document.faults(body, record, unstorable):
        raise invalid_problem(document, record, call.actor, body, base, faults=faults)
    try:
        draft = change(
            record,
            document.values(body),
            actor=call.actor,
            via=call.via,
            base=base,
            strict=pinned is not None,
        )
    except ValidationError as error:
        raise invalid_problem(document, record, call.actor, body, base, error=error) from error
    except Conflict as conflict:
        if pinned is not None:
            present = call.find(document.model, pk)
            raise stale_problem(document, present, call.actor, pinned, call.dialect) from conflict
        raise conflict_problem(document, record, call.actor, conflict, call.dialect) from conflict
    except Gone as error:
        raise nothing_here() from error
    return _answer(call, document, draft.record)


def _pinned(call: Call, document: Document, record: Entity) -> int | None:
    """The version that If-Match insists on."""
    try:
        return pinned_version(call.request, record)
    except Stale as stale:
        raise stale_problem(document, record, call.actor, stale.seen, call.dialect) from stale


def _answer(call: Call, document: Document, record: Entity) -> HttpResponse:
    content = document.of(record, call.actor, call.dialect)
    if document.has_secrets:
        note_reading(record, call.actor, call.via)
    return json_response(content, headers={"ETag": tag_of(record)})
