"""Tests of a database that becomes unavailable during a request."""

from unittest import mock

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError

from backoffice.people.backend import Backend

PAGES = ("/complaints", "/account", "/admin/", "/admin/facility/complaint/")


def assert_unavailable(answer):
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Content-Security-Policy" in answer
    page = answer.content.decode()
    assert "<h1>Temporarily unavailable</h1>" in page
    assert "gone away" not in page


@pytest.mark.parametrize("error", [OperationalError("gone away"), InterfaceError("gone away")])
@pytest.mark.parametrize("address", PAGES)
def test_pages_report_an_outage_and_recover(cast, client, address, error, caplog):
    client.force_login(cast.ada)
    with mock.patch.object(Backend, "get_user", side_effect=error):
        assert_unavailable(client.get(address))
    assert "gone away" in caplog.text
    assert "Traceback" not in caplog.text
    assert client.get(address).status_code == 200


def test_a_session_that_cannot_be_saved_is_reported(client, db):
    """Errors in other middleware do not reach `process_exception`."""
    client.raise_request_exception = False
    with mock.patch.object(SessionMiddleware, "process_response", side_effect=OperationalError("gone away")):
        assert_unavailable(client.get("/sign-in"))


def test_other_errors_have_another_page(client, db):
    client.raise_request_exception = False
    with mock.patch.object(SessionMiddleware, "process_response", side_effect=RuntimeError("inner")):
        answer = client.get("/sign-in")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
