"""This thread's connection to the default database."""

import threading
from asyncio import _get_running_loop

from django.db import DEFAULT_DB_ALIAS, connections

from backoffice.db.annotations import Connection

_thread_local = threading.local()


def own_connection() -> Connection:
    """Return this thread's connection, cached, because looking it up in Django's `connections` is slow (see
    docs/performance.md). In an event loop, Django has another connection, so there it is looked up."""
    if _get_running_loop() is not None:
        return connections[DEFAULT_DB_ALIAS]
    try:
        connection: Connection = _thread_local.connection
    except AttributeError:
        connection = _thread_local.connection = connections[DEFAULT_DB_ALIAS]
    return connection
