"""A clock for tests: the product takes the time from `timezone.now`, and for sessions from `time.time`."""

import time
from contextlib import contextmanager
from datetime import datetime
from unittest import mock

from django.utils import timezone


@contextmanager
def clock_set_to(moment: datetime):
    """Let the product's clock stand at a moment."""
    with (
        mock.patch.object(timezone, "now", lambda: moment),
        mock.patch.object(time, "time", moment.timestamp),
    ):
        yield moment
