"""A small load generator: a number of keep-alive connections, each sending one request after another for some
seconds. `python -m benchmarks.load PORT CONNECTIONS SECONDS < requests.json`; prints the results."""

import json
import socket
import statistics
import sys
import threading
import time


def raw(request: dict) -> bytes:
    """Return the bytes of a request."""
    body = request["body"].encode()
    lines = [f"{request['method']} {request['path']} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """A keep-alive connection that reconnects if the server has closed it."""

    def __init__(self, port: int):
        self.port = port
        self.socket = None
        self.buffer = b""

    def send(self, request: bytes) -> int:
        """Send a request and read the whole response; return its status."""
        for _attempt in range(2):
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.buffer = b""
            try:
                self.socket.sendall(request)
                return self._read()
            except (ConnectionError, EOFError):
                self.socket.close()
                self.socket = None
        return 0

    def _read(self) -> int:
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._receive()
        head, self.buffer = self.buffer[:end].lower(), self.buffer[end + 4 :]
        if b"\r\ntransfer-encoding: chunked" in head:
            while b"0\r\n\r\n" not in self.buffer[-5:]:
                self._receive()
            self.buffer = b""
        else:
            length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
            while len(self.buffer) < length:
                self._receive()
            self.buffer = self.buffer[length:]
        if b"\r\nconnection: close" in head:
            self.socket.close()
            self.socket = None
        return int(head.split()[1])

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data


def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict:
    """Send requests over `connections` connections; return the responses per second and their durations in
    ms."""
    times: list[float] = []
    failed: list[int] = []
    deadline = time.perf_counter() + seconds

    def work(first: int) -> None:
        connection, nth = Connection(port), first
        while (begin := time.perf_counter()) < deadline:
            status = connection.send(requests[nth % len(requests)])
            nth += connections
            times.append(time.perf_counter() - begin)
            if status != 200:
                failed.append(status)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(connections)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    hundredths = statistics.quantiles(times, n=100) if len(times) > 1 else times * 100
    return {
        "per_second": (len(times) - len(failed)) / took,
        "p50": hundredths[49] * 1000,
        "p99": hundredths[98] * 1000,
        "failed": len(failed),
    }


if __name__ == "__main__":
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(load(port, connections, seconds, [raw(request) for request in json.load(sys.stdin)])))
