"""SQL that is compiled once. Most of the cost of a small query is compiling it; here, the ORM compiles a
query the first time, and later calls only bring new parameters, bound by the server on PostgreSQL, so that it
plans the query once, too. On MongoDB the ORM does all of it."""

from asyncio import _get_running_loop
from collections.abc import Callable
from operator import attrgetter, methodcaller

from django.db import models
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.models.query import ModelIterable, get_related_populators

from backoffice.db.compiled.instances import column_getter
from backoffice.db.connection import own_connection

MAX_PLANS = 2000
"""Maximum number of cached plans per connection: clients that update ever new sets of properties must not
fill the memory."""


def _plans_of(connection) -> dict:
    """Return the plans of this connection: converters belong to a connection, and a connection to a
    thread."""
    plans = connection.__dict__.setdefault("prepared_plans", {})
    if len(plans) > MAX_PLANS:
        plans.clear()
    return plans


def server_prepared_cursor(connection):
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

    def __init__(self, sql: str, connection):
        self.sql = sql
        self.connection = connection
        is_sqlite = connection.vendor == "sqlite"
        self.sqlite_sql = SQLiteCursorWrapper.convert_query(None, sql) if is_sqlite else ""

    def run(self, params: list, result: Callable):
        """Execute the statement, and return `result(cursor)`."""
        connection = self.connection
        if not self.sqlite_sql or connection.queries_logged or connection.execute_wrappers:
            with server_prepared_cursor(connection) as cursor:
                cursor.execute(self.sql, params)
                return result(cursor)
        if connection.connection is None or _get_running_loop() is not None:
            connection.ensure_connection()  # raises an error in an event loop
        if connection.needs_rollback:
            connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return result(connection.connection.execute(self.sqlite_sql, params))


_all_rows = methodcaller("fetchall")
_row_count = attrgetter("rowcount")


class CompiledQuery:
    """A query with text parameters, such as ids: `CompiledQuery(lambda pk: Complaint.objects.filter(pk=pk))`.
    The function is called once per connection (and number of parameters) with placeholders, and must not
    depend on their values."""

    def __init__(self, make: Callable[..., models.QuerySet]):
        self.make = make

    def __call__(self, *values: str) -> list:
        """Return the result for these parameters: records, or rows if the query selects values."""
        connection = own_connection()
        if connection.vendor == "mongodb" or None in values:
            return list(self.make(*values))
        plans = _plans_of(connection)
        if (plan := plans.get((self, len(values)))) is None:
            plan = plans[self, len(values)] = _CompiledPlan(self.make, len(values), connection)
        return plan.run(values)


class _CompiledPlan:
    """The compiled SQL of a query, and how its rows are converted to what the ORM would return."""

    def __init__(self, make, count: int, connection):
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
            self.related = get_related_populators(info, compiler.select, connection.alias)

    def run(self, values: tuple[str, ...]) -> list:
        params = self.params.copy()
        for at, place in self.places:
            params[at] = values[place]
        rows = self.statement.run(params, _all_rows)
        return [self._convert(list(row)) for row in rows] if self.model or self.converters else rows

    def _convert(self, row: list):
        for index, convert, column in self.converters:
            row[index] = convert(row[index], column, self.connection)
        if self.model is None:
            return row
        instance = self.model.from_db(self.connection.alias, self.names, row[self.part])
        for populator in self.related:
            populator.populate(row, instance)
        return instance


SIZES = (10, 25, 50, 100)
"""Numbers of parameters that queries by several ids are compiled for: a shorter list is filled up with its
last id."""


def find_by_any(query: CompiledQuery, values: list[str]) -> list:
    """Return what matches any of several values, for a query with `filter(pk__in=values)`."""
    size = next((size for size in SIZES if size >= len(values)), None)
    if not values or size is None:
        return list(query.make(*values))
    return query(*values, *values[-1:] * (size - len(values)))


def execute_update(record: models.Model, names: set[str], *, version: int | None = None) -> bool:
    """Write some fields of a record. Return False if the stored version is not `version`. (Child rows have no
    version.)"""
    connection = own_connection()
    model = type(record)
    fields = [model._meta.get_field(name) for name in sorted(names)]
    condition = {"pk": record.pk} | ({} if version is None else {"version": version})
    if connection.vendor == "mongodb":
        values = {field.name: field.pre_save(record, add=False) for field in fields}
        return bool(model._base_manager.filter(**condition).update(**values))
    key, plans = (model, "update", len(condition), *(field.name for field in fields)), _plans_of(connection)
    if (plan := plans.get(key)) is None:
        quoted = connection.ops.quote_name
        meta = model._meta
        assigned = ", ".join(f"{quoted(field.column)} = %s" for field in fields)
        condition_fields = [meta.pk if name == "pk" else meta.get_field(name) for name in condition]
        where = " AND ".join(f"{quoted(field.column)} = %s" for field in condition_fields)
        sql = f"UPDATE {quoted(meta.db_table)} SET {assigned} WHERE {where}"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = (
            CompiledStatement(sql, connection),
            [column_getter(field, connection) for field in fields],
        )
    statement, getters = plan
    return statement.run([*(get(record) for get in getters), *condition.values()], _row_count) == 1


def execute_insert(record: models.Model) -> None:
    """Insert one row."""
    connection = own_connection()
    model = type(record)
    if connection.vendor == "mongodb":
        model._base_manager.bulk_create([record])
        return
    key, plans = (model, "insert"), _plans_of(connection)
    if (plan := plans.get(key)) is None:
        quoted, fields = connection.ops.quote_name, model._meta.local_concrete_fields
        columns = ", ".join(quoted(field.column) for field in fields)
        placeholders = ", ".join("%s" for _field in fields)
        table = quoted(model._meta.db_table)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({placeholders})"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = (
            CompiledStatement(sql, connection),
            [column_getter(field, connection) for field in fields],
        )
    statement, getters = plan
    statement.run([get(record) for get in getters], _row_count)
    record._state.adding, record._state.db = False, connection.alias
