"""An installation of its own for the tour, with the records that the README names."""

import base64
import json
import os
import secrets
import signal
import subprocess  # nosec B404 # for our own commands
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

from scripts.throwaway_servers import free_port

ROOT = Path(__file__).resolve().parents[2]
USERS = ("admin", "alice", "rikke", "vera")
WORKERS = 2
START_SECONDS, COMMAND_SECONDS, REQUEST_SECONDS = 90, 300, 30
"""The most seconds that the server may take to start or to stop, a command, and a request."""


class NoInstallation(Exception):
    """The installation cannot be prepared or served. The message says why."""


class Installation:
    """A database, a folder for its files, and a server on a free port."""

    def __init__(self, folder: Path, database_url: str):
        self.database_url, self.password = database_url, secrets.token_urlsafe(12)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = folder / "server.log"
        self._environment = os.environ | {
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": database_url,
            "DEBUG": "off",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EMAIL_URL": "consolemail://",
            "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "HOST": "127.0.0.1",
            "HTTPS": "off",
            "LANGUAGE_CODE": "en",
            "PORT": str(port),
            "RATE_LIMIT_ADDRESS": "",
            "RATE_LIMIT_KEY": "",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SECRETS_HASH_KEY": secrets.token_urlsafe(50),
            "SECOND_FACTOR_GROUPS": "",
            "STATIC_ROOT": str(folder / "static"),
            "VAR_DIR": str(folder / "var"),
            "WEB_CONCURRENCY": str(WORKERS),
        }
        self._server: subprocess.Popen | None = None
        self._clients: dict[str, httpx.Client] = {}
        self._keys: dict[str, str] = {}

    def prepare(self) -> None:
        """Create the tables and the demo records, and an API key for each user."""
        self._keys = self._run("prepare", self.password, *USERS)

    def history(self, complaint: str) -> list[dict]:
        """Return the history of a complaint from the database, oldest first: `version`, and `values` by property."""
        return self._run("history", complaint)

    def _run(self, *words: str):
        command = [sys.executable, "-m", "scripts.tour.inside", *words]
        done = subprocess.run(  # noqa: S603 # nosec B603 # our own command
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=COMMAND_SECONDS
        )
        if done.returncode:
            raise NoInstallation(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1])

    def client(self, username: str) -> httpx.Client:
        """Return an HTTP client with the API key of a user."""
        if username not in self._clients:
            self._clients[username] = httpx.Client(
                base_url=self.address, timeout=REQUEST_SECONDS, headers={"x-API-Key": self._keys[username]}
            )
        return self._clients[username]

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "config/serving/gunicorn.py",
            "scripts.tour.wsgi",
        ]
        with self._log.open("a") as log:
            self._server = subprocess.Popen(  # noqa: S603 # nosec B603 # our own command
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{self.address}/sign-in", timeout=REQUEST_SECONDS)
                return
            time.sleep(0.1)
        self.stop()
        raise NoInstallation(f"The server did not start:\n{self.log()}")

    @property
    def master(self) -> int:
        """The process id of the server's master."""
        return self._server.pid

    def workers(self) -> list[int]:
        """Return the process ids of the server's workers."""
        command = ["ps", "-o", "pid=", "--ppid", str(self.master)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=REQUEST_SECONDS)  # noqa: S603 # nosec
        return [int(pid) for pid in done.stdout.split()]

    def kill_worker(self, worker: int) -> None:
        """Kill a worker, as the kernel does when memory runs out."""
        os.kill(worker, signal.SIGKILL)
        self._end_transactions_of_the_dead()

    def kill(self) -> None:
        """Kill the master and all workers."""
        os.killpg(self.master, signal.SIGKILL)
        self._server.wait(START_SECONDS)
        self._end_transactions_of_the_dead()

    def log(self) -> str:
        """Return the end of the server's output."""
        return self._log.read_text()[-4000:] if self._log.exists() else ""

    def stop(self) -> None:
        """Stop the server if it runs."""
        for client in self._clients.values():
            client.close()
        if self._server is None or self._server.poll() is not None:
            return
        for sent in (signal.SIGINT, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.master, sent)
                self._server.wait(START_SECONDS)
                return

    def _end_transactions_of_the_dead(self) -> None:
        """MongoDB ends the transactions of a lost client after a minute; the stand-in of
        `scripts.throwaway_servers` never does."""
        if self.database_url.startswith("mongodb"):
            from pymongo import MongoClient

            with MongoClient(self.database_url) as client:
                if client.admin.command("hello").get("setName") == "secantus":
                    client.admin.command("killAllSessions", [])
