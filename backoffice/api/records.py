"""Reading and updating one record by its document."""

from dataclasses import replace

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from backoffice.api.conditional import Stale, has_already, pinned_version, tag_of
from backoffice.api.dialect import Dialect
from backoffice.api.document import Document
from backoffice.api.endpoint import Call, endpoint, json_response
from backoffice.api.parsing import read_object
from backoffice.api.problems import CONFLICT, FORBIDDEN, INVALID, STALE, Offence, Problem, nothing_here
from backoffice.api.pruning import before_pruning, without
from backoffice.records.actors import Door
from backoffice.records.change import change, plan
from backoffice.records.errors import Clash, Conflict, Gone
from backoffice.records.models import Entity
from backoffice.records.past import changes_since


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
    _check_precondition(call, document, record)
    if has_already(call.request, record):
        return HttpResponse(status=304, headers={"ETag": tag_of(record)})
    return _answer(call, document, record)


def update_record(call: Call, document: Document, pk: str) -> HttpResponse:
    """Change what is present in the body, and nothing else; all of it or none."""
    record = call.find(document.model, pk)
    if not call.actor.may("change", record):
        raise Problem(FORBIDDEN, _("You may not change this."))
    call.only_parameters()
    pinned = _check_precondition(call, document, record)
    if has_already(call.request, record):
        raise Problem(STALE, _("You asked for a change only if this version is not there."))
    body, faults = read_object(call.request)
    if forbidden := document.out_of_bounds(body, record, call.actor):
        message = _("You may not see or change this property.")
        raise Problem(FORBIDDEN, offences=[Offence(path, message) for path in forbidden])
    base = pinned if pinned is not None else document.version_read(body, record)
    faults = document.faults(body, record) | faults
    if faults:
        raise _invalid(document, _all_offences(call, document, record, body, faults, base))
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
        raise _invalid(document, _rule_offences(document, error, {})) from error
    except Conflict as conflict:
        if pinned is not None:
            raise _stale(call, document, call.find(document.model, pk), pinned) from conflict
        raise _conflict(call, document, record, conflict) from conflict
    except Gone as error:
        raise nothing_here() from error
    return _answer(call, document, draft.record)


def _answer(call: Call, document: Document, record: Entity) -> HttpResponse:
    content = document.of(record, call.actor, call.dialect)
    return json_response(content, headers={"ETag": tag_of(record)})


def _all_offences(call, document, record, body, faults, base) -> list[Offence]:
    """The faults that were found, and what the model says about the rest."""
    offences = {".".join(map(str, path)): message for path, message in faults.items()}
    found = [Offence(path, message) for path, message in offences.items()]
    rest, gaps = without(body, faults)
    try:
        plan(record, document.values(rest), actor=call.actor, base=base)
    except ValidationError as error:
        # What is missing only because it was taken out is no second offence.
        found += [
            offence
            for offence in _rule_offences(document, error, gaps)
            if not any(f"{offence.field}.".startswith(f"{path}.") for path in offences)
        ]
    except Conflict:
        pass  # told when the body is right: what was taken out may be the reason
    return found


def _rule_offences(document: Document, error: ValidationError, gaps: dict) -> list[Offence]:
    return [
        Offence(
            "" if path == NON_FIELD_ERRORS else before_pruning(document.place_of(path).path, gaps), message
        )
        for path, messages in error.message_dict.items()
        for message in messages
    ]


def _invalid(document: Document, offences: list[Offence]) -> Problem:
    return Problem(INVALID, offences=sorted(offences, key=lambda offence: document.position(offence.field)))


def _check_precondition(call: Call, document: Document, record: Entity) -> int | None:
    try:
        return pinned_version(call.request, record)
    except Stale as stale:
        raise _stale(call, document, record, stale.seen) from stale


def _stale(call: Call, document: Document, record: Entity, seen: int | None) -> Problem:
    """412, with what changed since the version that was named, by whom and when."""
    clashes = [
        Clash(entry["property"], entry["old"], None, entry["new"], row.who, row.at, row.via)
        for row in (changes_since(record, seen) if seen is not None else ())
        for entry in row.changes
    ]
    offences = [
        _clash_offence(document, clash, call.dialect) for clash in _told(call, document, record, clashes)
    ]
    return Problem(STALE, _("This is not the present version any more."), offences)


def _conflict(call: Call, document: Document, record: Entity, conflict: Conflict) -> Problem:
    """409, with both values, who made the other one and when."""
    offences = []
    for clash in _told(call, document, record, conflict.clashes):
        offence = _clash_offence(document, clash, call.dialect)
        if not document.is_hashed(clash.property.split(".")[0]):
            yours = document.place_of(clash.property).given(clash.mine, call.dialect)
            offence = replace(offence, more={"yours": yours, **offence.more})
        offences.append(offence)
    return Problem(CONFLICT, conflict.message, offences)


def _told(call: Call, document: Document, record: Entity, clashes: list[Clash]) -> list[Clash]:
    """The clashes that are in the document and for the caller to see."""
    known = document.bound.keys() - document.hidden(record, call.actor)
    return [clash for clash in clashes if clash.property.split(".")[0] in known]


def _clash_offence(document: Document, clash: Clash, dialect: Dialect) -> Offence:
    """What was there, what is there now, who made it so and when."""
    place, more = document.place_of(clash.property), {}
    if not document.is_hashed(clash.property.split(".")[0]):
        more = {"base": place.given(clash.base, dialect), "theirs": place.given(clash.theirs, dialect)}
    if clash.when is None:
        return Offence(place.path, _("This was left out, and nothing says that it was read."), more)
    more |= {"who": clash.who, "when": dialect.instant(clash.when), "via": clash.via}
    said = _("%(who)s changed this %(door)s.") % {"who": clash.who, "door": Door(clash.via).label}
    return Offence(place.path, said, more)
