"""What the tests stand on. Where a transaction can be rolled back around a test, that takes back what it did. On
MongoDB the product's own transactions would be parts of that one, and none of them could fail without ending it: there
the collections that were written to are put back as they were."""

from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, transaction
from django.test import TransactionTestCase

WRITES = {"insert", "update", "delete", "findAndModify", "findandmodify"}


@contextmanager
def taken_back():
    """What happens within is taken back at its end; tests within each start from what was there before them."""
    if _kept is None:
        with _connections_left_open(), transaction.atomic():
            yield
            transaction.set_rollback(True)
    else:
        with _kept.taken_back():
            yield


@contextmanager
def _connections_left_open():
    """A request that comes by WSGI, not by Django's test client, would end with the connection, and with it the
    transaction: what a pool lends is given back at once."""
    signals = [
        signal for signal in (request_started, request_finished) if signal.disconnect(close_old_connections)
    ]
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


class Kept:
    """The documents of all collections as they are to be at the start of the next test."""

    def __init__(self):
        self.floor: dict[str, list[dict]] = {}
        self.changed: set[str] = set()

    # As a listener to the driver's commands.

    def started(self, event):
        if event.command_name in WRITES:
            self.changed.add(event.command[event.command_name])

    def succeeded(self, event):
        """Nothing more to know."""

    failed = succeeded

    @property
    def database(self):
        return connections[DEFAULT_DB_ALIAS].database

    def settle(self) -> None:
        """What is there now is what there is to be."""
        if not self.floor:
            self.changed = set(self.database.list_collection_names())
        self.floor = self.floor | {name: list(self.database[name].find()) for name in self.changed}
        self.changed = set()

    def restore(self) -> None:
        for name in sorted(self.changed):
            self.database[name].delete_many({})
            if documents := self.floor.get(name):
                self.database[name].insert_many(documents)
        self.changed = set()

    @contextmanager
    def taken_back(self):
        before = self.floor
        self.settle()
        present = self.floor
        try:
            yield
        finally:
            self.changed |= {name for name in self.floor if self.floor[name] is not present.get(name)}
            self.floor = present
            self.restore()
            self.floor = before
            self.changed = (
                {name for name in present if present[name] is not before.get(name)} if before else set()
            )


_kept: Kept | None = None


def stand_on_mongodb() -> None:
    """To be called before anything connects."""
    from pymongo import monitoring

    global _kept
    _kept = kept = Kept()
    monitoring.register(type("Listener", (monitoring.CommandListener,), {
        name: staticmethod(getattr(kept, name)) for name in ("started", "succeeded", "failed")
    })())  # fmt: skip

    TransactionTestCase._fixture_setup = classmethod(lambda case: kept.settle())
    TransactionTestCase._fixture_teardown = lambda case: kept.restore()
