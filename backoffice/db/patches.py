"""Changes to Django and to database drivers, each with its reason. `tests/proofs/test_patches.py` shows that the
reason still exists, and fails for versions that a change was not verified with. (`backoffice.db.compiled`, which also
uses their private parts, can be switched off by COMPILED_SQL.)"""

import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timezone
from itertools import chain, repeat
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.expressions import Col, Expression, OrderBy, Ref
from django.db.models.functions import Collate
from django.db.models.sql.compiler import SQLCompiler
from django.utils.dateparse import parse_datetime

from backoffice.db.annotations import Connection
from backoffice.db.writers import SINGLE_WAIT, writers

VERIFIED = {"Django": "5.2", "psycopg": "3.3", "django-mongodb-backend": "5.2"}

POSTGRES_ORDER = "C"
"""The collation of text on PostgreSQL: by code points, as in SQLite, MongoDB and Python. Other collations
sort, and fold case, by a language."""


def _order_like_other_databases(
    self: OrderBy, compiler: SQLCompiler, connection: Connection, **context: Any
) -> tuple[str, Any]:
    """Sort NULL before everything on PostgreSQL, ascending, as SQLite and MongoDB do. A column that is never
    NULL is left alone, because an index is not used for an order that it was not declared with. A column of a
    joined table is NULL where the reference is."""
    ordered: OrderBy = self
    expression: Any = self.expression
    # Django orders a selected expression by its position; look at the expression itself.
    if isinstance(expression, Ref) and not compiler.query.combinator:
        expression = expression.source  # type: ignore[attr-defined]  # only the stubs lack it
    field: Any = expression.output_field if isinstance(expression, Col) else None
    is_text = isinstance(field, (models.CharField, models.TextField))
    # SELECT DISTINCT must be ordered by the selected expressions as they are.
    as_selected = expression is not self.expression and compiler.query.distinct
    if is_text and not as_selected and not field.db_parameters(connection).get("collation"):
        ordered = self.copy()
        ordered.expression = Collate(expression, POSTGRES_ORDER)
    is_joined = field is not None and expression.alias != compiler.query.get_initial_alias()
    if (field is None or is_joined or expression.target.null) and not (self.nulls_first or self.nulls_last):
        ordered = ordered.copy()
        # The types of Django do not know that None is the default.
        ordered.nulls_first = not self.descending or None  # type: ignore[assignment]
        ordered.nulls_last = self.descending or None  # type: ignore[assignment]
    return ordered.as_sql(compiler, connection, **context)


SKIPPED_CONVERTERS: WeakSet[Callable[..., Any]] = WeakSet()
"""Converters that columns do not need, because the driver already returns the right type."""


def install_datetime_converter(connection: Connection, **_signal: object) -> None:
    """Let SQLite's driver parse datetimes in UTC, because Django parses them without a time zone first and
    copies them (see docs/performance.md)."""
    if not settings.COMPILED_SQL or connection.vendor != "sqlite" or connection.timezone is not timezone.utc:
        return
    operations: Any = connection.ops
    django_convert = type(operations).convert_datetimefield_value
    sqlite3.register_converter("datetime", _parse_utc)

    def convert(value: Any, expression: Expression, connection: Connection) -> Any:
        if value.__class__ is datetime and value.tzinfo is not None:
            return value
        return django_convert(operations, value, expression, connection)

    operations.convert_datetimefield_value = convert
    SKIPPED_CONVERTERS.add(convert)


def _parse_utc(text: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(text.decode() + "+00:00")
    except ValueError:  # not in the format that we write
        parsed = parse_datetime(text.decode())
        return parsed.replace(tzinfo=timezone.utc) if parsed and parsed.tzinfo is None else parsed


_STEPS = (0.0002, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01)
"""Seconds between attempts to get SQLite's write lock; the last one is repeated."""


def install_busy_handler(connection: Any, **_signal: object) -> None:
    """Replace SQLite's busy handler when a transaction begins. SQLite sleeps ever longer, up to 100 ms, between two
    attempts, so that others overtake, and it lets all threads of a process wait (see docs/performance.md). This one
    has the same timeout but polls every few milliseconds, and gives up if too many threads wait."""
    if connection.vendor != "sqlite" or connection.transaction_mode != "IMMEDIATE":
        return
    timeout = connection.settings_dict["OPTIONS"].get("timeout", 5)
    # Statements outside a transaction use SQLite's own busy handler, and are not counted.
    single_timeout = min(SINGLE_WAIT, timeout) if writers.are_limited else timeout
    reset_timeout = f"PRAGMA busy_timeout = {round(single_timeout * 1000)}"

    def begin() -> None:
        raw, started = connection.connection, time.monotonic()
        with connection.wrap_database_errors:
            raw.execute("PRAGMA busy_timeout = 0")
            try:
                for step in chain(_STEPS, repeat(_STEPS[-1])):
                    try:
                        raw.execute("BEGIN IMMEDIATE")
                        writers.last_begin = time.monotonic()
                        return
                    except sqlite3.OperationalError as error:
                        is_timed_out = time.monotonic() > started + timeout
                        if "locked" not in str(error) or is_timed_out or writers.is_too_many(started):
                            raise
                    writers.wait(started)
                    time.sleep(step)
            finally:
                writers.end_wait()
                raw.execute(reset_timeout)

    connection._start_transaction_under_autocommit = begin


def install() -> None:
    OrderBy.as_postgresql = _order_like_other_databases  # type: ignore[attr-defined]  # looked up by vendor
    connection_created.connect(install_datetime_converter, dispatch_uid="caretaker_moments")
    connection_created.connect(install_busy_handler, dispatch_uid="caretaker_waiting")
