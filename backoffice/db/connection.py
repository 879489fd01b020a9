"""The connection that records are kept by."""

import threading
from asyncio import _get_running_loop

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, reset_queries

_here = threading.local()


def own_connection():
    """This thread's connection, which stays the same. (To ask Django for it takes as long as SQLite takes to find a record,
    and a change asks fifteen times.) Where an event loop runs, Django has one for that, so there it is asked."""
    if _get_running_loop() is not None:
        return connections[DEFAULT_DB_ALIAS]
    try:
        return _here.connection
    except AttributeError:
        _here.connection = connections[DEFAULT_DB_ALIAS]
        return _here.connection


def limit_signals_to_own_connection() -> None:
    """For a process that serves requests by threads: what Django does before and after each of them to all connections
    that there may be is done to this thread's, the only one that there is. (To find out whether there are others takes
    as long as SQLite takes to find a record, three times for each request.)"""
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)  # (Django's own cache, in memory, has nothing to close)
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
        moment.connect(_look_after, dispatch_uid="caretaker_connection")


def _look_after(**_signal) -> None:
    connection = own_connection()
    connection.queries_log.clear()
    if not connection.in_atomic_block:  # as only tests have it
        connection.close_if_unusable_or_obsolete()
