"""A proxy between the product and its database server, for tests that interrupt the connection."""

import socket
import threading
from contextlib import suppress


class ConnectionProxy:
    """Listens on its own port and forwards to another one. Cut, it refuses and closes all connections;
    frozen, it accepts data but forwards none."""

    def __init__(self, port: int):
        self._server = ("127.0.0.1", port)
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._flows.set()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.repair()

    def repair(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._listen, args=[self._listener], daemon=True).start()

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        self._flows.set()
        with self._lock:
            for end in [self._listener, *self._sockets]:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._sockets = []

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
                server = socket.create_connection(self._server)
            except OSError:
                return
            with self._lock:
                self._sockets += [client, server]
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=ends, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self) -> "ConnectionProxy":
        return self

    def __exit__(self, *error) -> None:
        self.cut()
