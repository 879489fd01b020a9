"""Client of the decoder process: it opens one file at a time, with limits, and is restarted when it was
killed."""

import atexit
import contextlib
import json
import logging
import os
import subprocess  # nosec B404 # for our own module
import sys
import threading
import time
from pathlib import Path

from django.conf import settings

from backoffice.uploads.decoder.exceptions import COSTLY, DecodingRefused

logger = logging.getLogger("backoffice.uploads")

DEADLINE = 30
"""Seconds after which the process is killed. (Its CPU time is limited as well: `decoder.__main__.CPU_SECONDS`.)"""
START_DEADLINE = 30
PATIENCE = 0.5
"""Seconds that a request waits for another file to be opened, before its sender is asked to try again
later."""
RETRY_AFTER = 5
NOT_BUSY = float("inf")
MAX_REQUESTS = 500
"""After this many requests the process is replaced, so that leaks do not accumulate."""


class DecoderBusy(Exception):
    """Another file is being opened, or the decoder process could not be started: a retry may succeed."""


class Decoder:
    """The process, and the lock that lets one thread at a time use it."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self.lock = threading.Lock()
        self.count = 0
        self.busy_since = NOT_BUSY

    def ask(self, request: dict, patience: float) -> dict:
        """Send one request and return the answer. Raises DecoderBusy, DecodingRefused, and OSError if the
        disk is full."""
        # A file that has already taken long may take even longer: do not wait for it at all.
        patience = max(0.0, patience - max(0.0, time.monotonic() - self.busy_since))
        if not self.lock.acquire(timeout=patience):
            raise DecoderBusy
        self.busy_since = time.monotonic()
        try:
            answer = self._answer(request)
        finally:
            if self.count >= MAX_REQUESTS:
                self.stop()
            self.busy_since = NOT_BUSY
            self.lock.release()
        if "refused" in answer:
            raise DecodingRefused(answer["refused"])
        if "errno" in answer:
            raise OSError(answer["errno"], os.strerror(answer["errno"]))
        return answer

    def _answer(self, request: dict) -> dict:
        for _attempt in range(2):
            self._start()
            self.count += 1
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
            if self._read(START_DEADLINE) is None:
                continue  # the process ended before it read the request: it was idle for too long, or was killed
            if (answer := self._read(DEADLINE)) is not None:
                return answer
            logger.warning(
                "The decoder did not open a file: it crashed, or needed more than %s seconds.", DEADLINE
            )
            return {"refused": COSTLY}
        raise DecoderBusy

    def _start(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        self.stop()
        try:
            self.process = subprocess.Popen(  # nosec B603 # our own module
                [sys.executable, "-m", "backoffice.uploads.decoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=settings.BASE_DIR,
                # Each arena of the allocator takes address space, which is limited.
                env=os.environ | {"MALLOC_ARENA_MAX": "2"},
            )
        except OSError as error:
            logger.error("The decoder cannot be started: %s", error)
            raise DecoderBusy from error
        if self._read(START_DEADLINE) is None:
            logger.error("The decoder does not start.")
            raise DecoderBusy

    def _read(self, seconds: float) -> dict | None:
        """Return the next line of the process as JSON; None if it has ended, or is killed after `seconds`."""
        timer = threading.Timer(seconds, self.process.kill)
        timer.daemon = True
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if line.endswith(b"\n"):
            return json.loads(line)
        logger.info("The decoder ended with status %s.", self.stop())
        return None

    def stop(self) -> int:
        """End the process; return its own exit status, or that of being killed."""
        process, self.process, self.count = self.process, None, 0
        if process is None:
            return 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.stdin.close()
            process.wait(0.2)
        process.kill()
        status = process.wait()
        process.stdout.close()
        return status


_decoder = Decoder()
atexit.register(lambda: _decoder.stop())


def _reset_after_fork() -> None:
    """Give a forked process a decoder of its own."""
    global _decoder
    _decoder = Decoder()


os.register_at_fork(after_in_child=_reset_after_fork)


def open_file(
    source: Path, target: Path | None, thumbnail: Path, *, documents: bool, patience: float = PATIENCE
) -> dict:
    """Return what a file is (`kind`, `charset`), if the decoder accepts it. For a picture, write its
    thumbnail to `thumbnail`, and if the stored bytes must differ (`is_rewritten`), write them to `target`.
    Raises DecodingRefused; DecoderBusy after `patience` seconds; OSError if the disk is full."""
    request = {
        "source": str(source.absolute()),
        "target": str(target.absolute()) if target else "",
        "thumbnail": str(thumbnail.absolute()),
        "documents": documents,
    }
    return _decoder.ask(request, patience)
