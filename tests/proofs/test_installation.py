"""Installation as an operator would do it: without make, with the data outside the source tree, below a path
of a site."""

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.db import OperationalError, connection

from backoffice.db.health import describe_trouble, probe_writing
from scripts.throwaway_servers import free_port

PROJECT_ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".venv-bench",
    "var",
    "*.mo",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    ".env",
    ".coverage*",
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A copy of the source tree, as a clone has it, and the environment of an installation next to it."""
    tree = tmp_path_factory.mktemp("installation") / "source"
    shutil.copytree(PROJECT_ROOT, tree, ignore=LEFT_BEHIND)
    var = tree.parent / "data"
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = kept | {"VAR_DIR": str(var), "PYTHONDONTWRITEBYTECODE": "1"}
    return tree, var, environment


def run(tree, environment, *words, **how):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        **how,
    )


def names_in(tree) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}


@pytest.mark.deep
def test_two_django_commands_install_it_and_it_runs_in_danish_below_a_path(installation):
    tree, var, environment = installation
    before = names_in(tree)
    for words in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        done = run(tree, environment, *words)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    written = names_in(tree) - before
    assert {Path(name).suffix for name in written} <= {
        ".mo"
    }  # the message catalogues, where the tree is writable
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    for name in ("caretaker.sqlite3", "secret_key", "secrets_hash_key", "field_keys"):
        assert stat.S_IMODE((var / name).stat().st_mode) == 0o600, name
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"],
        cwd=tree,
        env=environment | {"SCRIPT_NAME": "/desk", "PORT": str(free_port()), "WEB_CONCURRENCY": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        host = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())[0]
        request = Request(f"{host}/desk/sign-in", headers={"Accept-Language": "da"})
        with urlopen(request, timeout=30) as answer:
            page = answer.read().decode()
        assert "Adgangskode" in page
        files = re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg|png))"', page)
        assert files
        manifest = re.search(r'rel="manifest" href="([^"]+)"', page)[1]
        assert manifest == "/desk/manifest.webmanifest"
        with urlopen(host + manifest, timeout=30) as answer:
            manifest = json.load(answer)
        assert (manifest["start_url"], manifest["scope"]) == ("/desk/", "/desk/")
        with urlopen(f"{host}/desk/favicon.ico", timeout=30) as answer:
            assert answer.headers["Content-Type"] == "image/png"
        for path in [*files, *(icon["src"] for icon in manifest["icons"])]:
            assert re.fullmatch(r"/desk/static/.+\.[0-9a-f]{12}\.\w+", path), path
            with urlopen(host + path, timeout=30) as answer:
                assert answer.status == 200
    finally:
        os.killpg(server.pid, signal.SIGINT)
        _output, complained = server.communicate(timeout=40)
    assert "Traceback" not in complained


@pytest.mark.deep
def test_translations_are_compiled_outside_a_read_only_source_tree(installation, tmp_path):
    tree, _var, environment = installation
    for compiled in tree.rglob("*.mo"):
        compiled.unlink()
    for folder in tree.glob("locale/*/LC_MESSAGES"):
        (folder / f".django.mo.{os.getpid()}").mkdir()
    # (Root can write everywhere, so a folder takes the place of the file.)
    look = (
        "import os; from pathlib import Path; real = os.getpid; from config import compile_messages; "
        f"os.getpid = lambda: {os.getpid()}; "
        f"print(compile_messages.ensure_compiled(compile_messages.LOCALE, Path({str(tmp_path)!r}))[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=tree, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == str(tmp_path), done.stderr
    assert len(list(tmp_path.rglob("*.mo"))) == 2


@pytest.mark.deep
@pytest.mark.parametrize("what", ["empty key", "damage", "no static files", "no folder"])
def test_an_impossible_installation_is_reported_in_one_line(what, installation, tmp_path):
    tree, _var, environment = installation
    environment = environment | {"VAR_DIR": str(tmp_path / "data")}
    if what != "no folder":
        assert run(tree, environment, "migrate", "--verbosity", "0").returncode == 0
    database = tmp_path / "data" / "caretaker.sqlite3"
    if what == "empty key":
        (tmp_path / "data" / "secret_key").write_text("")
    elif what == "damage":
        damage(database)
    elif what == "no folder":
        environment["VAR_DIR"] = "/proc/nowhere"
    done = run(tree, environment, "check_database", "--migrated")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    messages = {
        "empty key": "secret_key is empty",
        "damage": "The database is damaged",
        "no static files": "collectstatic",
        "no folder": "unable to open database file",
    }
    assert messages[what] in done.stderr


def damage(path: Path) -> None:
    """Put the rows of a page of a table out of order."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        root = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'auth_permission'"
        ).fetchone()[0]
        size = database.execute("PRAGMA page_size").fetchone()[0]
        leaf = root
    with path.open("r+b") as file:
        file.seek((leaf - 1) * size)
        page = bytearray(file.read(size))
        head = 12 if page[0] == 5 else 8
        first, second = page[head : head + 2], page[head + 2 : head + 4]
        page[head : head + 2], page[head + 2 : head + 4] = second, first
        file.seek((leaf - 1) * size)
        file.write(page)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file that is read-only is SQLite's")
@pytest.mark.django_db
def test_a_read_only_database_prevents_the_start():
    probe_writing()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=ON")
    try:
        with pytest.raises(OperationalError) as refusal:
            probe_writing()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only=OFF")
    assert "readonly" in describe_trouble(refusal.value)
