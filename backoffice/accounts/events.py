"""The log of account events: sign-ins, codes, passwords, keys.

Each event is one line with a keyed hash of the username, the user's id if known, and the client address. It
never contains a password, a code, a key or the username itself.
"""

import logging

from backoffice.accounts.client_ip import current_address
from backoffice.accounts.throttle import hash_name
from backoffice.people.usernames import username_key

logger = logging.getLogger("backoffice.accounts.events")

OK, WRONG, WAIT, CODE_NEEDED = "ok", "wrong", "too many", "code needed"
"""Outcomes. `wrong` also covers unknown names and users who may not sign in: the log reveals no more than the
response."""


def log_event(
    event: str, outcome: str, *, user=None, name: str = "", by: str | None = None, address: str | None = None
) -> None:
    """Log an event of an account. `name` is the name as typed, if no user is known; `by` is the id of the
    acting user, if that is not the account's owner; `address` defaults to that of the current request."""
    key = username_key(user.username if user is not None else name)
    logger.info(
        "%s: %s, name %s, user %s, by %s, address %s",
        event,
        outcome,
        hash_name(key)[:16],
        user.pk if user is not None else "-",
        by or "-",
        (current_address.get() if address is None else address) or "-",
    )
