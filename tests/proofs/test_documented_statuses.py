"""What the documented pages say besides names: limits, choices and required properties over JSON, and the status
and message of each outcome."""

import json
from types import SimpleNamespace
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from backoffice.people.models import ApiKey
from conftest import make_key
from tests.support.documented_properties import OUTCOMES, PAGES
from tests.support.property_world import (
    JSON_ADDRESS,
    REFUSED,
    body_for,
    document,
    filled_world,
    over_json,
    proves,
    value_at,
    world,
)

__all__ = ["filled_world", "proves", "world"]

each_page = pytest.mark.parametrize("page", PAGES)


@each_page
def test_documented_limits_and_choices_hold_over_json(page, world, proves):
    there = document(world, page)

    def send(path, value):
        answer = over_json(world, page, body_for(path, value, there))
        return answer.status_code, answer.status_code == 200 and value_at(path, answer.json())

    for documented in PAGES[page].properties:
        path = documented.path
        if documented.limits:
            lowest, highest = (int(limit) for limit in documented.limits)
            assert [send(path, value) for value in (lowest, highest)] == [(200, lowest), (200, highest)]
            for beyond in (lowest - 1, highest + 1, lowest - 0.5, highest + 0.5):
                assert send(path, beyond) == (REFUSED[page], False), (path, beyond)
            proves(page, path, "json", "limits")
        if documented.choices:
            for choice in documented.choices:
                assert send(path, choice) == (200, choice), path
                assert send(path, choice.lower()) == (REFUSED[page], False)
            assert send(path, "".join(documented.choices)) == (REFUSED[page], False)
            proves(page, path, "json", "choices")


@each_page
def test_required_properties_may_be_left_out_of_an_update_and_not_emptied(page, world, proves):
    assert over_json(world, page, {}).status_code == 200
    for documented in PAGES[page].properties:
        if documented.required:
            assert over_json(world, page, {documented.path: None}).status_code == REFUSED[page]
            proves(page, documented.path, "json", "required")


def send_request(world, page, body=b"{}", pk="", method="", key=None, **headers):
    """Send an update that may be wrong in any respect."""
    documented, address = JSON_ADDRESS[page]
    client = Client(raise_request_exception=False)
    key = {"x-API-Key": key} if key else {} if key == "" else world.headers
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(
        (method or documented).upper(), address % (pk or getattr(world, page).pk), content, "application/json",
        headers=key | headers,
    )  # fmt: skip


def conflicting(world, page):
    """Send a value for a property that another request has changed since."""
    name = "name" if page == "case" else "contactName"
    there = document(world, page)
    over_json(world, page, {name: "Other"})
    stamp = {"lastUpdated": there["lastUpdated"]} if page == "case" else {"status": there["status"]}
    return send_request(world, page, {name: "Mine", **stamp})


def failing(error):
    def send(world, page):
        with mock.patch.object(ApiKey, "find", side_effect=error):
            return send_request(world, page)

    return send


def limited(world, page):
    send_request(world, page)
    return send_request(world, page)


WRONG = {"complaint": {"priority": 5}, "object": {"rating": 6}, "case": {"device": "TOASTER"}}
SEND = {
    "a valid update": send_request,
    "no API key": lambda world, page: send_request(world, page, key=""),
    "the owner of the key lacks the right": lambda world, page: send_request(
        world, page, key=make_key(world.vera)
    ),
    "an unknown id": lambda world, page: send_request(world, page, pk="f" * 24),
    "a record of another company": lambda world, page: send_request(world, page, pk=world.theirs[page]),
    "an invalid value": lambda world, page: send_request(world, page, WRONG[page]),
    "an unknown property": lambda world, page: send_request(world, page, {"colour": "red"}),
    "a body that is not JSON": lambda world, page: send_request(world, page, b"{"),
    "another method": lambda world, page: send_request(world, page, method="put"),
    "a change of the same property by another request": conflicting,
    "`If-Match` with an earlier version": lambda world, page: send_request(
        world, page, **{"If-Match": '"7"'}
    ),
    "a body over 1 MiB": lambda world, page: send_request(world, page, {"desc": "x" * 2**20}),
    "too many requests": limited,
    "an unexpected error": failing(RuntimeError("inner workings")),
    "the database is not reachable": failing(OperationalError("gone away")),
}


@each_page
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_has_its_status_and_message(page, outcome, world, cast, records, proves, settings):
    if outcome == "too many requests":
        settings.RATE_LIMIT_KEY = "1/minute"
    theirs = {page: getattr(records, f"their_{page}").pk for page in PAGES}
    answer = SEND[outcome](SimpleNamespace(**vars(world), vera=cast.vera, theirs=theirs), page)
    expected = OUTCOMES[outcome]["case" if page == "case" else "facility"]
    status, _space, message = expected.partition(" ")
    assert answer.status_code == int(status), answer.content
    body = answer.json()
    if page == "case" and status != "200":
        assert (body["code"], body["message"]) == (int(status), message)
    elif status != "200":
        assert list(body) == ["message", "errors"] and body["message"]
    proves(page, outcome, "json", expected)
