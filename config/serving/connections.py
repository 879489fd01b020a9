"""Connections of the worker, with their buffers and states."""

import socket
from contextlib import suppress

from gunicorn.workers.gthread import TConn

from config.serving.buffers import RequestBuffer, ResponseSocket

IDLE, HEAD, BODY, SENDING, CLOSING = "idle", "head", "body", "sending", "closing"


class Connection(TConn):
    """A connection with its buffers, and the state that the worker waits in."""

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
