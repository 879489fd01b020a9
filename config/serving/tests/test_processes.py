"""The number of worker processes."""

import subprocess
import sys

import pytest

from config.serving.processes import MAX_WORKERS, InvalidWorkerCount, count_workers
from tests.support.installation import GUNICORN, PROJECT_ROOT, environment_in


@pytest.mark.parametrize(
    "given", ["0", "-1", "many", "2.5", "1e9", str(MAX_WORKERS + 1), "\N{SUPERSCRIPT TWO}", "२"]
)
def test_an_invalid_number_of_workers_is_refused(given, monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", given)
    with pytest.raises(InvalidWorkerCount, match="WEB_CONCURRENCY"):
        count_workers()


@pytest.mark.parametrize(("given", "count"), [("1", 1), (" 3 ", 3), ("64", 64)])
def test_the_configured_number_of_workers_is_used(given, count, monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", given)
    assert count_workers() == count


@pytest.mark.parametrize("given", ["", " "])
def test_the_default_is_two_to_eight_workers(given, monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", given)
    assert 2 <= count_workers() <= 8


@pytest.mark.deep
@pytest.mark.parametrize("words", [[sys.executable, "manage.py", "check_database"], GUNICORN])
def test_the_start_is_refused_in_one_line(tmp_path, words):
    done = subprocess.run(
        words,
        cwd=PROJECT_ROOT,
        env=environment_in(tmp_path, WEB_CONCURRENCY="0"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"WEB_CONCURRENCY is '0'. Write a number of processes from 1 to {MAX_WORKERS}."
    ]
