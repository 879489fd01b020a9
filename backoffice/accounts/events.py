"""The log of what happens to accounts: sign-ins, codes, passwords, keys. One line for each event, with a keyed hash of the
name, the user's id if there is one, and where it came from; never a password, a code, a key or the name itself."""

import logging

from backoffice.accounts.client_ip import current_address
from backoffice.accounts.throttle import hash_name
from backoffice.people.usernames import username_key

logger = logging.getLogger("backoffice.accounts.events")

OK, WRONG, WAIT, CODE_NEEDED = "ok", "wrong", "too many", "code needed"
"""Outcomes. `wrong` is also a name that means nobody, and a person who may not sign in: the log says no more than the answer."""


def log_event(
    event: str, outcome: str, *, user=None, name: str = "", by: str | None = None, address: str | None = None
) -> None:
    """Write a line: what happened to whose account, from which address. `name` is what was typed, if that is all there is;
    `by` is the id of the user who did it, if that is somebody else; `address` is that of the request under way."""
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
