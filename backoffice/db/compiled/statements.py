"""SQL that is compiled once. Most of the cost of a small query is compiling it; here, the ORM compiles a
query the first time, and later calls only bring new parameters, bound by the server on PostgreSQL, so that it
plans the query once, too."""

from collections.abc import Callable, Sequence
from operator import attrgetter, methodcaller
from typing import Any, TypeVar

from django.db import models
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.query import ModelIterable, get_related_populators

from backoffice.db.annotations import Connection, ModelField, QuoteName, Rows, Values
from backoffice.db.compiled.instances import Row, column_getter

Result = TypeVar("Result")

MAX_PLANS = 2000
"""Maximum number of cached plans per connection: clients that update ever new sets of properties must not
fill the memory."""


def _plans_of(connection: Connection) -> dict[object, Any]:
    """Return the plans of this connection: converters belong to a connection, and a connection to a
    thread."""
    plans: dict[object, Any] = connection.__dict__.setdefault("prepared_plans", {})
    if len(plans) > MAX_PLANS:
        plans.clear()
    return plans


def server_prepared_cursor(connection: Connection) -> CursorWrapper:
    """Return a cursor for queries by id, whose best plan is always the same. With server-side parameters,
    PostgreSQL plans such a query once per connection (`prepare_threshold` in `config.databases`); Django's
    cursor inserts the parameters into the SQL. Not for lists: their best plan depends on the parameters. Not
    while queries are logged: the log would lack the parameters."""
    if connection.vendor != "postgresql" or connection.queries_logged:
        return connection.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    driver = connection.connection
    default_factory, driver.cursor_factory = driver.cursor_factory, ServerBindingCursor
    try:
        return connection.cursor()
    finally:
        driver.cursor_factory = default_factory


class CompiledStatement:
    """SQL as Django compiles it. For SQLite it is converted to the driver's placeholders once, not at each
    execution. (With query logging or execute wrappers, as in tests, it goes through Django's cursor.)"""

    def __init__(self, sql: str, connection: Connection):
        self.sql = sql
        self.connection = connection
        is_sqlite = connection.vendor == "sqlite"
        convert: Any = SQLiteCursorWrapper.convert_query  # uses nothing of a cursor
        self.sqlite_sql: str = convert(None, sql) if is_sqlite else ""

    def run(self, params: list[Any], result: Callable[[Any], Result]) -> Result:
        """Execute the statement, and return `result(cursor)`."""
        connection = self.connection
        if not self.sqlite_sql or connection.queries_logged or connection.execute_wrappers:
            with server_prepared_cursor(connection) as cursor:
                cursor.execute(self.sql, params)
                return result(cursor)
        if connection.connection is None:
            connection.ensure_connection()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return result(connection.connection.execute(self.sqlite_sql, params))


_all_rows: Callable[[Any], list[Row]] = methodcaller("fetchall")
_row_count: Callable[[Any], int] = attrgetter("rowcount")


def find(make: Callable[..., Rows], values: tuple[str, ...], connection: Connection) -> list[Any]:
    """Return the records or rows of the query `make(*values)`."""
    plans = _plans_of(connection)
    if (plan := plans.get((make, len(values)))) is None:
        plan = plans[make, len(values)] = _CompiledPlan(make, len(values), connection)
    return plan.run(values)


class _CompiledPlan:
    """The compiled SQL of a query, and how its rows are converted to what the ORM would return."""

    def __init__(self, make: Callable[..., Rows], count: int, connection: Connection):
        placeholders = [f"a placeholder of a compiled query: {place}" for place in range(count)]
        self.connection = connection
        queryset = make(*placeholders)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self.statement = CompiledStatement(sql, connection)
        self.params = list(params)
        self.places = [
            (index, placeholders.index(param)) for index, param in enumerate(params) if param in placeholders
        ]
        if {place for _at, place in self.places} != set(range(count)):
            raise TypeError("A value of a compiled query is not a parameter of its SQL as it is.")
        columns = [selected[0] for selected in compiler.select[: compiler.col_count]]
        self.converters = [
            (index, convert, column) for index, (functions, column) in compiler.get_converters(columns).items() for convert in functions
        ]  # fmt: skip
        self.model = None
        if issubclass(queryset._iterable_class, ModelIterable):
            info = compiler.klass_info
            self.model = info["model"]
            fields = info["select_fields"]
            self.part = slice(fields[0], fields[-1] + 1)
            self.names = [selected[0].target.attname for selected in compiler.select[self.part]]
            # The types are those of Django 6.1, which has one more parameter.
            self.related = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]

    def run(self, values: tuple[str, ...]) -> list[Any]:
        params = self.params.copy()
        for at, place in self.places:
            params[at] = values[place]
        rows = self.statement.run(params, _all_rows)
        return [self._convert(list(row)) for row in rows] if self.model or self.converters else rows

    def _convert(self, row: list[Any]) -> Any:
        for index, convert, column in self.converters:
            row[index] = convert(row[index], column, self.connection)
        if self.model is None:
            return row
        instance = self.model.from_db(self.connection.alias, self.names, row[self.part])
        for populator in self.related:
            populator.populate(row, instance)
        return instance


def update(
    record: models.Model, fields: Sequence[ModelField], condition: Values, connection: Connection
) -> int:
    """Write these fields of a record where `pk` (and `version`) are those of `condition`. Return the number of
    rows."""
    meta, plans = record._meta, _plans_of(connection)
    key = (type(record), "update", len(condition), *(field.name for field in fields))
    if (plan := plans.get(key)) is None:
        quoted: QuoteName = connection.ops.quote_name
        assigned = ", ".join(f"{quoted(field.column)} = %s" for field in fields)
        condition_fields: list[Any] = [
            meta.pk if name == "pk" else meta.get_field(name) for name in condition
        ]
        where = " AND ".join(f"{quoted(field.column)} = %s" for field in condition_fields)
        sql = f"UPDATE {quoted(meta.db_table)} SET {assigned} WHERE {where}"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = _CompiledWrite(sql, fields, connection)
    return plan.run(record, *condition.values())


def insert(record: models.Model, connection: Connection) -> None:
    """Insert one row."""
    meta, plans = record._meta, _plans_of(connection)
    if (plan := plans.get(key := (type(record), "insert"))) is None:
        quoted: QuoteName = connection.ops.quote_name
        fields = meta.local_concrete_fields
        columns = ", ".join(quoted(field.column) for field in fields)
        placeholders = ", ".join("%s" for _field in fields)
        sql = f"INSERT INTO {quoted(meta.db_table)} ({columns}) VALUES ({placeholders})"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = _CompiledWrite(sql, fields, connection)
    plan.run(record)
    record._state.adding, record._state.db = False, connection.alias


class _CompiledWrite:
    """The compiled SQL of a write, and the functions that get its parameters from a record."""

    def __init__(self, sql: str, fields: Sequence[ModelField], connection: Connection):
        self.statement = CompiledStatement(sql, connection)
        self.getters = [column_getter(field, connection) for field in fields]

    def run(self, record: models.Model, *params: object) -> int:
        """Return the number of rows."""
        return self.statement.run([*(get(record) for get in self.getters), *params], _row_count)
