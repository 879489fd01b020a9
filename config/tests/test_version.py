"""The version: `pyproject.toml` states it, and the command, Django admin and both OpenAPI documents show it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import django
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("word", ["version", pytest.param("--version", marks=pytest.mark.slow)])
def test_the_command_prints_both_versions(word):
    """Django itself answers these words, so the command line has to be run."""
    done = subprocess.run(
        [sys.executable, "manage.py", word], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"Caretaker {PROJECT['version']} (Django {django.get_version()})\n"


@pytest.mark.slow
def test_the_command_refuses_unknown_arguments():
    command = [sys.executable, "manage.py", "version", "--unknown"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unrecognized arguments: --unknown" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_page_of_django_admin_ends_with_the_version(cast, records, client):
    client.force_login(cast.ada)
    pages = [
        "/admin/",
        "/admin/facility/complaint/",
        f"/admin/facility/complaint/{records.complaint.pk}/change/",
    ]
    pages += [f"/admin/facility/complaint/{records.complaint.pk}/history/"]
    for page in pages:
        footer = re.search(
            r'<footer id="footer">(.*?)</footer>', client.get(page).content.decode(), re.DOTALL
        )
        assert footer[1].strip() == f"Caretaker {PROJECT['version']}", page


@pytest.mark.parametrize("prefix", ["v2", "iptv"])
def test_the_openapi_documents_contain_the_version(prefix, client):
    assert client.get(f"/{prefix}/openapi.json").json()["info"]["version"] == PROJECT["version"]


def test_everything_follows_a_new_version(settings, cast, client):
    settings.VERSION = "7.8.9"
    client.force_login(cast.ada)
    assert "Caretaker 7.8.9" in client.get("/admin/").content.decode()
    server = "desk-of-another-version.example.com"  # documents are cached by their server
    for prefix in ("v2", "iptv"):
        answer = client.get(f"/{prefix}/openapi.json", headers={"host": server})
        assert answer.json()["info"]["version"] == "7.8.9"
