"""Lists whose SQL is put together of parts. What a list shows, and in which order, is the same for all who ask: the ORM
makes that part once. Which rows they are may differ with whoever asks and what for: their conditions are made each time,
by the ORM as well. Making all of it each time would take twice as long as SQLite takes to find a hundred rows."""

from collections.abc import Callable

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable
from django.db.models.sql.where import ExtraWhere, WhereNode

from backoffice.db.compiled.instances import row_factory

MOST = 500
"""How many shapes are kept for one connection: there are endless ways to sort."""
_MARK = "a mark of the conditions"
_BLANK = Query(None)
_TOLD = frozenset({"model", "where", "order_by", "standard_ordering", "default_ordering", "deferred_loading"})
"""What of a query its shape tells, or is made anew each time."""
_FOLLOWING = frozenset(
    {
        "alias_map",
        "alias_refcount",
        "table_map",
        "used_aliases",
        "base_table",
        "_lookup_joins",
        "subq_aliases",
    }
)
"""What follows from its conditions, whose only table is the model's."""


def fetch(queryset: QuerySet, start: int = 0, stop: int | None = None) -> list:
    """`list(queryset[start:stop])`."""
    connection = connections[queryset.db]
    shape = _shape_of(queryset) if connection.vendor != "mongodb" else None
    if shape is None:
        return list(queryset[start:stop])
    shapes = connection.__dict__.setdefault("fetched_shapes", {})
    if len(shapes) > MOST:
        shapes.clear()
    if (parts := shapes.get(shape)) is None:
        parts = shapes[shape] = _Parts(queryset.query, connection)
    return parts.run(queryset.query, start, stop)


def _shape_of(queryset: QuerySet) -> tuple | None:
    """What tells the SQL of this query but for its conditions; None of one that has more to it."""
    query = queryset.query
    plain = (
        type(query) is Query
        and queryset._iterable_class is ModelIterable
        and not queryset._prefetch_related_lookups
        and not queryset._known_related_objects
        # (A table that SQLite is to find by ids, as `searching` may say, is of another type.)
        and all(
            name == query.model._meta.db_table and type(query.alias_map[name]) is BaseTable
            for name, uses in query.alias_refcount.items()
            if uses
        )
        and not query.where.contains_aggregate
        and not query.where.contains_over_clause
        and all(type(name) is str for name in query.order_by)
    )
    for name, value in query.__dict__.items():
        if name not in _TOLD and name not in _FOLLOWING and value != getattr(_BLANK, name, _BLANK):
            return None
    if not plain:
        return None
    names, deferred = query.deferred_loading
    return (
        query.model,
        tuple(query.order_by),
        query.standard_ordering,
        query.default_ordering,
        frozenset(names),
        deferred,
    )


class _Parts:
    """The SQL before and behind the conditions of a query, and what makes records of its rows."""

    make: Callable

    def __init__(self, query: Query, connection):
        self.connection = connection
        whole = query.chain()
        whole.where = WhereNode([ExtraWhere([_MARK], ())])
        compiler = whole.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self.before, found, self.behind = sql.partition(f" WHERE ({_MARK})")
        if params or not found:
            raise TypeError("A list has values beside its conditions.")
        self.make = row_factory(compiler)

    def run(self, query: Query, start: int, stop: int | None) -> list:
        connection = self.connection
        try:
            where, params = query.get_compiler(connection=connection).compile(query.where)
        except EmptyResultSet:
            return []
        except FullResultSet:
            where, params = "", ()
        pages = connection.ops.limit_offset_sql(start, stop)
        sql = f"{self.before}{where and f' WHERE {where}'}{self.behind}{pages and f' {pages}'}"
        with connection.cursor() as cursor:
            cursor.execute(sql, tuple(params))
            rows = cursor.fetchall()
        return self.make(rows)
