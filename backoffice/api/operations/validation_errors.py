"""Error responses of updates: validation errors and conflicts by their paths in the document."""

from collections.abc import Callable
from typing import TypeAlias

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.api import error_codes
from backoffice.api.dialects import Dialect
from backoffice.api.errors import (
    CONFLICT,
    FORBIDDEN,
    MAX_ERRORS,
    STALE_VERSION,
    ApiError,
    ErrorDetail,
    dotted,
    invalid,
)
from backoffice.api.schema.documents import Document, ParsedBody
from backoffice.api.schema.paths import Gaps, list_index, original_path, remove_paths, split_path
from backoffice.api.transport.views import ApiRequest, forbidden
from backoffice.records.actors import Actor, Channel
from backoffice.records.exceptions import Conflict, Forbidden, PropertyConflict
from backoffice.records.history import changes_since
from backoffice.records.models import Entity
from backoffice.records.properties import instant_as_text, is_same

PlanUpdate: TypeAlias = Callable[[dict[str, object]], object]
"""A function that plans an update with some values, without writing, and raises its errors."""

MAY_NOT_CHANGE = gettext_lazy("You do not have permission to change this.")
MAX_CHANGES = 100
"""The maximum number of changed properties in a 412."""


def validation_error(
    document: Document,
    parsed: ParsedBody,
    plan: PlanUpdate,
    error: ValidationError | None = None,
) -> ApiError:
    """Return an error with all errors of a body: those that `parse` found or the model's `error`, and the
    model's errors in the rest. An invalid value may hide other errors, so the model validates again without it."""
    found = [ErrorDetail.from_error(dotted(path), one) for path, one in parsed.errors.items()]
    out = set(parsed.errors)
    gaps: Gaps = {}
    while len(found) <= MAX_ERRORS:
        if error is None:
            rest, gaps = remove_paths(parsed.body, out)
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
        out |= {split_path(parsed.body, detail.field.removesuffix("._id")) for detail in more}
        error = None
    first = sorted(found[:MAX_ERRORS], key=lambda detail: _order(document, detail))
    return invalid(first + found[MAX_ERRORS:])


def _find_errors(values: dict[str, object], plan: PlanUpdate) -> ValidationError:
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


def forbidden_error(
    call: ApiRequest, document: Document, target: Entity | type[Entity], action: str, error: Forbidden
) -> ApiError:
    """Return the 403 for what the actor may not do or the properties that they may not change, with the missing
    scope or permission."""
    if not error.properties:
        is_allowed = call.actor.may(action, target)
        return (
            ApiError(FORBIDDEN, str(error))
            if is_allowed
            else forbidden(call.actor, action, target, str(MAY_NOT_CHANGE))
        )
    details = []
    for name in error.properties:
        prop = document.bound[name]
        permissions = [prop.guard.permission] if prop.guard else prop.change_permissions[:1]
        more = {"permission": permissions[0]} if permissions else {}
        details.append(ErrorDetail(document.place_of(name).path, str(error), error_codes.NOT_ALLOWED, more))
    return ApiError(FORBIDDEN, details=details)


def _path_in_body(document: Document, path: str, gaps: Gaps) -> str:
    if path == NON_FIELD_ERRORS:
        return ""
    return dotted(original_path(document.place_of(path).path.split("."), gaps))


def _is_within(path: str, paths: set[str]) -> bool:
    """Whether the path, or one of its parents, is known."""
    steps = path.split(".")
    return any(".".join(steps[:length]) in paths for length in range(1, len(steps) + 1))


def _order(document: Document, detail: ErrorDetail) -> tuple[int, list[int]]:
    """Sort key: the order in the document, then list indexes."""
    steps = detail.field.split(".")
    return document.position(steps[0]), [index for step in steps if (index := list_index(step)) is not None]


def stale_error(
    document: Document, record: Entity, actor: Actor, seen: int | None, dialect: Dialect
) -> ApiError:
    """Return a 412 with what has changed since the version that the request names: each property once, with its value
    then and now, and the author and time of the last change. Of more than MAX_CHANGES, those changed last and the
    number of the others."""
    changed: dict[str, PropertyConflict] = {}
    for row in changes_since(record, seen) if seen is not None else ():
        for entry in record.visible_changes(row, actor):
            name = entry["property"]
            base = changed[name].base if name in changed else entry["old"]
            author = record.visible_author(row, actor)
            changed[name] = PropertyConflict(name, base, None, entry["new"], author, row.at, row.via)
    conflicts = [one for one in changed.values() if not is_same(one.base, one.theirs)]
    visible = _visible(document, record, actor, conflicts)
    details = [
        _conflict_detail(document, conflict, dialect, base=conflict.base, theirs=conflict.theirs)
        for conflict in _newest(visible, MAX_CHANGES)
    ]
    if left_out := len(visible) - len(details):
        message = f"Earlier changes of other properties, left out here: {left_out}. Read the record again."
        details.append(ErrorDetail("", message, error_codes.TOO_MANY))
    return ApiError(STALE_VERSION, _("This is no longer the current version."), details)


def _newest(conflicts: list[PropertyConflict], count: int) -> list[PropertyConflict]:
    """Return the conflicts of the last changes, in their order."""
    if len(conflicts) <= count:
        return conflicts
    by_time = sorted(range(len(conflicts)), key=lambda index: instant_as_text(conflicts[index].when) or "")
    return [conflicts[index] for index in sorted(by_time[-count:])]


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
    document: Document, conflict: PropertyConflict, dialect: Dialect, **values: object
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
