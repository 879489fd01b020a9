"""The connection that records are kept by."""

import threading
from asyncio import _get_running_loop

from django.db import DEFAULT_DB_ALIAS, connections

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
