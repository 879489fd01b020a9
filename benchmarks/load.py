"""A small generator of load: so many connections that stay open, each sending one request after another for so long.
`python -m benchmarks.load PORT CONNECTIONS SECONDS < requests.json`; what it saw is on its output."""

import json
import socket
import statistics
import sys
import threading
import time


def raw(request: dict) -> bytes:
    """The bytes of a request."""
    body = request["body"].encode()
    lines = [f"{request['method']} {request['path']} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One connection that stays open; opened again if the server closed it."""

    def __init__(self, port: int):
        self.port = port
        self.socket = None
        self.left = b""

    def send(self, request: bytes) -> int:
        """Send a request and read the whole answer; its status."""
        for _attempt in range(2):
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 30)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.left = b""
            try:
                self.socket.sendall(request)
                return self._read()
            except (ConnectionError, EOFError):
                self.socket.close()
                self.socket = None
        return 0

    def _read(self) -> int:
        while (end := self.left.find(b"\r\n\r\n")) < 0:
            self._more()
        head, self.left = self.left[:end].lower(), self.left[end + 4 :]
        if b"\r\ntransfer-encoding: chunked" in head:
            while b"0\r\n\r\n" not in self.left[-5:]:
                self._more()
            self.left = b""
        else:
            length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
            while len(self.left) < length:
                self._more()
            self.left = self.left[length:]
        if b"\r\nconnection: close" in head:
            self.socket.close()
            self.socket = None
        return int(head.split()[1])

    def _more(self) -> None:
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self.left += got


def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict:
    """What so many connections saw in so many seconds: answers a second, and how long they took in ms."""
    times: list[float] = []
    failed: list[int] = []
    until = time.perf_counter() + seconds

    def work(first: int) -> None:
        connection, nth = Connection(port), first
        while (begin := time.perf_counter()) < until:
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
