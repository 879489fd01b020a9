"""Error responses of updates: validation errors and conflicts by their paths in the document."""

from collections.abc import Callable
from functools import partial

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import (
    CONFLICT,
    FORBIDDEN,
    INVALID,
    STALE_VERSION,
    ApiError,
    ErrorDetail,
    Faults,
    dotted,
)
from backoffice.api.schema.documents import Document
from backoffice.api.schema.paths import Gaps, original_path, remove_paths, split_path
from backoffice.records import services
from backoffice.records.actors import Actor, Channel
from backoffice.records.exceptions import Conflict, Forbidden, PropertyConflict
from backoffice.records.history import changes_since
from backoffice.records.models import Entity

PlanUpdate = Callable[[dict], object]
"""A function that plans an update with some values, without writing, and raises its errors."""

MAX_ERRORS = 1000
"""The maximum number of errors in one response. A body with hundreds of thousands is an attack, not a
mistake."""


def validation_error(
    document: Document,
    record: Entity,
    actor: Actor,
    body: dict,
    base: int | None,
    *,
    faults: Faults | None = None,
    error: ValidationError | None = None,
    plan: PlanUpdate | None = None,
) -> ApiError:
    """Return an error with all errors of a body: the `faults` of its types or the model's `error`, and the
    model's errors in the rest. An invalid value may hide other errors, so the model validates again without
    it. `plan` replaces the plan of a plain update or creation."""
    plan = plan or partial(_plan, record, actor, base)
    found = [ErrorDetail.from_error(dotted(path), fault) for path, fault in (faults or {}).items()]
    out, gaps = set(faults or ()), {}
    while len(found) <= MAX_ERRORS:
        if error is None:
            rest, gaps = remove_paths(body, out)
            error = _find_errors(document.values(rest), plan)
        known = {detail.field for detail in found}
        # A value that is missing only because it was removed here is not another error.
        more = [
            detail for detail in _to_details(document, error, gaps) if not _is_within(detail.field, known)
        ]
        if not more:
            break
        found += more
        # Remove an element with an unknown id completely: it is not a new element with missing properties.
        out |= {split_path(body, detail.field.removesuffix("._id")) for detail in more}
        error = None
    details = sorted(found[:MAX_ERRORS], key=lambda detail: _order(document, detail))
    if len(found) > MAX_ERRORS:
        details.append(
            ErrorDetail("", _("There are more errors; these are the first."), error_codes.TOO_MANY)
        )
    return ApiError(INVALID, details=details)


def _plan(record: Entity, actor: Actor, base: int | None, values: dict) -> None:
    if record._state.adding:
        services.plan_creation(record.copy(), values, actor=actor)
    else:
        services.plan(record, values, actor=actor, base=base)


def _find_errors(values: dict, plan: PlanUpdate) -> ValidationError:
    """Return the model's errors in the values, empty if there are none. Conflicts are not reported here but
    only for a valid body: a removed value may be their cause."""
    while True:
        try:
            plan(values)
        except ValidationError as error:
            return error
        except Conflict as conflict:
            names = {one.property.split(".")[0] for one in conflict.conflicts}
            if names & values.keys():
                values = {name: value for name, value in values.items() if name not in names}
                continue
        return ValidationError({})


def _to_details(document: Document, error: ValidationError, gaps: Gaps) -> list[ErrorDetail]:
    return [
        ErrorDetail.from_error(_path_in_body(document, path, gaps), one)
        for path, errors in error.error_dict.items()
        for one in errors
    ]


def forbidden_error(document: Document, error: Forbidden) -> ApiError:
    """Return the 403 for a property that the caller may not change, with the required permission."""
    if error.property is None:
        return ApiError(FORBIDDEN, str(error))
    permissions = document.model.properties[error.property].change_permissions
    more = {"permission": permissions[0]} if permissions else {}
    path = document.place_of(error.property).path
    return ApiError(FORBIDDEN, details=[ErrorDetail(path, str(error), error_codes.NOT_ALLOWED, more)])


def _path_in_body(document: Document, path: str, gaps: Gaps) -> str:
    if path == NON_FIELD_ERRORS:
        return ""
    return ".".join(original_path(document.place_of(path).path.split("."), gaps))


def _is_within(path: str, paths: set[str]) -> bool:
    """Whether the path, or one of its parents, is known."""
    steps = path.split(".")
    return any(".".join(steps[:length]) in paths for length in range(1, len(steps) + 1))


def _order(document: Document, detail: ErrorDetail) -> tuple:
    """Sort key: the order in the document, then list indexes."""
    steps = detail.field.split(".")
    return document.position(steps[0]), [int(step) for step in steps if step.isdecimal()]


def stale_error(
    document: Document, record: Entity, actor: Actor, seen: int | None, dialect: Dialect
) -> ApiError:
    """Return a 412 with the changes since the version that the request names, their authors and times."""
    conflicts = [
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
    details = [
        _conflict_detail(document, conflict, dialect, base=conflict.base, theirs=conflict.theirs)
        for conflict in _visible(document, record, actor, conflicts)
    ]
    return ApiError(STALE_VERSION, _("This is no longer the current version."), details)


def conflict_error(
    document: Document, record: Entity, actor: Actor, conflict: Conflict, dialect: Dialect
) -> ApiError:
    """Return a 409 with both values, the author and time of the other change."""
    details = [
        _conflict_detail(document, one, dialect, base=one.base, yours=one.mine, theirs=one.theirs)
        for one in _visible(document, record, actor, conflict.conflicts)
    ]
    return ApiError(CONFLICT, conflict.message, details)


def _visible(
    document: Document, record: Entity, actor: Actor, conflicts: list[PropertyConflict]
) -> list[PropertyConflict]:
    """Return the conflicts in properties of the document that the actor may see."""
    known = document.bound.keys() - document.hidden(record, actor)
    return [conflict for conflict in conflicts if conflict.property.split(".")[0] in known]


def _conflict_detail(
    document: Document, conflict: PropertyConflict, dialect: Dialect, **values
) -> ErrorDetail:
    """Return the property of a conflict with its values, its author and time."""
    place = document.place_of(conflict.property)
    if conflict.when is None:
        return ErrorDetail(
            place.path,
            _("This was left out, but the request does not show that you have read it."),
            error_codes.CONFLICT,
        )
    more = {}
    if not document.is_hashed(conflict.property.split(".")[0]):
        more = {name: place.encode(value, dialect) for name, value in values.items()}
    more |= {"who": conflict.who, "when": dialect.instant(conflict.when), "via": conflict.via}
    message = _("%(who)s changed this %(channel)s.") % {
        "who": conflict.who,
        "channel": Channel(conflict.via).label,
    }
    return ErrorDetail(place.path, message, error_codes.CONFLICT, more)
