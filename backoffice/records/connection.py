"""The connection that records are kept by."""

import threading

from django.db import DEFAULT_DB_ALIAS, connections

_here = threading.local()


def own_connection():
    """This thread's connection, which stays the same. (To ask Django for it takes as long as SQLite takes to find a record,
    and a change asks fifteen times.)"""
    try:
        return _here.connection
    except AttributeError:
        _here.connection = connections[DEFAULT_DB_ALIAS]
        return _here.connection
