"""Rate limits for each client address and each API key."""

import logging
import math
import time
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from limits import parse
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from backoffice.accounts.client_ip import client_address, client_network
from backoffice.api.errors import TOO_MANY_REQUESTS, ApiError
from backoffice.api.transport.rate_counters import MAX_COUNTERS, MemoryStorage

logger = logging.getLogger("backoffice.api")

STORAGE_TIMEOUT = 0.25
"""Seconds to wait for a shared storage."""
STORAGE_RETRY_AFTER = 10
"""Seconds for which a storage is not used after a failure."""


def limit_address(request: HttpRequest) -> None:
    """Count a request of a client address. Raises ApiError if the limit is exceeded."""
    _count(request, settings.RATE_LIMIT_ADDRESS, "address", client_network(client_address(request)))


def limit_key(request: HttpRequest, key_id: str) -> None:
    """Count a request of an API key. Raises ApiError if the limit is exceeded."""
    _count(request, settings.RATE_LIMIT_KEY, "key", key_id)


def _count(request: HttpRequest, limit: str, *subject: str) -> None:
    """Count one more request. Raises ApiError if the limit is exceeded."""
    if not limit or (usage := _counters(settings.RATE_LIMIT_STORAGE).count(limit, subject)) is None:
        return
    request.__dict__.setdefault("rate_usages", {})[subject[0]] = usage
    if wait := usage.wait:
        message = ngettext(
            "Too many requests. Try again in %(seconds)d second.",
            "Too many requests. Try again in %(seconds)d seconds.",
            wait,
        )
        raise ApiError(TOO_MANY_REQUESTS, message % {"seconds": wait}, headers={"Retry-After": str(wait)})


def count_event(limit: str, *subject: str) -> int:
    """Count one more event under `limit`, and return how many whole seconds the client must wait, 0 if
    none."""
    usage = _counters(settings.RATE_LIMIT_STORAGE).count(limit, subject) if limit else None
    return usage.wait if usage else 0


def add_rate_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Add `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) to the response.

    A response to a request that was not counted has the remaining quota of its address."""
    usages = request.__dict__.get("rate_usages")
    if usages is None and settings.RATE_LIMIT_ADDRESS:
        subject = ("address", client_network(client_address(request)))
        usage = _counters(settings.RATE_LIMIT_STORAGE).count(settings.RATE_LIMIT_ADDRESS, subject, cost=0)
        usages = {"address": usage} if usage else {}
    if usages:
        policies = ", ".join([f'"{name}";{usage.policy}' for name, usage in usages.items()])
        left = ", ".join(
            [f'"{name}";r={usage.remaining};t={usage.seconds}' for name, usage in usages.items()]
        )
        response.headers["RateLimit-Policy"] = policies
        response.headers["RateLimit"] = left


class RateUsage(NamedTuple):
    """The remaining requests of a window, and the seconds until its end."""

    policy: str
    remaining: int
    seconds: int
    wait: int = 0
    """Seconds that the counted request should have waited."""


class RateCounters:
    """The counters in their storage. While the storage is unavailable, requests are not limited."""

    def __init__(self, uri: str):
        self._storage = limiter_of(uri).storage
        self._ends: dict[str, float] = {}
        """Cached ends of windows by key, to save requests to a shared storage."""
        self._away_until = 0.0

    def count(self, limit: str, subject: tuple[str, ...], cost: int = 1) -> RateUsage | None:
        """Count `cost` requests, and return the usage, or None if the storage is unavailable."""
        if self._away_until and time.monotonic() < self._away_until:
            return None
        amount, window, policy = _window_of(limit)
        key = f"{'/'.join(subject)}/{limit}"
        try:
            if isinstance(self._storage, MemoryStorage):
                count, ends = self._storage.add(key, window, cost)
            else:
                count, ends = self._count_shared(key, window, cost)
        except Exception as error:  # each storage has its own exceptions
            self._note_failure(error)
            return None
        self._note_success()
        left, seconds = amount - count, max(1, math.ceil(ends - time.time()))
        return RateUsage(policy, max(0, left), seconds, seconds if left < 0 else 0)

    def _count_shared(self, key: str, window: int, cost: int) -> tuple[int, float]:
        count = self._storage.incr(key, window, cost) if cost else self._storage.get(key)
        now = time.time()
        if not count:
            return count, now + window
        if (ends := self._ends.get(key, 0.0)) <= now:
            if len(self._ends) > MAX_COUNTERS:
                self._ends = {}
            ends = self._ends[key] = min(self._storage.get_expiry(key), now + window)
        return count, ends

    def _note_success(self) -> None:
        if self._away_until:
            self._away_until = 0.0
            logger.warning("The storage of rate limits is available again.")

    def _note_failure(self, error: Exception) -> None:
        if not self._away_until:
            logger.warning(
                "The storage of rate limits is unavailable; requests are not limited meanwhile: %s", error
            )
        self._away_until = time.monotonic() + STORAGE_RETRY_AFTER


def limiter_of(uri: str) -> FixedWindowRateLimiter:
    """Return the limiter for the storage at `uri`. It connects lazily."""
    if uri == "memory://":
        return FixedWindowRateLimiter(MemoryStorage())
    options: dict[str, Any] = {}
    if uri.startswith("redis"):
        options = {
            "socket_timeout": STORAGE_TIMEOUT,
            "socket_connect_timeout": STORAGE_TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
        }
    return FixedWindowRateLimiter(storage_from_string(uri, **options))


_counters = lru_cache(RateCounters)
limit_of = lru_cache(parse)


@lru_cache
def _window_of(limit: str) -> tuple[int, int, str]:
    """Return the number of requests, the seconds of the window, and both in the format of
    `RateLimit-Policy`."""
    item = limit_of(limit)
    return item.amount, item.get_expiry(), f"q={item.amount};w={item.get_expiry()}"


def check_settings() -> None:
    """Raise ImproperlyConfigured for limits that cannot be parsed: nobody would notice that nothing is
    limited."""
    for name, parse_setting in (
        ("RATE_LIMIT_KEY", limit_of),
        ("RATE_LIMIT_ADDRESS", limit_of),
        ("RATE_LIMIT_PAGES", limit_of),
        ("MAIL_LIMIT_COMPANY", limit_of),
        ("MAIL_LIMIT_COMPLAINT", limit_of),
        ("RATE_LIMIT_STORAGE", limiter_of),
    ):
        value = getattr(settings, name)
        try:
            if value or parse_setting is limiter_of:
                parse_setting(value)
        except (ValueError, TypeError, LookupError, ImportError, ConfigurationError) as error:
            problem = f"{name} is {value!r}, which cannot be read: {error}"
            if parse_setting is limiter_of:  # the value may contain a password
                problem = f"{name} cannot be read. Write memory:// or redis://:password@host:6379."
            raise ImproperlyConfigured(problem) from None
