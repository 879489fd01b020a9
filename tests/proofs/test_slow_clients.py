"""Slow clients, many clients, and invalid HTTP: they occupy no thread, and all other clients are served."""

import json
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.support.installation import (
    COMPLAINT,
    environment_in,
    prepare_installation,
    read_response,
    run_command,
    start_server,
)

pytestmark = [pytest.mark.deep, pytest.mark.attack]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    environment = environment_in(tmp_path_factory.mktemp("served"))
    prepare_installation(environment)
    return environment


@pytest.fixture(scope="module")
def key(environment):
    return run_command(environment, "create_api_key", "alice").strip()


@pytest.fixture(scope="module")
def site(environment, tmp_path_factory):
    with start_server(environment, tmp_path_factory.mktemp("log") / "log") as site:
        yield site


SIGN_IN = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
DRIBBLES = {
    "half a head": (b"GET / HTTP/1.1\r\nHost: x\r\n", b""),
    "a head, byte by byte": (b"GET / HTTP/1.1\r\nX-Slow: ", b"a"),
    "header after header": (b"GET / HTTP/1.1\r\n", b"X-Slow: a\r\n"),
    "a body, byte by byte": (SIGN_IN + b"Content-Length: 2000\r\n\r\n", b"a"),
    "a body that never comes": (SIGN_IN + b"Content-Length: 2000\r\n\r\n", b""),
    "a large body": (SIGN_IN + b"Content-Length: 90000000\r\n\r\n", b"a" * 100),
    "chunk after chunk": (SIGN_IN + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "half a chunk": (SIGN_IN + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b"a"),
    "trailers": (SIGN_IN + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Slow: a\r\n"),
    "a body after it was asked for": (SIGN_IN + b"Expect: 100-continue\r\nContent-Length: 99\r\n\r\n", b"a"),
    "half a request after a whole one": (b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT", b""),
    "JSON without a key": (b"PATCH " + COMPLAINT.encode() + b" HTTP/1.1\r\nContent-Length: 99\r\n\r\n", b"a"),
}


@contextmanager
def keep_sending(connections, more: bytes):
    """Send a little on each of the connections again and again."""
    ended = threading.Event()

    def send():
        while not ended.wait(0.2):
            for connection in connections:
                with suppress(OSError):  # closed by the server
                    connection.sendall(more)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("name", DRIBBLES)
def test_slow_senders_block_no_one(site, key, name):
    first, more = DRIBBLES[name]
    with ExitStack() as stack:
        connections = [stack.enter_context(site.connect()) for _ in range(20)]
        for connection in connections:
            connection.sendall(first)
        with keep_sending(connections if more else [], more):
            time.sleep(0.5)
            for _ in range(4):
                assert site.time_sign_in() < 1
                assert site.request(COMPLAINT, key, timeout=5)[0] == 200


def test_gunicorns_own_worker_is_blocked_by_slow_senders(environment, tmp_path):
    """The reason for a worker of our own."""
    own = {"GUNICORN_CMD_ARGS": "--worker-class gthread --threads 2", "WEB_CONCURRENCY": "1"}
    with start_server(environment | own, tmp_path / "log") as site, ExitStack() as stack:
        for _ in range(4):
            connection = stack.enter_context(site.connect())
            connection.sendall(DRIBBLES["a body that never comes"][0])
        time.sleep(0.5)
        with pytest.raises(OSError):  # a timeout
            site.request("/sign-in", timeout=3)


def test_slow_senders_get_408_and_are_disconnected(site):
    """All of them at once: none is left after the deadlines (10 s and a little)."""
    with ExitStack() as stack:
        began = time.monotonic()
        pairs = []
        for first, more in DRIBBLES.values():
            connection = stack.enter_context(site.connect(timeout=30))
            connection.sendall(first)
            pairs.append((connection, more))
        while time.monotonic() - began < 13:
            time.sleep(0.3)
            for connection, more in pairs:
                with suppress(OSError):
                    connection.sendall(more)
        for (connection, _more), name in zip(pairs, DRIBBLES, strict=True):
            received = b""
            try:
                while data := connection.recv(65536):
                    received += data
            except ConnectionResetError:  # the bytes after the response
                pass
            assert b" 408 Request Timeout\r\n" in received, name
            assert (b'"message"' in received) == (name == "JSON without a key")


def test_slow_readers_block_no_one(site, key):
    """They request far more than a connection's buffers hold, and read nothing."""
    wanted = f"GET /v2/complaints?limit=100 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(12):
            connection = stack.enter_context(site.connect(receive_buffer=2048))
            connection.setblocking(False)
            try:
                for _ in range(200):
                    connection.sendall(wanted)
            except BlockingIOError:
                pass
        time.sleep(3)
        for _ in range(6):
            assert site.time_sign_in() < 1


def test_a_slow_reader_gets_the_whole_response(site, key):
    wanted = f"GET /v2/complaints?limit=100 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n".encode()
    whole = site.exchange(wanted)[2]
    assert len(whole) > 10_000
    with site.connect(receive_buffer=2048) as connection:
        connection.sendall(wanted * 100)
        time.sleep(1)
        for _ in range(100):
            assert read_integer(connection) == whole


def read_integer(connection) -> bytes:
    """Return the body of the next response on a connection that stays open."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += connection.recv(min(4096, length - len(body)))
    return body


def test_more_connections_than_a_worker_accepts(environment, key, tmp_path):
    """The oldest idle connection makes room for the newest."""
    few = environment | {"GUNICORN_CMD_ARGS": "--worker-connections 40"}
    with start_server(few, tmp_path / "log") as site, ExitStack() as stack:
        for turn in range(300):
            connection = stack.enter_context(site.connect())
            if turn % 2:
                connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(4):
            assert site.time_sign_in() < 1
            assert site.request(COMPLAINT, key)[0] == 200


def with_key(key: str, method: str, *lines: str, path: str = COMPLAINT) -> bytes:
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: localhost", f"X-API-Key: {key}", *lines, "", ""]
    ).encode()


def test_chunked_bodies_and_expect_continue_work(site, key):
    body = json.dumps({"priority": 2}).encode()
    chunked = with_key(key, "PATCH", "Content-Type: application/json", "Transfer-Encoding: chunked")
    pieces = b"".join(b"%x;note=1\r\n%s\r\n" % (1, body[at : at + 1]) for at in range(len(body)))
    assert site.exchange(chunked + pieces + b"0\r\nX-Trailer: a\r\n\r\n")[0] == 200
    waits = with_key(
        key, "PATCH", "Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue"
    )
    with site.connect() as connection:
        connection.sendall(waits)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read_response(connection)[0] == 200
        # A client that does not wait gets no 100 Continue.
        connection.sendall(waits + body)
        assert read_response(connection)[0] == 200


def test_pipelined_requests_work(site, key):
    body = b'{"priority": 3}'
    patch = with_key(key, "PATCH", "Content-Type: application/json", f"Content-Length: {len(body)}") + body
    get = with_key(key, "GET")
    with site.connect() as connection:
        connection.sendall(patch + get + patch + get.replace(b"X-API-Key", b"Connection: close\r\nX-API-Key"))
        received = b""
        while data := connection.recv(65536):
            received += data
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 4


@pytest.mark.parametrize(
    ("lines", "body", "status"),
    [
        (["Content-Length: 4", "Transfer-Encoding: chunked"], b"0\r\n\r\nGET /", 400),
        (["Content-Length: 4", "Content-Length: 5"], b"{}   ", 400),
        (["Content-Length: -1"], b"", 400),
        (["Content-Length: 1e3"], b"", 400),
        (["Transfer-Encoding: identity"], b"{}", 400),
        (["Transfer-Encoding: chunked, chunked"], b"0\r\n\r\n", 400),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n", 400),
        (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n", 400),
        (["Transfer-Encoding: chunked"], b"2\r\n{}xx0\r\n\r\n", 400),
        (["Transfer-Encoding: chunked"], b"+2\r\n{}\r\n0\r\n\r\n", 400),
        (["Transfer-Encoding: chunked"], b"2\n{}\n0\n\n", 400),
        (["Content-Length: 99999999999"], b"", 413),
        (["Content-Length: 2000000"], b" " * 2_000_000, 413),
        (["Transfer-Encoding: chunked"], b"F42400\r\n" + b" " * 16_000_000 + b"\r\n0\r\n\r\n", 413),
        (["Content Length: 2"], b"{}", 400),
        (["X-Long: " + "a" * 9000], b"", 431),
        (["X-Many: 1"] * 200, b"", 431),
        (["X-Long: " + "a" * 8000] * 20, b"", 431),
        (["Expect: the-unexpected"], b"", 400),
    ],
)
def test_refused_requests_get_an_error_in_the_dialect_and_are_disconnected(site, key, lines, body, status):
    paths = [COMPLAINT] if body else [COMPLAINT, "/iptv/supportcases/507f1f77bcf86cd799439031"]
    for path in paths if status != 413 else [COMPLAINT]:
        with site.connect() as connection:
            with suppress(OSError):  # the response comes before the whole request was sent
                connection.sendall(with_key(key, "PATCH", *lines, path=path) + body)
            answered_status, headers, answer = read_response(connection)
            assert answered_status == status, answer
            assert headers["Content-Type"] == "application/json"
            document = json.loads(answer)
            assert document.get("code", status) == status
            assert document["message"]
            assert site.request("/sign-in")[0] == 200


def test_urls_that_are_too_long_are_refused(site, key):
    fits = ",".join([COMPLAINT[-24:]] * 300)
    assert site.exchange(with_key(key, "GET", path=f"/v2/complaints?ids={fits}"))[0] == 200
    long = ",".join([COMPLAINT[-24:]] * 400)
    for prefix, expected in (
        ("/v2/", "application/json"),
        ("/iptv/", "application/json"),
        ("/", "text/html"),
    ):
        status, headers, body = site.exchange(with_key(key, "GET", path=f"{prefix}complaints?ids={long}"))
        assert (status, headers["Content-Type"].partition(";")[0]) == (414, expected)
        assert b"8,190" in body


def test_a_form_over_the_size_limit_is_refused_at_once(site):
    """(The server goes on reading for a while, so that a browser shows the page.)"""
    with site.connect() as connection:
        connection.sendall(SIGN_IN + b"Content-Length: 9000000000\r\n\r\n")
        status, headers, body = read_response(connection)
        assert (status, headers["Connection"]) == (413, "close")
        assert b"too large" in body
        connection.sendall(b"a" * 1_000_000)


def test_forwarded_headers_are_not_trusted(site):
    sent = "GET /v2/openapi.json HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n"
    plain = site.exchange(sent.format("Accept: */*").encode())
    for header in (
        "SCRIPT_NAME: /elsewhere", "X-Forwarded-Proto: https", "X-Forwarded-Protocol: ssl", "X-Forwarded-Ssl: on",
        "PATH_INFO: /sign-in", "X-Forwarded-For: 203.0.113.9", "REMOTE_ADDR: 203.0.113.9",
    ):  # fmt: skip
        answer = site.exchange(sent.format(header).encode())
        assert (answer[0], answer[2]) == (200, plain[2]), header
