"""The version of Caretaker. It is written in `pyproject.toml` and nowhere else."""

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def read_version() -> str:
    """Return the version of the source tree. Use `settings.VERSION`, which keeps it."""
    return tomllib.loads(PYPROJECT.read_text())["project"]["version"]
