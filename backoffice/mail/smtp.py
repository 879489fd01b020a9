"""Django's SMTP backend with a deadline for the whole e-mail: the socket timeout starts again with each line
from the server, so a slow server could hold the connection for ever."""

import contextlib
import smtplib
import socket
import threading

from django.core.mail.backends import smtp

DEADLINE = 30
"""Seconds from connecting to the end of the e-mail."""


class DeadlineSMTP(smtplib.SMTP):
    """An SMTP client that closes the connection at the deadline. (It shuts down a duplicate descriptor,
    because TLS takes over the socket itself.)"""

    _guard: socket.socket | None = None
    _timer: threading.Timer | None = None
    deadline: float = DEADLINE

    @staticmethod
    def find_address(host: str, port: int) -> str:
        return host

    def _get_socket(self, host, port, timeout):
        sock = super()._get_socket(self.find_address(host, port), port, timeout)
        self._guard = sock.dup()
        self._timer = threading.Timer(self.deadline, self._hang_up)
        self._timer.daemon = True
        self._timer.start()
        return sock

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._guard.shutdown(socket.SHUT_RDWR)

    def close(self):
        if self._timer is not None:
            self._timer.cancel()
            self._guard.close()
        super().close()


class DeadlineSMTPOverTLS(smtplib.SMTP_SSL, DeadlineSMTP):
    """The same with TLS from the start. (`SMTP_SSL` wraps the socket that `DeadlineSMTP` creates.)"""


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return DeadlineSMTPOverTLS if self.use_ssl else DeadlineSMTP
