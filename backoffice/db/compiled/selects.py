"""Compiled SQL of lists. The columns and the order of a list are the same for all actors, so the ORM compiles
this part once. The conditions differ by actor and filter; the ORM compiles them each time (see
docs/performance.md)."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import Model
from django.db.models.query import ModelIterable
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable
from django.db.models.sql.where import ExtraWhere, WhereNode

from backoffice.db.annotations import Connection, Rows
from backoffice.db.compiled.instances import Row, row_factory

MAX_SHAPES = 500
"""Maximum number of cached shapes per connection: there are endless ways to sort."""
_MARK = "a mark of the conditions"
_BLANK = Query(None)
_SHAPE_ATTRIBUTES = frozenset(
    {"model", "where", "order_by", "standard_ordering", "default_ordering", "deferred_loading"}
)
"""Attributes of a query that are part of its shape, or are compiled each time."""
_CONDITION_ATTRIBUTES = frozenset(
    {
        "alias_map",
        "alias_refcount",
        "table_map",
        "used_aliases",
        "base_table",
        "_lookup_joins",
        "subq_aliases",
        "whole_companies",
    }
)
"""Attributes that follow from the conditions, whose only table is the model's, or are a mark of ours."""


def fetch(queryset: Rows, start: int, stop: int | None, connection: Connection) -> list[Any]:
    """Return `list(queryset[start:stop])`."""
    if (shape := _shape_of(queryset)) is None:
        return list(queryset[start:stop])
    shapes: dict[object, _CompiledParts] = connection.__dict__.setdefault("fetched_shapes", {})
    if len(shapes) > MAX_SHAPES:
        shapes.clear()
    if (parts := shapes.get(shape)) is None:
        parts = shapes[shape] = _CompiledParts(queryset.query, connection)
    return parts.run(queryset.query, start, stop)


def _shape_of(queryset: Rows) -> tuple[object, ...] | None:
    """Return the key of a query's SQL without its conditions; None for a query with other parts."""
    query: Any = queryset.query  # the types of Django let it lack a model
    table = query.model._meta.db_table
    plain = (
        type(query) is Query
        and queryset._iterable_class is ModelIterable
        and not queryset._prefetch_related_lookups  # type: ignore[attr-defined]  # private to Django
        and not queryset._known_related_objects  # type: ignore[attr-defined]  # private to Django
        # `search_index.TableIndexedById`, for instance, is another type of table.
        and all(
            name == table and type(query.alias_map[name]) is BaseTable
            for name, uses in query.alias_refcount.items()
            if uses
        )
        and not query.where.contains_aggregate
        and not query.where.contains_over_clause
        and all(type(name) is str for name in query.order_by)
    )
    for name, value in query.__dict__.items():
        if (
            name not in _SHAPE_ATTRIBUTES
            and name not in _CONDITION_ATTRIBUTES
            and value != getattr(_BLANK, name, _BLANK)
        ):
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


class _CompiledParts:
    """The SQL before and after the conditions of a query, and the function that converts its rows."""

    make: Callable[[list[Row]], list[Model]]

    def __init__(self, query: Query, connection: Connection):
        self.connection = connection
        template = query.chain()
        template.where = WhereNode([ExtraWhere([_MARK], ())])  # type: ignore[list-item]  # as `QuerySet.extra` does
        compiler = template.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self.before, mark, self.after = sql.partition(f" WHERE ({_MARK})")
        if params or not mark:
            raise TypeError("A list has parameters outside its conditions.")
        self.make = row_factory(compiler)

    def run(self, query: Query, start: int, stop: int | None) -> list[Model]:
        connection = self.connection
        try:
            where, params = query.get_compiler(connection=connection).compile(query.where)
        except EmptyResultSet:
            return []
        except FullResultSet:
            where, params = "", ()
        pages = connection.ops.limit_offset_sql(start, stop)
        sql = f"{self.before}{where and f' WHERE {where}'}{self.after}{pages and f' {pages}'}"
        with connection.cursor() as cursor:
            cursor.execute(sql, tuple(params))
            rows = cursor.fetchall()
        return self.make(rows)
