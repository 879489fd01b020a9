"""Trying passwords, with a clock that can be moved."""

from datetime import timedelta

import pytest

from backoffice.accounts import throttle
from backoffice.records.fields import now


class Clock:
    """What time it is for those who count tries."""

    def __init__(self):
        self.at = now()

    def __call__(self):
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch):
    moving = Clock()
    monkeypatch.setattr(throttle, "now", moving)
    return moving


@pytest.fixture
def behind_proxy(settings):
    """Requests say themselves where they come from: see `try_password`."""
    settings.BEHIND_PROXY = True


def try_password(client, username, password="wrong", address="192.0.2.1", **more):
    return client.post(
        "/sign-in",
        {"username": username, "password": password, **more},
        headers={"X-Forwarded-For": address},
    )
