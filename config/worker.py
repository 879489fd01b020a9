"""How a worker of gunicorn's waits for those who say nothing yet."""

import time
from functools import partial
from selectors import EVENT_READ

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):
    """gunicorn's, but a connection on which nothing was said yet takes no thread. Browsers open some in advance: four
    of them would hold up two workers of two threads for five seconds, again and again."""

    def enqueue_req(self, conn):
        """Have a thread answer what comes on this connection, once something comes. (Part of what ThreadWorker is
        made of; it does the same with connections that are kept alive.)"""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
