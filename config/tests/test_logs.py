"""Nothing that opens something is in a log."""

import logging
from io import StringIO

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from config.logs import cover

KEY = "ck_0123456789_" + "aZ-_" * 10 + "end"
LINK = "/password-reset/NTA3ZjE/c8x-0123456789abcdef"


def formatter():
    how = dict(settings.LOGGING["formatters"]["plain"])
    return import_string(how.pop("()"))(**how)


@pytest.fixture
def log():
    """A logger like the installation's, and what it has written."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, written


def test_keys_and_links_are_left_out_of_lines_and_tracebacks(log):
    logger, written = log
    logger.warning("Invalid request: %r and %s", f"X-API-Key {KEY}", LINK)
    try:
        raise ValueError(f"Bearer {KEY}")
    except ValueError:
        logger.exception("failed")
    said = written.getvalue()
    assert "Traceback" in said
    assert "ck_0123456789_…" in said
    assert "/password-reset/NTA3ZjE/…" in said
    assert "aZ-_" not in said
    assert "abcdef" not in said


def test_gunicorns_own_lines_too():
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(asctime)s [%(process)d] %(message)s", "[%Y]"))
    logger = logging.Logger("gunicorn.error")
    logger.addHandler(handler)
    cover(logger)
    logger.warning("Invalid HTTP Header: %r", KEY)
    assert written.getvalue().startswith("[20")
    assert written.getvalue().endswith("Invalid HTTP Header: 'ck_0123456789_…'\n")


def test_no_answer_and_no_line_has_a_key_in_it(cast, key_of, caplog):
    """Right keys, wrong ones and malformed ones, in either header."""
    known = key_of(cast.alice)
    for key in (known, known[:-1] + "~", KEY, f"{KEY}\n", "ck_x"):
        for header in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": key}):
            for address in ("/v2/complaints", "/v2/nowhere", "/v2/complaints?no=1", "/iptv/supportcase/x"):
                answer = Client().get(address, headers=header)
                assert key.strip() not in answer.content.decode()
                assert key.strip() not in str(answer.headers)
    assert known not in caplog.text
    assert KEY not in caplog.text
