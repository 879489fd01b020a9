"""Where those that are measured keep their records: each in a file of SQLite, or in a database of its own on the
PostgreSQL server of TEST_DATABASE_URL. Whoever is measured reads this, too, so it needs no Django."""

import os
import sqlite3
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; PRAGMA wal_autocheckpoint=8000;"


class Refused(Exception):
    """Says which server cannot be measured."""


def server() -> str:
    """The URL of the server; nothing for files of SQLite."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if url and not is_postgres(url):
        raise Refused("What is measured runs on SQLite, or on PostgreSQL by TEST_DATABASE_URL=postgres://…")
    return url


def is_postgres(url: str) -> bool:
    return url.startswith("postgres")


def path_of(url: str) -> str:
    """The file of an SQLite URL."""
    return urlsplit(url).path.removeprefix("/")


@contextmanager
def databases(systems: list[str]):
    """The URL of each one's database. Files stay, for `--kept`; what is made on a server is dropped at the end."""
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
    """A connection that commits each statement by itself, of `sqlite3` or psycopg: both have `execute`. Moments and
    JSON come as text from both."""
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


def marked(sql: str, url: str) -> str:
    """SQL with its question marks as the database writes them."""
    return sql.replace("?", "%s") if is_postgres(url) else sql


def name_and_version(url: str) -> str:
    connection = connect(url)
    if is_postgres(url):
        return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0]}"
    return f"SQLite {sqlite3.sqlite_version}"


def gather_statistics(url: str) -> None:
    """What PostgreSQL's autovacuum does within minutes of being idle: planning by what there is, and looking into
    indexes only where it can. SQLite does it when it is told to."""
    connect(url).execute("VACUUM ANALYZE" if is_postgres(url) else "ANALYZE")


class Busy:
    """How much of the processor a database has used: of a PostgreSQL server on this machine, its processes' for this
    database, but not their helpers' (PGOPTIONS="-c max_parallel_workers_per_gather=0" does without these). Of SQLite
    nothing: it works within the process that asks."""

    def __init__(self, url: str):
        near = is_postgres(url) and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self.connection = connect(url) if near else None

    def seconds(self) -> float:
        if self.connection is None:
            return 0.0
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        found = 0.0
        for (pid,) in self.connection.execute(asked).fetchall():
            with suppress(OSError):  # it has ended
                found += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        return found
