"""Throw-away database servers for tests: a PostgreSQL cluster with Debian's binaries, and SecantusDB, a
stand-in that speaks MongoDB's protocol. Each runs in its own process, on a free local port, and leaves no files.

    python -m scripts.throwaway_servers postgres pytest …     runs a command with DATABASE_URL set
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess  # nosec B404 # for our own commands
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 60
"""The most seconds that a server may take to start."""


class NoServer(Exception):
    """The server cannot be started here. The message says what is missing."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _binaries() -> Path:
    """Return the folder of initdb: Debian keeps it out of the PATH."""
    candidates = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    found = [str(path) for path in candidates[-1:]] or [shutil.which("initdb")]
    if found[0] is None:
        raise NoServer("PostgreSQL is not installed. On Debian: apt install postgresql")
    return Path(found[0]).parent


@contextmanager
def _process(command: list[str], **options) -> Iterator[subprocess.Popen]:
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)  # nosec B603
    try:
        yield server
    finally:
        # Signal the group: a server of another user has a parent process that does not pass signals on.
        for stop_signal in (signal.SIGINT, signal.SIGKILL):
            try:
                os.killpg(server.pid, stop_signal)
                server.wait(20)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def _wait_for(port: int, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as attempt:
            attempt.settimeout(1)
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise NoServer(f"The server does not start:\n{log.read_text()[-2000:]}")


@contextmanager
def postgres(*settings: str) -> Iterator[str]:
    """Yield the URL of a new, empty PostgreSQL cluster with these settings. Its default collation sorts as
    dictionaries do, as on most servers: the product must not depend on it."""
    binaries = _binaries()
    # initdb refuses to run as root.
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="postgres-of-tests-"))
    log = folder / "log"
    try:
        if prefix:
            shutil.chown(folder, "postgres")
        data = str(folder / "data")
        subprocess.run(  # nosec B603
            [*prefix, str(binaries / "initdb"), "--auth=trust", "--username=caretaker", "--encoding=UTF8",
             "--locale-provider=icu", "--icu-locale=da", "--no-sync", "-D", data],
            check=True, stdout=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        port = free_port()
        options = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "listen_addresses=127.0.0.1",
        ]
        options += [f"unix_socket_directories={folder}", "max_connections=200", *settings]
        command = [*prefix, str(binaries / "postgres"), "-D", data, "-p", str(port)]
        command += [word for option in options for word in ("-c", option)]
        with log.open("w") as written, _process(command, stdout=written, stderr=written, cwd="/") as server:
            _wait_for(port, server, log)
            # The port is open before the server accepts queries.
            check = [str(binaries / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
            while subprocess.run(check).returncode and server.poll() is None:  # nosec B603
                time.sleep(0.05)
            yield f"postgres://caretaker@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mongodb(*options: str) -> Iterator[str]:
    """Yield the URL of a new, empty stand-in for a MongoDB replica set."""
    with tempfile.TemporaryDirectory(prefix="mongodb-of-tests-") as folder:
        log, port = Path(folder) / "log", free_port()
        command = [sys.executable, "-m", "secantus", "--port", str(port), "--storage-path", ":memory:"]
        command += options
        command += ["--log-level", "ERROR", "--session-max", "1000"]
        with (
            log.open("w") as written,
            _process(command, stdout=written, stderr=written, cwd=folder) as server,
        ):
            _wait_for(port, server, log)
            yield f"mongodb://127.0.0.1:{port}/caretaker"


@contextmanager
def another_database(folder: Path, url: str = "") -> Iterator[str]:
    """Yield the URL of a new, empty database of the kind that the tests run on: on the same server (or that
    of `url`), or a file in `folder`."""
    url, name = url or os.environ.get("DATABASE_URL", ""), f"another_{secrets.token_hex(6)}"
    parts = urlsplit(url)
    database_url = parts._replace(path=f"/{name}").geturl()
    if parts.scheme.startswith("postgres"):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            try:
                yield database_url
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    elif parts.scheme.startswith("mongodb"):
        from pymongo import MongoClient

        with MongoClient(url) as client:
            try:
                yield database_url
            finally:
                client.drop_database(name)
    else:
        yield f"sqlite:///{folder / name}.sqlite3"


SERVERS = {"postgres": [postgres], "mongodb": [mongodb, mongodb]}
"""The stand-in handles one request at a time, so each of two test processes has its own."""


def main(kind: str, *command: str) -> int:
    """Run a command against new servers, or against the server of TEST_DATABASE_URL, which it gets under that
    name too."""

    def run(*urls: str) -> int:
        variables = {"DATABASE_URL": urls[0], "DATABASE_URLS": " ".join(urls), "TEST_DATABASE_URL": urls[0]}
        return subprocess.run(command, env=os.environ | variables).returncode  # nosec B603

    if url := os.environ.get("TEST_DATABASE_URL"):
        return run(url)
    try:
        with ExitStack() as stack:
            return run(*(stack.enter_context(server()) for server in SERVERS[kind]))
    except NoServer as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
