"""Health of the database: whether it can be used, and if not, why, in one line with what to do."""

import errno
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    OperationalError,
    connections,
)
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

RETRY_AFTER = 5
"""Seconds for a client to wait when the database is away or busy."""

DAMAGE_SECONDS = 5
"""Maximum duration of the check for damage of SQLite's file at the start."""

_MAX_LENGTH = 300
_DJANGO_TAGS = {checks.Tags.database, checks.Tags.compatibility}
_UNDEFINED = ("42P01", "42703")
"""PostgreSQL's codes for an undefined table and column."""
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (13, 18)
"""MongoDB's codes for Unauthorized and AuthenticationFailed."""


def is_unavailable(error: BaseException) -> bool:
    """Return whether an error means that the database is away or busy: the same request may succeed later."""
    return isinstance(error, (OperationalError, InterfaceError)) or any(
        _is_away_mongodb(cause) for cause in _with_causes(error)
    )


def is_full(error: BaseException) -> bool:
    """Return whether an error means that the disk of the database is full."""
    return any(
        "disk is full" in str(cause) or getattr(cause, "sqlstate", None) == "53100"
        for cause in _with_causes(error)
    )


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error means that the disk of files is full."""
    return any(isinstance(cause, OSError) and cause.errno in _DISK_FULL for cause in _with_causes(error))


def describe_trouble(error: BaseException) -> str:
    """Return why the database cannot be used, in one line without a password; empty for an unrelated
    error."""
    if isinstance(error, ImproperlyConfigured):
        return f"The settings cannot be used: {_one_line(str(error))}"
    if "no such table" in str(error) or getattr(error.__cause__, "sqlstate", None) in _UNDEFINED:
        return f"The database is not prepared: run manage.py migrate ({describe_location()})."
    # SQLite's driver raises a plain DatabaseError for a file that is no database or is damaged.
    is_read_only = getattr(error.__cause__, "sqlstate", None) == "25006"
    is_file = type(error) is DatabaseError and connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
    if is_unavailable(error) or is_file or is_read_only:
        return f"The database cannot be used ({describe_location()}): {_describe_error(_connection_error() or error)}"
    return ""


def check_reachable() -> None:
    """Make a query. Raises an error that `describe_trouble` can describe."""
    if error := _connection_error():
        raise error
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    connection.introspection.table_names()


def probe_writing() -> None:
    """Write to the database and roll back. Raises an error that `describe_trouble` can describe."""
    from backoffice.db.transactions import atomic

    class RolledBack(Exception):
        pass

    with suppress(RolledBack), atomic():
        apps.get_model("records.numberseries").objects.filter(record_type="probe").delete()
        raise RolledBack


def find_damage() -> str:
    """Return what SQLite's quick check finds wrong with the file, in one line; empty if nothing. Stops after
    DAMAGE_SECONDS: a large file is checked in part."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return ""
    deadline = time.monotonic() + DAMAGE_SECONDS
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        with connection.cursor() as cursor:
            result = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    except OperationalError as error:
        if "interrupted" in str(error):
            return ""
        raise
    finally:
        connection.connection.set_progress_handler(None, 0)
    return "" if result == "ok" else _one_line(f"The database is damaged ({describe_location()}): {result}")


def failed_check(*, except_id: str = "") -> str:
    """Return the message of our first system check that fails, in one line; `except_id` is the id of one that may
    fail."""
    for message in _run_own_checks():
        if message.is_serious() and not message.is_silenced() and message.id != except_id:
            return _one_line(f"{message.msg} {message.hint or ''}")
    return ""


def _run_own_checks() -> list[checks.CheckMessage]:
    """Run all of our checks, whatever their tags, and Django's for settings and the database."""
    own_checks = [check for check in checks.registry.registry.get_checks() if _is_ours(check)]
    return [
        message for check in own_checks for message in check(app_configs=None, databases=[DEFAULT_DB_ALIAS])
    ]


def _is_ours(check: Any) -> bool:
    return check.__module__.startswith("backoffice.") or not _DJANGO_TAGS.isdisjoint(check.tags)


def find_shortage(processes: int) -> str:
    """Return a warning, in one line, if PostgreSQL accepts fewer connections than so many processes may
    open."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not processes or connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        )
        available = cursor.fetchone()[0]
    per_process = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    if processes * per_process <= available:
        return ""
    return (
        f"The database accepts {available} connections, but {processes} processes may open {processes * per_process}: "
        "requests would wait for one. Raise max_connections, or lower WEB_CONCURRENCY."
    )


def database_warnings() -> list[str]:
    """Return the warnings of the checks, each in one line."""
    return [
        _one_line(f"{message.msg} {message.hint or ''}")
        for message in _run_own_checks()
        if not message.is_serious() and not message.is_silenced()
    ]


def missing_migrations() -> list[tuple[Migration, bool]]:
    """Return the migrations that the database lacks."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def describe_location() -> str:
    """Return the location of the database for people, without a password."""
    connection = connections[DEFAULT_DB_ALIAS]
    settings = connection.settings_dict
    host = re.sub(r"^[a-z+]+://([^@/]*@)?|[/?].*$", "", str(settings["HOST"] or ""))
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    server = f"{host or 'localhost'}{port}/" if connection.vendor != "sqlite" else ""
    return f"{connection.display_name}, {server}{settings['NAME']}"


def _connection_error() -> Exception | None:
    """Return the server's error to a plain attempt to connect, because a pool reports only a timeout."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return None
    try:
        with connection.wrap_database_errors:
            driver = connection.Database  # type: ignore[attr-defined]  # only the stubs lack it
            driver.connect(**connection.get_connection_params()).close()
    except OperationalError as error:
        return error
    return None


def _describe_error(error: BaseException) -> str:
    cause = next((candidate for candidate in _with_causes(error) if str(candidate)), error)
    details = getattr(cause, "details", None)
    if isinstance(details, dict) and "errmsg" in details:
        return _one_line(details["errmsg"])
    text = str(cause)
    _before, fatal, after = text.partition("FATAL:")
    if fatal:
        return _one_line(after)
    # The rest of the message is for debugging drivers.
    return _one_line(re.split(r" \(configured timeouts|, Timeout: |\n\tIs the server", text)[0])


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_away_mongodb(error: BaseException) -> bool:
    """Return whether MongoDB's driver reports the database as away. The driver is not imported for this."""
    errors = sys.modules.get("pymongo.errors")
    if errors is None or not isinstance(error, errors.PyMongoError):
        return False
    away = (errors.ConnectionFailure, errors.ExecutionTimeout, errors.WTimeoutError)
    return (
        isinstance(error, away)
        or error.has_error_label("TransientTransactionError")
        or getattr(error, "code", None) in _REFUSED
    )
