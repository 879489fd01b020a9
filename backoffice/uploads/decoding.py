"""The process that opens files for this one: one at a time, with limits, and another one when it was killed."""

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
"""Seconds after which it is killed. (Its processor time is limited as well: `decoder.CPU_SECONDS`.)"""
START_DEADLINE = 30
PATIENCE = 0.5
"""Seconds that a request waits for another one's file to be opened; then it answers that it should be sent again."""
RETRY_AFTER = 5
NOT_BUSY = float("inf")
MOST_REQUESTS = 500
"""Then another process takes over, so that nothing piles up in one."""


class DecoderBusy(Exception):
    """Another file is being opened, or the process that does so could not be started: the same may succeed later."""


class DecoderEnded(Exception):
    """The process has ended without an answer."""

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
        """The answer to one request. Raises DecoderBusy, Refused, and OSError if the disk is full."""
        # (One that has taken long already may take longer: whoever comes then does not wait at all.)
        patience = max(0.0, patience - max(0.0, time.monotonic() - self.busy_since))
        if not self.lock.acquire(timeout=patience):
            raise DecoderBusy
        self.busy_since = time.monotonic()
        try:
            answer = self._answer(request)
        finally:
            if self.count >= MOST_REQUESTS:
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
                continue  # it went before it heard of this: it had nothing to do for long, or somebody ended it
            try:
                return self._read(DEADLINE)
            except TimeoutError:
                logger.warning("A file was not opened within %s seconds; its process was stopped.", DEADLINE)
            except DecoderEnded as error:
                logger.warning("A file ended the process that opened it (%s).", error)
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
            logger.error("The process that opens files does not start: %s", error)
            raise DecoderBusy from error

    def _open_process(self) -> subprocess.Popen:
        try:
            return subprocess.Popen(  # nosec B603 # our own module
                [sys.executable, "-m", "backoffice.uploads.decoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=settings.BASE_DIR,
                # (Each arena of the allocator takes address space, of which there is a limit.)
                env=os.environ | {"MALLOC_ARENA_MAX": "2"},
            )
        except OSError as error:
            logger.error("The process that opens files cannot be started: %s", error)
            raise DecoderBusy from error

    def _read(self, seconds: float) -> dict:
        """The next line that the process says. Whatever else happens ends the process."""
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.unread:
                if not selector.select(max(0.0, end - time.monotonic())):
                    self.stop()
                    raise TimeoutError
                piece = os.read(self.process.stdout.fileno(), 65536)
                if not piece:
                    raise DecoderEnded(self.stop())
                self.unread += piece
        line, _newline, self.unread = self.unread.partition(b"\n")
        return json.loads(line)

    def stop(self) -> int:
        """End the process; the status that it ended with by itself, or that of being killed."""
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


def _forget() -> None:
    """A process that was forked has a decoder of its own."""
    global _decoder
    _decoder = Decoder()


os.register_at_fork(after_in_child=_forget)


def open_file(
    source: Path, target: Path | None, thumbnail: Path, *, documents: bool, patience: float = PATIENCE
) -> dict:
    """What a file is (`kind`, `charset`), as far as the decoder takes it. Of a picture, a small one is written to
    `thumbnail`, and if it is to be kept in other bytes (`is_rewritten`) these to `target`. Raises Refused;
    DecoderBusy after `patience` seconds; OSError if the disk is full."""
    request = {
        "source": str(source.absolute()),
        "target": str(target.absolute()) if target else "",
        "thumbnail": str(thumbnail.absolute()),
        "documents": documents,
    }
    return _decoder.ask(request, patience)
