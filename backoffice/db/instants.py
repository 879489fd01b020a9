"""Times to the millisecond, the precision of all databases."""

from datetime import datetime

from django.utils import timezone


def to_milliseconds(value: datetime) -> datetime:
    """Truncate to the millisecond."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def now() -> datetime:
    """Return the current time in UTC, to the millisecond."""
    return to_milliseconds(timezone.now())
