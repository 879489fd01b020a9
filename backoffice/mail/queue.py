"""Outgoing mail: a bounded queue in memory, and the threads that send it, so that no request waits for a mail
server.

A temporarily refused e-mail is retried while the process lives. When the process ends, e-mails that are left
are tried once more; those that fail are lost, and logged.
"""

import atexit
import heapq
import logging
import smtplib
import threading
import time
from dataclasses import dataclass, field
from itertools import count

from django.conf import settings
from django.core.mail import EmailMessage

logger = logging.getLogger("backoffice.mail")

MAX_WAITING = 1000
SENDERS = 2
RETRY_DELAYS = (10, 60, 300, 1800)
"""Seconds between attempts; after the last one the e-mail is dropped."""
SHUTDOWN_SECONDS = 8
"""Seconds for sending the remaining e-mails when the process ends."""


@dataclass(order=True)
class _Mail:
    due: float
    sequence: int
    message: EmailMessage = field(compare=False)
    about: str = field(compare=False)
    request_id: str = field(compare=False)
    attempts: int = field(default=0, compare=False)

    def __str__(self):
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"The mail about {self.about}{request}"


class MailQueue:
    """E-mails that wait to be sent, soonest first."""

    def __init__(self):
        self._waiting: list[_Mail] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._sequence = count()
        self._busy = 0
        self._ending = False

    def put(self, message: EmailMessage, about: str, request_id: str) -> bool:
        """Add an e-mail; False if the queue is full, or the process is ending."""
        with self._changed:
            if self._ending or len(self._waiting) + self._busy >= MAX_WAITING:
                return False
            mail = _Mail(time.monotonic(), next(self._sequence), message, about, request_id)
            heapq.heappush(self._waiting, mail)
            self._start_thread()
            self._changed.notify()
        return True

    def _start_thread(self) -> None:
        """Start another sender if needed. (Not in `__init__`: threads started before the server forks do not
        survive the fork.)"""
        if len(self._threads) < min(SENDERS, len(self._waiting) + self._busy):
            thread = threading.Thread(target=self._run, name="mail", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self) -> None:
        while mail := self._next():
            try:
                delay = deliver(mail, may_retry=not self._ending)
            finally:
                with self._changed:
                    self._busy -= 1
            if delay is not None:
                with self._changed:
                    mail.due = time.monotonic() + (0 if self._ending else delay)
                    heapq.heappush(self._waiting, mail)
                    self._changed.notify()

    def _next(self) -> _Mail | None:
        """Return the next e-mail that is due; None if the process is ending and none is left."""
        with self._changed:
            while True:
                if self._waiting and (self._ending or self._waiting[0].due <= time.monotonic()):
                    self._busy += 1
                    return heapq.heappop(self._waiting)
                if self._ending:
                    return None
                self._changed.wait(self._waiting[0].due - time.monotonic() if self._waiting else None)

    def shutdown(self, seconds: float = SHUTDOWN_SECONDS) -> None:
        """Try the remaining e-mails once more, and log how many could not be sent within `seconds`."""
        with self._changed:
            if self._ending:
                return
            self._ending = True
            self._changed.notify_all()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._changed:
            unsent = len(self._waiting) + self._busy
            self._waiting.clear()
        if unsent:
            logger.error("The process is ending: %d e-mails were not sent and are lost.", unsent)


_queue = MailQueue()
atexit.register(_queue.shutdown)


def send_later(message: EmailMessage, *, about: str, request_id: str = "") -> bool:
    """Add an e-mail to the queue. `about` identifies it in the log, without an address. False if the queue is
    full, or no mail server is configured."""
    mail = _Mail(0, 0, message, about, request_id)
    if not has_mail_server():
        logger.error("%s was not accepted: EMAIL_URL is not set.", mail)
        return False
    if not settings.WORK_BEHIND_ANSWERS:  # as in tests
        deliver(mail, may_retry=False)
        return True
    if _queue.put(message, about, request_id):
        return True
    logger.error("%s was not accepted: %d e-mails are waiting already.", mail, MAX_WAITING)
    return False


def has_mail_server() -> bool:
    """Return whether a mail server (or, in a trial, a console to print e-mails on) is configured."""
    return not settings.EMAIL_BACKEND.endswith(".UnconfiguredBackend")


def shutdown() -> None:
    """Send the remaining e-mails before a server process ends."""
    _queue.shutdown()


def deliver(mail: _Mail, *, may_retry: bool) -> float | None:
    """Make one attempt and log its result. Returns the seconds until the next attempt, or None if there is
    none."""
    mail.attempts += 1
    try:
        mail.message.connection = None  # a new one for each attempt
        mail.message.send()
    except Exception as error:  # network, TLS, SMTP and message errors of many kinds
        return _handle_failure(mail, error, may_retry)
    logger.info("%s was handed to the mail server (attempt %d).", mail, mail.attempts)
    return None


def _handle_failure(mail: _Mail, error: Exception, may_retry: bool) -> float | None:
    reason = type(error).__name__ + (f" {code}" if (code := reply_code(error)) else "")
    if not is_temporary(error):
        logger.error("%s could not be sent and will not be retried: %s.", mail, reason)
    elif not may_retry or mail.attempts > len(RETRY_DELAYS):
        logger.error("%s could not be sent in %d attempts and was dropped: %s.", mail, mail.attempts, reason)
    else:
        delay = RETRY_DELAYS[mail.attempts - 1]
        logger.warning("%s could not be sent yet: %s. Next attempt in %d s.", mail, reason, delay)
        return delay
    return None


def reply_code(error: Exception) -> int:
    """Return the SMTP reply code of an error; 0 if there is none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return next((code for code in codes if code < 500), codes[0] if codes else 0)
    code = getattr(error, "smtp_code", 0)
    return code if isinstance(code, int) else 0


def is_temporary(error: Exception) -> bool:
    """Return whether a retry may succeed: the server is unavailable or busy, or refuses temporarily."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return True  # the password in the settings is wrong, not the e-mail
    if code := reply_code(error):
        return code < 500
    return isinstance(error, OSError)  # smtplib's errors are OSErrors too
