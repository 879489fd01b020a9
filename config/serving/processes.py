"""How many processes serve."""

import os

MAX_WORKERS = 64


class UnusableNumber(ValueError):
    """Says in one line what is wrong with WEB_CONCURRENCY."""


def count_workers() -> int:
    """WEB_CONCURRENCY, else one for each core, two to eight. Raises UnusableNumber."""
    given = os.environ.get("WEB_CONCURRENCY", "").strip()
    if not given:
        has_affinity = hasattr(os, "sched_getaffinity")
        cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
        return min(max(cores, 2), 8)
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given) <= MAX_WORKERS:
        raise UnusableNumber(
            f"WEB_CONCURRENCY is {given!r}. Give a number of processes from 1 to {MAX_WORKERS}."
        )
    return int(given)
