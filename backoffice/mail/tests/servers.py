"""A mail server with TLS and a login, for tests."""

import ssl
from datetime import timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backoffice.records.fields import now
from scripts.throwaway_servers import free_port

USER, PASSWORD = "desk@firm.example", "s3cret-W0rd"
BANNER = "banner-of-the-server"


def write_certificate(folder: Path, host: str) -> Path:
    """Write a self-signed certificate for a host, with its key, to a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{host}.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Inbox:
    """What the server did: its logins and the mails that it accepted."""

    def __init__(self) -> None:
        self.logins: list[str] = []
        self.mails: list = []
        self.reply = "250 accepted"

    def authenticate(self, server, session, envelope, mechanism, login: LoginPassword) -> AuthResult:
        self.logins.append(login.login.decode())
        is_right = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=is_right, message=None if is_right else f"535 {BANNER}")

    async def handle_DATA(self, server: SMTP, session, envelope):  # aiosmtpd calls it by this name
        self.mails.append(envelope)
        return self.reply


class MailServer(Controller):
    """A server at a free port of this machine. It encrypts from the start if `over_tls`, else by STARTTLS."""

    def __init__(self, certificate: Path | None, *, over_tls: bool = False) -> None:
        self.inbox, self.over_tls, context = Inbox(), over_tls, None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        options = {} if over_tls else {"tls_context": context}
        super().__init__(
            self.inbox,
            hostname="127.0.0.1",
            port=free_port(),
            ident=BANNER,
            authenticator=self.inbox.authenticate,
            auth_require_tls=False,
            ssl_context=context if over_tls else None,
            **options,
        )

    def url(self, login: str = f"{USER}:{PASSWORD}@", host: str = "localhost") -> str:
        return f"{'smtps' if self.over_tls else 'smtp'}://{login}{host}:{self.port}"
