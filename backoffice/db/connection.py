"""This thread's connection to the default database."""

import threading
from asyncio import _get_running_loop

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections, reset_queries

_thread_local = threading.local()


def own_connection():
    """Return this thread's connection, cached, because looking it up in Django's `connections` is slow (see
    docs/performance.md). In an event loop, Django has another connection, so there it is looked up."""
    if _get_running_loop() is not None:
        return connections[DEFAULT_DB_ALIAS]
    try:
        return _thread_local.connection
    except AttributeError:
        _thread_local.connection = connections[DEFAULT_DB_ALIAS]
        return _thread_local.connection


def limit_signals_to_own_connection() -> None:
    """Let Django's signal handlers before and after each request look after this thread's connection only,
    the only one there is. For a process that serves requests by threads."""
    request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)  # (the cache in memory has nothing to close)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
        signal.connect(_clean_up_connection, dispatch_uid="caretaker_connection")


def _clean_up_connection(**_signal) -> None:
    connection = own_connection()
    connection.queries_log.clear()
    if not connection.in_atomic_block:  # only tests are in a transaction here
        connection.close_if_unusable_or_obsolete()
