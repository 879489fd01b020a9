"""Whether the database can be used, and if not, why, in one line that somebody can act upon."""

import errno
import re
import sys
import time
from contextlib import suppress

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
from django.db.migrations.executor import MigrationExecutor

RETRY_AFTER = 5
"""Seconds after which to ask again when the database is away or busy."""

DAMAGE_SECONDS = 5
"""For how long a start looks for damage in SQLite's file."""

_LONGEST = 300
_OF_SETTINGS = {checks.Tags.database, checks.Tags.compatibility}
_UNDEFINED = ("42P01", "42703")
"""PostgreSQL's codes for a table and a column that is not there."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (13, 18)
"""MongoDB's codes for Unauthorized and AuthenticationFailed."""


def is_away(error: BaseException) -> bool:
    """Whether an error only says that the database is away or busy: the same request may succeed later."""
    return isinstance(error, (OperationalError, InterfaceError)) or any(
        _is_away_mongodb(one) for one in _with_causes(error)
    )


def is_full(error: BaseException) -> bool:
    """Whether an error says that the disk of the database is full."""
    return any(
        "disk is full" in str(one) or getattr(one, "sqlstate", None) == "53100" for one in _with_causes(error)
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk of files is full."""
    return any(isinstance(one, OSError) and one.errno in _NO_ROOM for one in _with_causes(error))


def describe_trouble(error: BaseException) -> str:
    """Why the database cannot be used, in one line without a password; empty if the error says nothing of it."""
    if isinstance(error, ImproperlyConfigured):
        return f"The settings cannot be used: {_line(str(error))}"
    if "no such table" in str(error) or getattr(error.__cause__, "sqlstate", None) in _UNDEFINED:
        return f"The database is not prepared: run manage.py migrate ({describe_location()})."
    # (SQLite's driver has no better name for a file that is no database, or a damaged one.)
    is_read_only = getattr(error.__cause__, "sqlstate", None) == "25006"
    is_file = type(error) is DatabaseError and connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
    if is_away(error) or is_file or is_read_only:
        return f"The database cannot be used ({describe_location()}): {_reason(_refusal() or error)}"
    return ""


def check_reachable() -> None:
    """Ask the database for anything at all. Raises what `describe_trouble` puts into words."""
    if refusal := _refusal():
        raise refusal
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    connection.introspection.table_names()


def probe_writing() -> None:
    """Write a row and take it back. Raises what `describe_trouble` puts into words."""
    from backoffice.db.transactions import atomic

    class TakenBack(Exception):
        pass

    with suppress(TakenBack), atomic():
        apps.get_model("records.numberseries").objects.filter(record_type="probe").delete()
        raise TakenBack


def find_damage() -> str:
    """What SQLite's quick check finds wrong with the file, in one line; empty if nothing. It stops after DAMAGE_SECONDS:
    a large file is checked in part."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return ""
    until = time.monotonic() + DAMAGE_SECONDS
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: time.monotonic() > until, 100_000)
    try:
        with connection.cursor() as cursor:
            found = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    except OperationalError as error:
        if "interrupted" in str(error):
            return ""
        raise
    finally:
        connection.connection.set_progress_handler(None, 0)
    return "" if found == "ok" else _line(f"The database is damaged ({describe_location()}): {found}")


def failed_check(*, but: str = "") -> str:
    """What the first of our checks says that fails, in one line; `but` is one that may."""
    for found in _run_own_checks():
        if found.is_serious() and not found.is_silenced() and found.id != but:
            return _line(f"{found.msg} {found.hint or ''}")
    return ""


def _run_own_checks() -> list[checks.CheckMessage]:
    """All of our checks, whatever their tags, and those of Django that depend on settings or on the database."""
    own = [check for check in checks.registry.registry.get_checks() if _is_ours(check)]
    return [found for check in own for found in check(app_configs=None, databases=[DEFAULT_DB_ALIAS])]


def _is_ours(check) -> bool:
    return check.__module__.startswith("backoffice.") or not _OF_SETTINGS.isdisjoint(check.tags)


def find_shortage(processes: int) -> str:
    """Whether PostgreSQL takes fewer connections than so many processes may ask for, in one line."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not processes or connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        )
        there = cursor.fetchone()[0]
    each = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    if processes * each <= there:
        return ""
    return (
        f"The database takes {there} connections, and {processes} processes may ask for {processes * each}: "
        "requests would wait for one. Raise max_connections, or lower WEB_CONCURRENCY."
    )


def database_warnings() -> list[str]:
    """What the checks of the database warn of, each in one line."""
    return [
        _line(f"{each.msg} {each.hint or ''}")
        for each in _run_own_checks()
        if not each.is_serious() and not each.is_silenced()
    ]


def missing_migrations() -> list:
    """Those that this version of the product has and the database has not."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def describe_location() -> str:
    """Where the database is, for people to read: never with a password."""
    connection = connections[DEFAULT_DB_ALIAS]
    settings = connection.settings_dict
    host = re.sub(r"^[a-z+]+://([^@/]*@)?|[/?].*$", "", str(settings["HOST"] or ""))
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    server = f"{host or 'localhost'}{port}/" if connection.vendor != "sqlite" else ""
    return f"{connection.display_name}, {server}{settings['NAME']}"


def _refusal() -> Exception | None:
    """What a server answers to a plain attempt to connect: a pool only ever says that it waited."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return None
    try:
        with connection.wrap_database_errors:
            connection.Database.connect(**connection.get_connection_params()).close()
    except OperationalError as error:
        return error
    return None


def _reason(error: BaseException) -> str:
    told = next((one for one in _with_causes(error) if str(one)), error)
    details = getattr(told, "details", None)
    if isinstance(details, dict) and "errmsg" in details:
        return _line(details["errmsg"])
    text = str(told)
    _before, fatal, after = text.partition("FATAL:")
    if fatal:
        return _line(after)
    # What follows is for people who debug drivers.
    return _line(re.split(r" \(configured timeouts|, Timeout: |\n\tIs the server", text)[0])


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _with_causes(error: BaseException | None):
    while error is not None:
        yield error
        error = error.__cause__


def _is_away_mongodb(error: BaseException) -> bool:
    """The driver is not imported for this: where it was not used, it raised nothing."""
    errors = sys.modules.get("pymongo.errors")
    if errors is None or not isinstance(error, errors.PyMongoError):
        return False
    away = (errors.ConnectionFailure, errors.ExecutionTimeout, errors.WTimeoutError)
    return (
        isinstance(error, away)
        or error.has_error_label("TransientTransactionError")
        or getattr(error, "code", None) in _REFUSED
    )
