"""Django's SMTP backend, with a deadline for the whole mail: the timeout of a socket begins anew with each line that a
server sends."""

import contextlib
import smtplib
import socket
import threading

from django.core.mail.backends import smtp

DEADLINE = 30
"""Seconds from the connection to the end of the mail."""


class DeadlineSMTP(smtplib.SMTP):
    """Hangs up at the deadline, whatever it waits for. (The same connection by another descriptor: TLS takes over the
    socket itself.)"""

    _guard: socket.socket | None = None
    _timer: threading.Timer | None = None

    def _get_socket(self, host, port, timeout):
        sock = super()._get_socket(host, port, timeout)
        self._guard = sock.dup()
        self._timer = threading.Timer(DEADLINE, self._hang_up)
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
    """(`SMTP_SSL` wraps the socket that `DeadlineSMTP` makes.)"""


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return DeadlineSMTPOverTLS if self.use_ssl else DeadlineSMTP
