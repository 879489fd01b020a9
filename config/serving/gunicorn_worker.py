"""gunicorn's threaded worker, with clients that are slow kept away from its threads."""

import errno
import resource
import socket
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE

from gunicorn.http.errors import InvalidRequestLine, NoMoreData
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from config.serving import error_responses
from config.serving.buffers import (
    IN_MEMORY,
    RECEIVE_SIZE,
    SEND_STALL,
    BodyTooLarge,
    RequestBuffer,
    ResponseSocket,
)

HEAD_DEADLINE = 10
"""Seconds for the request line and the headers."""
BODY_GRACE = 10
"""Seconds for a body of any size; after that it has to come at the least rate."""
BODY_RATE = 1000
"""Bytes a second, on average."""
BODY_DEADLINE = 15 * 60
"""Seconds for a body in all."""
MAX_BODIES = 1024 * 1024 * 1024
"""Bytes of all bodies that a worker waits for."""
LINGER = 2
LINGER_AFTER_REFUSAL = 30
"""Seconds in which a client that is still sending may read why its request was refused."""
STALLED = 0.25
"""Seconds after which a request that is being answered waits for something (a database, a lock, a long export): another
thread may answer another one meanwhile."""
MAX_STALLED = 8
"""How many threads may be kept by such requests."""
RESERVED = 2
"""How many threads only answer pages that need no database."""
QUEUE_DEADLINE = 10
"""Seconds that a request waits for a thread."""

IDLE, HEAD, BODY, SENDING, CLOSING = "idle", "head", "body", "sending", "closing"


class Connection(TConn):
    """A connection with its buffers, and what the worker waits for on it."""

    def __init__(self, cfg, sock: socket.socket, client, server):
        super().__init__(cfg, sock, client, server)
        self.initialized = True
        self.raw = sock
        self.buffer = RequestBuffer()
        self.sock = ResponseSocket(sock, self.buffer)
        self.state = ""
        self.since = 0.0
        self.deadline = 0.0
        self.is_closed = False
        self.is_kept = False
        """Whether another request may follow the response."""

    def close(self, graceful=False) -> None:
        self.buffer.close()
        self.sock.discard()
        with suppress(OSError):
            self.raw.close()


class CaretakerWorker(ThreadWorker):
    """Reads requests, and sends what slow clients leave of responses, in its event loop; a thread gets a request that is
    whole. The methods of ThreadWorker that this replaces are called by its `run`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.max_connections = self.cfg.worker_connections
        self.worker_connections = float(
            "inf"
        )  # `accept` holds to the limit: the oldest that waits makes room
        self.waiting: dict[Connection, None] = {}
        self.ready: deque[Connection] = deque()
        self.ready_without_database: deque[Connection] = deque()
        self.running: dict[Connection, float] = {}
        self.addresses: Counter[str] = Counter()
        self.next_check = 0.0

    def init_process(self):
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4 * self.max_connections + 256  # a socket, and temporary files for what is large
        with suppress(ValueError, OSError):
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, _soft), hard))
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
        """Whether this worker can take a connection: while its threads are busy, others shall have it."""
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
        """What connections are counted by; behind a proxy all of them are the proxy's."""
        if self.admission.is_behind_proxy or not isinstance(conn.client, tuple):
            return None
        return conn.client[0]

    def make_room(self, address: str | None = None) -> None:
        """Close the connection that has waited longest (of an address)."""
        found = None
        for conn in self.waiting:
            if address is not None and self.address_of(conn) != address:
                continue
            if conn.state == IDLE:
                found = conn
                break
            found = found or conn
        if found is not None:
            self.drop(found)

    # Waiting for clients

    def wait(self, conn: Connection, state: str, deadline: float | None = None) -> None:
        """Have the event loop wait for what this state needs."""
        now = time.monotonic()
        if conn.state != state:
            events = EVENT_WRITE if state == SENDING else EVENT_READ
            if conn not in self.waiting:
                self.poller.register(conn.raw, events, partial(self.act, conn))
            elif (conn.state == SENDING) != (state == SENDING):
                self.poller.modify(conn.raw, events, partial(self.act, conn))
            # The order is that of how long each waits.
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
        """Called when there is something to receive, or room to send."""
        if conn not in self.waiting:
            return  # closed by an earlier event of the same round
        with self.dropping_on_error(conn):
            if conn.state == SENDING:
                self.send(conn)
            else:
                self.receive(conn)

    @contextmanager
    def dropping_on_error(self, conn: Connection):
        """What goes wrong with one connection ends that one, not the worker."""
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
        elif conn.state != CLOSING:  # where it is discarded
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
        """Go on with what was received: wait for more, have a thread answer it, or refuse it."""
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
            if self.admission.reads_length_only(buffer.request):
                buffer.request.force_close()
                self.enqueue_req(conn)
            else:
                self.refuse(conn, 413, "Content Too Large")
        except (NoMoreData, StopIteration):
            self.refuse_by_error(conn, InvalidRequestLine(""))
        except OSError as error:  # no room for what is large
            self.log.error("A request could not be kept until it was whole: %s", error)
            self.refuse(conn, 503, "Service Unavailable")
        except Exception as error:  # whatever the parser finds
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
            self.log.debug("A refusal could not be sent.")
        self.close_after_refusal(conn)

    def close_after_refusal(self, conn: Connection) -> None:
        conn.is_kept = False
        if conn.sock.waits:
            self.wait(conn, SENDING)
        else:
            self.linger(conn, LINGER_AFTER_REFUSAL if conn.buffer.length else LINGER)

    def linger(self, conn: Connection, seconds: float) -> None:
        """Close once the client has: closing while it sends would destroy the response on its way."""
        try:
            conn.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
        else:
            self.wait(conn, CLOSING, seconds)

    # Threads

    def count_busy(self, now: float) -> int:
        """How many requests are being answered that do not wait for something."""
        return sum(now - began < STALLED for began in self.running.values())

    def has_free_thread(self) -> bool:
        return len(self.running) < self.cfg.threads or self.count_busy(time.monotonic()) < self.cfg.threads

    def enqueue_req(self, conn):
        """Have a thread answer the request, as soon as there is one."""
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
        """(The body was received whole, so nothing of it is left on the connection.)"""
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
            left = [STALLED - (now - began) for began in self.running.values() if now - began < STALLED]
            timeout = min(timeout, max(min(left, default=timeout), 0.001))
        super().wait_for_and_dispatch_events(timeout)
        self.start_ready()

    def murder_pending(self):
        """Close what is over its deadline."""
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
        """Part of the end: what is connected still."""
        if force:
            for conn in [*self.waiting, *self.ready, *self.ready_without_database]:
                self.drop(conn)

    def _cap_keepalive(self, deadline):
        """A worker that stops keeps connections for a request that may be under way already, for a moment."""
        for conn in self.waiting:
            if conn.state == IDLE:
                conn.deadline = min(conn.deadline, deadline)
