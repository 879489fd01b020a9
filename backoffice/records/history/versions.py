"""Earlier versions of a record: its history rows, and its state at a version."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.apps import apps
from django.db import models

from backoffice.db.annotations import Change, Element, PlainValue, Rows, Values
from backoffice.records.actors import Actor
from backoffice.records.models import Entity, History


def record_types_visible_to(actor: Actor) -> dict[str, type[Entity]]:
    """Return the models of records that an actor may see, by the name in history rows."""
    return {
        model._meta.label_lower: model
        for model in apps.get_models()
        if issubclass(model, Entity) and actor.may("view", model)
    }


def entries_visible_to(actor: Actor, rows: Rows) -> Rows:
    """Return those of some rows about records (history, access log) that an actor may see: of their own
    company and of models that they may see. People from outside see none."""
    visible = rows.filter(record_type__in=list(record_types_visible_to(actor)))
    if actor.is_superuser:
        return visible
    if actor.customer_id or not actor.company_id:
        return visible.none()
    return visible.filter(company_id=actor.company_id)


def history_of(record: Entity) -> models.QuerySet[History]:
    """Return the history rows of a record, newest first."""
    return History.objects.filter(record_type=record._meta.label_lower, record_id=record.pk).order_by(
        "-version"
    )


def added_ids(changes: Iterable[Change], name: str) -> set[str]:
    """Return the ids of the elements that changes add to a list property."""
    paths = (change["property"].split(".") for change in changes if change["old"] is None)
    return {path[1] for path in paths if path[0] == name and len(path) == 2}


def changes_since(
    record: Entity, version: int, actor: Actor | None = None, *, until: int | None = None
) -> list[History]:
    """Return the history rows after `version`, oldest first, up to the version `until`. With an `actor`, `who` is the
    author as the actor may know them. One query, whose cost is the number of changes since."""
    last = record.version if until is None else min(until, record.version)
    rows = list(history_of(record).filter(version__gt=version, version__lte=last).reverse())
    if actor is not None:
        for row in rows:
            row.who = record.visible_author(row, actor)
    return rows


def plain_state(record: Entity, names: Collection[str] | None = None) -> Values:
    """Return plain values by property name; hashed properties as their hash. `names` limits the
    properties."""
    return {
        name: prop.history_value(prop.plain(prop.read(record)), record)
        for name, prop in record.properties.items()
        if names is None or name in names
    }


def state_at(
    record: Entity,
    version: int,
    names: Collection[str] | None = None,
    since: list[History] | None = None,
) -> Values:
    """Return the plain state at an earlier version: the current one with the later changes reverted."""
    state = plain_state(record, names)
    for row in reversed(changes_since(record, version) if since is None else since):
        revert(state, row.changes)
    return state


def value_at(state: Values, path: str) -> PlainValue:
    """Return the plain value at a path (`desc`, `comments.<id>`, `comments.<id>.comment`) of a state, None if
    there is none."""
    name, *rest = path.split(".")
    value = state.get(name)
    for step in rest:
        if isinstance(value, list):
            value = next((element for element in value if element["id"] == step), None)
        else:
            value = value.get(step) if value is not None else None
    return value


def record_at(record: Entity, version: int) -> Entity:
    """Return a copy of the record as it was at `version`, not to be saved. Hashed properties keep their
    current value, because the history does not have earlier ones."""
    copy = record.copy()
    if version >= record.version:
        return copy
    since = changes_since(record, version)
    for name, value in state_at(record, version, since=since).items():
        prop = record.properties[name]
        if not (prop.guard and prop.guard.hashed):
            prop.write(copy, prop.from_plain(value))
    if since:
        copy.version = version
    return copy


def version_at(record: Entity, stamp: datetime) -> int | None:
    """Return the version whose `last_modified_at` is exactly `stamp`, None if no version of the record has
    it.

    Makes one query, and none for the current version. Versions from before a record was deleted and created
    again are not considered.
    """
    if stamp == record.last_modified_at:
        return record.version
    if not record.created_at <= stamp < record.last_modified_at:
        return None
    has_stamp = models.Q(stamp=stamp) | models.Q(stamp=None, at=stamp)
    rows = history_of(record).filter(has_stamp | models.Q(action__in=History.CREATION_ACTIONS))
    newest = rows.values_list("version", "at", "stamp").first()
    if newest is None:
        return None
    version, at, imported = newest
    return version if (imported or at) == stamp else None


def revert(state: Values, changes: list[Change]) -> None:
    """Undo one history row on a state (property name to plain value), in place.

    A hashed property is reverted to its hash. Removed elements return to their former position.
    """
    for entry in sorted(changes, key=lambda entry: entry.get("place", -1)):
        name, *rest = entry["property"].split(".")
        if name not in state:
            continue
        if not rest:
            state[name] = entry["old"]
        else:
            state[name] = _revert_element(state[name], rest, entry)


def _revert_element(elements: list[Element], path: list[str], entry: Change) -> list[Element]:
    pk, *rest = path
    if not rest:
        if entry["old"] is None:
            return [element for element in elements if element["id"] != pk]
        place = entry.get("place", len(elements))
        return [*elements[:place], entry["old"], *elements[place:]]
    name, *nested_path = rest
    return [
        {**element, name: _revert_element(element[name], nested_path, entry) if nested_path else entry["old"]}
        if element["id"] == pk
        else element
        for element in elements
    ]
