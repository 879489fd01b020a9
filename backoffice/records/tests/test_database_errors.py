"""Database errors as messages for people."""

from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.db.utils import ConnectionHandler
from pymongo import errors

from backoffice.db import health
from backoffice.db.health import describe_location, describe_trouble, is_unavailable
from config.databases import database


def with_cause(error, cause):
    error.__cause__ = cause
    return error


AWAY = [
    OperationalError("server closed the connection unexpectedly"),
    InterfaceError("connection already closed"),
    errors.AutoReconnect("connection closed"),
    errors.ServerSelectionTimeoutError("no primary"),
    errors.WTimeoutError("waiting for replication timed out"),
    errors.OperationFailure("Authentication failed.", 18),
    errors.OperationFailure(
        "write conflict", 112, {"errorLabels": ["TransientTransactionError"], "errmsg": ""}
    ),
    with_cause(DatabaseError(), errors.NetworkTimeout("timed out")),
]
NOT = [
    IntegrityError("UNIQUE constraint failed"),
    errors.OperationFailure("unknown operator: $nope", 2),
    errors.DuplicateKeyError("E11000"),
    with_cause(DatabaseError(), errors.OperationFailure("unknown operator: $nope", 2)),
    ValueError("no"),
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_outages_are_recognised(error):
    assert is_unavailable(error)
    assert describe_trouble(error).startswith("The database cannot be used (")


@pytest.mark.parametrize("error", NOT, ids=repr)
def test_other_errors_are_no_outages(error):
    assert not is_unavailable(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            errors.ServerSelectionTimeoutError(
                "db:27017: [Errno 111] Connection refused (configured timeouts: socketTimeoutMS: 2.0ms), Timeout: 1s"
            ),
            "db:27017: [Errno 111] Connection refused",
        ),
        (
            with_cause(
                DatabaseError(), errors.OperationFailure("full", 18, {"errmsg": "Authentication failed."})
            ),
            "Authentication failed.",
        ),
        (
            OperationalError('connection failed: port 5432 failed: FATAL:  database "x" does not exist\n'),
            'database "x" does not exist',
        ),
        (OperationalError("one\nand\tanother"), "one and another"),
        (OperationalError("x" * 5000), "x" * 299 + "…"),
    ],
    ids=["of a server that is down", "of a password", "of a database", "of lines", "of much text"],
)
def test_the_reason_of_an_outage_is_one_short_line(error, expected):
    with mock.patch.object(health, "_connection_error", return_value=None):
        assert describe_trouble(error) == f"The database cannot be used ({describe_location()}): {expected}"


def test_other_errors_are_described():
    assert describe_trouble(ValueError("no")) == ""
    assert describe_trouble(IntegrityError("UNIQUE constraint failed")) == ""
    assert describe_trouble(ImproperlyConfigured("no\nkey")) == "The settings cannot be used: no key"
    assert "manage.py migrate" in describe_trouble(OperationalError("no such table: people_user"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////srv/desk.sqlite3", "SQLite, /srv/desk.sqlite3"),
        ("postgres://me:secret@db.example.com:6543/desk", "PostgreSQL, db.example.com:6543/desk"),
        ("postgres:///desk", "PostgreSQL, localhost/desk"),
        ("mongodb://me:secret@a:1,b:2/desk?replicaSet=rs0", "MongoDB, a:1,b:2/desk"),
        ("mongodb://a/desk", "MongoDB, a/desk"),
    ],
)
def test_the_described_location_contains_no_password(url, expected):
    with mock.patch.object(health, "connections", ConnectionHandler({"default": database(url)})):
        assert describe_location() == expected
