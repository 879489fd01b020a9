"""Database timeouts, and the precedence of parameters in the URL."""

import pytest

from config.databases import database, set_server_timeouts


def options_of(url: str, *, is_served: bool = True) -> dict:
    settings = database(url)
    if is_served:
        set_server_timeouts(settings)
    return settings["OPTIONS"]


def test_postgresql_waits_are_bounded():
    options = options_of("postgres://caretaker@db.example.com/caretaker")
    assert {name: options[name] for name in ("connect_timeout", "tcp_user_timeout", "keepalives")} == {
        "connect_timeout": 10, "tcp_user_timeout": 10_000, "keepalives": 1,
    }  # fmt: skip
    assert options["options"] == "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"


def test_parameters_of_the_postgresql_url_take_precedence():
    query = "connect_timeout=3&tcp_user_timeout=99&keepalives_idle=7&options=-c%20statement_timeout%3D5"
    options = options_of(f"postgres://caretaker@db.example.com/caretaker?{query}")
    assert (
        int(options["connect_timeout"]),
        int(options["tcp_user_timeout"]),
        int(options["keepalives_idle"]),
    ) == (3, 99, 7)
    assert options["options"].endswith(" -c statement_timeout=5")  # the last one counts
    assert options_of("postgres://caretaker@db.example.com/caretaker?options=")["options"] == ""


def test_sqlite_waits_are_bounded():
    url = "sqlite:///caretaker.sqlite3"
    assert (options_of(url)["timeout"], options_of(url, is_served=False)["timeout"]) == (10, 20)


def test_commands_have_no_timeouts():
    options = options_of("postgres://caretaker@db.example.com/caretaker", is_served=False)
    assert "options" not in options
    assert "tcp_user_timeout" in options
    assert "socketTimeoutMS" not in options_of("mongodb://db.example.com/caretaker", is_served=False)


def test_mongodb_waits_are_bounded():
    options = options_of("mongodb://db.example.com/caretaker")
    assert options == {
        "serverSelectionTimeoutMS": 10_000, "connectTimeoutMS": 10_000, "waitQueueTimeoutMS": 10_000,
        "socketTimeoutMS": 30_000,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["serverSelectionTimeoutMS", "socketTimeoutMS", "waitqueuetimeoutms"])
def test_parameters_of_the_mongodb_url_take_precedence(name):
    options = options_of(f"mongodb://db.example.com/caretaker?{name}=77")
    assert name.lower() not in {key.lower() for key in options}
