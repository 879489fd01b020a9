"""SQLite databases for move tests, and comparison of their contents."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

from django.conf import settings

OWN_KEYS = (
    "auth_group", "auth_permission", "auth_group_permissions", "people_user_groups", "people_user_user_permissions",
    "django_content_type", "django_migrations", "django_session",
    "signin_usersession", "sqlite_sequence", "moving_move",
    "records_keyfingerprint",
)  # fmt: skip
"""Tables whose rows have different primary keys in each database."""
INDEX_INTERNALS = re.compile("_words(_(config|content|data|docsize|idx|of))?$")
"""The internal tables of a full-text index, which depend on the order of changes; `read_index_words` compares their
content."""


def manage(url, *words):
    """Run a management command on a database, in a process of its own."""
    env = {**os.environ, "DATABASE_URL": str(url), "DJANGO_SETTINGS_MODULE": "config.test_settings"}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True
    )


def make_unusual_records(url, records: int) -> None:
    """Add records with unusual values to the demo data, and at least one row of every table."""
    env = {**os.environ, "DATABASE_URL": str(url), "DJANGO_SETTINGS_MODULE": "config.test_settings"}
    words = [sys.executable, "-m", "tests.support.unusual_records", str(records)]
    subprocess.run(words, cwd=settings.BASE_DIR, env=env, check=True)


def sorted_json(value):
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(json.loads(value), sort_keys=True)
    return value


def read_rows(path, query, normalize=lambda value: value) -> list:
    with closing(sqlite3.connect(path)) as database:
        found = [tuple(map(normalize, row)) for row in database.execute(query)]
    return sorted(found, key=repr)


def read_index_words(path, index) -> list:
    """Return which record has which word. (The index stores no texts; FTS5 shows its words through an
    `fts5vocab` table.)"""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE VIRTUAL TABLE temp.looked USING fts5vocab(main, {index}, instance)")
        return sorted(database.execute(f"SELECT record, term FROM looked JOIN {index}_of ON id = doc"))


def read_contents(path) -> dict[str, list]:
    """Return the whole content of a database except what differs in each one. (Keys of JSON objects are
    sorted, because not every database keeps their order.)"""
    tables = [name for (name,) in read_rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        name: read_rows(path, f"SELECT * FROM {name}")
        for name in tables
        if name not in OWN_KEYS and not INDEX_INTERNALS.search(name)
    }
    for name in tables:
        if name.endswith("_words"):
            found[name] = read_index_words(path, name)
            assert found[name] or not found[name.removesuffix("_words")]
    found["facility_complaint"] = read_rows(path, "SELECT * FROM facility_complaint", sorted_json)
    found["roles"] = read_rows(
        path,
        "SELECT g.name, t.app_label, p.codename, p.name FROM auth_group g"
        " LEFT JOIN auth_group_permissions l ON l.group_id = g.id"
        " LEFT JOIN auth_permission p ON p.id = l.permission_id"
        " LEFT JOIN django_content_type t ON t.id = p.content_type_id",
    )
    found["holders"] = read_rows(
        path,
        "SELECT l.user_id, g.name FROM people_user_groups l JOIN auth_group g ON g.id = l.group_id",
    )
    found["permissions of one's own"] = read_rows(
        path,
        "SELECT l.user_id, t.app_label, p.codename FROM people_user_user_permissions l"
        " JOIN auth_permission p ON p.id = l.permission_id"
        " JOIN django_content_type t ON t.id = p.content_type_id",
    )
    found["permissions"] = read_rows(
        path,
        "SELECT t.app_label, t.model, p.codename, p.name FROM auth_permission p"
        " JOIN django_content_type t ON t.id = p.content_type_id",
    )
    return found
