"""Work after the response."""

import threading

import pytest
from django.utils import translation

from backoffice.accounts import after_response


@pytest.fixture
def finished(settings, monkeypatch):
    settings.WORK_BEHIND_ANSWERS = True
    monkeypatch.setattr(after_response, "PAUSE", 0)
    monkeypatch.setattr(after_response, "WORKERS", 1)
    after_response._workers.cache_clear()
    yield threading.Event()
    after_response._workers().shutdown()
    after_response._workers.cache_clear()


def test_functions_run_in_another_thread_in_the_current_language(finished):
    seen = []

    def act():
        seen.append((threading.get_ident(), translation.get_language()))
        finished.set()

    with translation.override("da"):
        after_response.run_after_response(act)
    assert finished.wait(10)
    assert seen[0][0] != threading.get_ident()
    assert seen[0][1] == "da"


def test_a_failing_function_is_logged_and_the_next_one_runs(finished, caplog):
    def fail():
        raise OSError("no mail server")

    after_response.run_after_response(fail)
    after_response.run_after_response(finished.set)
    assert finished.wait(10)
    assert "no mail server" in caplog.text
