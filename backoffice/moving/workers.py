"""The worker processes of a move: one for each database, with settings of its own."""

import os
import signal
import threading
import traceback
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context, parent_process

import django
from django.core.management.base import CommandError

MOST_SECONDS_TO_END = 30
_call_lock = threading.Lock()


class MoveWorker(ProcessPoolExecutor):
    """A worker process for one database, `source` or `target`. It inherits this environment with another
    DATABASE_URL."""

    def __init__(self, role: str, url: str):
        super().__init__(1, mp_context=get_context("spawn"), initializer=_prepare, initargs=(url,))
        self._role = role

    def send(self, command: str, **arguments) -> Future:
        """Call a method of the database. The result raises CommandError with the reason if it fails."""
        return self.submit(_call, self._role, command, arguments)

    def ask(self, command: str, **arguments):
        return self.send(command, **arguments).result()


def _prepare(url: str) -> None:
    # Ctrl-C is for the command only, so that the current batch is completed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_command, daemon=True).start()
    os.environ["DATABASE_URL"] = url


def _end_with_command() -> None:
    """End this process if the command is killed, but not within a transaction: a server may keep the transaction of
    a lost client, and with it the locks that the next move needs."""
    parent_process().join()
    _call_lock.acquire(timeout=MOST_SECONDS_TO_END)
    os._exit(1)


@cache
def _open_database(role: str):
    django.setup()
    from backoffice.moving.databases import SourceDatabase, TargetDatabase  # these need the models

    return {"source": SourceDatabase, "target": TargetDatabase}[role]()


def _call(role: str, command: str, arguments: dict):
    try:
        with _call_lock:
            return getattr(_open_database(role), command)(**arguments)
    except (CommandError, SystemExit) as error:  # the settings exit if the URL is not valid
        reason = str(error)
    except Exception as error:
        from backoffice.db.health import describe_trouble

        reason = describe_trouble(error)
        if not reason:
            traceback.print_exc()
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
    raise CommandError(f"The {role}: {reason}")
