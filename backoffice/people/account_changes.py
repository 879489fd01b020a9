"""Listeners for changes of users and API keys."""

from collections.abc import Callable

from backoffice.records.services import PlannedWrite

_listeners: list[Callable[[PlannedWrite], None]] = []


def on_account_change(listener: Callable[[PlannedWrite], None]) -> Callable[[PlannedWrite], None]:
    """Decorator: call the function in the transaction of each change, creation or deletion of a user or an
    API key. Side effects outside the database belong in `transactions.after_commit`."""
    _listeners.append(listener)
    return listener


def announce(planned: PlannedWrite) -> None:
    """Call the listeners."""
    for listener in _listeners:
        listener(planned)
