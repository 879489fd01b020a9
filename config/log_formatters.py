"""A log formatter that redacts keys, cookies and links of password resets, with times in UTC and request
ids."""

import logging
import re
import time

from backoffice.web.middleware import current_request_id

_SECRETS = re.compile(
    r"(\bck_[0-9a-z]{4,16}_)[\w\-]+|(/password-reset/[\w\-]+/)(?!set-password)[\w\-]+"
    r"|((?:sessionid|csrftoken|csrfmiddlewaretoken)\W{1,4})[\w\-]+|(?i:(\b(?:basic|bearer) +)[\w.~+/=\-]+)"
    # All but the first word of what gunicorn could not parse.
    r"|((?:Invalid HTTP|Obsolete line)[^:\n]*: b?['\"]\s*[^\s'\"]*)\s[^\n]*(?=['\"])"
)


def redact(text: str) -> str:
    """Replace credentials in a text."""
    return _SECRETS.sub(lambda match: f"{match[match.lastindex]}…", text)


class RedactingFormatter(logging.Formatter):
    """A formatter that redacts secrets, also in tracebacks. Times are in UTC (ISO 8601); `request_id` is
    available in the format."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record):
        record.request_id = current_request_id.get() or "-"
        return redact(super().format(record))


def redact_logger(logger: logging.Logger) -> None:
    """Redact the lines of a logger with handlers of its own, such as gunicorn's."""
    for handler in logger.handlers:
        formatter = handler.formatter or logging.Formatter()
        handler.setFormatter(RedactingFormatter(formatter._fmt))
