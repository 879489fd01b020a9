"""Buffers between connections and threads: a thread gets only complete requests, and the unsent rest of a
response to a slow client waits here instead of in the thread."""

import errno
import re
import select
import socket
import time
from io import BytesIO
from tempfile import SpooledTemporaryFile

from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader

IN_MEMORY = 64 * 1024
"""Bytes of a body or an unsent response that stay in memory; more goes to a temporary file."""
RECEIVE_SIZE = 64 * 1024
MAX_READ = 1024 * 1024
MAX_HEAD = 64 * 1024
"""The maximum number of bytes of a request line with its headers."""
MAX_WAITING = 64 * 1024 * 1024
"""The maximum number of unsent bytes of a response; beyond that its thread waits."""
SEND_STALL = 30
"""Seconds without progress after which the client of a response is given up."""

_BARE_LF = re.compile(rb"(?<!\r)\n")
_CHUNK_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,15})[\s;]")


class BodyTooLarge(Exception):
    """The request body exceeds the limit of its path."""


class ChunkScanner:
    """Finds the end of a chunked body. gunicorn's parser validates the same bytes afterwards, so anything
    malformed counts as the end here."""

    LINE, DATA, TRAILER, END = range(4)

    def __init__(self):
        self.state = self.LINE
        self.remaining = 0
        self.line = b""

    def feed(self, data: bytes) -> int:
        """Return how many of the bytes belong to the body. `ended` is set once they include its end."""
        at = 0
        while at < len(data) and self.state != self.END:
            if self.state == self.DATA:
                step = min(self.remaining, len(data) - at)
                at, self.remaining = at + step, self.remaining - step
                if not self.remaining:
                    self.state = self.LINE
                continue
            end = data.find(b"\n", at)
            stop = len(data) if end < 0 else end + 1
            self.line += data[at:stop]
            at = stop
            if end >= 0:
                self._end_line()
            elif len(self.line) > MAX_HEAD:
                self.state = self.END
        return at

    @property
    def ended(self) -> bool:
        return self.state == self.END

    def _end_line(self) -> None:
        line, self.line = self.line, b""
        if self.state == self.TRAILER:
            self.state = self.END if line in (b"\r\n", b"\n") else self.TRAILER
            return
        if not (found := _CHUNK_SIZE.match(line)):
            self.state = self.END
        elif size := int(found[1], 16):
            self.state, self.remaining = self.DATA, size + 2  # with the line break
        else:
            self.state = self.TRAILER


class _BufferUnreader(Unreader):
    """Reads the received bytes of one request, never from the socket."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def chunk(self, size_hint=None):
        return self.source.read(min(max(size_hint or 0, 8192), MAX_READ))


class RequestBuffer:
    """Collects the bytes of a connection until a request is complete. Further bytes are kept for the next
    request."""

    def __init__(self):
        self.pending = bytearray()
        self.request: Request | None = None
        self._body = None
        self._remaining = 0
        self._scanner: ChunkScanner | None = None
        self.received = 0
        """Bytes of the body."""
        self.served = 0
        self._searched = 0

    @property
    def has_begun(self) -> bool:
        return self.request is not None or bool(self.pending)

    @property
    def target(self) -> str:
        """The request target, as far as it was received, for error responses to requests that cannot be
        parsed."""
        if self.request is not None:
            return self.request.path or ""
        words = bytes(self.pending[:MAX_HEAD]).split(b"\r\n")[0].split(b" ")
        return words[1].decode("latin-1") if len(words) > 1 else ""

    def parse_head(self, cfg, client) -> bool:
        """Parse the request line and headers if they are complete. Raises the exceptions of gunicorn's
        parser."""
        begin = max(0, self._searched - 3)
        end = self.pending.find(b"\r\n\r\n", begin)
        if end < 0 and not self._is_hopeless(begin, cfg.limit_request_line):
            if len(self.pending) > MAX_HEAD:
                raise LimitRequestHeaders("limit request headers")
            self._searched = len(self.pending)
            return False
        if end > MAX_HEAD:
            raise LimitRequestHeaders("limit request headers")
        head = bytes(self.pending if end < 0 else self.pending[: end + 4])
        source = BytesIO(head)
        parser = RequestParser(cfg, (), client)
        parser.unreader = _BufferUnreader(source)
        parser.req_count = self.served
        request = next(parser)
        del self.pending[: len(head)]
        self.request, self._searched = request, 0
        self._expect_body(request)
        return True

    def _is_hopeless(self, begin: int, limit: int) -> bool:
        """Whether the parser will refuse the received bytes, whatever follows."""
        if self._searched <= limit + 4 < len(self.pending):
            line = self.pending.find(b"\r\n", 2)
            if line < 0 or line > limit + 2:
                return True
        return _BARE_LF.search(self.pending, begin) is not None

    def _expect_body(self, request: Request) -> None:
        reader = request.body.reader
        self._scanner = None if hasattr(reader, "length") else ChunkScanner()
        self._remaining = getattr(reader, "length", 0)
        if self._scanner or self._remaining:
            is_small = not self._scanner and self._remaining <= IN_MEMORY
            self._body = BytesIO() if is_small else SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 # closed by `close`
            request.unreader.source = self._body

    @property
    def length(self) -> int:
        """The length of the body in bytes, as far as it is known."""
        return self.received + self._remaining

    def take_body(self, limit: int) -> bool:
        """Move received bytes of the body to its buffer. Return whether it is complete. Raises
        BodyTooLarge."""
        if self._body is None:
            return True
        if self.length > limit:
            raise BodyTooLarge
        if self._scanner:
            consumed = self._scanner.feed(bytes(self.pending))
        else:
            consumed = min(self._remaining, len(self.pending))
            self._remaining -= consumed
        if consumed:
            self._body.write(self.pending[:consumed])
            del self.pending[:consumed]
            self.received += consumed
        if self.received > limit:
            raise BodyTooLarge
        return self._scanner.ended if self._scanner else not self._remaining

    def start_reading(self) -> Request:
        """Return the complete request, positioned at the start of its body."""
        if self._body is not None:
            self._body.seek(0)
        self.request._expected_100_continue = False  # too late: the body is complete
        return self.request

    def finish(self) -> None:
        """Drop the request; bytes received after it are kept."""
        self.close()
        self.request, self._scanner, self.received, self._remaining = None, None, 0, 0
        self.served += 1

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


class ResponseSocket:
    """The socket that a thread writes its response to. Bytes that the client does not accept at once are
    buffered, so that slow clients do not block the thread."""

    def __init__(self, sock: socket.socket, buffer: RequestBuffer):
        self._socket = sock
        self._buffer = buffer
        self._waiting = None
        self._sent = 0
        self._written = 0
        self.is_broken = False
        """Whether the response was cut off, so that the connection cannot be reused."""

    @property
    def target(self) -> str:
        return self._buffer.target

    @property
    def waits(self) -> bool:
        """Whether a part of the response is not sent yet."""
        return self._sent < self._written

    def sendall(self, data) -> None:
        if not self._flush():
            self._keep(data)
            if self._written - self._sent > MAX_WAITING:
                self._wait()
            return
        sent = self._send(data)
        if sent < len(data):
            self._keep(memoryview(data)[sent:])

    def send(self, data) -> int:
        self.sendall(data)
        return len(data)

    def sendfile(self, file, offset: int = 0, count: int | None = None) -> int:
        """Send a part of a file. Unsent bytes are copied, because the file is closed when the thread is
        done."""
        file.seek(offset)
        left = float("inf") if count is None else count
        while left > 0 and (data := file.read(int(min(RECEIVE_SIZE, left)))):
            self.sendall(data)
            left -= len(data)
        return file.tell() - offset

    def flush(self) -> bool:
        """Send buffered bytes as far as the client accepts them. Return whether all are sent."""
        return self._flush()

    def _send(self, data) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def _keep(self, data) -> None:
        if self._waiting is None:
            self._waiting = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 # closed by `close`
        self._waiting.seek(self._written)
        self._waiting.write(data)
        self._written += len(data)

    def _flush(self) -> bool:
        while self.waits:
            self._waiting.seek(self._sent)
            data = self._waiting.read(RECEIVE_SIZE)
            sent = self._send(data)
            self._sent += sent
            if sent < len(data):
                return False
        if self._waiting is not None:
            self._waiting.close()
            self._waiting, self._sent, self._written = None, 0, 0
        return True

    def _wait(self) -> None:
        """Wait until the client has read enough. Raises ConnectionResetError if it reads nothing."""
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        while not self._flush() and self._written - self._sent > MAX_WAITING:
            before, until = self._sent, time.monotonic() + SEND_STALL
            while self._sent == before:
                left = until - time.monotonic()
                if left <= 0:
                    raise ConnectionResetError(errno.ECONNRESET, "The client does not read the response.")
                poll.poll(left * 1000)
                self._flush()

    # Other socket methods that gunicorn calls in threads. The socket never blocks, and the worker closes it.
    def setblocking(self, _flag) -> None: ...

    def settimeout(self, _seconds) -> None: ...

    def gettimeout(self) -> float:
        return 0.0

    def shutdown(self, _how) -> None:
        self.is_broken = True

    def recv(self, _size, *_flags) -> bytes:
        return b""

    def close(self) -> None:
        self.is_broken = True

    def fileno(self) -> int:
        return self._socket.fileno()

    def discard(self) -> None:
        """Drop unsent bytes."""
        if self._waiting is not None:
            self._waiting.close()
            self._waiting, self._sent, self._written = None, 0, 0
