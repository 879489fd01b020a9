"""Copies of the source tree, to which a page of the documentation is applied as a developer would do it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900
"""Seconds for one command, on a busy machine."""
LEFT_OUT = {
    ".git",
    ".venv",
    ".venv-bench",
    "var",
    ".env",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
    ".hypothesis",
    "node_modules",
}
FILE = re.compile(r"^`(\S+)`\n\n```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file on a page: its name, the language of the block, and its content."""


def copy_tree(target: Path) -> Path:
    """Copy the source tree, without the data of this installation."""
    return shutil.copytree(ROOT, target, ignore=lambda _folder, names: LEFT_OUT & set(names))


def blocks_of(page: Path) -> list[tuple[str, str, str]]:
    """Return name, language and content of each file on a page, in order."""
    return FILE.findall(page.read_text())


def write_files(tree: Path, blocks: list[tuple[str, str, str]]) -> None:
    """Create the files of a page, apply its changes (`diff`), and append its messages (`po`) to catalogues."""
    for name, language, text in blocks:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        present = path.read_text() if path.exists() else ""
        if language == "diff":
            text = apply_diff(present, text)
        elif language == "po":
            text = f"{present}\n{text}" if present else text
        path.write_text(text)


def apply_diff(present: str, diff: str) -> str:
    """Replace the lines of a diff in a text, hunk by hunk."""
    for hunk in diff.split("\n\n"):
        lines = hunk.strip("\n").splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
        assert present.count(old) == 1, f"{old!r} is there {present.count(old)} times"
        present = present.replace(old, new)
    return present


def changed_lines(tree: Path) -> dict[str, list[str]]:
    """Return the lines of each file in the copy that the original does not have, and the others with `-`."""
    found = {}
    for path in sorted(tree.rglob("*")):
        name = str(path.relative_to(tree))
        is_source = (
            path.is_file() and path.suffix not in (".pyc", ".mo") and not LEFT_OUT & set(Path(name).parts)
        )
        if not is_source:
            continue
        new = path.read_bytes().splitlines()
        old = (ROOT / name).read_bytes().splitlines() if (ROOT / name).exists() else []
        lines = [line for line in new if line not in old] + [b"-" + line for line in old if line not in new]
        if lines:
            found[name] = [line.decode() for line in lines]
    return found


def run_quietly(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    """Run a command and capture its output. Raises `TimeoutExpired` after `PATIENCE`."""
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


class Installation:
    """An installation of the copy with a database of its own."""

    def __init__(self, tree: Path, folder: Path, name: str):
        self.tree = tree
        self.database = folder / f"{name}.sqlite3"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{self.database}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(folder / "var"),
        }

    def run(self, *words: str, module: str = "", **more: str) -> str:
        """Run a command of `manage.py`, or a module, and return what it prints. It must succeed."""
        command = [sys.executable, *(("-m", module) if module else ("manage.py",)), *words]
        done = run_quietly(command, self.tree, self.environment | more)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout


def run_checks(tree: Path, *words: str) -> str:
    """Run tests in the copy, on an SQLite database of their own; return the summary."""
    ours = ("PYTEST", "COV", "DJANGO", "DATABASE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["DATABASE_URL"] = f"sqlite:///{tree / 'checks.sqlite3'}"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *words]
    done = run_quietly(command, tree, environment)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout
