"""Django's database settings, derived from `DATABASE_URL`."""

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
CONNECT_TIMEOUT = 10
"""Seconds to wait for a database server, and in server processes for SQLite's write lock."""
SERVER_QUERY_TIMEOUT = 30
"""Seconds for one query in server processes."""


_KEEP_ALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3}
"""libpq's parameters: an idle connection to a dead server is detected after 45 s."""
UNACKNOWLEDGED_MS = 10_000
"""How long data sent to PostgreSQL may stay unacknowledged before the connection is closed."""
_SERVED = {"statement_timeout": SERVER_QUERY_TIMEOUT * 1000, "idle_in_transaction_session_timeout": 60_000}
"""PostgreSQL's timeouts in ms for server processes. Commands may take longer."""


class UnusableURL(ValueError):
    """DATABASE_URL is not valid. The message is one line and does not contain the password."""


def database(url: str, *, threads: int = 4) -> dict:
    """Return the entry of DATABASES for a URL, for processes with this number of threads. Raises
    UnusableURL."""
    kind = _SCHEMES.get(url.partition(":")[0])
    if kind is None:
        raise UnusableURL(f"DATABASE_URL names an unsupported database. Write {_EXAMPLES}.")
    try:
        return {"sqlite": _sqlite, "postgres": _postgres, "mongodb": _mongodb}[kind](url, threads)
    except UnusableURL:
        raise
    except (ValueError, TypeError, LookupError):
        raise UnusableURL(f"DATABASE_URL cannot be read. Write {_EXAMPLES}.") from None


def _sqlite(url: str, threads: int) -> dict:
    config = environ.Env.db_url_config(url)
    return {
        "ENGINE": config["ENGINE"],
        "NAME": config["NAME"],
        # Keep connections open: opening one for each request is slow (see docs/performance.md).
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Django itself switches foreign keys on. A large WAL makes checkpoints, which wait for the disk,
            # rare.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            # Overwrite deleted data with zeros, the default of Debian's SQLite.
            "PRAGMA secure_delete=ON; "
            f"PRAGMA wal_autocheckpoint={_wal_pages(config['NAME'])};",
            # A transaction that reads before it writes could not wait for another writer.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


def _wal_pages(path: str) -> int:
    """Return the size of the WAL in pages at which it is checkpointed: 32 MB, or less if the disk is nearly
    full."""
    try:
        free = shutil.disk_usage(Path(path).parent).free
    except OSError:
        return WAL_PAGES
    return max(100, min(WAL_PAGES, free // (8 * PAGE_BYTES)))


def _postgres(url: str, threads: int) -> dict:
    config = environ.Env.db_url_config(url)
    if not config["NAME"]:
        raise UnusableURL("DATABASE_URL names no database. Write postgres://user:password@host/caretaker.")
    options = config.pop("OPTIONS", {})
    waits = {"connect_timeout": CONNECT_TIMEOUT, "tcp_user_timeout": UNACKNOWLEDGED_MS, **_KEEP_ALIVE}
    options = waits | options
    if "options" in parse_qs(urlsplit(url).query, keep_blank_values=True):
        options.setdefault("options", "")  # the URL parser drops empty parameters
    # psycopg prepares a statement on the server after this many executions.
    options.setdefault("prepare_threshold", 5)
    # The pool keeps connections open, so CONN_MAX_AGE must stay off.
    options["pool"] = {"min_size": 1, "max_size": 2 * threads, "timeout": CONNECT_TIMEOUT}
    return config | {"CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _mongodb(url: str, threads: int) -> dict:
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    if not parts.netloc or not name:
        raise UnusableURL(
            "DATABASE_URL names no server or no database. Write mongodb://user:password@host/caretaker."
        )
    url_params = {key.lower() for key in parse_qs(parts.query)}
    waits = {"serverSelectionTimeoutMS", "connectTimeoutMS", "waitQueueTimeoutMS"}
    return {
        "ENGINE": MONGODB,
        "HOST": url,
        "NAME": name,
        # Options override the URL, so do not repeat parameters of the URL.
        "OPTIONS": {key: CONNECT_TIMEOUT * 1000 for key in waits if key.lower() not in url_params},
    }


def set_server_timeouts(settings: dict) -> None:
    """Set timeouts for a server process in an entry of DATABASES, before the first connection. Parameters of
    the URL take precedence. Commands, such as migrations, have no such timeouts."""
    options = settings["OPTIONS"]
    if settings["ENGINE"] == MONGODB:
        url_params = {key.lower() for key in parse_qs(urlsplit(settings["HOST"]).query)}
        if "sockettimeoutms" not in url_params:
            options.setdefault("socketTimeoutMS", SERVER_QUERY_TIMEOUT * 1000)
    elif "sqlite" in settings["ENGINE"]:
        options["timeout"] = CONNECT_TIMEOUT
    elif options.get("options", True):  # PgBouncer accepts none: an empty `?options=` disables them
        defaults = " ".join(f"-c {name}={value}" for name, value in _SERVED.items())
        options["options"] = f"{defaults} {options.get('options', '')}".strip()


def contrib_key_settings(engine: str) -> dict:
    """Return the settings for primary keys of Django's own apps: integers, or ObjectIds on MongoDB, where
    `config.mongodb` replaces the migrations of these apps."""
    if engine != MONGODB:
        return {"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"}
    return {
        "DEFAULT_AUTO_FIELD": "django_mongodb_backend.fields.ObjectIdAutoField",
        "MIGRATION_MODULES": {
            app: f"config.mongodb.migrations.{app}" for app in ("admin", "auth", "contenttypes")
        },
    }


def replace_contrib_apps(engine: str, apps: list[str]) -> list[str]:
    """Return the installed apps. On MongoDB, replace those of Django that require integer keys."""
    if engine != MONGODB:
        return apps
    replaced = {
        "backoffice.admin.apps.SiteConfig": "config.mongodb.apps.MongoSiteConfig",
        "django.contrib.auth": "config.mongodb.apps.MongoAuthConfig",
        "django.contrib.contenttypes": "config.mongodb.apps.MongoContentTypesConfig",
    }
    return [*(replaced.get(app, app) for app in apps), "django_mongodb_backend"]
