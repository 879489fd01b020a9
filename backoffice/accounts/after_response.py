"""Deferred work after the response, so that response times reveal nothing about it."""

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
"""Seconds to wait before the work starts. By then the response has been sent and is not slowed down."""


@lru_cache
def _workers() -> ThreadPoolExecutor:
    """Create the thread pool on first use: threads started before the server forks do not survive the
    fork."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="after-response")


def run_after_response(task: Callable[[], None]) -> None:
    """Run a function in another thread, with the current language. Runs it at once unless
    `WORK_BEHIND_ANSWERS` is set."""
    if not settings.WORK_BEHIND_ANSWERS:
        task()
        return
    language = translation.get_language()

    def work():
        time.sleep(PAUSE)
        try:
            with translation.override(language):
                task()
        except Exception:
            logger.exception("Work deferred until after the response failed.")
        finally:
            connections.close_all()

    _workers().submit(work)
