import pytest


@pytest.fixture(autouse=True)
def without_worker(monkeypatch):
    """Only the tests do jobs, on all databases. (Elsewhere short jobs are done after the commit.)"""
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)
