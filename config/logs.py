"""What never gets into a log, whoever writes it: keys, and the links by which passwords are chosen."""

import logging
import re

_SECRETS = re.compile(r"(\bck_[0-9a-z]{4,16}_)[\w\-]+|(/password-reset/[\w\-]+/)(?!set-password)[\w\-]+")


def covered(text: str) -> str:
    """The text, without what in it would open something."""
    return _SECRETS.sub(lambda found: f"{found[1] or found[2]}…", text)


class WithoutSecrets(logging.Formatter):
    """A formatter whose lines, tracebacks included, have no secrets in them."""

    def format(self, record):
        return covered(super().format(record))


def cover(logger: logging.Logger) -> None:
    """Have a logger with handlers of its own, such as gunicorn's, leave them out too."""
    for handler in logger.handlers:
        given = handler.formatter or logging.Formatter()
        handler.setFormatter(WithoutSecrets(given._fmt, given.datefmt))
