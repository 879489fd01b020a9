"""Moving a whole database to another one."""

import io
import shutil
import sqlite3
from contextlib import closing

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backoffice.moving.management.commands import move_data
from backoffice.moving.ordering import moved_models
from backoffice.moving.tests.files import make_unusual_records, manage, read_contents, read_rows
from backoffice.moving.workers import MoveWorker


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A database with at least one row of every table, and roles that an administrator has changed."""
    path = tmp_path_factory.mktemp("moving") / "original.sqlite3"
    for words in (["migrate", "--verbosity", "0"], ["demo", "--password", "moth-lantern-cobble"]):
        assert manage(f"sqlite:///{path}", *words).returncode == 0
    make_unusual_records(f"sqlite:///{path}", 100)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("UPDATE auth_group SET name = 'Guests' WHERE name = 'Viewer'")
        database.execute(
            "DELETE FROM auth_group_permissions WHERE group_id = (SELECT id FROM auth_group WHERE name = 'Reseller')"
        )
        database.execute("INSERT INTO django_session VALUES ('key', 'data', '2030-01-01')")
        database.execute(
            "INSERT INTO records_idempotencykey (_id, digest, caller, body_digest, status, record_id, created_at) "
            "VALUES (?, 'digest', 'caller', 'body', 201, ?, '2030-01-01 00:00:00')",
            ["6b0c292de0dae86ee8d79d01"] * 2,
        )
    return path


@pytest.fixture
def paths(original, tmp_path):
    """(a copy of the original, the path of the target)."""
    return shutil.copy(original, tmp_path / "from.sqlite3"), tmp_path / "to.sqlite3"


def move(source, target) -> str:
    output = io.StringIO()
    call_command("move_data", f"sqlite:///{source}", f"sqlite:///{target}", stdout=output)
    return output.getvalue()


def move_error(source, target) -> str:
    with pytest.raises(CommandError) as raised:
        call_command("move_data", source, target, stdout=io.StringIO())
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.deep
@pytest.mark.measured
def test_all_rows_arrive_unchanged(paths):
    source, target = paths
    before = read_contents(source)
    output = move(source, target)
    assert read_contents(target) == before == read_contents(source)
    assert len(before["records_history"]) > 900
    for model in moved_models():
        assert read_rows(source, f"SELECT count(*) FROM {model._meta.db_table}") > [(0,)], model
    assert ("Guests",) in {row[:1] for row in before["roles"]}
    assert read_rows(target, "SELECT * FROM django_session") == []
    assert f"complaints: {len(before['facility_complaint'])}" in output
    assert "source and target are identical" in output
    url = f"sqlite:///{target}"
    assert manage(url, "check_database", "--migrated").returncode == 0
    assert "No changes" in manage(url, "makemigrations", "--check", "--dry-run").stdout
    # A second move into it is refused.
    assert "not empty" in move_error(f"sqlite:///{source}", url)


def interrupt(monkeypatch, at):
    """Interrupt moves after a number of batches. (`tests.proofs.test_move_between_databases` covers `kill -9`.)"""
    progress, batches = move_data.Moving._progress, []

    def counted(self, what, count):
        batches.append(what)
        if len(batches) == at:
            raise KeyboardInterrupt
        progress(self, what, count)

    monkeypatch.setattr(move_data.Moving, "_progress", counted)
    return lambda: monkeypatch.setattr(move_data.Moving, "_progress", progress)


@pytest.mark.deep
@pytest.mark.measured
@pytest.mark.parametrize("at", [1, 20])
def test_an_interrupted_move_is_continued(paths, tmp_path, monkeypatch, at):
    source, target = paths
    monkeypatch.setattr(move_data, "BATCH", 150)
    restore_progress = interrupt(monkeypatch, at)
    with pytest.raises(CommandError, match="Run the same command to continue"):
        move(source, target)
    unfinished = manage(f"sqlite:///{target}", "check_database")
    assert unfinished.returncode == 1
    assert "a part of the data" in unfinished.stderr
    restore_progress()
    other = shutil.copy(source, tmp_path / "other.sqlite3")
    assert "from another database" in move_error(f"sqlite:///{other}", f"sqlite:///{target}")
    assert "unfinished copy" in move_error(f"sqlite:///{target}", f"sqlite:///{tmp_path}/third.sqlite3")
    assert "Continuing" in move(source, target)
    assert read_contents(target) == read_contents(source)


@pytest.mark.deep
@pytest.mark.measured
def test_a_row_that_differs_is_reported(paths, monkeypatch):
    source, target = paths
    restore_progress = interrupt(monkeypatch, 60)
    monkeypatch.setattr(move_data, "BATCH", 150)
    with pytest.raises(CommandError, match="Run the same command to continue"):
        move(source, target)
    restore_progress()
    (complaint,), *_rest = read_rows(source, "SELECT _id FROM facility_complaint")
    with closing(sqlite3.connect(target)) as database, database:
        database.execute("UPDATE facility_complaint SET comment = 'x' WHERE _id = ?", [complaint])
        database.execute("DELETE FROM facility_complainttag WHERE record_id = ?", [complaint])
        database.execute("UPDATE auth_group SET name = 'Other' WHERE name = 'Guests'")
    with pytest.raises(CommandError) as raised:
        move(source, target)
    output = str(raised.value)
    assert f"complaints: {complaint}" in output
    assert "tags of complaints: " in output
    assert 'groups: {"name": "Guests"}' in output
    assert 'groups: {"name": "Other"} (not in the source)' in output
    assert manage(f"sqlite:///{target}", "check_database").returncode == 1


@pytest.mark.deep
@pytest.mark.measured
def test_a_worker_that_was_replaced_cannot_write(paths):
    source, target = (f"sqlite:///{path}" for path in paths)
    with (
        MoveWorker("source", source) as here,
        MoveWorker("target", target) as first,
        MoveWorker("target", target) as second,
    ):
        groups = here.ask("read", step="auth.Group", after="", limit=10)
        first.ask("begin", source="here")
        assert second.ask("begin", source="here")["resumed"]
        with pytest.raises(CommandError, match="taken over"):
            first.ask("write", step="auth.Group", rows=groups)
        assert second.ask("count", step="auth.Group") == 0
        second.ask("write", step="auth.Group", rows=groups)
        assert second.ask("count", step="auth.Group") == len(groups)


@pytest.mark.deep
@pytest.mark.measured
def test_impossible_arguments_are_refused_in_one_line(tmp_path):
    source, target = (f"sqlite:///{tmp_path}/{name}.sqlite3" for name in ("from", "to"))
    (tmp_path / "from.sqlite3").touch()
    assert "same database" in move_error(source, source)
    assert "source: There is no file" in move_error(f"sqlite:///{tmp_path}/typo.sqlite3", target)
    assert not (tmp_path / "typo.sqlite3").exists()
    assert "source: DATABASE_URL" in move_error("oracle://somewhere", target)


@pytest.mark.deep
@pytest.mark.measured
def test_source_and_target_must_be_databases_of_the_product(paths, tmp_path):
    source, target = (f"sqlite:///{path}" for path in paths)
    assert "target: DATABASE_URL" in move_error(source, "oracle://somewhere")
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as database, database:
        database.execute("CREATE TABLE songs (name)")
    assert "another application" in move_error(source, f"sqlite:///{tmp_path}/other.sqlite3")
    assert "Migrations are missing" in move_error(f"sqlite:///{tmp_path}/other.sqlite3", target)
    assert "unable to open" in move_error(source, f"sqlite:///{tmp_path}/no/where.sqlite3")
