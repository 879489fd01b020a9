"""Mail servers, databases and writers that do not answer: requests that do not need them are served."""

import re
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from scripts.throwaway_servers import free_port, postgres
from tests.support.connection_proxy import ConnectionProxy
from tests.support.installation import (
    COMPLAINT,
    environment_in,
    prepare_installation,
    run_command,
    start_server,
)

pytestmark = [pytest.mark.deep, pytest.mark.faults]


@contextmanager
def mail_server(kind: str):
    """Start a server that drips a greeting without end, sends nothing, or hangs up; return its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(connection):
        with connection:
            while kind == "drips" and not ended.wait(1):
                try:
                    connection.sendall(b"220-wait\r\n")
                except OSError:
                    return
            if kind == "is silent":
                ended.wait()

    def accept():
        while not ended.is_set():
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    ended.set()
    listener.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    environment = environment_in(tmp_path_factory.mktemp("served"))
    prepare_installation(environment)
    return environment


def make_complaints(site, key: str, count: int) -> list[str]:
    """Create complaints whose customers have an address; return their paths."""
    object_id = re.search(rb'"objectId":"(\w+)"', site.request(COMPLAINT, key)[1])[1].decode()
    made = []
    for number in range(count):
        body = (
            f'{{"desc": "x", "objectId": "{object_id}", "contact": {{"email": "karen{number}@example.dk"}}}}'
        )
        status, answer = site.request("/v2/complaints", key, body.encode())
        assert status in (200, 201), answer
        made.append("/v2/complaints/" + re.search(rb'"_id":"(\w+)"', answer)[1].decode())
    return made


@pytest.mark.parametrize("kind", ["drips", "is silent", "hangs up", "is away"])
def test_unresponsive_mail_servers_delay_no_request(installation, tmp_path, kind):
    with mail_server(kind) as port:
        url = f"smtp://127.0.0.1:{free_port() if kind == 'is away' else port}"
        environment = installation | {"EMAIL_URL": url}
        key = run_command(environment, "create_api_key", "alice").strip()
        with start_server(environment, tmp_path / "log") as site:
            paths = make_complaints(site, key, 8)
            with ThreadPoolExecutor(8) as crowd:
                began = time.monotonic()
                resolved = [crowd.submit(site.request, f"{path}/resolve", key, b"{}") for path in paths]
                assert {future.result()[0] for future in resolved} == {200}
                assert time.monotonic() - began < 5
            for _ in range(5):
                assert site.time_sign_in() < 1
            if kind in ("hangs up", "is away"):
                time.sleep(1)
                assert site.log.count("could not be done yet") == 8
            site.process.terminate()
            site.process.wait(timeout=30)
            assert "karen" not in site.log
        with sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///")) as database:
            query = "DELETE FROM jobs_queuedjob WHERE kind = 'facility.finished'"
            assert database.execute(query).rowcount == 8  # none is lost


def test_waiting_writers_block_no_reader(installation, tmp_path):
    """Another process holds SQLite's only write lock: reads go on, some writers wait, the others get
    503."""
    key = run_command(installation, "create_api_key", "alice").strip()
    with start_server(installation, tmp_path / "log") as site:
        assert site.request(COMPLAINT, key)[0] == 200
        holder = sqlite3.connect(
            installation["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None
        )
        holder.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(24) as crowd:
            patches = [
                crowd.submit(site.request, COMPLAINT, key, b'{"comment": "%d"}' % number, "PATCH")
                for number in range(24)
            ]
            time.sleep(2)
            for _ in range(4):
                assert site.time_sign_in() < 1
                began = time.monotonic()
                assert site.request(COMPLAINT, key)[0] == 200
                assert time.monotonic() - began < 2
            refused = [future for future in patches if future.done()]
            assert {future.result()[0] for future in refused} == {503}
            assert 12 <= len(refused) < 24
            holder.rollback()
            assert {future.result()[0] for future in patches if future not in refused} == {200}
        assert site.request(COMPLAINT, key, b'{"comment": "after"}', "PATCH")[0] == 200
        # And a writer that waits gets an error after ten seconds.
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert site.request(COMPLAINT, key, b'{"comment": "never"}', "PATCH")[0] == 503
        assert 5 < time.monotonic() - began < 20
        holder.close()


def test_an_unresponsive_database_blocks_no_other_request(tmp_path):
    """A host that accepts everything and answers nothing, like a firewall that dropped the connection."""
    with postgres() as server, ConnectionProxy(int(re.search(r":(\d+)/", server)[1])) as cable:
        url = re.sub(r":\d+/", f":{cable.port}/", server)
        environment = environment_in(tmp_path, DATABASE_URL=url)
        prepare_installation(environment)
        key = run_command(environment, "create_api_key", "alice").strip()
        with start_server(environment, tmp_path / "log") as site:
            assert site.request(COMPLAINT, key)[0] == 200
            cable.freeze()
            with ThreadPoolExecutor(30) as crowd:
                asked = [crowd.submit(site.request, COMPLAINT, key, timeout=60) for _ in range(30)]
                time.sleep(3)
                for _ in range(8):
                    assert site.time_sign_in() < 1
                cable.thaw()
                statuses = {future.result()[0] for future in asked}
            assert statuses <= {200, 503}
            until = time.monotonic() + 30
            while site.request(COMPLAINT, key)[0] != 200:
                assert time.monotonic() < until
