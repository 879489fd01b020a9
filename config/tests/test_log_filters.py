"""Logs contain no credentials."""

import logging
import re
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError
from django.test import Client
from django.utils.module_loading import import_string

from backoffice.web import outages
from config.log_formatters import redact_logger

KEY = "ck_0123456789_" + "aZ-_" * 10 + "end"
LINK = "/password-reset/NTA3ZjE/c8x-0123456789abcdef"


def formatter():
    how = dict(settings.LOGGING["formatters"]["plain"])
    return import_string(how.pop("()"))(**how)


@pytest.fixture
def log():
    """A logger like the installation's, and its output."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, written


def test_keys_and_links_are_removed_from_lines_and_tracebacks(log):
    logger, written = log
    logger.warning("Invalid request: %r and %s", f"X-API-Key {KEY}", LINK)
    try:
        raise ValueError(f"Bearer {KEY}")
    except ValueError:
        logger.exception("failed")
    message = written.getvalue()
    assert "Traceback" in message
    assert "ck_0123456789_…" in message
    assert "/password-reset/NTA3ZjE/…" in message
    assert "aZ-_" not in message
    assert "abcdef" not in message


def test_lines_have_the_time_in_utc_and_the_request_id(log, client, db, monkeypatch):
    logger, written = log
    monkeypatch.setattr(outages, "logger", logger)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    client.raise_request_exception = False
    try:
        logger.warning("outside of requests")
        with mock.patch.object(SessionMiddleware, "process_response", side_effect=OperationalError("gone")):
            answer = client.get("/sign-in")
    finally:
        monkeypatch.undo()
        time.tzset()
    outside, within = written.getvalue().splitlines()
    body = datetime.fromisoformat(outside.split()[0].removesuffix("Z") + "+00:00")
    assert abs(datetime.now(UTC) - body) < timedelta(minutes=1)
    assert "[-]" in outside
    assert f"[{answer['X-Request-ID']}]" in within


def test_a_clients_request_id_is_ignored(client, db, settings):
    given = {"X-Request-ID": "somebody-elses"}
    assert client.get("/sign-in", headers=given)["X-Request-ID"] != "somebody-elses"
    assert client.get("/v2/complaints", headers=given)["X-Request-ID"] != "somebody-elses"
    settings.BEHIND_PROXY = True
    assert client.get("/sign-in", headers=given)["X-Request-ID"] == "somebody-elses"
    assert client.get("/sign-in", headers={"X-Request-ID": "a\tb" * 99})["X-Request-ID"].isalnum()


def test_refused_requests_of_visitors_are_not_logged():
    """A visitor could fill the log with such lines."""
    for name in ("django.request", "django.security.DisallowedHost", "django.security.csrf"):
        assert not logging.getLogger(name).isEnabledFor(logging.WARNING)
    assert logging.getLogger("django.request").isEnabledFor(logging.ERROR)


def test_gunicorns_own_lines_are_filtered():
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(asctime)s [%(process)d] %(message)s", "[%Y]"))
    logger = logging.Logger("gunicorn.error")
    logger.addHandler(handler)
    redact_logger(logger)
    logger.warning("Invalid HTTP Header: %r", KEY)
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[\d+\] ", written.getvalue())
    assert written.getvalue().endswith("Invalid HTTP Header: 'ck_0123456789_…'\n")


HEADERS = [
    "Cookie sessionid=s3cretvalue", "Cookie sessionid=s3cretvalue; csrftoken=s3cretvalue", "sessionid=s3cretvalue",
    "cookie=csrftoken=s3cretvalue", "Authorization Basic s3cretvalue==", "Authorization=Bearer s3cretvalue",
    "bearer s3cretvalue", "X-API-Key s3cretvalue", "Set-Cookie\tsessionid=s3cretvalue", " Cookie  other=s3cretvalue",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    "line",
    ["Invalid HTTP Header: %r", "Invalid HTTP header name: %r", "Obsolete line folding is unacceptable: %r"],
)
def test_malformed_requests_are_left_out_of_gunicorns_log(log, header, line):
    logger, written = log
    for sent in (header, header.encode()):
        logger.warning(f"Invalid request from ip=127.0.0.1: {line}", sent)
    assert "s3cret" not in written.getvalue()
    assert line.partition(":")[0] in written.getvalue()


@pytest.mark.parametrize(
    "text", ["{'sessionid': 's3cretvalue'}", "Cookie: sessionid=s3cretvalue", "Authorization: Bearer s3cretvalue",
             "csrfmiddlewaretoken=s3cretvalue&x=1", "'authorization': 'Basic s3cretvalue'"],
)  # fmt: skip
def test_cookies_and_credentials_are_removed_from_every_line(log, text):
    logger, written = log
    logger.error("failed: %s, and then", text)
    assert "s3cret" not in written.getvalue()
    assert written.getvalue().endswith(", and then\n")


def test_no_response_and_no_line_contains_a_key(cast, key_of, caplog):
    """Valid, wrong and malformed keys, in either header."""
    known = key_of(cast.alice)
    for key in (known, known[:-1] + "~", KEY, f"{KEY}\n", "ck_x"):
        for header in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": key}):
            for address in ("/v2/complaints", "/v2/nowhere", "/v2/complaints?no=1", "/iptv/supportcase/x"):
                answer = Client().get(address, headers=header)
                assert key.strip() not in answer.content.decode()
                assert key.strip() not in str(answer.headers)
    assert known not in caplog.text
    assert KEY not in caplog.text
