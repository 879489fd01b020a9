"""The past of a record: its history rows, and its state at an earlier version."""

from datetime import datetime

from django.apps import apps
from django.db import models

from backoffice.records.actors import Actor
from backoffice.records.models import Entity, History
from backoffice.records.properties.diff import displayed_value, revert


def record_types_visible_to(actor: Actor) -> dict[str, type[Entity]]:
    """The kinds of record that an actor may see, by the name that history rows have for them."""
    return {
        model._meta.label_lower: model
        for model in apps.get_models()
        if issubclass(model, Entity) and actor.may("view", model)
    }


def entries_visible_to(actor: Actor, rows: models.QuerySet) -> models.QuerySet:
    """Those of some rows about records (the history, the access log) that an actor is told: of their own company,
    about kinds that they may see. People from outside are told none."""
    found = rows.filter(record_type__in=list(record_types_visible_to(actor)))
    if actor.is_superuser:
        return found
    if actor.customer_id or not actor.company_id:
        return found.none()
    return found.filter(company_id=actor.company_id)


def history_of(record: Entity):
    """The history rows of a record, newest first."""
    return History.objects.filter(record_type=record._meta.label_lower, record_id=record.pk).order_by(
        "-version"
    )


def changes_since(record: Entity, version: int, actor: Actor | None = None) -> list[History]:
    """The history rows after `version`, oldest first; `who` is whom `actor` is told. One query; its cost is the number of
    changes since."""
    rows = list(history_of(record).filter(version__gt=version, version__lte=record.version).reverse())
    for row in rows if actor is not None else ():
        row.who = record.visible_author(row, actor)
    return rows


def plain_state(record: Entity, names=None) -> dict:
    """Property name to plain value; hashed properties as their hash. `names` limits which."""
    return {
        name: displayed_value(prop, prop.plain(prop.read(record)), record)
        for name, prop in record.properties.items()
        if names is None or name in names
    }


def state_at(record: Entity, version: int, names=None, since: list[History] | None = None) -> dict:
    """The plain state at an earlier version: the current one with the later changes taken back."""
    state = plain_state(record, names)
    for row in reversed(changes_since(record, version) if since is None else since):
        revert(state, row.changes)
    return state


def record_at(record: Entity, version: int) -> Entity:
    """A copy of the record as it was at `version`, not to be saved. Hashed properties keep today's value, for
    the history cannot give them back."""
    past = record.copy()
    if version >= record.version:
        return past
    since = changes_since(record, version)
    for name, plain in state_at(record, version, since=since).items():
        prop = record.properties[name]
        if not (prop.guard and prop.guard.hashed):
            prop.write(past, prop.from_plain(plain))
    if since:
        past.version = version
    return past


def version_at(record: Entity, stamp: datetime) -> int | None:
    """Return the version whose `last_modified_at` is exactly `stamp`, None if no version of the record has it.

    One query, and none for the present version. Versions from before the record was deleted and created again
    are not its own."""
    if stamp == record.last_modified_at:
        return record.version
    if not record.created_at <= stamp < record.last_modified_at:
        return None
    has_stamp = models.Q(stamp=stamp) | models.Q(stamp=None, at=stamp)
    rows = history_of(record).filter(has_stamp | models.Q(action__in=History.CREATION_ACTIONS))
    found = rows.values_list("version", "at", "stamp").first()
    if found is None:
        return None
    version, at, imported = found
    return version if (imported or at) == stamp else None
