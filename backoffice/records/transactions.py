"""Transactions, behind one name: the databases differ in how they are asked for one."""

from collections.abc import Callable

from django.db import transaction


def atomic():
    """All or nothing. An error raised inside must be allowed to leave it: not every database has savepoints."""
    return transaction.atomic()


def after_commit(act: Callable[[], None]) -> None:
    """Act once the transaction under way is committed, at once if there is none; never if it is taken back."""
    transaction.on_commit(act)
