"""How often somebody may ask: counted for each address and for each key."""

import logging
import math
import time
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.translation import ngettext
from limits import parse
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from backoffice.api.auth import key_of
from backoffice.api.counters import ProcessMemory
from backoffice.api.problems import TOO_OFTEN, Problem
from backoffice.people.models import ApiKey
from backoffice.signin.addresses import client_address, network

logger = logging.getLogger("backoffice.api")

PATIENCE = 0.25
"""Seconds to wait for a storage elsewhere."""
PAUSE = 10
"""Seconds for which a storage that was away is not asked again."""


def caller(request: HttpRequest) -> ApiKey:
    """The key that a request came with (`auth.key_of`), unless its address or the key asks too often. The address is
    counted first, so that keys cannot be tried out at speed."""
    _count(settings.RATE_LIMIT_ADDRESS, "address", network(client_address(request)))
    key = key_of(request)
    _count(settings.RATE_LIMIT_KEY, "key", key.pk)
    return key


def _count(limit: str, *who: str) -> None:
    """Count one more request. Raises a Problem if there were too many already."""
    if wait := seconds_to_wait(limit, *who):
        message = ngettext(
            "Too many requests. Try again in %(seconds)d second.",
            "Too many requests. Try again in %(seconds)d seconds.",
            wait,
        )
        raise Problem(TOO_OFTEN, message % {"seconds": wait}, headers={"Retry-After": str(wait)})


def seconds_to_wait(limit: str, *who: str) -> int:
    """Count one more of what `limit` limits; for how many whole seconds that one should have waited."""
    return _counters(settings.RATE_LIMIT_STORAGE).wait(limit, who) if limit else 0


class Counters:
    """The counters, in a storage that may be away: then nobody is held up."""

    def __init__(self, uri: str):
        self._limiter = limiter_of(uri)
        self._away_until = 0.0

    def wait(self, limit: str, who: tuple[str, ...]) -> int:
        """Count one more; for how many whole seconds that one should have waited."""
        if time.monotonic() < self._away_until:
            return 0
        item = limit_of(limit)
        try:
            if self._limiter.hit(item, *who):
                return self._found()
            reset = self._limiter.get_window_stats(item, *who).reset_time
        except Exception as error:  # each storage has its own for being away
            return self._missed(error)
        return max(1, math.ceil(reset - time.time()))

    def _found(self) -> int:
        if self._away_until:
            self._away_until = 0.0
            logger.warning("The counters of requests are back.")
        return 0

    def _missed(self, error: Exception) -> int:
        if not self._away_until:
            logger.warning("The counters of requests are away, nobody is held up meanwhile: %s", error)
        self._away_until = time.monotonic() + PAUSE
        return 0


def limiter_of(uri: str) -> FixedWindowRateLimiter:
    """What counts in the storage at `uri`. Nothing is connected to yet."""
    if uri == "memory://":
        return FixedWindowRateLimiter(ProcessMemory())
    options = {}
    if uri.startswith("redis"):
        options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
    return FixedWindowRateLimiter(storage_from_string(uri, **options))


_counters = lru_cache(Counters)
limit_of = lru_cache(parse)


def check_settings() -> None:
    """Refuse to start with limits that cannot be read: nobody would notice that nothing is counted."""
    for name, read in (
        ("RATE_LIMIT_KEY", limit_of),
        ("RATE_LIMIT_ADDRESS", limit_of),
        ("MAIL_LIMIT_COMPANY", limit_of),
        ("MAIL_LIMIT_COMPLAINT", limit_of),
        ("RATE_LIMIT_STORAGE", limiter_of),
    ):
        value = getattr(settings, name)
        try:
            if value or read is limiter_of:
                read(value)
        except (ValueError, ConfigurationError) as error:
            raise ImproperlyConfigured(f"{name}={value} cannot be read: {error}") from error
