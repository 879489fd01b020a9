"""The order of requests of one process, and of writers to one SQLite file."""

import io
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import ConnectionHandler, OperationalError

from backoffice.db import patches, transactions, writers
from config.databases import database
from config.serving import request_serialization
from config.serving.request_serialization import LONGEST_WAIT, serialize_requests


@pytest.fixture(autouse=True)
def fresh_writers(monkeypatch):
    """Separate writers without a limit: importing `config.wsgi` in this process may have set one."""
    monkeypatch.setattr(patches, "writers", writers._Writers())
    monkeypatch.setattr(writers, "writers", patches.writers)


class Body(io.BytesIO):
    """A request body that arrives when it is released."""

    def __init__(self, content=b"{}", comes=None):
        super().__init__(content)
        self.comes = comes

    def read(self, *size):
        if self.comes:
            assert self.comes.wait(5)
        return super().read(*size)


def environ_with(body: Body) -> dict:
    return {"CONTENT_LENGTH": str(len(body.getvalue())), "wsgi.input": body}


def test_short_requests_never_run_concurrently(monkeypatch):
    monkeypatch.setattr(request_serialization, "LONGEST_WAIT", 5)  # generous, because a busy machine is slow
    at_once, most = [], []

    def application(environ, start_response):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(LONGEST_WAIT / 20)
        at_once.pop()
        return [environ["wsgi.input"].read()]

    answer = serialize_requests(application)
    with ThreadPoolExecutor(4) as crowd:
        answers = [crowd.submit(answer, environ_with(Body(b"%d" % nth)), None) for nth in range(12)]
        assert [answered.result() for answered in answers] == [[b"%d" % nth] for nth in range(12)]
    assert (max(most), len(most)) == (1, 12)


@pytest.mark.parametrize("failing", [True, False])
def test_a_long_request_delays_others_briefly(failing):
    may_end = threading.Event()

    def application(environ, start_response):
        if environ.get("long"):
            assert may_end.wait(5)
            if failing:
                raise ValueError
        return []

    answer = serialize_requests(application)
    with ThreadPoolExecutor(1) as crowd:
        long = crowd.submit(answer, {"long": True}, None)
        time.sleep(0.01)
        began = time.monotonic()
        assert answer({"CONTENT_LENGTH": ""}, None) == []
        assert LONGEST_WAIT / 2 < time.monotonic() - began < 2
        assert not long.done()
        may_end.set()
        assert isinstance(long.exception(), ValueError) if failing else long.result() == []
    # The request that did not wait released no lock, and the long one released its own.
    began = time.monotonic()
    assert answer({}, None) == []
    assert time.monotonic() - began < LONGEST_WAIT


def test_a_request_with_a_slow_body_does_not_block_others():
    comes, begun = threading.Event(), []

    def application(environ, start_response):
        begun.append(environ["wsgi.input"].read())
        return []

    answer = serialize_requests(application)
    with ThreadPoolExecutor(1) as crowd:
        slow = crowd.submit(answer, environ_with(Body(b"slow", comes)), None)
        began = time.monotonic()
        answer(environ_with(Body(b"quick")), None)
        assert time.monotonic() - began < LONGEST_WAIT
        assert begun == [b"quick"]
        comes.set()
        slow.result()
    assert begun == [b"quick", b"slow"]


@pytest.fixture
def own_connection(tmp_path, django_db_blocker):
    """A connection to a SQLite file with the product's settings, but a timeout of a fifth of a second."""
    settings = database(f"sqlite:///{tmp_path / 'turns.sqlite3'}")
    settings["OPTIONS"]["timeout"] = 0.2
    connection = ConnectionHandler({"default": settings})["default"]
    with django_db_blocker.unblock():
        connection.cursor().execute("CREATE TABLE thing (name)")
        yield connection
        connection.close()


@pytest.fixture
def other_connection(own_connection):
    connection = sqlite3.connect(
        own_connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False
    )
    yield connection
    connection.close()


def write(connection) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        connection.cursor().execute("INSERT INTO thing VALUES ('x')")
        connection.commit()
    finally:
        connection.set_autocommit(True)


def test_a_waiting_writer_retries_soon(own_connection, other_connection, monkeypatch):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 5:
            other_connection.rollback()

    other_connection.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(patches.time, "sleep", sleep)
    write(own_connection)
    # SQLite itself would sleep for 1, 2, 5, 10 and 15 ms.
    assert len(slept) == 5
    assert sum(slept) < 0.005
    assert own_connection.cursor().execute("SELECT count(*) FROM thing").fetchone() == (1,)


@pytest.mark.slow
def test_a_writer_that_waits_too_long_fails_and_can_retry(own_connection, other_connection):
    other_connection.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(OperationalError, match="locked"):
        write(own_connection)
    assert 0.2 <= time.monotonic() - began < 2
    other_connection.rollback()
    write(own_connection)
    assert other_connection.execute("SELECT count(*) FROM thing").fetchone() == (1,)
    assert own_connection.cursor().execute("PRAGMA busy_timeout").fetchone() == (200,)


def test_errors_other_than_locks_are_raised_at_once(own_connection):
    own_connection.connection.execute("BEGIN")
    began = time.monotonic()
    with pytest.raises(OperationalError, match="within a transaction"):
        write(own_connection)
    assert time.monotonic() - began < 0.1


@pytest.fixture
def limited(fresh_writers):
    """The setup of a server process."""
    writers.limit_waiting_writers()


@pytest.mark.faults
def test_only_some_threads_wait_for_a_long_writer(limited, tmp_path, django_db_blocker, monkeypatch):
    """With any number of writers, four wait and the others fail soon. Afterwards all can write again."""
    monkeypatch.setattr(writers, "STUCK_SECONDS", 0.05)
    settings = database(f"sqlite:///{tmp_path / 'turns.sqlite3'}")
    settings["OPTIONS"]["timeout"] = 20
    outcomes, began = [], time.monotonic()

    def attempt():
        connection = ConnectionHandler({"default": settings})["default"]
        with django_db_blocker.unblock():
            try:
                write(connection)
                outcomes.append("written")
            except OperationalError as error:
                assert "locked" in str(error)
                outcomes.append("told")
            finally:
                connection.close()

    another = sqlite3.connect(settings["NAME"], isolation_level=None)
    another.execute("PRAGMA journal_mode=WAL")
    another.execute("CREATE TABLE thing (name)")
    another.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(12) as crowd:
        futures = [crowd.submit(attempt) for _ in range(12)]
        while len(outcomes) < 8 and time.monotonic() - began < 15:
            time.sleep(0.01)
        assert outcomes == ["told"] * 8
        another.rollback()
        for future in futures:
            future.result()
    another.close()
    assert outcomes[8:] == ["written"] * 4
    attempt()
    assert outcomes[-1] == "written"


@pytest.mark.faults
def test_reading_with_a_key_does_not_wait_for_a_writer(own_connection, other_connection, monkeypatch):
    """The use of the key is recorded only while there is no writer."""
    monkeypatch.setattr(transactions, "own_connection", lambda: own_connection)
    other_connection.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(OperationalError, match="locked"), transactions.fail_if_locked():
        own_connection.cursor().execute("INSERT INTO thing VALUES ('x')")
    assert time.monotonic() - began < 0.2
    assert own_connection.cursor().execute("PRAGMA busy_timeout").fetchone() == (200,)
    other_connection.rollback()
    with transactions.fail_if_locked():
        own_connection.cursor().execute("INSERT INTO thing VALUES ('x')")


@pytest.mark.parametrize(("timeout", "expected"), [(20, 2000), (0.2, 200)])
def test_a_single_statement_of_a_request_has_a_short_timeout(
    timeout, expected, limited, tmp_path, django_db_blocker
):
    """Nor longer than the settings allow."""
    settings = database(f"sqlite:///{tmp_path / 'turns.sqlite3'}")
    settings["OPTIONS"]["timeout"] = timeout
    connection = ConnectionHandler({"default": settings})["default"]
    with django_db_blocker.unblock():
        connection.cursor().execute("CREATE TABLE thing (name)")
        write(connection)
        assert connection.cursor().execute("PRAGMA busy_timeout").fetchone() == (expected,)
        connection.close()


def test_many_short_writers_all_wait(limited, own_connection, tmp_path):
    """The limit applies to a single writer that holds the lock, not to many short writers in turn."""
    writers.writers._since = {number: time.monotonic() - 100 for number in range(20)}
    writers.writers.last_begin = time.monotonic()
    assert not writers.writers.is_too_many(time.monotonic())
    writers.writers.last_begin = time.monotonic() - 10
    assert writers.writers.is_too_many(time.monotonic())
    assert not writers.writers.is_too_many(time.monotonic() - 1000)  # among the first
