"""The number of worker processes."""

import os

MAX_WORKERS = 64


class InvalidWorkerCount(ValueError):
    """WEB_CONCURRENCY is not valid. The message is one line."""


def count_workers() -> int:
    """Return WEB_CONCURRENCY, or by default the number of cores, two to eight. Raises InvalidWorkerCount."""
    text = os.environ.get("WEB_CONCURRENCY", "").strip()
    if not text:
        has_affinity = hasattr(os, "sched_getaffinity")
        cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
        return min(max(cores, 2), 8)
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise InvalidWorkerCount(
            f"WEB_CONCURRENCY is {text!r}. Write a number of processes from 1 to {MAX_WORKERS}."
        )
    return int(text)
