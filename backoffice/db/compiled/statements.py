"""SQL that is made once. Most of what a small query costs is the ORM making its text; here the ORM makes the text of a
query the first time, and later ones only bring other values: to PostgreSQL by themselves, so that it plans the query
once, too. Elsewhere (MongoDB) the ORM does all of it."""

from asyncio import _get_running_loop
from collections.abc import Callable
from operator import attrgetter, methodcaller

from django.db import models
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.db.models.query import ModelIterable, get_related_populators

from backoffice.db.compiled.instances import column_getter
from backoffice.db.connection import own_connection

MOST = 2000
"""How much is kept for one connection: who sends ever other sets of properties could fill the memory."""


def _plans(connection) -> dict:
    """What was made for this connection; its converters are its own, and a connection is its thread's own."""
    plans = connection.__dict__.setdefault("prepared_plans", {})
    if len(plans) > MOST:
        plans.clear()
    return plans


def server_prepared_cursor(connection):
    """A cursor for queries that find rows by their ids, and so are always answered in the same way. As Django sends them,
    with the values in the text, PostgreSQL would plan each anew, which takes longer than finding the rows; what is sent
    with its values beside it is planned once for each connection (`prepare_threshold` in `config.databases`). Lists must
    not be: what is best for them depends on the values. A log of queries would not have these with their values."""
    if connection.vendor != "postgresql" or connection.queries_logged:
        return connection.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    driver = connection.connection
    usual, driver.cursor_factory = driver.cursor_factory, ServerBindingCursor
    try:
        return connection.cursor()
    finally:
        driver.cursor_factory = usual


class CompiledStatement:
    """Some SQL, as Django writes it. To SQLite it is said in its own words at once: Django's cursor looks for the places of
    the values every time, which takes longer than finding a record. (Where somebody listens, as tests do, it goes by that.)"""

    def __init__(self, sql: str, connection):
        self.sql = sql
        self.connection = connection
        is_sqlite = connection.vendor == "sqlite"
        self.own = SQLiteCursorWrapper.convert_query(None, sql) if is_sqlite else ""

    def run(self, params: list, result: Callable):
        """What `result` makes of the cursor."""
        connection = self.connection
        if not self.own or connection.queries_logged or connection.execute_wrappers:
            with server_prepared_cursor(connection) as cursor:
                cursor.execute(self.sql, params)
                return result(cursor)
        if connection.connection is None or _get_running_loop() is not None:
            connection.ensure_connection()  # (which refuses to work within an event loop)
        if connection.needs_rollback:
            connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return result(connection.connection.execute(self.own, params))


_all_rows = methodcaller("fetchall")
_row_count = attrgetter("rowcount")


class CompiledQuery:
    """A query by some texts, such as ids: `CompiledQuery(lambda pk: Complaint.objects.filter(pk=pk))`. The function is
    called once for each connection (and number of texts), with texts that stand for the real ones, and must not look
    at them."""

    def __init__(self, make: Callable[..., models.QuerySet]):
        self.make = make

    def __call__(self, *values: str) -> list:
        """What is found with these values: records, or rows if the query asks for values."""
        connection = own_connection()
        if connection.vendor == "mongodb" or None in values:
            return list(self.make(*values))
        plans = _plans(connection)
        if (plan := plans.get((self, len(values)))) is None:
            plan = plans[self, len(values)] = _Plan(self.make, len(values), connection)
        return plan.run(values)


class _Plan:
    """The SQL of a query, and how its rows become what the ORM would make of them."""

    def __init__(self, make, count: int, connection):
        marks = [f"a mark of a prepared query: {place}" for place in range(count)]
        self.connection = connection
        queryset = make(*marks)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        self.statement = CompiledStatement(sql, connection)
        self.params = list(params)
        self.places = [(at, marks.index(param)) for at, param in enumerate(params) if param in marks]
        if {place for _at, place in self.places} != set(range(count)):
            raise TypeError("A value of a prepared query is not in its SQL as it is.")
        columns = [selected[0] for selected in compiler.select[: compiler.col_count]]
        self.converters = [
            (at, convert, column) for at, (converts, column) in compiler.get_converters(columns).items() for convert in converts
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
        return [self._made(list(row)) for row in rows] if self.model or self.converters else rows

    def _made(self, row: list):
        for at, convert, column in self.converters:
            row[at] = convert(row[at], column, self.connection)
        if self.model is None:
            return row
        made = self.model.from_db(self.connection.alias, self.names, row[self.part])
        for populator in self.related:
            populator.populate(row, made)
        return made


SIZES = (10, 25, 50, 100)
"""How many values the queries by several are prepared for: fewer are filled up with the last one."""


def find_by_any(found: CompiledQuery, values: list[str]) -> list:
    """What is found by any of several values, which `found` takes all at once: `filter(pk__in=values)`."""
    size = next((size for size in SIZES if size >= len(values)), None)
    if not values or size is None:
        return list(found.make(*values))
    return found(*values, *values[-1:] * (size - len(values)))


def execute_update(record: models.Model, names: set[str], *, version: int | None = None) -> bool:
    """Write some fields of a record; False if its stored version is not this one any more. (Rows that belong to a
    record have none.)"""
    connection = own_connection()
    model = type(record)
    fields = [model._meta.get_field(name) for name in sorted(names)]
    condition = {"pk": record.pk} | ({} if version is None else {"version": version})
    if connection.vendor == "mongodb":
        values = {field.name: field.pre_save(record, add=False) for field in fields}
        return bool(model._base_manager.filter(**condition).update(**values))
    key, plans = (model, "update", len(condition), *(field.name for field in fields)), _plans(connection)
    if (plan := plans.get(key)) is None:
        quoted = connection.ops.quote_name
        meta = model._meta
        assigned = ", ".join(f"{quoted(field.column)} = %s" for field in fields)
        asked = [meta.pk if name == "pk" else meta.get_field(name) for name in condition]
        where = " AND ".join(f"{quoted(field.column)} = %s" for field in asked)
        sql = f"UPDATE {quoted(meta.db_table)} SET {assigned} WHERE {where}"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = (
            CompiledStatement(sql, connection),
            [column_getter(field, connection) for field in fields],
        )
    statement, writers = plan
    return statement.run([*(write(record) for write in writers), *condition.values()], _row_count) == 1


def execute_insert(record: models.Model) -> None:
    """Write one new row."""
    connection = own_connection()
    model = type(record)
    if connection.vendor == "mongodb":
        model._base_manager.bulk_create([record])
        return
    key, plans = (model, "insert"), _plans(connection)
    if (plan := plans.get(key)) is None:
        quoted, fields = connection.ops.quote_name, model._meta.local_concrete_fields
        columns = ", ".join(quoted(field.column) for field in fields)
        places = ", ".join("%s" for _field in fields)
        table = quoted(model._meta.db_table)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 # nosec B608 # names of columns
        plan = plans[key] = (
            CompiledStatement(sql, connection),
            [column_getter(field, connection) for field in fields],
        )
    statement, writers = plan
    statement.run([write(record) for write in writers], _row_count)
    record._state.adding, record._state.db = False, connection.alias
