"""The product as `make run` serves it: gunicorn with several workers, on a SQLite file."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from config.refusals import HEADERS

HERE = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, "manage.py"]
GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
COMPLAINT = "/v2/complaints/507f1f77bcf86cd799439011"

pytestmark = pytest.mark.deep


@pytest.fixture
def environment(tmp_path):
    """An installation of its own: an empty database file and a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'served.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }


def command(environment, *words) -> str:
    done = subprocess.run(
        [*MANAGE, *words], cwd=HERE, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def served(environment):
    """(address, the process) of the product with its demo data."""
    command(environment, "migrate", "--verbosity", "0")
    command(environment, "collectstatic", "--noinput", "--verbosity", "0")
    command(environment, "demo", "--password", "moth-lantern-cobble")
    process = subprocess.Popen(
        GUNICORN,
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = process.stdout.readline()
    yield re.search(r"http://127\.0\.0\.1:\d+", said)[0], process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ask(address, key, body=None):
    """(status, answer) of a request for the complaint, with a key."""
    request = Request(address + COMPLAINT, data=body, method="PATCH" if body else "GET")
    request.add_header("x-API-Key", key)
    request.add_header("Content-Type", "application/json")
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def workers_of(process) -> list[str]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(found) == 2
    return found


def ignores_interrupts(pid: str) -> bool:
    ignored = re.search(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1]
    return bool(int(ignored, 16) & 1 << signal.SIGINT - 1)


REFUSED = {
    b"nonsense\r\n\r\n": 400,
    b"GET /<script> HTTP/9.9\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nX API Key: ck_0123456789_abcdef\r\n\r\n": 400,
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n": 431,
}


def test_what_gunicorn_refuses_has_the_headers_of_every_answer_and_quotes_nothing(served):
    host, _colon, port = served[0].removeprefix("http://").partition(":")
    for sent, status in REFUSED.items():
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(sent)
            answer = HTTPResponse(line)
            answer.begin()
            said = answer.read().decode()
        assert (answer.status, answer.headers["Server"]) == (status, None), sent[:60]
        assert said == f"{answer.reason}\n"
        assert HEADERS.items() <= dict(answer.headers).items()


def test_connections_on_which_nothing_is_said_hold_nobody_up(environment, served):
    """As browsers open them in advance."""
    address, _process = served
    host, _colon, port = address.removeprefix("http://").partition(":")
    key = command(environment, "create_api_key", "alice").strip()
    with ExitStack() as open_lines:
        lines = [
            open_lines.enter_context(socket.create_connection((host, int(port)), timeout=10))
            for _ in range(30)
        ]
        time.sleep(0.3)
        began = time.monotonic()
        assert [ask(address, key)[0] for _turn in range(4)] == [200] * 4
        assert time.monotonic() - began < 3
        # They may say something yet, in their own time; those that do not are closed.
        lines[0].sendall(f"GET {COMPLAINT} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n\r\n".encode())
        answer = HTTPResponse(lines[0])
        answer.begin()
        assert answer.status == 200
        assert lines[1].recv(1) == b""


def test_many_at_once_on_sqlite_and_a_clean_stop(environment, served):
    address, process = served
    key = command(environment, "create_api_key", "alice").strip()
    with ThreadPoolExecutor(12) as crowd:
        writes = [
            crowd.submit(ask, address, key, b'{"priority": %d}' % (1 + turn % 4)) for turn in range(120)
        ]
        reads = [crowd.submit(ask, address, key) for _turn in range(120)]
        assert {future.result()[0] for future in writes + reads} == {200}
    assert ask(address, key + "x")[0] == 401
    assert urlopen(f"{address}/sign-in", timeout=30).status == 200
    # What Ctrl-C does: the whole group gets the signal. Workers leave it to the master, and none has to be killed.
    assert all(map(ignores_interrupts, workers_of(process)))
    os.killpg(process.pid, signal.SIGINT)
    rest, _none = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "SIGKILL" not in rest
    assert "Traceback" not in rest
    assert key not in rest
