"""Log lines: in UTC, with the request's id, without keys, cookies and the links by which passwords are chosen."""

import logging
import re
import time

from backoffice.web.middleware import current_request_id

_SECRETS = re.compile(
    r"(\bck_[0-9a-z]{4,16}_)[\w\-]+|(/password-reset/[\w\-]+/)(?!set-password)[\w\-]+"
    r"|((?:sessionid|csrftoken|csrfmiddlewaretoken)\W{1,4})[\w\-]+|(?i:(\b(?:basic|bearer) +)[\w.~+/=\-]+)"
    # Of what gunicorn could not read, the first word.
    r"|((?:Invalid HTTP|Obsolete line)[^:\n]*: b?['\"]\s*[^\s'\"]*)\s[^\n]*(?=['\"])"
)


def covered(text: str) -> str:
    """The text, without what in it would open something."""
    return _SECRETS.sub(lambda found: f"{found[found.lastindex]}…", text)


class RedactingFormatter(logging.Formatter):
    """A formatter whose lines, tracebacks included, have no secrets in them. They tell the time in UTC (ISO 8601), and
    may have the id of the request as `request_id`."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record):
        record.request_id = current_request_id.get() or "-"
        return covered(super().format(record))


def cover(logger: logging.Logger) -> None:
    """Have a logger with handlers of its own, such as gunicorn's, leave them out too."""
    for handler in logger.handlers:
        given = handler.formatter or logging.Formatter()
        handler.setFormatter(RedactingFormatter(given._fmt))
