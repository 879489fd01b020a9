"""Client of the decoder process: it opens one file at a time, with limits, and is restarted when it was
killed."""

import atexit
import contextlib
import json
import logging
import os
import selectors
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


class DecoderEnded(Exception):
    """The process ended without an answer."""

    def __init__(self, status: int):
        super().__init__(f"The decoder ended with status {status}.")


class Decoder:
    """The process, and the lock that lets one thread at a time use it."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self.lock = threading.Lock()
        self.unread = b""
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
            try:
                with contextlib.suppress(BrokenPipeError):
                    self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self._read(START_DEADLINE)
            except (TimeoutError, DecoderEnded):
                continue  # the process ended before it read the request: it was idle for too long, or was killed
            try:
                return self._read(DEADLINE)
            except TimeoutError:
                logger.warning("The decoder did not open a file within %s seconds and was killed.", DEADLINE)
            except DecoderEnded as error:
                logger.warning("The decoder crashed while opening a file (%s).", error)
            return {"refused": COSTLY}
        raise DecoderBusy

    def _start(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        self.stop()
        self.process = self._open_process()
        try:
            self._read(START_DEADLINE)
        except (TimeoutError, DecoderEnded) as error:
            logger.error("The decoder does not start: %s", error)
            raise DecoderBusy from error

    def _open_process(self) -> subprocess.Popen:
        try:
            return subprocess.Popen(  # nosec B603 # our own module
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

    def _read(self, seconds: float) -> dict:
        """Return the next line of the process as JSON. Stops the process on a timeout or when it has
        ended."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.unread:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self.stop()
                    raise TimeoutError
                chunk = os.read(self.process.stdout.fileno(), 65536)
                if not chunk:
                    raise DecoderEnded(self.stop())
                self.unread += chunk
        line, _newline, self.unread = self.unread.partition(b"\n")
        return json.loads(line)

    def stop(self) -> int:
        """End the process; return its own exit status, or that of being killed."""
        process, self.process, self.unread, self.count = self.process, None, b"", 0
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
