"""Outgoing mail: a bounded queue in memory and the threads that empty it. No request waits for a mail server.

A mail that is refused for now is tried again while the process lives; what is still in the queue when the process ends
is tried once more, and lost if that fails, which the log says.
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
"""Seconds between attempts; after the last one the mail is given up."""
LAST_ATTEMPTS = 8
"""Seconds for what is left when the process ends."""


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
    """Mails that wait to be sent, soonest first."""

    def __init__(self):
        self._waiting: list[_Mail] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._sequence = count()
        self._busy = 0
        self._ending = False

    def put(self, message: EmailMessage, about: str, request_id: str) -> bool:
        """Take a mail; False if there are too many already, or the process ends."""
        with self._changed:
            if self._ending or len(self._waiting) + self._busy >= MAX_WAITING:
                return False
            mail = _Mail(time.monotonic(), next(self._sequence), message, about, request_id)
            heapq.heappush(self._waiting, mail)
            self._start_thread()
            self._changed.notify()
        return True

    def _start_thread(self) -> None:
        """(When there is work: after the server has forked.)"""
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
        """The next mail that is due; None once the process ends and none is left."""
        with self._changed:
            while True:
                if self._waiting and (self._ending or self._waiting[0].due <= time.monotonic()):
                    self._busy += 1
                    return heapq.heappop(self._waiting)
                if self._ending:
                    return None
                self._changed.wait(self._waiting[0].due - time.monotonic() if self._waiting else None)

    def end(self, seconds: float = LAST_ATTEMPTS) -> None:
        """Try what is left once more, and say what could not be sent in so many seconds."""
        with self._changed:
            if self._ending:
                return
            self._ending = True
            self._changed.notify_all()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        with self._changed:
            left = len(self._waiting) + self._busy
            self._waiting.clear()
        if left:
            logger.error("The process ends: %d mails were not sent, and are lost.", left)


_queue = MailQueue()
atexit.register(_queue.end)


def send_later(message: EmailMessage, *, about: str, request_id: str = "") -> bool:
    """Hand a mail to the queue; `about` names it in the log, without an address. False if the queue is full, or there is no mail server."""
    if not has_mail_server():
        logger.error("%s was not taken: EMAIL_URL is not set.", _Mail(0, 0, message, about, request_id))
        return False
    if not settings.WORK_BEHIND_ANSWERS:  # as in tests
        deliver(_Mail(0, 0, message, about, request_id), may_retry=False)
        return True
    if _queue.put(message, about, request_id):
        return True
    logger.error(
        "%s was not taken: %d mails wait already.", _Mail(0, 0, message, about, request_id), MAX_WAITING
    )
    return False


def has_mail_server() -> bool:
    """Whether the settings name one (or a place where mails are printed, in a trial)."""
    return not settings.EMAIL_BACKEND.endswith(".UnconfiguredBackend")


def end() -> None:
    """Called before a process of the server ends."""
    _queue.end()


def deliver(mail: _Mail, *, may_retry: bool) -> float | None:
    """Make one attempt, and log what came of it. Seconds until the next one, if there is to be another."""
    mail.attempts += 1
    try:
        mail.message.connection = None  # a new one for each attempt
        mail.message.send()
    except Exception as error:  # whatever a mail server, or the way there, may raise
        return _failed(mail, error, may_retry)
    logger.info("%s was handed to the mail server (attempt %d).", mail, mail.attempts)
    return None


def _failed(mail: _Mail, error: Exception, may_retry: bool) -> float | None:
    reason = type(error).__name__ + (f" {code}" if (code := reply_code(error)) else "")
    if not is_temporary(error):
        logger.error("%s could not be sent, and never will be: %s.", mail, reason)
    elif not may_retry or mail.attempts > len(RETRY_DELAYS):
        logger.error("%s could not be sent in %d attempts, and is given up: %s.", mail, mail.attempts, reason)
    else:
        delay = RETRY_DELAYS[mail.attempts - 1]
        logger.warning("%s could not be sent yet: %s. Next attempt in %d s.", mail, reason, delay)
        return delay
    return None


def reply_code(error: Exception) -> int:
    """What the mail server answered, as a number; 0 if nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return next((code for code in codes if code < 500), codes[0] if codes else 0)
    code = getattr(error, "smtp_code", 0)
    return code if isinstance(code, int) else 0


def is_temporary(error: Exception) -> bool:
    """Whether the same mail may be taken later: the server is away, busy or refuses us for now, not this mail for good."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return True  # the password in the settings, not the mail
    if code := reply_code(error):
        return code < 500
    return isinstance(error, OSError)  # smtplib's own errors are OSErrors, too
