"""Queries and writes whose SQL is compiled once. On MongoDB, and if `COMPILED_SQL` is off, the ORM does the same
work. Nothing outside this module knows which of both it is."""

from collections.abc import Callable, Collection
from typing import Any, Self

from django.conf import settings
from django.db import connections, models

from backoffice.db import compiled
from backoffice.db.annotations import Connection, Rows
from backoffice.db.connection import own_connection

SIZES = (10, 25, 50, 100)
"""Numbers of parameters that queries by several ids are compiled for: a shorter list is filled up with its
last id."""


def is_compiled(connection: Connection) -> bool:
    """Return whether queries on this connection skip the ORM."""
    return settings.COMPILED_SQL and connection.vendor != "mongodb"


class FastInstanceMixin(models.Model):
    """Builds instances from database rows without `Model.__init__` and its signals (see docs/performance.md).
    Columns that are not in the row are deferred, as in Django."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # the types are those of Django 6.1
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        if settings.COMPILED_SQL:
            return compiled.build_instance(cls, db, field_names, values)
        return super().from_db(db, field_names, values)


class CompiledQuery:
    """A query with text parameters, such as ids: `CompiledQuery(lambda pk: Complaint.objects.filter(pk=pk))`.
    The function is called once per connection (and number of parameters) with placeholders, and must not
    depend on their values."""

    def __init__(self, make: Callable[..., Rows]):
        self.make = make

    def __call__(self, *values: str) -> list[Any]:
        """Return the result for these parameters: records, or rows if the query selects values."""
        connection = own_connection()
        if is_compiled(connection) and None not in values:
            return compiled.find(self.make, values, connection)
        return list(self.make(*values))

    def find_any(self, values: list[str]) -> list[Any]:
        """Return what matches any of several values, for a query with `filter(pk__in=values)`."""
        size = next((size for size in SIZES if size >= len(values)), None)
        if not values or size is None or not is_compiled(own_connection()):
            return list(self.make(*values))
        return self(*values, *values[-1:] * (size - len(values)))


def fetch(queryset: Rows, start: int = 0, stop: int | None = None) -> list[Any]:
    """Return `list(queryset[start:stop])`."""
    connection = connections[queryset.db]
    if is_compiled(connection):
        return compiled.fetch(queryset, start, stop, connection)
    return list(queryset[start:stop])


def execute_update(record: models.Model, names: set[str], *, version: int | None = None) -> bool:
    """Write some fields of a record. Return False if the stored version is not `version`. (Child rows have no
    version.)"""
    connection, model = own_connection(), type(record)
    fields: list[Any] = [model._meta.get_field(name) for name in sorted(names)]
    condition = {"pk": record.pk} | ({} if version is None else {"version": version})
    if is_compiled(connection):
        return compiled.update(record, fields, condition, connection) == 1
    values = {field.name: field.pre_save(record, add=False) for field in fields}
    return model._base_manager.filter(**condition).update(**values) == 1


def execute_insert(record: models.Model) -> None:
    """Insert one row."""
    connection = own_connection()
    if is_compiled(connection):
        compiled.insert(record, connection)
    else:
        type(record)._base_manager.bulk_create([record])
