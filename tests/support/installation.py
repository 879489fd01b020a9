"""A separate installation, served by gunicorn as `make run` does."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scripts.throwaway_servers import free_port

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, "manage.py"]
GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
COMPLAINT = "/v2/complaints/507f1f77bcf86cd799439011"


def environment_in(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of an installation with an empty database file."""
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'served.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WEB_CONCURRENCY": "2",
        **more,
    }


def run_command(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [*MANAGE, *words], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def prepare_installation(environment: dict[str, str]) -> None:
    """Create the database with the demo data, and the static files."""
    run_command(environment, "migrate", "--verbosity", "0")
    with (PROJECT_ROOT / "pytest.ini").open() as turn:  # processes of tests share the folder of static files
        fcntl.flock(turn, fcntl.LOCK_EX)
        run_command(environment, "collectstatic", "--noinput", "--verbosity", "0")
    run_command(environment, "demo", "--password", "moth-lantern-cobble")


class Site:
    """A served installation."""

    def __init__(
        self, environment: dict[str, str], process: subprocess.Popen, address: str, log: Path | None
    ):
        self.environment = environment
        self.process = process
        self.address = address
        self.host, self.port = address.removeprefix("http://").split(":")
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def connect(self, timeout: float = 20, receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect((self.host, int(self.port)))
        return connection

    def exchange(self, sent: bytes, timeout: float = 20) -> tuple[int, dict, bytes]:
        """Return (status, headers, body) of the response to these bytes on a new connection."""
        with self.connect(timeout) as connection:
            connection.sendall(sent)
            return read_response(connection)

    def request(self, path: str, key: str = "", body: bytes | None = None, method: str = "", timeout=30):
        """Return (status, body)."""
        request = Request(self.address + path, data=body, method=method or ("POST" if body else "GET"))
        if key:
            request.add_header("x-API-Key", key)
        request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=timeout) as response:
                return response.status, response.read()
        except HTTPError as error:
            return error.code, error.read()

    def time_sign_in(self) -> float:
        """Return the seconds until the sign-in page is served."""
        began = time.monotonic()
        assert self.request("/sign-in")[0] == 200
        return time.monotonic() - began


def read_response(connection: socket.socket, method: str = "GET") -> tuple[int, dict, bytes]:
    response = HTTPResponse(connection, method=method)
    response.begin()
    return response.status, dict(response.headers), response.read()


@contextmanager
def start_server(environment: dict[str, str], log: Path):
    """Start a server on a free port; yield its Site, and stop it afterwards."""
    with log.open("w") as output:
        process = subprocess.Popen(
            GUNICORN,
            cwd=PROJECT_ROOT,
            env=environment | {"PORT": str(free_port())},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not (match := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        site = Site(environment, process, match[0], log)
        for _ in range(6):  # let each worker compile its templates
            site.request("/sign-in")
        yield site
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
