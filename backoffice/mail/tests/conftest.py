"""Mail servers of companies."""

import pytest

from backoffice.mail import company_server
from backoffice.mail.tests.servers import MailServer, write_certificate


@pytest.fixture
def allow_local(settings):
    """Allow servers on this machine."""
    settings.MAIL_ALLOW_PRIVATE_HOSTS = True


@pytest.fixture
def start_mail_server(allow_local, tmp_path, monkeypatch):
    """`start_mail_server()` starts a server whose certificate for `localhost` is trusted. Its port counts as allowed."""
    trusted, foreign = (
        write_certificate(tmp_path, "localhost"),
        write_certificate(tmp_path, "elsewhere.example"),
    )
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(trusted.read_bytes() + foreign.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    certificates = {"right": trusted, "of another host": foreign, None: None}
    started = []

    def start(certificate="right", **options) -> MailServer:
        if certificate == "unknown":
            (tmp_path / "unknown").mkdir()
            certificates["unknown"] = write_certificate(tmp_path / "unknown", "localhost")
        server = MailServer(certificates[certificate], **options)
        server.start()
        started.append(server)
        monkeypatch.setattr(company_server, "PORTS", (*company_server.PORTS, str(server.port)))
        return server

    yield start
    for server in started:
        if not server.loop.is_closed():  # the test has stopped it
            server.stop(no_assert=True)
