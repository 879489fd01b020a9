"""Starting with an unusable database: one clear line, an exit code, no traceback. And a database that goes
away while the product is serving, and comes back."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from backoffice.records.tests.parameters import deep_only
from scripts.throwaway_servers import free_port, mongodb, postgres
from tests.support.connection_proxy import ConnectionProxy

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MIGRATE, CHECK = ["manage.py", "migrate"], ["manage.py", "check_database"]
GUNICORN = ["-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
SECRET = "moth-lantern-cobble"


def environment(url, **more):
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", **more}


def start_output(words, url) -> str:
    """Start the product in vain; return its output."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT_ROOT,
        env=environment(url, PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode not in (0, None)
    output = done.stderr.strip()
    assert len(output.splitlines()) == 1, output
    assert done.stdout.strip() == ""
    assert "Traceback" not in output
    assert SECRET not in output
    return output


OFTEN = pytest.param(CHECK, id="check_database")
SELDOM = pytest.param(GUNICORN, id="gunicorn", marks=pytest.mark.deep)
"""(Starting processes takes time.)"""


@pytest.mark.deep
@pytest.mark.parametrize("words", [CHECK, GUNICORN], ids=["check_database", "gunicorn"])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"oracle://caretaker:{SECRET}@127.0.0.1/caretaker", "DATABASE_URL"),
        (f"postgres://caretaker:{SECRET}@127.0.0.1:many/caretaker", "DATABASE_URL"),
        ("sqlite:////no/such/folder/caretaker.sqlite3", "unable to open database file"),
        (f"sqlite:///{__file__}", "file is not a database"),
    ],
    ids=["of nothing known", "that cannot be read", "of a missing folder", "of another file"],
)
def test_an_unusable_url_is_reported_in_one_line(words, url, message):
    assert message in start_output(words, url)


@pytest.mark.parametrize("words", [OFTEN, SELDOM])
@pytest.mark.parametrize(
    ("scheme", "options"), [("postgres", ""), ("mongodb", "?serverSelectionTimeoutMS=300")]
)
@deep_only
def test_an_unavailable_server_is_reported_in_one_line(words, scheme, options):
    port = free_port()
    output = start_output(words, f"{scheme}://caretaker:{SECRET}@127.0.0.1:{port}/desk{options}")
    assert f"127.0.0.1:{port}/desk" in output
    assert "Connection refused" in output


@pytest.mark.deep
def test_every_command_reports_an_unavailable_server_in_one_line():
    """(It waits for as long as a connection pool does.)"""
    port = free_port()
    for words in (MIGRATE, ["manage.py", "create_api_key", "alice"]):
        assert "Connection refused" in start_output(
            words, f"postgres://caretaker:{SECRET}@127.0.0.1:{port}/desk"
        )


@pytest.mark.deep
def test_an_unmigrated_database_is_reported_in_one_line(tmp_path):
    for words in (["manage.py", "create_api_key", "alice"], GUNICORN):
        assert "manage.py migrate" in start_output(words, f"sqlite:///{tmp_path}/new.sqlite3")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["-c", "import config.wsgi"], id="another server", marks=pytest.mark.slow),
        pytest.param(GUNICORN, id="gunicorn", marks=pytest.mark.deep),
    ],
)
def test_static_files_that_are_not_collected_are_reported_in_one_line(words, tmp_path, monkeypatch):
    """Without one of them in the manifest, each page would be an error."""
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    command(url, "migrate", "--verbosity", "0")
    command(url, "collectstatic", "--noinput", "--verbosity", "0")
    manifest = tmp_path / "static/staticfiles.json"
    collected = json.loads(manifest.read_text())
    del collected["paths"]["forms.js"]
    manifest.write_text(json.dumps(collected))
    message = "The static file forms.js is not collected: run manage.py collectstatic --noinput."
    assert start_output(words, url).removeprefix("CommandError: ") == message


@pytest.fixture(scope="module")
def server():
    """The URL of a PostgreSQL server with password authentication."""
    import psycopg

    with postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"ALTER ROLE caretaker PASSWORD '{SECRET}'")
            rules = Path(connection.execute("SHOW hba_file").fetchone()[0])
            rules.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        yield url.replace("caretaker@", f"caretaker:{SECRET}@")


@pytest.fixture(scope="module")
def stand_in():
    with mongodb() as url:
        yield url


@pytest.mark.deep
@pytest.mark.parametrize("words", [MIGRATE, CHECK, GUNICORN], ids=["migrate", "check_database", "gunicorn"])
def test_a_refused_connection_is_reported_in_one_line(server, words):
    assert "password authentication failed" in start_output(words, server.replace(SECRET, SECRET[::-1]))
    assert 'database "elsewhere" does not exist' in start_output(
        words, f"{server.rpartition('/')[0]}/elsewhere"
    )


@pytest.mark.deep
@pytest.mark.parametrize(("processes", "has_hint"), [("2", False), ("50", True)])
def test_too_few_connections_for_all_processes_are_reported(server, processes, has_hint):
    done = subprocess.run(
        [sys.executable, *CHECK, "--processes", processes],
        cwd=PROJECT_ROOT, env=environment(server), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ("Raise max_connections, or lower WEB_CONCURRENCY." in done.stderr) == has_hint


@pytest.mark.deep
@pytest.mark.parametrize("words", [MIGRATE, CHECK, GUNICORN], ids=["migrate", "check_database", "gunicorn"])
def test_a_refused_mongodb_connection_is_reported_in_one_line(stand_in, words):
    url = stand_in.replace("//", f"//caretaker:{SECRET}@")
    assert "uthentication failed" in start_output(words, f"{url}?authSource=admin")


@pytest.mark.deep
def test_a_standalone_mongodb_server_is_reported_in_one_line():
    with mongodb("--standalone") as url:
        for words in (MIGRATE, CHECK, GUNICORN):
            output = start_output(words, url)
            assert "not in a replica set" in output
            assert "mongosh --eval 'rs.initiate()'" in output


def command(url, *words) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=PROJECT_ROOT,
        env=environment(url, DJANGO_SUPERUSER_PASSWORD=SECRET),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def sign_in(address):
    """Return a browser with a session."""
    browser = build_opener(HTTPCookieProcessor())
    page = browser.open(f"{address}/sign-in").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = f"csrfmiddlewaretoken={token}&username=root&password={SECRET}"
    assert browser.open(f"{address}/sign-in", form.encode()).url == f"{address}/"
    return browser


def open_url(opened, request) -> tuple[int, dict, str]:
    try:
        with opened(request, timeout=60) as found:
            return found.status, dict(found.headers), found.read().decode()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["server", "stand_in"])
def test_the_product_recovers_from_an_outage(kind, request):
    server = request.getfixturevalue(kind)
    port = int(re.search(r":(\d+)/", server)[1])
    with ConnectionProxy(port) as cable:
        url = server.replace(f":{port}/", f":{cable.port}/")
        if kind == "stand_in":
            # (The members of a replica set announce their own addresses, which bypass the cable.)
            url += "?directConnection=true&serverSelectionTimeoutMS=2000"
        command(url, "migrate", "--verbosity", "0")
        command(url, "collectstatic", "--noinput", "--verbosity", "0")
        command(url, "createsuperuser", "--noinput", "--username", "root", "--email", "root@example.com")
        key = command(url, "create_api_key", "root").strip()
        process = subprocess.Popen(
            [sys.executable, *GUNICORN],
            cwd=PROJECT_ROOT,
            env=environment(url, PORT=str(free_port()), WEB_CONCURRENCY="2"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
            browser = sign_in(address)
            call = Request(f"{address}/v2/complaints", headers={"x-API-Key": key})
            requests = [
                (urlopen, call),
                (browser.open, f"{address}/complaints"),
                (browser.open, f"{address}/admin/"),
            ]
            assert [open_url(*request)[0] for request in requests] == [200, 200, 200]
            cable.cut()
            for place, request in enumerate(requests):
                status, headers, body = open_url(*request)
                assert (status, int(headers["Retry-After"]) > 0) == (503, True)
                assert "Traceback" not in body
                if place == 0:
                    assert "not available" in json.loads(body)["message"]
                else:
                    assert "<h1>Temporarily unavailable</h1>" in body
            cable.repair()
            until = time.monotonic() + 30
            while [open_url(*request)[0] for request in requests] != [200, 200, 200]:
                assert time.monotonic() < until
                time.sleep(0.5)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            _output, complained = process.communicate(timeout=40)
    assert process.returncode == 0
    assert "Traceback" not in complained
    assert SECRET not in complained
