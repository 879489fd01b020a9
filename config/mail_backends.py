"""E-mail backends."""

from django.core.mail.backends.base import BaseEmailBackend


class NoMailServer(OSError):
    """There is no mail server: EMAIL_URL is not set."""


class UnconfiguredBackend(BaseEmailBackend):
    """Refuses every mail. Printing mails, as in development, would write links of password resets into the
    log."""

    def send_messages(self, email_messages):
        raise NoMailServer("EMAIL_URL is not set, so nothing was mailed.")
