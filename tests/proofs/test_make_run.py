"""`make run` in a clone, as the README describes it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from scripts.throwaway_servers import free_port
from scripts.tour.agents import HttpAgent
from tests.support.copied_tree import copy_tree

COMPLAINT = "/v2/complaints/507f1f77bcf86cd799439011"


@pytest.fixture
def clone(tmp_path) -> Path:
    """A copy of the source tree, with the packages of this environment in `.venv`."""
    tree = copy_tree(tmp_path / "clone")
    (tree / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        if (present := Path(sys.prefix, name)).exists():
            (tree / ".venv" / name).symlink_to(present)
    (tree / ".venv/installed").touch()
    return tree


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}


@contextmanager
def made_run(tree: Path) -> Iterator[tuple[str, str]]:
    """Run `make run` until it is interrupted as by Ctrl-C. Yields its address and its output until then."""
    port = free_port()
    words = ["make", "run", f"PORT={port}"]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    server = subprocess.Popen(words, cwd=tree, env=environment(), **how)
    try:
        output = ""
        while "Ctrl-C stops it" not in output:
            line = server.stdout.readline()
            assert line, output
            output += line
        yield f"http://127.0.0.1:{port}", output
    finally:
        os.killpg(server.pid, signal.SIGINT)
        rest = server.communicate(timeout=60)[0]
    assert "Traceback" not in rest


def send(request: Request) -> dict:
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.deep
def test_make_run_serves_demo_data_and_keeps_what_was_changed(clone):
    with made_run(clone) as (address, output):
        password = re.search(r"password of each: (\S+)", output)[1]
        for username in ("admin", "alice", "sven", "rikke", "vera", "charlie", "emma"):
            assert re.search(rf"\b{username} ", output)
            assert HttpAgent(address, username, password).open("/account")
        manage = [".venv/bin/python", "manage.py", "create_api_key", "admin"]
        key = subprocess.run(
            manage, cwd=clone, env=environment(), capture_output=True, text=True, check=True
        ).stdout
        headers = {"X-API-Key": key.strip(), "Content-Type": "application/json"}
        body = json.dumps({"roomDescription": "The cellar"}).encode()
        assert (
            send(Request(address + COMPLAINT, body, headers, method="PATCH"))["roomDescription"]
            == "The cellar"
        )
        assert (clone / "var/caretaker.sqlite3").exists()
    with made_run(clone) as (address, output):
        assert send(Request(address + COMPLAINT, headers=headers))["roomDescription"] == "The cellar"
