"""Slow mail servers: the deadline covers the whole e-mail, however often the server sends a line."""

import socket
import threading
import time

import pytest
from django.core.mail import EmailMessage

from backoffice.mail import smtp

pytestmark = pytest.mark.faults


class MailServer(threading.Thread):
    """Speaks SMTP on its own port; after some right answers it sends an endless reply, line by line."""

    def __init__(self, answers: int):
        super().__init__(daemon=True)
        self.answers = answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()

    def run(self):
        connection, _address = self.listener.accept()
        with connection:
            lines = [
                b"220 here\r\n",
                b"250 hello\r\n",
                b"250 ok\r\n",
                b"250 ok\r\n",
                b"354 go\r\n",
                b"250 taken\r\n",
            ]
            try:
                for number, line in enumerate(lines):
                    if number == self.answers:
                        while not self.ended.wait(0.02):
                            connection.sendall(line[:3] + b"-wait\r\n")
                    connection.sendall(line)
                    received = b""
                    end = b"\r\n.\r\n" if line.startswith(b"354") else b"\r\n"
                    while not received.endswith(end):
                        if not (data := connection.recv(65536)):
                            return
                        received += data
            except OSError:
                pass


@pytest.mark.slow
@pytest.mark.parametrize("answers", range(6))
def test_a_slow_server_is_abandoned_at_the_deadline(answers, settings, monkeypatch):
    monkeypatch.setattr(smtp.DeadlineSMTP, "deadline", 0.2)
    settings.EMAIL_BACKEND = "backoffice.mail.smtp.EmailBackend"
    server = MailServer(answers)
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
    began = time.monotonic()
    with pytest.raises(OSError):  # smtplib's errors are OSErrors
        EmailMessage("Subject", "Body", to=["karen@example.dk"]).send()
    assert time.monotonic() - began < 5
    server.ended.set()


@pytest.mark.slow
def test_djangos_own_backend_waits_for_a_slow_server(settings):
    """Its timeout begins again with each line."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    server = MailServer(1)
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.5
    mail = EmailMessage("Subject", "Body", to=["karen@example.dk"])
    sending = threading.Thread(target=mail.send, kwargs={"fail_silently": True}, daemon=True)
    sending.start()
    sending.join(1.5)
    assert sending.is_alive()
    server.ended.set()
    sending.join()


def test_a_responsive_server_gets_the_mail(settings):
    settings.EMAIL_BACKEND = "backoffice.mail.smtp.EmailBackend"
    server = MailServer(99)
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    assert EmailMessage("Subject", "Body", to=["karen@example.dk"]).send() == 1
