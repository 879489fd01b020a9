"""The product as `make run` serves it: gunicorn with several workers, on a SQLite file."""

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from config.serving.error_responses import HEADERS
from tests.support.installation import (
    COMPLAINT,
    Site,
    environment_in,
    prepare_installation,
    read_response,
    run_command,
    start_server,
)

pytestmark = pytest.mark.deep


@pytest.fixture
def environment(tmp_path):
    return environment_in(tmp_path)


@pytest.fixture
def served(environment, tmp_path):
    """The product with its demo data."""
    prepare_installation(environment)
    with start_server(environment, tmp_path / "log") as site:
        yield site


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


def test_requests_refused_by_gunicorn_have_all_headers_and_quote_nothing(served: Site):
    for sent, status in REFUSED.items():
        answered_status, headers, body = served.exchange(sent)
        assert (answered_status, headers.get("Server")) == (status, None), sent[:60]
        assert HEADERS.items() <= headers.items()
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert b"<h1>" in body
        assert not {b"nonsense", b"script>", b"ck_0123456789"} & {
            word for word in sent.split() if word in body
        }
    assert "ck_0123456789_abcdef" not in served.log


def test_idle_connections_block_no_one(environment, served: Site):
    """As browsers open them in advance."""
    key = run_command(environment, "create_api_key", "alice").strip()
    with ExitStack() as open_lines:
        lines = [open_lines.enter_context(served.connect(timeout=10)) for _ in range(30)]
        time.sleep(0.3)
        began = time.monotonic()
        assert [served.request(COMPLAINT, key)[0] for _turn in range(4)] == [200] * 4
        assert time.monotonic() - began < 3
        # They may still send a request; idle ones are closed.
        lines[0].sendall(f"GET {COMPLAINT} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n".encode())
        assert read_response(lines[0])[0] == 200
        assert lines[1].recv(1) == b""


def test_many_concurrent_requests_on_sqlite_and_a_clean_shutdown(environment, served):
    address, process = served.address, served.process
    key = run_command(environment, "create_api_key", "alice").strip()
    with ThreadPoolExecutor(12) as crowd:
        writes = [
            crowd.submit(served.request, COMPLAINT, key, b'{"priority": %d}' % (1 + turn % 4), "PATCH")
            for turn in range(120)
        ]
        reads = [crowd.submit(served.request, COMPLAINT, key) for _turn in range(120)]
        assert {future.result()[0] for future in writes + reads} == {200}
    assert served.request(COMPLAINT, key + "x")[0] == 401
    assert urlopen(f"{address}/sign-in", timeout=30).status == 200
    # Ctrl-C sends the signal to the whole process group. Workers ignore it, the master stops them, and none
    # has to be killed.
    assert all(map(ignores_interrupts, workers_of(process)))
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=30)
    rest = served.log
    assert process.returncode == 0
    assert "SIGKILL" not in rest
    assert "Traceback" not in rest
    assert key not in rest
