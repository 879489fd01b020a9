"""Request counters in the memory of the process."""

import threading
import time

from limits.storage import Storage

MAX_COUNTERS = 10_000


class MemoryStorage(Storage):
    """A storage for `limits`. The library's own memory storage starts a thread at nearly every request to
    expire counters (see docs/performance.md)."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._expire_at_size = MAX_COUNTERS

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count, and return the new count and the end of its window (seconds since 1970)."""
        now = time.time()
        with self._lock:
            count, ends = self._counts.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._counts[key] = count + amount, ends
            if len(self._counts) > self._expire_at_size:
                self._drop_expired(now)
        return count + amount, ends

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.add(key, expiry, amount)[0]

    def _drop_expired(self, now: float) -> None:
        """Drop expired counters. The next run is due when the number of counters has doubled."""
        self._counts = {key: counter for key, counter in self._counts.items() if counter[1] > now}
        self._expire_at_size = max(MAX_COUNTERS, 2 * len(self._counts))

    def get(self, key: str) -> int:
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        return True

    def clear(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)

    def reset(self) -> int:
        with self._lock:
            count = len(self._counts)
            self._counts = {}
        return count
