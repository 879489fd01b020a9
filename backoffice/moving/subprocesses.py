"""Communication with the worker process of one database."""

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
    """A worker process for one database. It inherits this environment with another DATABASE_URL, because URLs
    contain passwords and command lines are visible to all users of the machine."""

    def __init__(self, role: str, url: str):
        self.role = role
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed along with the process)
        self._process = subprocess.Popen(  # noqa: S603 # nosec B603 # our own worker
            [sys.executable, "-m", "backoffice.moving.worker", role],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            # Ctrl-C goes to the command only, so that the current batch is completed.
            start_new_session=True,
        )

    def send(self, command: str, **arguments) -> None:
        """Send a command whose answer is read later."""
        try:
            self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise self._failure()
        answer = json.loads(line)
        if "error" in answer:
            raise CommandError(f"The {self.role}: {answer['error']}")
        return answer["answer"]

    def ask(self, command: str, **arguments):
        self.send(command, **arguments)
        return self.answer()

    def _failure(self) -> CommandError:
        self._process.wait()
        self._stderr.seek(0)
        last = (self._stderr.read().strip() or "its process has ended").splitlines()[-1]
        return CommandError(f"The {self.role}: {last}")

    def __enter__(self) -> "MoveWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        # Before waiting: the process may be blocked while writing an answer that is no longer read.
        self._process.stdout.close()
        self._process.wait()
        self._stderr.close()
