"""Fixtures for password tests, with a clock that can be moved."""

from datetime import timedelta

import pytest
from django.test import TestCase

from backoffice.accounts import throttle
from backoffice.records.fields import now


class Clock:
    """The time that the throttle sees."""

    def __init__(self):
        self.at = now()

    def __call__(self):
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(throttle, "now", clock)
    return clock


@pytest.fixture
def behind_proxy(settings):
    """Take the client address from `X-Forwarded-For`: see `try_password`."""
    settings.BEHIND_PROXY = True


def try_password(client, username, password="wrong", address="192.0.2.1", **more):
    return client.post(
        "/sign-in",
        {"username": username, "password": password, **more},
        headers={"X-Forwarded-For": address},
    )


def request_reset_mail(client, email, **options):
    """Ask for the mail with a link, and have it sent, as after the commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post("/password-reset", {"email": email}, **options)
