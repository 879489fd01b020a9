"""The databases of the measured systems: each a file of SQLite, or a database on the PostgreSQL server of
TEST_DATABASE_URL. The peers import this module too, so it does not need Django."""

import os
import sqlite3
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; PRAGMA wal_autocheckpoint=8000;"


class Refused(Exception):
    """The configured server cannot be measured."""


def server() -> str:
    """Return the URL of the server; empty for SQLite files."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if url and not is_postgres(url):
        raise Refused("Benchmarks run on SQLite, or on PostgreSQL with TEST_DATABASE_URL=postgres://…")
    return url


def is_postgres(url: str) -> bool:
    return url.startswith("postgres")


def path_of(url: str) -> str:
    """Return the path of an SQLite URL."""
    return urlsplit(url).path.removeprefix("/")


@contextmanager
def databases(systems: list[str]):
    """Yield the URL of each system's database. Files are kept for `--kept`; databases on a server are dropped
    at the end."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    url = server()
    if not url:
        yield {system: f"sqlite:///{file_of(system)}" for system in systems}
        return
    from scripts.throwaway_servers import another_database

    with ExitStack() as stack:
        yield {system: stack.enter_context(another_database(FOLDER, url)) for system in systems}


def file_of(system: str) -> Path:
    return FOLDER / f"{system}.sqlite3"


def connect(url: str):
    """Return an autocommit connection of `sqlite3` or psycopg; both have `execute`. Both return timestamps
    and JSON as text."""
    if not is_postgres(url):
        connection = sqlite3.connect(path_of(url), isolation_level=None)
        connection.executescript(PRAGMAS)
        return connection
    import psycopg
    from psycopg.types.string import TextLoader

    connection = psycopg.connect(url, autocommit=True)
    for name in ("timestamptz", "jsonb"):
        connection.adapters.register_loader(name, TextLoader)
    return connection


def with_placeholders(sql: str, url: str) -> str:
    """Return SQL with the database's placeholders in place of question marks."""
    return sql.replace("?", "%s") if is_postgres(url) else sql


def name_and_version(url: str) -> str:
    connection = connect(url)
    if is_postgres(url):
        return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0]}"
    return f"SQLite {sqlite3.sqlite_version}"


def gather_statistics(url: str) -> None:
    """Gather statistics for the query planner, as PostgreSQL's autovacuum does within minutes; SQLite only
    does it on request."""
    connect(url).execute("VACUUM ANALYZE" if is_postgres(url) else "ANALYZE")


class Busy:
    """The CPU time of a database server: of a local PostgreSQL server, that of its backends for this
    database, without parallel workers (PGOPTIONS="-c max_parallel_workers_per_gather=0" disables these). Zero
    for SQLite, which runs in the measured process."""

    def __init__(self, url: str):
        is_local = is_postgres(url) and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self.connection = connect(url) if is_local else None

    def seconds(self) -> float:
        if self.connection is None:
            return 0.0
        query = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        seconds = 0.0
        for (pid,) in self.connection.execute(query).fetchall():
            with suppress(OSError):  # the process has ended
                seconds += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        return seconds
