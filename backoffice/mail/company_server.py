"""The mail server of a company: its URL, the check of its network address, and the connection."""

import ipaddress
import re
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.mail.smtp import EmailBackend

DEADLINE = 10
"""Seconds for looking up the server's name, for connecting, and for everything after that."""
PORTS = ("25", "465", "587")
SMTP_URL = re.compile(
    r"(smtps?)://(?:([^:/?#\s]+)(?::([^/?#\s]+))?@)?([\w.-]+|\[[\da-fA-F:.]+\]):(\d+)", re.ASCII
)


class AddressRefused(OSError):
    """The server's address is not a public one."""


def parse_smtp_url(url: str) -> tuple[str, str, str, str, int]:
    """Return scheme, user, password, host and port of an SMTP URL. Raises ValidationError."""
    if found := SMTP_URL.fullmatch(url):
        scheme, user, password, host, port = (unquote(part or "") for part in found.groups())
        is_plain = (user + password).isascii() and (user + password).isprintable()
        if port in PORTS and bool(user) == bool(password) and is_plain:
            return scheme, user, password, host.strip("[]"), int(port)
    message = _(
        "Enter an address such as smtp://user:password@mail.example.com:587, with port 25, 465 or 587 and with the "
        "password, in which / ? # and the percent sign are percent-encoded."
    )
    raise ValidationError(message, code="smtp_url")


def mask_smtp_url(url: str | None) -> str:
    """Return an SMTP URL without its password; empty if it cannot be read."""
    found = SMTP_URL.fullmatch(url or "")
    return (found.expand(r"\1://\2@\4:\5") if found[2] else found[0]) if found else ""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, and does not contain another one."""
    ip = ipaddress.ip_address(address)
    special = ("is_multicast", "is_reserved", "is_site_local", "ipv4_mapped", "sixtofour", "teredo")
    return ip.is_global and not any(getattr(ip, name, None) for name in special)


def resolve_host(host: str, port: int) -> str:
    """Return an address of a server, IPv4 first. Raises OSError if there is none, or one that is not allowed."""
    # In a thread, because a look-up has no deadline of its own.
    look_up = ThreadPoolExecutor(1).submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    addresses = sorted({str(info[4][0]) for info in look_up.result(DEADLINE)}, key=lambda each: ":" in each)
    if not settings.MAIL_ALLOW_PRIVATE_HOSTS and not all(map(is_public, addresses)):
        raise AddressRefused
    return addresses[0]


class CompanyBackend(EmailBackend):
    """The connection to a company's server: always encrypted, and to the very address that was checked, because a
    second look-up of the name could have another result. (TLS verifies the certificate against the name.) Nothing
    falls back on the installation's settings."""

    def __init__(self, url: str) -> None:
        scheme, user, password, host, port = parse_smtp_url(url)
        has_tls = scheme == "smtps"
        super().__init__(host, port, user, password, use_tls=not has_tls, use_ssl=has_tls, timeout=DEADLINE)
        self.ssl_certfile = self.ssl_keyfile = None

    @property
    def connection_class(self):
        values = {"deadline": DEADLINE, "find_address": staticmethod(resolve_host)}
        return type("CheckedSMTP", (super().connection_class,), values)


PROBLEMS = (
    (socket.gaierror, _("The name of the server was not found. Check its spelling.")),
    (AddressRefused, _("This server is in a private or reserved network. Use one with a public address.")),
    (smtplib.SMTPAuthenticationError, _("The server did not accept the user name and password.")),
    (ssl.SSLCertVerificationError, _("The server has no valid certificate for this name.")),
    ((ssl.SSLError, smtplib.SMTPNotSupportedError), _("The server offers no encryption, or no login.")),
    (Exception, _("No mail server responds at this name and port within 10 seconds. Check both.")),
)
"""What to say about each error. What the server says is not shown: it may be any text."""


def try_server(url: str) -> None:
    """Connect to a server and log in, without sending anything. Raises ValidationError with what failed."""
    backend = CompanyBackend(url)
    try:
        backend.open()
        backend.connection.ehlo_or_helo_if_needed()
    except Exception as error:  # network, TLS, SMTP and protocol errors of many kinds
        message = next(words for kind, words in PROBLEMS if isinstance(error, kind))
        raise ValidationError(message, code="mail_server") from None
    finally:
        with suppress(Exception):  # it has been tried
            backend.close()
