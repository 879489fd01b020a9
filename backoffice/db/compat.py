"""Differences between the databases, evened out. (For transactions see `transactions`, for lookups
`records.fields.lookups`, for how values are stored `records.fields`; `docs/operations/databases.md` says why.)"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.apps import AppConfig
from django.db import connections, models

from backoffice.db.annotations import MongoConnection, Rows, RowsT
from backoffice.db.connection import own_connection
from backoffice.db.queries import fetch


def exact_json(value: object) -> str:
    """Return JSON text that PostgreSQL's jsonb stores without changing types: it reads a double of 1e22 as an
    integer with 23 digits, unless its text has a decimal point."""
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    if isinstance(value, dict):
        inside = ",".join(f"{json.dumps(name)}:{exact_json(inner)}" for name, inner in value.items())
        return f"{{{inside}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(exact_json(inner) for inner in value)}]"
    return json.dumps(value)


_PATH_ESCAPES = str.maketrans({"%": "%25", ".": "%2E", "$": "%24"})
_ESCAPED = re.compile("%(25|2E|24)")


def escape_member_name(name: str) -> str:
    """Escape the name of an object's member for MongoDB. There, a dot leads into a document, a dollar begins
    an operator, `{"$ref": …}` has a meaning of its own, and no name is empty."""
    return name.translate(_PATH_ESCAPES) or "%"


def unescape_member_name(path: str) -> str:
    return "" if path == "%" else _ESCAPED.sub(lambda match: chr(int(match[1], 16)), path)


def rename_members(value: Any, rename: Callable[[str], str]) -> Any:
    """Return a JSON value with all member names changed by `rename`."""
    if isinstance(value, dict):
        return {rename(name): rename_members(inner, rename) for name, inner in value.items()}
    if isinstance(value, list):
        return [rename_members(inner, rename) for inner in value]
    return value


def create_unique_indexes(app_config: AppConfig, using: str, **_kwargs: object) -> None:
    """Create plain indexes for unique columns on MongoDB: those of the migrations are partial there, and are
    not used to find a session, a name or a key by its value."""
    connection: MongoConnection = connections[using]
    if connection.vendor != "mongodb" or not app_config.models_module:
        return
    present = connection.introspection.table_names()
    for model in app_config.get_models(include_auto_created=True):
        if model._meta.db_table in present and model._meta.can_migrate(connection):
            for names in _unique_together(model):
                fields: list[Any] = [model._meta.get_field(name) for name in names]
                columns = [field.column for field in fields]
                if columns != ["_id"]:
                    index = [(column, 1) for column in columns]
                    collection = connection.database[model._meta.db_table]
                    collection.create_index(index, name=f"plain_{'_'.join(columns)}")


def _unique_together(model: type[models.Model]) -> set[tuple[str, ...]]:
    sets: set[tuple[str, ...]] = {
        (field.name,) for field in model._meta.local_concrete_fields if field.unique
    }
    sets |= {tuple(names) for names in model._meta.unique_together}
    return sets | {tuple(constraint.fields) for constraint in model._meta.total_unique_constraints}


def subquery_ids(values: Rows) -> Rows | list[Any]:
    """Return the operand for `…__in=subquery_ids(queryset.values("pk"))`. MongoDB scans for each document of
    a subquery, and returns wrong results for a sliced queryset; there, the values are fetched first."""
    if connections[values.db].vendor == "mongodb":
        (name,) = values._fields  # type: ignore[attr-defined]  # private to Django
        return list(values.values_list(name, flat=True))
    return values


LARGE_OFFSET = 1000
"""From this offset on, rows are found by keys instead of being read and skipped."""


def slice_rows(queryset: Rows, start: int, stop: int) -> list[Any]:
    """Return `list(queryset[start:stop])`. At a large offset, fetch the keys first, from an index alone, and
    then their rows."""
    if start < LARGE_OFFSET:
        return fetch(queryset, start, stop)
    names = _key_columns(queryset)
    keys = list(queryset.values_list(*names)[start:stop])
    if not keys:
        return []
    # Without an order: for one, SQLite would scan the whole table in that order.
    condition = {f"{name}__in": {key[place] for key in keys} for place, name in enumerate(names)}
    rows = fetch(queryset.order_by().filter(**condition))
    rows_by_key = {tuple(getattr(row, name) for name in names): row for row in rows}
    return [rows_by_key[name] for name in keys if name in rows_by_key]


def _key_columns(queryset: Rows) -> tuple[str, ...]:
    """Return the columns that identify the rows: columns of the order if they are unique together, else the
    id. (The index with the order need not have the ids, and PostgreSQL would then read each row that it
    skips.)"""
    meta = queryset.model._meta
    order = {str(name).lstrip("-") for name in queryset.query.order_by}
    for constraint in meta.total_unique_constraints:
        fields: list[Any] = [meta.get_field(name) for name in constraint.fields]
        names = tuple(field.attname for field in fields)
        if order.issuperset(names):
            return names
    return ("pk",)


def with_related(queryset: RowsT, *names: str) -> RowsT:
    """Select related records in the same query, where the database joins after filtering. MongoDB joins
    before, so there they are prefetched."""
    if connections[queryset.db].vendor == "mongodb":
        return queryset.prefetch_related(*names)
    return queryset.select_related(*names)


def prefetch_references(records: list[models.Model], name: str, targets: Rows) -> None:
    """Set the reference `name` of several records from one query of `targets`, or to None. (Django's
    prefetching is slower: it builds a condition for each id.)"""
    if not records:
        return
    field: Any = records[0]._meta.get_field(name)
    ids = {getattr(record, field.attname) for record in records} - {None}
    rows_by_id = {row.pk: row for row in targets.order_by().filter(pk__in=ids)} if ids else {}
    for record in records:
        field.set_cached_value(record, rows_by_id.get(getattr(record, field.attname)))


def empty_write_log() -> bool:
    """Move SQLite's write-ahead log into the database and truncate it, because it still has overwritten
    values. Return False if a reader blocks this for longer than the connection's timeout."""
    connection = own_connection()
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    with connection.cursor() as cursor:
        return bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
