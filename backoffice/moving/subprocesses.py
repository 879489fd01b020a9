"""Giving orders to the process of one end."""

import json
import os
import subprocess  # nosec B404 # for our own worker
import sys
import tempfile
from contextlib import suppress
from types import TracebackType

from django.conf import settings
from django.core.management.base import CommandError


class MoveWorker:
    """A process that works on one database. Its environment is this one's, with another DATABASE_URL: URLs have
    passwords in them, and what processes are started with can be read by all."""

    def __init__(self, which: str, url: str):
        self.which = which
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed along with the process)
        self._process = subprocess.Popen(  # noqa: S603 # nosec B603 # our own worker
            [sys.executable, "-m", "backoffice.moving.worker", which],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            # Ctrl-C is for the command: it lets a batch end.
            start_new_session=True,
        )

    def send(self, do: str, **what) -> None:
        """Give an order whose answer is fetched later."""
        try:
            self._process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise self._failure()
        answer = json.loads(line)
        if "error" in answer:
            raise CommandError(f"The {self.which}: {answer['error']}")
        return answer["answer"]

    def ask(self, do: str, **what):
        self.send(do, **what)
        return self.answer()

    def _failure(self) -> CommandError:
        self._process.wait()
        self._said.seek(0)
        last = (self._said.read().strip() or "its process has ended").splitlines()[-1]
        return CommandError(f"The {self.which}: {last}")

    def __enter__(self) -> "MoveWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        # Before waiting for it: it may be in the middle of an answer that nobody will read.
        self._process.stdout.close()
        self._process.wait()
        self._said.close()
