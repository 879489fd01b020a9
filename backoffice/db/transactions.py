"""Transactions, retries and locks, for all databases."""

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from django.db import DatabaseError, IntegrityError, OperationalError, models, transaction

from backoffice.db.annotations import MongoConnection
from backoffice.db.connection import own_connection

ATTEMPTS = 20
"""Minimum number of attempts of a transaction that conflicts with other writers."""
PATIENCE = 5
"""Minimum number of seconds of attempts: on a slow server with many writers, one may lose for long."""

_RETRYABLE_CODES = ("40001", "40P01")
"""PostgreSQL's codes for a serialization failure and a deadlock."""
_COMMIT_ATTEMPTS = 3
_LONGEST_PAUSE = 0.2
Result = TypeVar("Result")
Item = TypeVar("Item")


class WriteConflict(OperationalError):
    """A concurrent transaction was first. Nothing was written; try again."""


@contextmanager
def atomic() -> Iterator[None]:
    """Run a transaction. An error raised inside must leave the block, because MongoDB has no savepoints.
    Raises WriteConflict if it may succeed when tried again."""
    connection = own_connection()
    if connection.vendor == "mongodb":
        with _atomic_on_mongodb(connection):
            yield
            _note_commit(connection)
        return
    try:
        with transaction.atomic():
            yield
            _note_commit(connection)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in _RETRYABLE_CODES:
            raise WriteConflict(*error.args) from error
        raise


def commits_begun() -> int:
    """Return how many commits this thread has begun. If an error follows the begin of a commit, it is unknown
    whether data was written."""
    begun: int = own_connection().__dict__.get("commits_begun", 0)
    return begun


def _note_commit(connection: Any) -> None:
    connection.commits_begun = connection.__dict__.get("commits_begun", 0) + 1


def insert(row: models.Model) -> None:
    """Insert a row in a transaction. Raises WriteConflict, so that `with_retry` tries again, if a concurrent
    transaction has inserted one with the same unique values."""
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise WriteConflict(*error.args) from error


def after_commit(function: Callable[[], None]) -> None:
    """Call a function after the current transaction is committed, at once without a transaction, never after a
    rollback."""
    transaction.on_commit(function)


def retries() -> Iterator[int]:
    """Yield attempt numbers as long as the transaction is to be tried again."""
    until = time.monotonic() + PATIENCE
    attempt = 0
    while attempt < ATTEMPTS or time.monotonic() < until:
        yield attempt
        attempt += 1


def with_retry(work: Callable[[], Result]) -> Result:
    """Return the result of `work`, run in a transaction, and again after each write conflict."""
    last_error = WriteConflict()
    for attempt in retries():
        try:
            with atomic():
                return work()
        except WriteConflict as error:
            last_error = error
            pause(attempt)
    raise last_error


def pause(attempt: int) -> None:
    """Wait for a random time that grows with the attempts, so that conflicting writers do not meet again."""
    time.sleep(random.uniform(0, min(0.002 * 2 ** min(attempt, 10), _LONGEST_PAUSE)))  # noqa: S311 # nosec B311 # no secret


@contextmanager
def _atomic_on_mongodb(connection: MongoConnection) -> Iterator[None]:
    """Replaces the backend's own `atomic`, which leaves its session and the next transaction open when a
    commit fails."""
    if connection.in_atomic_block_mongo:
        yield  # nested in another transaction
        return
    connection.start_transaction_mongo()
    connection.in_atomic_block_mongo = True
    try:
        yield
        connection.in_atomic_block_mongo = False
        _commit(connection)
    except BaseException as error:
        connection.in_atomic_block_mongo = False
        _roll_back(connection)
        if _has_label(error, "TransientTransactionError"):
            raise WriteConflict(*error.args) from error
        raise
    connection.run_and_clear_commit_hooks()


def _commit(connection: MongoConnection) -> None:
    for attempt in range(_COMMIT_ATTEMPTS):
        try:
            connection.session.commit_transaction()
            break
        except Exception as error:
            # Unknown whether it was committed; committing again is harmless.
            if attempt == _COMMIT_ATTEMPTS - 1 or not _has_label(error, "UnknownTransactionCommitResult"):
                raise
    _end_session(connection)


def _roll_back(connection: MongoConnection) -> None:
    from pymongo.errors import PyMongoError

    connection.run_on_commit = []
    with suppress(PyMongoError):  # the server may have ended it already
        connection.session.abort_transaction()
    _end_session(connection)


def _end_session(connection: MongoConnection) -> None:
    connection.session.end_session()
    connection.session = None


def _has_label(error: BaseException | None, label: str) -> bool:
    """Return whether MongoDB's driver gave the error, or one of its causes, this label."""
    errors = sys.modules.get("pymongo.errors")
    while error is not None:
        if errors and isinstance(error, errors.PyMongoError) and error.has_error_label(label):
            return True
        error = error.__cause__ if isinstance(error, DatabaseError) else None
    return False


def lock_references(model: type[models.Model], ids: Iterable[str]) -> bool:
    """Prevent, within a transaction that creates references, that the referenced rows are deleted
    concurrently. Return False if one does not exist any more. SQL databases do this by foreign keys. MongoDB
    has none, so each row is written to, as a deletion does, too: one of the two transactions fails."""
    connection: MongoConnection = own_connection()
    if connection.vendor != "mongodb":
        return True
    ids = set(ids)
    field = model._meta.pk
    keys = [field.get_db_prep_value(pk, connection) for pk in sorted(ids)]
    collection = connection.get_collection(model._meta.db_table)
    result = collection.update_many(
        {field.column: {"$in": keys}}, {"$inc": {"_held": 1}}, session=connection.session
    )
    return bool(result.matched_count == len(ids))


def lock(model: type[models.Model], pk: str) -> None:
    """Lock a row, within a transaction, against other transactions that lock it. (SQLite has one writer at a
    time anyway. On MongoDB one of two transactions has to be retried.)"""
    if own_connection().vendor == "mongodb":
        lock_references(model, [pk])
    else:
        list(model._base_manager.select_for_update().filter(pk=pk).values_list("pk"))


LOCK_SECONDS = 0.25
"""Seconds that one of many short transactions may hold SQLite's write lock, plus the time of one item."""
LOCK_PAUSE = 0.03
"""Seconds between two of them: waiting writers poll every 10 ms."""


@contextmanager
def fail_if_locked() -> Iterator[None]:
    """For optional writes: raise OperationalError at once if another writer has the lock."""
    connection = own_connection()
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    before = raw.execute("PRAGMA busy_timeout").fetchone()[0]
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {before}")


def has_one_writer() -> bool:
    """Return whether a writing transaction blocks all other writers: on SQLite."""
    return own_connection().vendor == "sqlite"


def run_in_short_transactions(items: Iterable[Item], work: Callable[[Item], object]) -> None:
    """Call `work` for each item, in one transaction; on SQLite in several short ones, so that others can
    write in between."""
    if not has_one_writer():
        with atomic():
            for item in items:
                work(item)
        return
    iterator = iter(items)
    end: Any = iterator
    while (item := next(iterator, end)) is not end:
        until = time.monotonic() + LOCK_SECONDS
        with atomic():
            work(item)
            while time.monotonic() < until and (item := next(iterator, end)) is not end:
                work(item)
        time.sleep(LOCK_PAUSE)
