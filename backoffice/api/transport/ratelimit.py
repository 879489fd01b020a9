"""How often somebody may ask: counted for each address and for each key."""

import logging
import math
import time
from functools import lru_cache
from typing import NamedTuple

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

from backoffice.accounts.client_ip import client_address, network
from backoffice.api.errors import TOO_OFTEN, ApiError
from backoffice.api.transport.authentication import key_of
from backoffice.api.transport.rate_counters import MANY, MemoryStorage
from backoffice.people.models import ApiKey

logger = logging.getLogger("backoffice.api")

PATIENCE = 0.25
"""Seconds to wait for a storage elsewhere."""
PAUSE = 10
"""Seconds for which a storage that was away is not asked again."""


def caller(request: HttpRequest) -> ApiKey:
    """The key that a request came with (`auth.key_of`), unless its address or the key asks too often. The address is
    counted first, so that keys cannot be tried out at speed."""
    _count(request, settings.RATE_LIMIT_ADDRESS, "address", network(client_address(request)))
    key = key_of(request)
    _count(request, settings.RATE_LIMIT_KEY, "key", key.pk)
    return key


def _count(request: HttpRequest, limit: str, *who: str) -> None:
    """Count one more request. Raises a Problem if there were too many already."""
    if not limit or (usage := _counters(settings.RATE_LIMIT_STORAGE).count(limit, who)) is None:
        return
    request.__dict__.setdefault("rate_usages", {})[who[0]] = usage
    if wait := usage.wait:
        message = ngettext(
            "Too many requests. Try again in %(seconds)d second.",
            "Too many requests. Try again in %(seconds)d seconds.",
            wait,
        )
        raise ApiError(TOO_OFTEN, message % {"seconds": wait}, headers={"Retry-After": str(wait)})


def seconds_to_wait(limit: str, *who: str) -> int:
    """Count one more of what `limit` limits; for how many whole seconds that one should have waited."""
    usage = _counters(settings.RATE_LIMIT_STORAGE).count(limit, who) if limit else None
    return usage.wait if usage else 0


def add_rate_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Add `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) to the answer to a request.

    A request that was answered before it was counted is told how much its address has left."""
    usages = request.__dict__.get("rate_usages")
    if usages is None and settings.RATE_LIMIT_ADDRESS:
        who = ("address", network(client_address(request)))
        usage = _counters(settings.RATE_LIMIT_STORAGE).count(settings.RATE_LIMIT_ADDRESS, who, cost=0)
        usages = {"address": usage} if usage else {}
    if usages:
        policies = ", ".join([f'"{name}";{usage.policy}' for name, usage in usages.items()])
        left = ", ".join(
            [f'"{name}";r={usage.remaining};t={usage.seconds}' for name, usage in usages.items()]
        )
        # (Setting a header looks for characters that these cannot have.)
        response.headers._store["ratelimit-policy"] = ("RateLimit-Policy", policies)
        response.headers._store["ratelimit"] = ("RateLimit", left)


class RateUsage(NamedTuple):
    """How many requests of a window are left, and for how many seconds the window lasts."""

    policy: str
    remaining: int
    seconds: int
    wait: int = 0
    """For how many seconds the request that was counted should have waited."""


class RateCounters:
    """The counters, in a storage that may be away: then nobody is held up."""

    def __init__(self, uri: str):
        self._storage = limiter_of(uri).storage
        self._asks_elsewhere = uri != "memory://"
        self._ends: dict[str, float] = {}
        """When the windows end that were asked for, by key: a storage elsewhere is not asked for it each time."""
        self._away_until = 0.0

    def count(self, limit: str, who: tuple[str, ...], cost: int = 1) -> RateUsage | None:
        """Count one more request, or none, and return what is left. None if the storage is away."""
        if self._away_until and time.monotonic() < self._away_until:
            return None
        amount, window, policy = _window_of(limit)
        key = f"{'/'.join(who)}/{limit}"
        try:
            if self._asks_elsewhere:
                count, ends = self._ask(key, window, cost)
            else:
                count, ends = self._storage.add(key, window, cost)
        except Exception as error:  # each storage has its own for being away
            return self._missed(error)
        self._found()
        left, seconds = amount - count, max(1, math.ceil(ends - time.time()))
        return RateUsage(policy, max(0, left), seconds, seconds if left < 0 else 0)

    def _ask(self, key: str, window: int, cost: int) -> tuple[int, float]:
        count = self._storage.incr(key, window, cost) if cost else self._storage.get(key)
        now = time.time()
        if not count:
            return count, now + window
        if (ends := self._ends.get(key, 0.0)) <= now:
            if len(self._ends) > MANY:
                self._ends = {}
            ends = self._ends[key] = min(self._storage.get_expiry(key), now + window)
        return count, ends

    def _found(self) -> None:
        if self._away_until:
            self._away_until = 0.0
            logger.warning("The counters of requests are back.")

    def _missed(self, error: Exception) -> None:
        if not self._away_until:
            logger.warning("The counters of requests are away, nobody is held up meanwhile: %s", error)
        self._away_until = time.monotonic() + PAUSE


def limiter_of(uri: str) -> FixedWindowRateLimiter:
    """What counts in the storage at `uri`. Nothing is connected to yet."""
    if uri == "memory://":
        return FixedWindowRateLimiter(MemoryStorage())
    options = {}
    if uri.startswith("redis"):
        options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
    return FixedWindowRateLimiter(storage_from_string(uri, **options))


_counters = lru_cache(RateCounters)
limit_of = lru_cache(parse)


@lru_cache
def _window_of(limit: str) -> tuple[int, int, str]:
    """How many requests in how many seconds, and the same as `RateLimit-Policy` says it."""
    item = limit_of(limit)
    return item.amount, item.get_expiry(), f"q={item.amount};w={item.get_expiry()}"


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
        except (ValueError, TypeError, LookupError, ImportError, ConfigurationError) as error:
            problem = f"{name} is {value!r}, which cannot be read: {error}"
            if read is limiter_of:  # it may have a password in it
                problem = f"{name} cannot be read. Write memory:// or redis://:password@host:6379."
            raise ImproperlyConfigured(problem) from None
