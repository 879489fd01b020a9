"""Settings: invalid ones are reported by name in one line without passwords, valid ones are parsed."""

import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from backoffice.db.health import failed_check
from config.environment import NUMBERS, TOGGLES, read_file, read_settings

PASSWORD = "moth-lantern-cobble"
SENDERS = ["nobody", "desk@example.com\nBcc: x@example.com", "@"]
MAILS = [
    f"smtp://user:{PASSWORD}#x@host:25", f"smtp://user:1{PASSWORD}@host:many", f"smtp://user:12#{PASSWORD}@host",
    f"smtp+tls://user:12/{PASSWORD}@host:25", f"smtps://user:1?{PASSWORD}@host", f"smtp://[{PASSWORD}",
    f"mail://user:{PASSWORD}@host", PASSWORD,
]  # fmt: skip
REFUSED = [
    *((name, text) for name in TOGGLES for text in ("enabled", "maybe", "X", "2", "on!")),
    *((name, text) for name in NUMBERS for text in ("abc", "-1", "1.5", "1e3", "9" * 400, "٣", "0x10", str(10**18))),
    *((name, "0") for name, (_default, least, _most) in NUMBERS.items() if least),
    *(("TIME_ZONE", text) for text in ("Mars", "../etc/passwd", "Europe", "+01:00")),
    *(("LANGUAGE_CODE", text) for text in ("xx", "en-us", "EN")),
    *(("EMAIL_URL", text) for text in MAILS),
    *(("DEFAULT_FROM_EMAIL", text) for text in SENDERS),
]  # fmt: skip
READ = [
    *(("HTTPS", text, True) for text in ("on", "1", "TRUE", " yes ", "y", "ok")),
    *(("HTTPS", text, False) for text in ("off", "0", "False", "no", "")),
    ("SESSION_DAYS", "", 14), ("SESSION_DAYS", " 7 ", 7), ("UPLOAD_DAILY_MB", "0", 0), ("TIME_ZONE", "", "Europe/Copenhagen"),
    ("ALLOWED_HOSTS", "a.example.com, b.example.com,", ["a.example.com", "b.example.com"]),
    ("ALLOWED_HOSTS", "", ["localhost", "127.0.0.1", "[::1]"]),
    ("DEFAULT_FROM_EMAIL", "Desk <desk@example.com>", "Desk <desk@example.com>"),
]  # fmt: skip


def read(monkeypatch, name, text):
    monkeypatch.setattr(environ.Env, "ENVIRON", {name: text})
    return read_settings(environ.Env())


@pytest.mark.parametrize(
    ("name", "text"), REFUSED, ids=lambda value: value[:20].encode("ascii", "replace").decode()
)
def test_invalid_settings_are_refused_by_name(monkeypatch, name, text):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} .*Write ") as caught:
        read(monkeypatch, name, text)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_valid_settings_are_parsed(monkeypatch, name, text, value):
    assert read(monkeypatch, name, text)[name] == value


@pytest.mark.parametrize(
    "url", ["smtp+tls://user:p%23%40@host:587", "smtp://host", "filemail:///tmp/x@y", "consolemail://"]
)
def test_mail_server_urls_are_parsed(monkeypatch, url):
    assert read(monkeypatch, "EMAIL_URL", url)["EMAIL_URL"]["EMAIL_BACKEND"]


LINES = [
    f"EMAIL_URL smtp://user:{PASSWORD}@host", f"EMAIL_URL = smtp://user:{PASSWORD}@host", f" SECRET_KEY={PASSWORD}",
    f"SECRET_KEY: {PASSWORD}", PASSWORD, f"SECRET-KEY={PASSWORD}",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_an_invalid_line_of_the_file_is_refused_by_number(tmp_path, line, caplog):
    file = tmp_path / "settings"
    file.write_text(f"# A comment\n\nHTTPS=on\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match=r"settings:4 .*Write NAME=value") as caught:
        read_file(environ.Env(), file)
    assert PASSWORD not in str(caught.value) + caplog.text


def test_a_settings_file_is_parsed(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(environ.Env, "ENVIRON", {"B": "of the environment"})
    file = tmp_path / "settings"
    read_file(environ.Env(), file)  # the file does not exist
    file.write_bytes(f"\ufeffA=1\r\n  # SECRET_KEY={PASSWORD}\r\n\t\r\nexport C='x y'\nB=2".encode())
    read_file(environ.Env(), file)
    assert environ.Env.ENVIRON == {"A": "1", "B": "of the environment", "C": "x y"}
    assert caplog.text == ""
    for content in (b"\xff\xfeA", None):
        file.unlink()
        file.write_bytes(content) if content else file.mkdir()
        with pytest.raises(ImproperlyConfigured, match="cannot be read"):
            read_file(environ.Env(), file)


ADDRESSES = [
    "javascript:x", "http://[x", "http://x:99999", "http://x:abc", "http://a／b", "desk.example.com", "http://", "ftp://x",
    "http://user:password@x", "http://x/?a", "https://x/#a",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unusable_public_url_is_refused_at_the_start(db, settings, address):
    settings.PUBLIC_URL = address
    assert failed_check().startswith("PUBLIC_URL is")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("FIELD_KEYS", ["short"], "FIELD_KEYS"),
        ("CSRF_TRUSTED_ORIGINS", ["desk.example.com"], "CSRF_TRUSTED_ORIGINS"),
        ("SECOND_FACTOR_GROUPS", ["Adminstrator"], "SECOND_FACTOR_GROUPS"),
    ],
)
def test_every_settings_check_runs_at_the_start(cast, settings, name, value, problem):
    assert failed_check() == ""
    setattr(settings, name, value)
    assert problem in failed_check()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HTTPS", "enabled"), ("SESSION_DAYS", "0"), ("EMAIL_URL", MAILS[0]), ("PUBLIC_URL", "javascript:x"),
        ("RATE_LIMIT_STORAGE", f"reddis://:{PASSWORD}@host"), ("RATE_LIMIT_STORAGE", f"redis://:{PASSWORD}/x@host"),
    ],
)  # fmt: skip
def test_the_start_reports_an_invalid_setting_in_one_line(tmp_path, name, text):
    done = subprocess.run(
        [sys.executable, "manage.py", "check_database"],
        cwd=Path(settings.BASE_DIR),
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), name: text},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert PASSWORD not in done.stderr + done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at_terminal", "words", "level"),
    [(True, [], "WARNING"), (True, ["--keep-on"], "INFO"), (False, [], "INFO")],
)
def test_commands_at_a_terminal_do_not_show_events(at_terminal, words, level):
    """Servers (`run_jobs --keep-on`) and pipes keep them."""
    code = "import logging; print(logging.getLogger('backoffice.accounts.events').getEffectiveLevel())"
    script = f"import sys; sys.argv = ['manage.py', 'shell', *{words!r}]; import config.settings; "
    script += "import logging.config; logging.config.dictConfig(config.settings.LOGGING); " + code
    ends = pty.openpty()
    try:
        errors = ends[1] if at_terminal else subprocess.PIPE
        result = subprocess.run([sys.executable, "-c", script], cwd=settings.BASE_DIR, stdout=subprocess.PIPE,
                                stderr=errors, text=True, check=True)  # fmt: skip
    finally:
        for end in ends:
            os.close(end)
    assert result.stdout.split() == [str(getattr(logging, level))]
