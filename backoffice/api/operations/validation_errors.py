"""Everything that is wrong with an update, told in the document's own paths."""

from collections.abc import Callable
from functools import partial

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import CONFLICT, FORBIDDEN, INVALID, STALE, ApiError, ErrorDetail, Faults, dotted
from backoffice.api.schema.documents import Document
from backoffice.api.schema.paths import Gaps, before_pruning, path_in, without
from backoffice.records import services
from backoffice.records.actors import Actor, Channel
from backoffice.records.exceptions import Conflict, Forbidden, PropertyConflict
from backoffice.records.history import changes_since
from backoffice.records.models import Entity

Planned = Callable[[dict], object]
"""What works out a change by values, without writing, and raises what speaks against it."""

MAX_OFFENCES = 1000
"""How many offences one answer tells; a body of hundreds of thousands is no mistake but an attack."""


def validation_error(
    document: Document,
    record: Entity,
    actor: Actor,
    body: dict,
    base: int | None,
    *,
    faults: Faults | None = None,
    error: ValidationError | None = None,
    planned: Planned | None = None,
) -> ApiError:
    """Every offence of a body: the `faults` that were found in it or the model's `error`, and what the model
    says about the rest. A value that breaks one rule may hide others, so the model is asked again without it.
    `planned` asks it, where that takes more than the record and its values."""
    planned = planned or partial(_plan, record, actor, base)
    found = [ErrorDetail.of(dotted(path), fault) for path, fault in (faults or {}).items()]
    out, gaps = set(faults or ()), {}
    while len(found) <= MAX_OFFENCES:
        if error is None:
            rest, gaps = without(body, out)
            error = _refusal(document.values(rest), planned)
        known = {offence.field for offence in found}
        # What is missing only because it was taken out is no second offence.
        more = [offence for offence in _offences(document, error, gaps) if not _within(offence.field, known)]
        if not more:
            break
        found += more
        # An element whose id is unknown goes as a whole: it is not a new one that lacks the rest.
        out |= {path_in(body, offence.field.removesuffix("._id")) for offence in more}
        error = None
    told = sorted(found[:MAX_OFFENCES], key=lambda offence: _order(document, offence))
    if len(found) > MAX_OFFENCES:
        told.append(
            ErrorDetail("", _("There is more that is wrong; these are the first."), error_codes.TOO_MANY)
        )
    return ApiError(INVALID, offences=told)


def _plan(record: Entity, actor: Actor, base: int | None, values: dict) -> None:
    if record._state.adding:
        services.plan_creation(record.copy(), values, actor=actor)
    else:
        services.plan(record, values, actor=actor, base=base)


def _refusal(values: dict, planned: Planned) -> ValidationError:
    """What the model says against the values; an empty error if nothing. Conflicts are told when the body is
    right: what was taken out of it may be their reason."""
    while True:
        try:
            planned(values)
        except ValidationError as error:
            return error
        except Conflict as conflict:
            clashing = {clash.property.split(".")[0] for clash in conflict.clashes}
            if clashing & values.keys():
                values = {name: value for name, value in values.items() if name not in clashing}
                continue
        return ValidationError({})


def _offences(document: Document, error: ValidationError, gaps: Gaps) -> list[ErrorDetail]:
    return [
        ErrorDetail.of(_field(document, path, gaps), one)
        for path, found in error.error_dict.items()
        for one in found
    ]


def forbidden_error(document: Document, error: Forbidden) -> ApiError:
    """The refusal of a property that the caller may not change, with the permission that it takes."""
    if error.property is None:
        return ApiError(FORBIDDEN, str(error))
    permissions = document.model.properties[error.property].change_permissions
    more = {"permission": permissions[0]} if permissions else {}
    path = document.place_of(error.property).path
    return ApiError(FORBIDDEN, offences=[ErrorDetail(path, str(error), error_codes.NOT_ALLOWED, more)])


def _field(document: Document, path: str, gaps: Gaps) -> str:
    if path == NON_FIELD_ERRORS:
        return ""
    return ".".join(before_pruning(document.place_of(path).path.split("."), gaps))


def _within(path: str, known: set[str]) -> bool:
    """Whether the path, or one above it, is known."""
    steps = path.split(".")
    return any(".".join(steps[:length]) in known for length in range(1, len(steps) + 1))


def _order(document: Document, offence: ErrorDetail) -> tuple:
    """As they stand in the document, elements of lists by their place."""
    steps = offence.field.split(".")
    return document.position(steps[0]), [int(step) for step in steps if step.isdecimal()]


def stale_error(
    document: Document, record: Entity, actor: Actor, seen: int | None, dialect: Dialect
) -> ApiError:
    """412, with what changed since the version that was named, by whom and when."""
    clashes = [
        PropertyConflict(
            entry["property"],
            entry["old"],
            None,
            entry["new"],
            record.visible_author(row, actor),
            row.at,
            row.via,
        )
        for row in (changes_since(record, seen) if seen is not None else ())
        for entry in record.visible_changes(row, actor)
    ]
    offences = [
        _clash_offence(document, clash, dialect, base=clash.base, theirs=clash.theirs)
        for clash in _told(document, record, actor, clashes)
    ]
    return ApiError(STALE, _("This is not the present version any more."), offences)


def conflict_error(
    document: Document, record: Entity, actor: Actor, conflict: Conflict, dialect: Dialect
) -> ApiError:
    """409, with both values, who made the other one and when."""
    offences = [
        _clash_offence(document, clash, dialect, base=clash.base, yours=clash.mine, theirs=clash.theirs)
        for clash in _told(document, record, actor, conflict.clashes)
    ]
    return ApiError(CONFLICT, conflict.message, offences)


def _told(
    document: Document, record: Entity, actor: Actor, clashes: list[PropertyConflict]
) -> list[PropertyConflict]:
    """The clashes that are in the document and for the actor to see."""
    known = document.bound.keys() - document.hidden(record, actor)
    return [clash for clash in clashes if clash.property.split(".")[0] in known]


def _clash_offence(document: Document, clash: PropertyConflict, dialect: Dialect, **values) -> ErrorDetail:
    """Which property, its values, who made it so and when."""
    place = document.place_of(clash.property)
    if clash.when is None:
        return ErrorDetail(
            place.path, _("This was left out, and nothing says that it was read."), error_codes.CONFLICT
        )
    more = {}
    if not document.is_hashed(clash.property.split(".")[0]):
        more = {name: place.given(value, dialect) for name, value in values.items()}
    more |= {"who": clash.who, "when": dialect.instant(clash.when), "via": clash.via}
    said = _("%(who)s changed this %(door)s.") % {"who": clash.who, "door": Channel(clash.via).label}
    return ErrorDetail(place.path, said, error_codes.CONFLICT, more)
