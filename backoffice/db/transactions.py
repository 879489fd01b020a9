"""Transactions, behind one name: the databases differ in how they are asked for one."""

import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

from django.db import DatabaseError, OperationalError, transaction
from django.db.backends.signals import connection_created

from backoffice.db.connection import own_connection

ATTEMPTS = 20
"""How often at least something is tried afresh because another writer was faster."""
PATIENCE = 5
"""For how many seconds at least: among many writers on a slow server one may be the slower one for long."""

_LOST = ("40001", "40P01")
"""PostgreSQL's codes for a transaction that cannot be put in order with others, and for a deadlock."""
_COMMITS = 3
_LONGEST_PAUSE = 0.2


class WriteConflict(OperationalError):
    """Another transaction wanted the same and was faster. Nothing was written; try again."""


@contextmanager
def atomic():
    """All or nothing. An error raised inside must be allowed to leave it: MongoDB has no savepoints. Raises
    Contended if it may succeed when tried again."""
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
        if getattr(error.__cause__, "sqlstate", None) in _LOST:
            raise WriteConflict(*error.args) from error
        raise


def commits_begun() -> int:
    """Count the commits that this thread has begun. Of an error that comes after one has begun, nobody can say whether
    something was written before."""
    return own_connection().__dict__.get("commits_begun", 0)


def _note_commit(connection) -> None:
    connection.commits_begun = connection.__dict__.get("commits_begun", 0) + 1


def after_commit(act: Callable[[], None]) -> None:
    """Act once the transaction under way is committed, at once if there is none; never if it is taken back."""
    transaction.on_commit(act)


def retries() -> Iterator[int]:
    """Goes on as long as something is to be tried afresh."""
    until = time.monotonic() + PATIENCE
    attempt = 0
    while attempt < ATTEMPTS or time.monotonic() < until:
        yield attempt
        attempt += 1


def with_retry(work: Callable):
    """What `work` answers, done in one transaction, and done again while others are faster."""
    lost = None
    for attempt in retries():
        try:
            with atomic():
                return work()
        except WriteConflict as error:
            lost = error
            pause(attempt)
    raise lost


def pause(attempt: int) -> None:
    """Wait a little, longer each time, so that those who were in each other's way do not meet again."""
    time.sleep(random.uniform(0, min(0.002 * 2 ** min(attempt, 10), _LONGEST_PAUSE)))  # noqa: S311 # nosec B311 # no secret


@contextmanager
def _atomic_on_mongodb(connection):
    """The backend's own `atomic` leaves its session behind when a commit fails, and the next transaction with it."""
    if connection.in_atomic_block_mongo:
        yield  # part of the one around it
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


def _commit(connection) -> None:
    for attempt in range(_COMMITS):
        try:
            connection.session.commit_transaction()
            break
        except Exception as error:
            # Whether it was committed is not known: committing again is harmless.
            if attempt == _COMMITS - 1 or not _has_label(error, "UnknownTransactionCommitResult"):
                raise
    _end_session(connection)


def _roll_back(connection) -> None:
    from pymongo.errors import PyMongoError

    connection.run_on_commit = []
    with suppress(PyMongoError):  # the server may have ended it already
        connection.session.abort_transaction()
    _end_session(connection)


def _end_session(connection) -> None:
    connection.session.end_session()
    connection.session = None


def _has_label(error: BaseException | None, label: str) -> bool:
    """Whether MongoDB's driver says so of the error, or of what caused it."""
    errors = sys.modules.get("pymongo.errors")
    while error is not None:
        if errors and isinstance(error, errors.PyMongoError) and error.has_error_label(label):
            return True
        error = error.__cause__ if isinstance(error, DatabaseError) else None
    return False


def lock_references(model, ids) -> bool:
    """Within a transaction that makes a record refer to others: see to it that none of them is removed at the same
    time. False if one is already gone. SQL's foreign keys do this; MongoDB has none, so there each is written to,
    and whoever removes one writes to it as well: one of the two transactions must give way."""
    connection = own_connection()
    if connection.vendor != "mongodb":
        return True
    ids = set(ids)
    field = model._meta.pk
    keys = [field.get_db_prep_value(pk, connection) for pk in sorted(ids)]
    collection = connection.get_collection(model._meta.db_table)
    found = collection.update_many(
        {field.column: {"$in": keys}}, {"$inc": {"_held": 1}}, session=connection.session
    )
    return found.matched_count == len(ids)


def lock(model, pk) -> None:
    """Within a transaction: let no other transaction that locks the same row go on beside this one. (On SQLite there is one
    writer at a time as it is. On MongoDB one of the two has to begin again.)"""
    if own_connection().vendor == "mongodb":
        lock_references(model, [pk])
    else:
        list(model._base_manager.select_for_update().filter(pk=pk).values_list("pk"))


MAX_WAITING_WRITERS = 4
"""How many threads of a process that answers requests may wait for a writer that takes long: it has more
(`config.serving.gunicorn_worker`), and those are for who only reads."""
SINGLE_WAIT = 2
"""Seconds that a statement without a transaction waits for SQLite's writer in such a process."""
STUCK = 0.5
"""Seconds in which nobody of a process could begin to write, after which the writer elsewhere takes long."""


class _Writers:
    """The threads of this process that wait for SQLite's writer, and since when."""

    def __init__(self):
        self.are_limited = False
        self.last_begin = 0.0
        self._since: dict[int, float] = {}

    def wait(self, since: float) -> None:
        self._since[threading.get_ident()] = since

    def end_wait(self) -> None:
        self._since.pop(threading.get_ident(), None)

    def is_too_many(self, since: float) -> bool:
        """Whether who waits since then has to give up: enough others wait, and nobody gets on."""
        if not self.are_limited:
            return False
        others = [began for began in list(self._since.values()) if began < since]
        if len(others) < MAX_WAITING_WRITERS:
            return False
        return time.monotonic() - max(self.last_begin, min(others)) > STUCK


_writers = _Writers()


def limit_waiting_writers() -> None:
    """For a process that answers requests by threads, before its first connection: not all of them may wait for a writer
    elsewhere that takes long (an import, a backup tool). Who must not wait is told that the database is busy."""
    _writers.are_limited = True


LOCK_SECONDS = 0.25
"""How long one of many short transactions may hold SQLite's only write lock; what one item takes comes on top."""
LOCK_PAUSE = 0.03
"""Seconds between two of them: others ask every 10 ms whether they may write."""


@contextmanager
def without_waiting():
    """For what need not be written: where somebody else writes, raise OperationalError at once."""
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
    """Whether a transaction that writes keeps everybody else from writing: on SQLite."""
    return own_connection().vendor == "sqlite"


def do_each(items: Iterable, work: Callable[[object], None]) -> None:
    """Do the work for each item: in one transaction for all, but on SQLite in short ones, between which others write."""
    if not has_one_writer():
        with atomic():
            for item in items:
                work(item)
        return
    left = iter(items)
    while (item := next(left, left)) is not left:
        until = time.monotonic() + LOCK_SECONDS
        with atomic():
            work(item)
            while time.monotonic() < until and (item := next(left, left)) is not left:
                work(item)
        time.sleep(LOCK_PAUSE)


_STEPS = (0.0002, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01)
"""Seconds to sleep until SQLite is asked again whether it may be written to; the last one again and again."""


def install_busy_handler(connection, **_signal) -> None:
    """SQLite has one writer at a time, and a change writes for a third of a millisecond. Whoever waits for another one by
    SQLite's own means sleeps for one, two, five milliseconds and more: two processes that only write are idle for a
    fifth of the time. Here they wait as patiently (`timeout`), but ask sooner."""
    if connection.vendor != "sqlite" or connection.transaction_mode != "IMMEDIATE":
        return
    patience = connection.settings_dict["OPTIONS"].get("timeout", 5)
    # Single statements wait by SQLite's own means, and are not counted.
    alone = min(SINGLE_WAIT, patience) if _writers.are_limited else patience
    own = f"PRAGMA busy_timeout = {round(alone * 1000)}"

    def begin() -> None:
        raw, since = connection.connection, time.monotonic()
        with connection.wrap_database_errors:
            raw.execute("PRAGMA busy_timeout = 0")
            try:
                for step in chain(_STEPS, repeat(_STEPS[-1])):
                    try:
                        raw.execute("BEGIN IMMEDIATE")
                        _writers.last_begin = time.monotonic()
                        return
                    except sqlite3.OperationalError as error:
                        is_over = time.monotonic() > since + patience
                        if "locked" not in str(error) or is_over or _writers.is_too_many(since):
                            raise
                    _writers.wait(since)
                    time.sleep(step)
            finally:
                _writers.end_wait()
                raw.execute(own)

    connection._start_transaction_under_autocommit = begin


connection_created.connect(install_busy_handler, dispatch_uid="caretaker_waiting")
