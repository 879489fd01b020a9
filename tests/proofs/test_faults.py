"""A writer and a checker through faults: kills, a full disk, a database that stops or does not answer, slow
mail. `make test-faults`; docs/development/faults.md has the results. Each test takes about 20 seconds."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from urllib.request import urlopen

import pytest

from scripts.throwaway_servers import free_port, postgres
from tests.support.connection_proxy import ConnectionProxy
from tests.support.fault_writer import PREPARE, PROJECT_ROOT, Writers, assert_nothing_lost, run_script

pytestmark = [pytest.mark.deep, pytest.mark.faults]

SETTLED = 4
"""Seconds without faults before and after the fault."""


def make_environment(folder, url: str, **more: str) -> dict:
    found = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(folder),
        "WEB_CONCURRENCY": "2",
        "PORT": str(free_port()),
        "RATE_LIMIT_KEY": "",
        "RATE_LIMIT_ADDRESS": "",
        **more,
    }
    for words in (["migrate"], ["collectstatic", "--noinput"]):
        subprocess.run(
            [sys.executable, "manage.py", *words, "--verbosity", "0"],
            cwd=PROJECT_ROOT,
            env=found,
            check=True,
            timeout=120,
        )
    return found


@contextmanager
def serve(environment: dict, log):
    """Start gunicorn and yield its master process; stop it at the end."""
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"],
            cwd=PROJECT_ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until = time.monotonic() + 60
    while not can_connect(int(environment["PORT"])):
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < until
        time.sleep(0.1)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def can_connect(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def workers_of(process) -> list[int]:
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in children.stdout.split()]


def report(name: str, written) -> None:
    print(
        f"{name}: {len(written.changes)} changes and {len(written.creations)} creations acknowledged, "
        f"{dict(written.answers)}, at most {written.longest:.1f} s without one"
    )


@pytest.fixture
def sqlite_installation(tmp_path):
    environment = make_environment(tmp_path, f"sqlite:///{tmp_path / 'faults.sqlite3'}")
    return environment, json.loads(run_script(environment, PREPARE)), tmp_path / "log"


def test_killed_workers_lose_no_write(sqlite_installation):
    environment, prepared, log = sqlite_installation
    with serve(environment, log) as process, Writers(int(environment["PORT"]), prepared) as written:
        for _time in range(5):
            time.sleep(SETTLED / 2)
            for pid in workers_of(process)[:1]:
                os.kill(pid, signal.SIGKILL)
        time.sleep(SETTLED)
    report("killed workers", written)
    assert_nothing_lost(environment, written)


def test_a_killed_and_restarted_server_loses_no_write(sqlite_installation):
    environment, prepared, log = sqlite_installation
    with Writers(int(environment["PORT"]), prepared) as written:
        for _time in range(3):
            with serve(environment, log) as process:
                time.sleep(SETTLED)
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        with serve(environment, log):
            time.sleep(SETTLED)
            until = time.monotonic() + 20
            while written.answers[200] < 50 and time.monotonic() < until:
                time.sleep(0.5)
    report("killed server", written)
    assert_nothing_lost(environment, written)


def test_a_write_lock_of_another_process_loses_no_write(sqlite_installation):
    environment, prepared, log = sqlite_installation
    path = environment["DATABASE_URL"].removeprefix("sqlite:///")
    with serve(environment, log), Writers(int(environment["PORT"]), prepared) as written:
        time.sleep(SETTLED)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        while time.monotonic() < began + 10:
            with urlopen(f"http://127.0.0.1:{environment['PORT']}/sign-in", timeout=5) as answer:
                assert answer.status == 200
            time.sleep(0.5)
        other.execute("COMMIT")
        other.close()
        time.sleep(SETTLED)
    report("a lock held for 10 s", written)
    assert_nothing_lost(environment, written)


@pytest.fixture
def small_disk(tmp_path):
    """A volume of 40 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "none", str(folder)]
    if os.geteuid() or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a small volume can be made by root alone")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_loses_no_write(small_disk, tmp_path):
    environment = make_environment(tmp_path, f"sqlite:///{small_disk / 'faults.sqlite3'}")
    prepared = json.loads(run_script(environment, PREPARE))
    with serve(environment, tmp_path / "log"), Writers(int(environment["PORT"]), prepared) as written:
        time.sleep(SETTLED)
        filler = small_disk / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"0" * 65536)
                file.flush()
        until = time.monotonic() + 30
        while not written.answers[503] and time.monotonic() < until:
            time.sleep(0.2)
        assert written.answers[503], written.answers
        time.sleep(SETTLED)
        filler.unlink()
        before = len(written.changes)
        time.sleep(SETTLED)
        assert len(written.changes) > before, "it does not go on once there is room again"
    report("a full disk", written)
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert_nothing_lost(environment, written)


def test_the_write_ahead_log_does_not_fill_a_small_disk(small_disk, tmp_path):
    environment = make_environment(tmp_path, f"sqlite:///{small_disk / 'faults.sqlite3'}")
    prepared = json.loads(run_script(environment, PREPARE))
    with serve(environment, tmp_path / "log"), Writers(int(environment["PORT"]), prepared) as written:
        time.sleep(4 * SETTLED)
    report("a small disk", written)
    assert written.answers[503] == 0
    assert_nothing_lost(environment, written)


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL server that loses no commit when it is killed."""
    with postgres("synchronous_commit=on", "fsync=on") as url:
        yield url


@pytest.fixture
def postgres_installation(server, tmp_path):
    """An installation whose connection to the database can be cut."""
    port = int(re.search(r":(\d+)/", server)[1])
    with ConnectionProxy(port) as cable:
        url = server.replace(f":{port}/", f":{cable.port}/").rpartition("/")[0]
        name = f"faults_{cable.port}"
        run_sql(server, f"CREATE DATABASE {name}")
        environment = make_environment(tmp_path, f"{url}/{name}")
        yield environment, json.loads(run_script(environment, PREPARE)), tmp_path / "log", cable, name
        run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def run_sql(url: str, statement: str, *values):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement, values)


def test_a_disconnected_database_loses_no_write(postgres_installation):
    environment, prepared, log, cable, _name = postgres_installation
    with serve(environment, log), Writers(int(environment["PORT"]), prepared) as written:
        for _time in range(2):
            time.sleep(SETTLED)
            cable.cut()
            time.sleep(SETTLED)
            cable.repair()
        time.sleep(2 * SETTLED)
    report("a database that is cut off", written)
    assert_nothing_lost(environment, written)


def test_connections_ended_by_the_database_lose_no_write(postgres_installation, server):
    environment, prepared, log, _cable, name = postgres_installation
    with serve(environment, log), Writers(int(environment["PORT"]), prepared) as written:
        for _time in range(20):
            time.sleep(0.5)
            run_sql(
                server,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s LIMIT 2",
                name,
            )
        time.sleep(SETTLED)
    report("connections that are ended", written)
    assert_nothing_lost(environment, written)


def test_an_unresponsive_database_loses_no_write(postgres_installation):
    """The host accepts connections but never answers: pages that need no database still work."""
    environment, prepared, log, cable, _name = postgres_installation
    with serve(environment, log), Writers(int(environment["PORT"]), prepared) as written:
        time.sleep(SETTLED)
        cable.freeze()
        began = time.monotonic()
        waits = []
        while time.monotonic() < began + 15:
            asked = time.monotonic()
            with urlopen(f"http://127.0.0.1:{environment['PORT']}/sign-in", timeout=10) as answer:
                assert answer.status == 200
            waits.append(time.monotonic() - asked)
            time.sleep(0.5)
        cable.cut()
        cable.repair()
        time.sleep(3 * SETTLED)
    report(f"a silent database (sign-in page {max(waits):.1f} s)", written)
    assert_nothing_lost(environment, written)


class DrippingMailServer:
    """Accepts every connection and sends a line of its greeting every two seconds for as long as the client
    reads."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._listener.close()

    def _listen(self):
        with suppress(OSError):
            while True:
                visitor, _address = self._listener.accept()
                self.visits += 1
                threading.Thread(target=self._drip, args=[visitor], daemon=True).start()

    def _drip(self, visitor):
        with suppress(OSError):
            while True:
                visitor.sendall(b"220-wait\r\n")
                time.sleep(2)


def test_a_slow_mail_server_delays_no_request(tmp_path):
    with DrippingMailServer() as mail:
        url = f"sqlite:///{tmp_path / 'faults.sqlite3'}"
        environment = make_environment(tmp_path, url, EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
        prepared = json.loads(run_script(environment, PREPARE))
        with serve(environment, tmp_path / "log"), Writers(int(environment["PORT"]), prepared) as written:
            time.sleep(SETTLED)
            waits = [resolve_one(environment, prepared) for _time in range(6)]
            time.sleep(SETTLED)
        assert mail.visits > 0
    report(f"dripping mail (a resolve took at most {max(waits):.1f} s)", written)
    assert max(waits) < 5
    assert_nothing_lost(environment, written)


def resolve_one(environment: dict, prepared: dict) -> float:
    """Return the seconds for creating a complaint and finishing it with an e-mail."""
    writers = Writers(int(environment["PORT"]), prepared)
    body = {"objectId": prepared["object"], "desc": "x", "contact": {"email": "anna@example.com"}}
    status, document, _tag = writers._send("POST", "/v2/complaints", body)
    assert status == 201, document
    began = time.monotonic()
    status, answer, _tag = writers._send("POST", f"/v2/complaints/{document['_id']}/resolve", {})
    assert status == 200, answer
    return time.monotonic() - began
