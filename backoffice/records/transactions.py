"""Transactions, behind one name: the databases differ in how they are asked for one."""

from django.db import transaction


def atomic():
    """All or nothing. An error raised inside must be allowed to leave it: not every database has savepoints."""
    return transaction.atomic()
