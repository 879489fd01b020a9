"""Deletion of records."""

from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, models
from django.db.models.deletion import Collector, ProtectedError

from backoffice.db.annotations import Change
from backoffice.db.transactions import WriteConflict, atomic, pause, retries
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import DeletionRefused
from backoffice.records.fields.base import now
from backoffice.records.models import Entity
from backoffice.records.writes.conflicts import reload, stale_version_conflict
from backoffice.records.writes.dependants import describe_dependants
from backoffice.records.writes.plan import PlannedWrite, require_permission
from backoffice.records.writes.updates import append_history, call_listeners


def delete(
    record: Entity,
    *,
    actor: Actor,
    context: ChangeContext,
    base: int | None = None,
    is_deleted_too: Callable[[models.Model], bool] | None = None,
) -> None:
    """Delete a record. Its last history row has its last state.

    Raises DeletionRefused if other records refer to it, except for rows for which `is_deleted_too` returns True: those
    that the same transaction deletes too, because two records may refer to each other. May also raise
    `Forbidden`, `Conflict` and `RecordDeleted`.
    """
    require_permission(actor, "delete", record)
    for attempt in retries():
        if base is not None and base != record.version:
            raise stale_version_conflict(record, base, actor)
        if is_deleted_too is None:  # else an import is rolled back
            _check_deletable(record, actor)
        entries: list[Change] = []
        for prop in record.properties.values():
            empty: list[Any] | None = [] if prop.many else None
            value = prop.plain(prop.read(record))
            if not prop.is_empty(value):
                entries += prop.differences(value, empty, record)
        deleted = record.copy()
        planned = PlannedWrite(
            deleted, record, actor, max(now(), record.last_modified_at), "remove", changes=entries
        )
        try:
            with atomic():
                own_row = type(record)._base_manager.filter(pk=record.pk, version=record.version)
                if own_row.update(version=record.version + 1):
                    deleted.version = record.version + 1
                    _delete_rows(deleted, is_deleted_too)
                    record.after_write(planned)
                    append_history([planned], context, pk=record.pk)
                    planned.context = context
                    call_listeners(planned)
                    return
        except ProtectedError as error:
            raise DeletionRefused(describe_dependants(error, actor)) from error
        except IntegrityError as error:
            raise DeletionRefused([]) from error
        except WriteConflict:
            pause(attempt)
        record = reload(record)
    raise WriteConflict()


def check_deletion(record: Entity, *, actor: Actor, base: int | None = None) -> None:
    """Raise what `delete` would raise, without writing."""
    require_permission(actor, "delete", record)
    if base is not None and base != record.version:
        raise stale_version_conflict(record, base, actor)
    _check_deletable(record, actor)
    try:
        Collector(using=DEFAULT_DB_ALIAS).collect([record])
    except ProtectedError as error:
        raise DeletionRefused(describe_dependants(error, actor)) from error


def _check_deletable(record: Entity, actor: Actor) -> None:
    """Raise DeletionRefused for a record that users must not delete. Commands may."""
    if actor.user_id is not None and (problem := record.deletion_problem()):
        raise DeletionRefused([], problem)


def _delete_rows(record: Entity, is_deleted_too: Callable[[models.Model], bool] | None) -> None:
    """Delete the record and its child rows from the database. The foreign keys of rows that are deleted
    together are checked at the end of the transaction."""
    try:
        models.Model.delete(record)
    except ProtectedError as error:
        if is_deleted_too is None or not all(map(is_deleted_too, error.protected_objects)):
            raise
        for prop in record.properties.values():
            if prop.many:
                prop.store(record, prop.read(record), [])
        own_row = type(record)._base_manager.filter(pk=record.pk)
        own_row._raw_delete(own_row.db)
        record.pk = None
