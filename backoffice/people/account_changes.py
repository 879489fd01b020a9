"""Who is told of changes of users and API keys."""

from collections.abc import Callable

from backoffice.records.services import PlannedWrite

_listeners: list[Callable[[PlannedWrite], None]] = []


def on_account_change(listener: Callable[[PlannedWrite], None]) -> Callable[[PlannedWrite], None]:
    """Decorator: called in the transaction of each change, creation and removal of a user or an API key. What it does outside the
    database, it does after the commit (`transactions.after_commit`)."""
    _listeners.append(listener)
    return listener


def announce(draft: PlannedWrite) -> None:
    """Tell the listeners of a change."""
    for listener in _listeners:
        listener(draft)
