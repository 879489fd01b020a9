"""A variant of gunicorn's threaded worker in which slow clients do not occupy threads: all that the product changes in
gunicorn. `tests/proofs/test_patches.py` shows that gunicorn's own worker still needs it, and fails for a gunicorn that
it was not verified with."""

import errno
import resource
import socket
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE

from gunicorn import util
from gunicorn.http.errors import InvalidRequestLine, NoMoreData
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from config.serving import error_responses
from config.serving.buffers import IN_MEMORY, RECEIVE_SIZE, SEND_STALL, BodyTooLarge
from config.serving.connections import BODY, CLOSING, HEAD, IDLE, SENDING, Connection

VERIFIED = {"gunicorn": "27.0"}

HEAD_DEADLINE = 10
"""The maximum seconds for the request line and the headers."""
BODY_GRACE = 10
"""Seconds for a body of any size; after that BODY_RATE is required."""
BODY_RATE = 1000
"""The minimum average rate of a body in bytes per second."""
BODY_DEADLINE = 15 * 60
"""The maximum seconds for a body."""
MAX_BODIES = 1024 * 1024 * 1024
"""The maximum total bytes of the incomplete bodies of a worker."""
LINGER = 2
LINGER_AFTER_REFUSAL = 30
"""Seconds for a client that is still sending to read why its request was refused."""
STALLED = 0.25
"""Seconds after which a running request counts as stalled (waiting for a database or lock, or a long export),
so that another thread may start."""
MAX_STALLED = 8
"""The maximum number of additional threads for stalled requests."""
RESERVED = 2
"""The number of threads reserved for pages that need no database."""
QUEUE_DEADLINE = 10
"""The maximum seconds that a request waits for a thread."""


class CaretakerWorker(ThreadWorker):
    """Reads requests and sends the rest of responses to slow clients in its event loop; threads get complete
    requests. The overridden methods are called by `ThreadWorker.run`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.max_connections = self.cfg.worker_connections
        # `accept` enforces the limit itself: it closes the connection that has waited longest.
        self.worker_connections = float("inf")
        self.waiting: dict[Connection, None] = {}
        self.ready: deque[Connection] = deque()
        self.ready_without_database: deque[Connection] = deque()
        self.running: dict[Connection, float] = {}
        self.addresses: Counter[str] = Counter()
        self.next_check = 0.0

    def init_process(self):
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = 4 * self.max_connections + 256  # sockets, and temporary files of large bodies
        with suppress(ValueError, OSError):
            limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, _soft), hard))
        util.write_error = error_responses.refuse  # gunicorn's own quotes the request
        super().init_process()

    def load_wsgi(self):
        super().load_wsgi()
        from config.serving.admission import Admission  # needs the settings

        self.admission = Admission()

    def get_thread_pool(self):
        return ThreadPoolExecutor(self.cfg.threads + MAX_STALLED + RESERVED)

    # Accepting

    def set_accept_enabled(self, enabled):
        super().set_accept_enabled(enabled and self.has_room())

    def has_room(self) -> bool:
        """Whether this worker can accept a connection. While its threads are busy, other workers should."""
        return self.has_free_thread() and (self.nr_conns < self.max_connections or bool(self.waiting))

    def accept(self, listener):
        if not self.has_room():
            self.set_accept_enabled(False)
            return
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.nr_conns >= self.max_connections:
            self.make_room()
        conn = Connection(self.cfg, sock, client, listener.getsockname())
        self.nr_conns += 1
        if (address := self.address_of(conn)) is not None:
            self.addresses[address] += 1
            if self.addresses[address] > self.max_connections // 4:
                self.make_room(address)
        with self.dropping_on_error(conn):
            self.wait(conn, IDLE)
            self.receive(conn)

    def address_of(self, conn: Connection) -> str | None:
        """Return the address by which connections are counted, or None behind a proxy, whose address all
        have."""
        if self.admission.is_behind_proxy or not isinstance(conn.client, tuple):
            return None
        return conn.client[0]

    def make_room(self, address: str | None = None) -> None:
        """Close the connection that has waited longest, an idle one first. With `address`, one of that
        address."""
        oldest = None
        for conn in self.waiting:
            if address is not None and self.address_of(conn) != address:
                continue
            if conn.state == IDLE:
                oldest = conn
                break
            oldest = oldest or conn
        if oldest is not None:
            self.drop(oldest)

    # Waiting for clients

    def wait(self, conn: Connection, state: str, deadline: float | None = None) -> None:
        """Register a connection with the event loop for the events of a state, and set its deadline."""
        now = time.monotonic()
        if conn.state != state:
            events = EVENT_WRITE if state == SENDING else EVENT_READ
            if conn not in self.waiting:
                self.poller.register(conn.raw, events, partial(self.act, conn))
            elif (conn.state == SENDING) != (state == SENDING):
                self.poller.modify(conn.raw, events, partial(self.act, conn))
            # Keep the order: the connection that has waited longest comes first.
            self.waiting.pop(conn, None)
            self.waiting[conn] = None
            conn.state, conn.since = state, now
        if deadline is not None:
            conn.deadline = now + deadline
        elif state == IDLE:
            conn.deadline = now + (self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)
        elif state == HEAD:
            conn.deadline = conn.since + HEAD_DEADLINE
        elif state == BODY:
            conn.deadline = conn.since + min(BODY_GRACE + conn.buffer.received / BODY_RATE, BODY_DEADLINE)
        else:
            conn.deadline = now + SEND_STALL

    def stop_waiting(self, conn: Connection) -> None:
        if conn in self.waiting:
            del self.waiting[conn]
            with suppress(OSError, KeyError, ValueError):
                self.poller.unregister(conn.raw)
        conn.state = ""

    def drop(self, conn: Connection) -> None:
        """Close a connection at once."""
        self.stop_waiting(conn)
        if conn.is_closed:
            return
        conn.is_closed = True
        self.nr_conns -= 1
        if (address := self.address_of(conn)) is not None:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]
        conn.close()

    def act(self, conn: Connection, _sock) -> None:
        """Called by the event loop when the socket can be read or written."""
        if conn not in self.waiting:
            return  # closed by an earlier event of the same round
        with self.dropping_on_error(conn):
            if conn.state == SENDING:
                self.send(conn)
            else:
                self.receive(conn)

    @contextmanager
    def dropping_on_error(self, conn: Connection):
        """Close the connection on any error, so that it does not end the worker."""
        try:
            yield
        except Exception:
            self.log.exception("A connection was dropped.")
            self.drop(conn)

    def receive(self, conn: Connection) -> None:
        try:
            data = conn.raw.recv(RECEIVE_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.drop(conn)
        elif conn.state != CLOSING:  # data after a refusal is discarded
            conn.buffer.pending += data
            self.read_request(conn)

    def send(self, conn: Connection) -> None:
        try:
            is_sent = conn.sock.flush()
        except OSError:
            self.drop(conn)
            return
        if is_sent:
            self.end_response(conn)
        else:
            self.wait(conn, SENDING)

    def read_request(self, conn: Connection) -> None:
        """Process received bytes: wait for more, pass the request to a thread, or refuse it."""
        buffer = conn.buffer
        try:
            if buffer.request is None:
                if not buffer.pending:
                    self.wait(conn, IDLE)
                    return
                if not buffer.parse_head(self.cfg, conn.client):
                    self.wait(conn, HEAD)
                    return
            request = buffer.request
            if buffer.take_body(self.admission.max_body(request)):
                self.enqueue_req(conn)
                return
            self.continue_body(conn, request)
        except BodyTooLarge:
            if self.admission.is_limited_by_view(buffer.request):
                buffer.request.force_close()
                self.enqueue_req(conn)
            else:
                self.refuse(conn, 413, "Content Too Large")
        except (NoMoreData, StopIteration):
            self.refuse_by_error(conn, InvalidRequestLine(""))
        except OSError as error:  # no disk space for the temporary file
            self.log.error("The body of a request could not be buffered: %s", error)
            self.refuse(conn, 503, "Service Unavailable")
        except Exception as error:  # any error of the parser
            self.refuse_by_error(conn, error)

    def count_bodies(self) -> int:
        return sum(conn.buffer.length for conn in self.waiting)

    def continue_body(self, conn: Connection, request) -> None:
        if conn.state != BODY and conn.buffer.length > IN_MEMORY and self.count_bodies() > MAX_BODIES:
            self.refuse(conn, 503, "Service Unavailable")
            return
        if request._expected_100_continue:
            request._expected_100_continue = False
            conn.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wait(conn, BODY)

    def refuse_by_error(self, conn: Connection, error: Exception) -> None:
        self.stop_waiting(conn)
        self.handle_error(conn.buffer.request, conn.sock, conn.client, error)
        self.close_after_refusal(conn)

    def refuse(self, conn: Connection, status: int, reason: str) -> None:
        self.stop_waiting(conn)
        try:
            error_responses.refuse(conn.sock, status, reason, "")
        except Exception:
            self.log.debug("An error response could not be sent.")
        self.close_after_refusal(conn)

    def close_after_refusal(self, conn: Connection) -> None:
        conn.is_kept = False
        if conn.sock.waits:
            self.wait(conn, SENDING)
        else:
            self.linger(conn, LINGER_AFTER_REFUSAL if conn.buffer.length else LINGER)

    def linger(self, conn: Connection, seconds: float) -> None:
        """Close after the client has closed: closing while it sends would reset the connection and lose the
        response."""
        try:
            conn.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
        else:
            self.wait(conn, CLOSING, seconds)

    # Threads

    def count_busy(self, now: float) -> int:
        """Return the number of running requests that are not stalled."""
        return sum(now - started < STALLED for started in self.running.values())

    def has_free_thread(self) -> bool:
        return len(self.running) < self.cfg.threads or self.count_busy(time.monotonic()) < self.cfg.threads

    def enqueue_req(self, conn):
        """Queue a complete request for a thread."""
        self.stop_waiting(conn)
        conn.since = time.monotonic()
        if self.admission.needs_no_database(conn.buffer.request):
            self.ready_without_database.append(conn)
        else:
            self.ready.append(conn)
        self.start_ready()

    def start_ready(self) -> None:
        limit = self.cfg.threads + MAX_STALLED
        while self.ready_without_database and len(self.running) < limit + RESERVED and self.has_free_thread():
            self.start(self.ready_without_database.popleft())
        while self.ready and len(self.running) < limit and self.has_free_thread():
            self.start(self.ready.popleft())

    def start(self, conn: Connection) -> None:
        self.running[conn] = time.monotonic()
        conn.parser = iter((conn.buffer.start_reading(),))
        future = self.tpool.submit(self.handle, conn)
        future.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))

    def _keepalive_after(self, conn, keepalive):
        """Skip gunicorn's check for unread bodies, which needs its own parser: the whole body was received."""
        return keepalive and not conn.buffer.request.body.failed

    def finish_request(self, conn, future):
        self.running.pop(conn, None)
        conn.is_kept = bool(not future.cancelled() and not future.exception() and future.result())
        with self.dropping_on_error(conn):
            conn.buffer.finish()
            if conn.sock.is_broken:
                self.drop(conn)
            elif conn.sock.waits:
                self.wait(conn, SENDING)
            else:
                self.end_response(conn)
        self.start_ready()

    def end_response(self, conn: Connection) -> None:
        if conn.is_kept:
            self.read_request(conn)
        else:
            self.linger(conn, LINGER)

    # Time

    def wait_for_and_dispatch_events(self, timeout):
        if len(self.running) >= self.cfg.threads and not self.has_free_thread():
            now = time.monotonic()
            left = [STALLED - (now - started) for started in self.running.values() if now - started < STALLED]
            timeout = min(timeout, max(min(left, default=timeout), 0.001))
        super().wait_for_and_dispatch_events(timeout)
        self.start_ready()

    def murder_pending(self):
        """Close connections that are past their deadlines, and refuse requests that have waited too long."""
        now = time.monotonic()
        if now < self.next_check:
            return
        self.next_check = now + 0.5
        for conn in [conn for conn in self.waiting if conn.deadline <= now]:
            if conn.state in (HEAD, BODY):
                self.refuse(conn, 408, "Request Timeout")
            else:
                self.drop(conn)
        while self.ready and now - self.ready[0].since > QUEUE_DEADLINE:
            self.refuse(self.ready.popleft(), 503, "Service Unavailable")

    def murder_keepalived(self, force=False):
        """Close all remaining connections when the worker stops."""
        if force:
            for conn in [*self.waiting, *self.ready, *self.ready_without_database]:
                self.drop(conn)

    def _cap_keepalive(self, deadline):
        """Shorten the deadlines of idle connections of a stopping worker: a request may be on its way
        already. (gunicorn's own method knows no connection of this worker.)"""
        for conn in self.waiting:
            if conn.state == IDLE:
                conn.deadline = min(conn.deadline, deadline)
