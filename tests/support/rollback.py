"""Rollback of database changes after tests. Where a transaction can be rolled back around a test, it is. On
MongoDB the product's transactions would be part of that one, and could not fail without ending it: there the
changed collections are restored."""

from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, transaction
from django.test import TransactionTestCase

WRITES = {"insert", "update", "delete", "findAndModify", "findandmodify"}


@contextmanager
def rolled_back():
    """Roll back all changes at the end of the block. Blocks may be nested; tests in a block start from its
    state."""
    if _snapshots is None:
        with _connections_left_open(), transaction.atomic():
            yield
            transaction.set_rollback(True)
    else:
        with _snapshots.taken_back():
            yield


@contextmanager
def _connections_left_open():
    """Keep the connection open across WSGI requests, which (unlike Django's test client) would close it and
    with it the transaction."""
    signals = [
        signal for signal in (request_started, request_finished) if signal.disconnect(close_old_connections)
    ]
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


class CollectionSnapshots:
    """The documents of all collections at the start of the next test."""

    def __init__(self):
        self.baseline: dict[str, list[dict]] = {}
        self.changed: set[str] = set()

    # The interface of a PyMongo command listener.

    def started(self, event):
        if event.command_name in WRITES:
            self.changed.add(event.command[event.command_name])

    def succeeded(self, event):
        """Ignore the event."""

    failed = succeeded

    @property
    def database(self):
        return connections[DEFAULT_DB_ALIAS].database

    def save_baseline(self) -> None:
        """Make the present documents the baseline."""
        if not self.baseline:
            self.changed = set(self.database.list_collection_names())
        self.baseline = self.baseline | {name: list(self.database[name].find()) for name in self.changed}
        self.changed = set()

    def restore(self) -> None:
        for name in sorted(self.changed):
            self.database[name].delete_many({})
            if documents := self.baseline.get(name):
                self.database[name].insert_many(documents)
        self.changed = set()

    @contextmanager
    def taken_back(self):
        before = self.baseline
        self.save_baseline()
        present = self.baseline
        try:
            yield
        finally:
            self.changed |= {name for name in self.baseline if self.baseline[name] is not present.get(name)}
            self.baseline = present
            self.restore()
            self.baseline = before
            self.changed = (
                {name for name in present if present[name] is not before.get(name)} if before else set()
            )


_snapshots: CollectionSnapshots | None = None


def restore_collections_on_mongodb() -> None:
    """Replace Django's transactions in tests by collection snapshots. Call it before anything connects."""
    from pymongo import monitoring

    global _snapshots
    _snapshots = snapshots = CollectionSnapshots()
    monitoring.register(type("Listener", (monitoring.CommandListener,), {
        name: staticmethod(getattr(snapshots, name)) for name in ("started", "succeeded", "failed")
    })())  # fmt: skip

    TransactionTestCase._fixture_setup = classmethod(lambda case: snapshots.save_baseline())
    TransactionTestCase._fixture_teardown = lambda case: snapshots.restore()
