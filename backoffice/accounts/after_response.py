"""Work that the answer does not wait for: how long it takes would tell what it was about."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from django.conf import settings
from django.db import connections
from django.utils import translation

logger = logging.getLogger("backoffice.accounts")

WORKERS = 2
PAUSE = 0.5
"""Seconds after which the work begins: until then the answer has gone out, and is not slowed down by it."""


@lru_cache
def _workers() -> ThreadPoolExecutor:
    """Started when there is work: after the server has forked."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="behind-the-answer")


def run_after_response(act: Callable[[], None]) -> None:
    """Act in another thread, in the language of this one."""
    if not settings.WORK_BEHIND_ANSWERS:
        act()
        return
    language = translation.get_language()

    def work():
        time.sleep(PAUSE)
        try:
            with translation.override(language):
                act()
        except Exception:
            logger.exception("What was to be done behind an answer failed.")
        finally:
            connections.close_all()

    _workers().submit(work)
