"""Where the records are: what `DATABASE_URL` says, as Django's settings."""

import shutil
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import environ

MONGODB = "django_mongodb_backend"
_SCHEMES = {
    "sqlite": "sqlite",
    "postgres": "postgres",
    "postgresql": "postgres",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
}
_EXAMPLES = (
    "sqlite:////srv/caretaker.sqlite3, postgres://user:password@host/caretaker or mongodb://host/caretaker"
)
WAL_PAGES = 8000
PAGE_BYTES = 4096
PATIENCE = 10
"""Seconds to wait for a server before saying that it is not there; in what answers requests, for SQLite's writer, too."""
SERVED_TIMEOUT = 30
"""Seconds for one query of what answers requests."""


_KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3}
"""libpq's: a server that vanished is noticed 45 s after the last word, with nothing to say to it."""
UNACKNOWLEDGED_MS = 10_000
"""How long what was sent to PostgreSQL may stay unacknowledged: then its host is gone."""
_SERVED = {"statement_timeout": SERVED_TIMEOUT * 1000, "idle_in_transaction_session_timeout": 60_000}
"""PostgreSQL's, in ms, for what answers requests. Commands may take longer."""


class UnusableURL(ValueError):
    """Says in one line what is wrong with a DATABASE_URL; the password is not part of it."""


def database(url: str, *, threads: int = 4) -> dict:
    """The entry of Django's DATABASES for a URL, for processes of so many threads. Raises UnusableURL."""
    kind = _SCHEMES.get(url.partition(":")[0])
    if kind is None:
        raise UnusableURL(f"DATABASE_URL is of no database that this speaks. Write {_EXAMPLES}.")
    try:
        return {"sqlite": _sqlite, "postgres": _postgres, "mongodb": _mongodb}[kind](url, threads)
    except UnusableURL:
        raise
    except (ValueError, TypeError, LookupError):
        raise UnusableURL(f"DATABASE_URL cannot be read. Write {_EXAMPLES}.") from None


def _sqlite(url: str, threads: int) -> dict:
    found = environ.Env.db_url_config(url)
    return {
        "ENGINE": found["ENGINE"],
        "NAME": found["NAME"],
        # A new connection for each request would cost 1.2 ms.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # (Django itself switches foreign keys on.) What was written is moved into the file, and the disk waited
            # for, once there are 32 MB of it: whoever writes would otherwise wait every sixty changes.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            # What is deleted is overwritten with zeros, as Debian's SQLite does by itself.
            "PRAGMA secure_delete=ON; "
            f"PRAGMA wal_autocheckpoint={_wal_pages(found['NAME'])};",
            # A transaction that reads first and writes then could not wait for another writer.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


def _wal_pages(path: str) -> int:
    """After how many pages the log of writes is moved into the file: 32 MB of them, and less where the disk has
    little room, which the log would fill."""
    try:
        free = shutil.disk_usage(Path(path).parent).free
    except OSError:
        return WAL_PAGES
    return max(100, min(WAL_PAGES, free // (8 * PAGE_BYTES)))


def _postgres(url: str, threads: int) -> dict:
    found = environ.Env.db_url_config(url)
    if not found["NAME"]:
        raise UnusableURL("DATABASE_URL names no database. Write postgres://user:password@host/caretaker.")
    options = found.pop("OPTIONS", {})
    waits = {"connect_timeout": PATIENCE, "tcp_user_timeout": UNACKNOWLEDGED_MS, **_KEEP_ALIVE}
    options = waits | options
    if "options" in parse_qs(urlsplit(url).query, keep_blank_values=True):
        options.setdefault("options", "")  # empty in the URL, which the parser of URLs leaves out
    # What is looked up all the time is planned once (`backoffice.db.compat.planned_once`).
    options.setdefault("prepare_threshold", 5)
    # The pool keeps connections: Django's own keeping of them (CONN_MAX_AGE) must be off.
    options["pool"] = {"min_size": 1, "max_size": 2 * threads, "timeout": PATIENCE}
    return found | {"CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _mongodb(url: str, threads: int) -> dict:
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    if not parts.netloc or not name:
        raise UnusableURL(
            "DATABASE_URL names no server or no database. Write mongodb://user:password@host/caretaker."
        )
    given = {key.lower() for key in parse_qs(parts.query)}
    waits = {"serverSelectionTimeoutMS", "connectTimeoutMS", "waitQueueTimeoutMS"}
    return {
        "ENGINE": MONGODB,
        "HOST": url,
        "NAME": name,
        # What is said here takes the place of what the URL says.
        "OPTIONS": {key: PATIENCE * 1000 for key in waits if key.lower() not in given},
    }


def bound_waits(settings: dict) -> None:
    """Bound how long a process that answers requests waits for its database: a change to an entry of DATABASES, before
    the first connection. What the URL says wins. (Commands, such as migrations, may take their time.)"""
    options = settings["OPTIONS"]
    if settings["ENGINE"] == MONGODB:
        given = {key.lower() for key in parse_qs(urlsplit(settings["HOST"]).query)}
        if "sockettimeoutms" not in given:
            options.setdefault("socketTimeoutMS", SERVED_TIMEOUT * 1000)
    elif "sqlite" in settings["ENGINE"]:
        options["timeout"] = PATIENCE
    elif options.get("options", True):  # PgBouncer takes none: `?options=` leaves ours out
        ours = " ".join(f"-c {name}={value}" for name, value in _SERVED.items())
        options["options"] = f"{ours} {options.get('options', '')}".strip()


def keys_of_contrib(engine: str) -> dict:
    """The settings by which the tables of Django's own apps get keys that the database can make: integers, or
    ObjectIds on MongoDB, where those apps' own migrations cannot run and `config.mongodb` has others."""
    if engine != MONGODB:
        return {"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"}
    return {
        "DEFAULT_AUTO_FIELD": "django_mongodb_backend.fields.ObjectIdAutoField",
        "MIGRATION_MODULES": {
            app: f"config.mongodb.migrations.{app}" for app in ("admin", "auth", "contenttypes")
        },
    }


def with_keys_of_contrib(engine: str, apps: list[str]) -> list[str]:
    """The installed apps, those of Django's that would ask for integer keys replaced on MongoDB."""
    if engine != MONGODB:
        return apps
    replaced = {
        "backoffice.admin.apps.SiteConfig": "config.mongodb.apps.SiteConfig",
        "django.contrib.auth": "config.mongodb.apps.AuthConfig",
        "django.contrib.contenttypes": "config.mongodb.apps.ContentTypesConfig",
    }
    return [*(replaced.get(app, app) for app in apps), "django_mongodb_backend"]
