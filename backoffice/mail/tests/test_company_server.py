"""The mail server of a company: which URLs and addresses are accepted, and what a trial says."""

import socket
import threading
import time

import pytest
from django.core.exceptions import ValidationError

from backoffice.mail import company_server, smtp
from backoffice.mail.company_server import (
    AddressRefused,
    CompanyBackend,
    mask_smtp_url,
    parse_smtp_url,
    resolve_host,
    try_server,
)
from backoffice.mail.tests.servers import BANNER, USER
from backoffice.mail.tests.test_smtp import MailServer as SlowServer
from scripts.throwaway_servers import free_port

pytestmark = pytest.mark.attack


def problem_of(url: str) -> str:
    """Return what a trial says; empty if it succeeds."""
    try:
        try_server(url)
    except ValidationError as error:
        return error.message
    return ""


SILENT = "No mail server responds at this name and port within 10 seconds. Check both."


def allowed_url(port: int, monkeypatch) -> str:
    """Return the URL of a server on this machine, whose port counts as allowed."""
    monkeypatch.setattr(company_server, "PORTS", (*company_server.PORTS, str(port)))
    return f"smtp://desk:pw@localhost:{port}"


@pytest.mark.parametrize(
    ("url", "shown", "password"),
    [
        ("smtp://desk:pw@mail.firm.example:587", "smtp://desk@mail.firm.example:587", "pw"),
        (
            "smtp://desk@firm.example:pw@mail.firm.example:587",
            "smtp://desk@firm.example@mail.firm.example:587",
            "pw",
        ),
        (
            "smtps://desk:p@%40%2F%23%25w@mail.firm.example:465",
            "smtps://desk@mail.firm.example:465",
            "p@@/#%w",
        ),
        ("smtp://relay.firm.example:25", "smtp://relay.firm.example:25", ""),
        ("smtp://desk:587@[2a00:1450::1]:587", "smtp://desk@[2a00:1450::1]:587", "587"),
    ],
)
def test_a_url_is_accepted_and_shown_without_its_password(url, shown, password):
    assert parse_smtp_url(url)[2] == password
    assert mask_smtp_url(url) == mask_smtp_url(shown) == shown


@pytest.mark.parametrize(
    "url",
    [
        *(
            f"smtp://desk:pw@mail.firm.example:{port}"
            for port in (
                0,
                1,
                22,
                24,
                26,
                80,
                443,
                464,
                466,
                586,
                588,
                2525,
                3306,
                5432,
                6379,
                8000,
                65535,
                65536,
            )
        ),
        "smtp://desk:pw@mail.firm.example",
        "smtp://desk:pw@mail.firm.example:-25",
        "smtp://desk:pw@mail.firm.example:x",
        "smtp://desk:pw@mail.firm.example:٥٨٧",
        "smtp://desk:p/w@mail.firm.example:587",
        "smtp://desk:p#w@mail.firm.example:587",
        "smtp://desk:pw@mail.firm.example:587/inbox",
        "smtp://desk:pw@mail.firm.example:587?tls=off",
        "smtp://desk:pw@mail.firm.example:587\r\nRCPT TO:<x>",
        "smtp://desk:pw@mail.firm.example:587\n",
        "smtp://desk:pw@mail.\nfirm.example:587",
        "smtp://desk:pw@mail firm.example:587",
        "smtp://desk:pw@bücher.example:587",
        "smtp://desk:pw@[::1:587",
        "smtp://desk:pw@:587",
        "smtp+tls://desk:pw@mail.firm.example:587",
        "http://mail.firm.example:25",
        "file:///etc/passwd",
        "mail.firm.example:587",
        "smtp://desk@mail.firm.example:587",
        "smtp://:pw@mail.firm.example:587",
        "smtp://desk:p%0D%0Aw@mail.firm.example:587",
        "smtp://desk:p%00w@mail.firm.example:587",
        "smtp://d%C3%A9sk:pw@mail.firm.example:587",
        "smtp://désk:pw@mail.firm.example:587",
    ],
)
def test_other_urls_and_ports_are_refused(url):
    with pytest.raises(ValidationError) as raised:
        parse_smtp_url(url)
    assert raised.value.code == "smtp_url"
    assert "pw" not in "".join(raised.value.messages)
    assert "pw" not in mask_smtp_url(url)


REFUSED = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "224.0.1.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["8.8.8.8", "172.32.0.1", "192.169.0.1", "2a00:1450:4001::1"]


def resolving_to(*addresses):
    """Return a `getaddrinfo` that finds these addresses."""

    def find(host, port, *args, **kwargs):
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (family[":" in address], socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            for address in addresses
        ]

    return find


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused_after_resolution(address, monkeypatch, settings):
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(address))
    monkeypatch.setattr(socket, "create_connection", lambda *args: pytest.fail("It connects."))
    with pytest.raises(AddressRefused):
        resolve_host("mail.firm.example", 587)
    assert "private or reserved network" in problem_of("smtp://desk:pw@mail.firm.example:587")
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(PUBLIC[0], address))
    with pytest.raises(AddressRefused):  # one of several is enough
        resolve_host("mail.firm.example", 587)
    settings.MAIL_ALLOW_PRIVATE_HOSTS = True
    assert resolve_host("mail.firm.example", 587) in (PUBLIC[0], address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_accepted(address, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to(address))
    assert resolve_host("mail.firm.example", 587) == address
    monkeypatch.setattr(socket, "getaddrinfo", resolving_to("2a00:1450:4001::2", "8.8.4.4"))
    assert resolve_host("mail.firm.example", 587) == "8.8.4.4"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"])
def test_spellings_of_this_machine_are_refused(host):
    assert "private or reserved network" in problem_of(f"smtp://desk:pw@{host}:587")


@pytest.mark.parametrize(("scheme", "port"), [("smtp", 587), ("smtps", 465)])
def test_the_connection_goes_to_the_address_that_was_checked(scheme, port, monkeypatch):
    """The name has a public address when it is checked, and that of this machine if it is looked up again."""
    looked_up, connected = [], []

    def find(host, port, *args, **kwargs):
        looked_up.append(host)
        return resolving_to(PUBLIC[0] if len(looked_up) == 1 else "127.0.0.1")(host, port)

    def connect(address, *args, **kwargs):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", find)
    monkeypatch.setattr(socket, "create_connection", connect)
    backend = CompanyBackend(f"{scheme}://desk:pw@mail.firm.example:{port}")
    with pytest.raises(ConnectionRefusedError):
        backend.open()
    assert connected == [(PUBLIC[0], port)]
    assert looked_up == ["mail.firm.example"]
    with pytest.raises(AddressRefused):  # the next time it is checked again
        backend.open()
    assert len(connected) == 1


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_trial_logs_in_and_sends_nothing(over_tls, start_mail_server):
    server = start_mail_server(over_tls=over_tls)
    assert problem_of(server.url()) == ""
    assert (server.inbox.logins, server.inbox.mails) == ([USER], [])


def test_a_trial_does_not_use_the_login_of_the_installation(start_mail_server, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "installation", "its-password"
    server = start_mail_server()
    assert problem_of(server.url(login="")) == ""
    assert server.inbox.logins == []


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("certificate", ["of another host", "unknown"])
def test_a_certificate_must_be_trusted_and_name_the_host(certificate, over_tls, start_mail_server):
    server = start_mail_server(certificate, over_tls=over_tls)
    assert problem_of(server.url()) == "The server has no valid certificate for this name."
    assert server.inbox.logins == []


def test_a_trial_says_in_its_own_words_what_failed(start_mail_server, monkeypatch):
    monkeypatch.setattr(company_server, "DEADLINE", 2)
    encrypted, plain, over_tls = (
        start_mail_server(),
        start_mail_server(None),
        start_mail_server(over_tls=True),
    )
    no_encryption = "The server offers no encryption, or no login."
    port = free_port()
    monkeypatch.setattr(company_server, "PORTS", (*company_server.PORTS, str(port)))
    words = {
        encrypted.url(login="desk:wrong@"): "The server did not accept the user name and password.",
        plain.url(): no_encryption,
        encrypted.url().replace("smtp:", "smtps:"): no_encryption,
        over_tls.url().replace("smtps:", "smtp:"): SILENT,
        f"smtp://localhost:{port}": SILENT,
        "smtp://nowhere.invalid:587": "The name of the server was not found. Check its spelling.",
        f"smtp://{'a' * 70}.example:587": SILENT,
    }
    assert {url: problem_of(url) for url in words} == words
    assert plain.inbox.logins == over_tls.inbox.logins == []


@pytest.mark.parametrize(
    "greeting",
    [
        f"554 {BANNER}\r\n",
        f"220 {BANNER}\r\n500 {BANNER}\r\n502 {BANNER}\r\n",
        f"HTTP/1.1 400 {BANNER}\r\n",
        f"SSH-2.0-{BANNER}\r\n",
        "220 " + BANNER * 2000 + "\r\n",
        "\xff\xfe\r\n",
        "",
    ],
    ids=range(7),
)
def test_nothing_that_the_server_says_is_shown(greeting, allow_local, monkeypatch):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _address = listener.accept()
        with connection:
            connection.sendall(greeting.encode("latin-1"))

    threading.Thread(target=serve, daemon=True).start()
    problem = problem_of(allowed_url(listener.getsockname()[1], monkeypatch))
    assert (
        problem
        and BANNER not in problem
        and str(problem) in {str(words) for _k, words in company_server.PROBLEMS}
    )


@pytest.mark.parametrize("answers", [0, 1])
def test_a_slow_server_is_abandoned_at_the_deadline(answers, allow_local, monkeypatch):
    """It sends a line again and again, which would restart the timeout of a socket."""
    monkeypatch.setattr(company_server, "DEADLINE", 0.3)
    server = SlowServer(answers)
    server.start()
    began = time.monotonic()
    assert problem_of(allowed_url(server.port, monkeypatch)) == SILENT
    assert time.monotonic() - began < min(5, smtp.DEADLINE)
    server.ended.set()


def test_a_silent_server_is_abandoned_at_the_deadline(allow_local, monkeypatch):
    monkeypatch.setattr(company_server, "DEADLINE", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    began = time.monotonic()
    assert problem_of(allowed_url(listener.getsockname()[1], monkeypatch)) == SILENT
    assert time.monotonic() - began < 5


def test_looking_up_a_name_has_a_deadline(monkeypatch):
    monkeypatch.setattr(company_server, "DEADLINE", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(2) or [])
    began = time.monotonic()
    assert problem_of("smtp://mail.firm.example:587") == SILENT
    assert time.monotonic() - began < 1.5
