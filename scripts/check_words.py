"""Refuse the words of `RETIRED_NAMES` and `RETIRED_PHRASES` in names, docstrings, comments and docs, and two public
classes of one name. (`tests/proofs/test_glossary.py` checks messages.)

    python -m scripts.check_words
"""

import ast
import io
import re
import subprocess  # nosec B404 # for git
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RETIRED_NAMES = frozenset(
    [
        "afresh",
        "anew",
        "clash",
        "clashes",
        "deed",
        "deeds",
        "door",
        "doors",
        "drawer",
        "drawers",
        "floor",
        "floors",
        "forgetting",
        "house",
        "judging",
        "meant",
        "offence",
        "offences",
        "settlement",
        "sealer",
        "undoing",
        "undone",
        "yard",
    ]
)
"""Parts of names."""
STORED_NAMES = frozenset(["undone_at"])
"""Columns of the database, which keep their names."""
RETIRED_PHRASES = (
    r"\bwhoever\b", r"\bwhat came of\b", r"\bwhat becomes of\b", r"\bafresh\b", r"\banew\b", r"\bmends?\b", r"\bgoes? along with\b",
    r"\b(?:is|are) told\b", r"\bwhat is said\b", r"\bsomebody\b", r"\boffences?\b", r"\bdoors?\b", r"\bclash(?:es)?\b", r"\bthe house\b",
)  # fmt: skip
ALLOWED_FILES = re.compile(r"^docs/(?:decisions|development/glossary)|^scripts/check_words\.py|/migrations/")
ALLOWED_TEXT = re.compile(r"\bdoor codes?\b|\bopens? (?:the|a) doors?\b|`[^`]*`", re.IGNORECASE)
NOT_PRODUCT = re.compile(r"/tests/|/management/commands/|^(?:tests|scripts|benchmarks|docs)/|^conftest\.py")
_PHRASES = re.compile("|".join(RETIRED_PHRASES), re.IGNORECASE)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def tracked_files(*patterns: str) -> Iterator[str]:
    """List the files of the repository that match patterns."""
    listed = subprocess.run(
        ["git", "ls-files", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )  # nosec
    return (name for name in listed.stdout.splitlines() if not ALLOWED_FILES.search(name))


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """List the names that a module defines, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def prose(text: str) -> Iterator[tuple[int, str]]:
    """List the comments and docstrings of a module, line by line."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and token.string.startswith('"""')
        if token.type == tokenize.COMMENT or is_docstring:
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, line


def find_retired() -> Iterator[str]:
    """Describe each retired word and where it is."""
    for name in tracked_files("*.py"):
        text = (ROOT / name).read_text()
        for line, defined in defined_names(ast.parse(text)):
            parts = {part.lower() for part in _PARTS.findall(defined)}
            if defined not in STORED_NAMES and RETIRED_NAMES & parts:
                yield f"{name}:{line}: the name {defined}"
        for line, words in prose(text):
            yield from _in_prose(name, line, words)
    for name in tracked_files("*.md"):
        for line, words in enumerate((ROOT / name).read_text().splitlines(), 1):
            yield from _in_prose(name, line, words)


def _in_prose(name: str, line: int, words: str) -> Iterator[str]:
    for found in _PHRASES.finditer(ALLOWED_TEXT.sub("", words)):
        yield f"{name}:{line}: “{found[0]}”"


def find_twins() -> Iterator[str]:
    """Describe public classes of the product that share a name."""
    places = defaultdict(list)
    for name in tracked_files("*.py"):
        if NOT_PRODUCT.search(name):
            continue
        for node in ast.parse((ROOT / name).read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    for name, files in sorted(places.items()):
        if len(files) > 1:
            yield f"{name} is a class of {' and '.join(files)}"


def main() -> None:
    problems = [*find_retired(), *find_twins()]
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(
            f"{len(problems)} problems. Write the words of docs/development/glossary.md; give each class a name of its own."
        )


if __name__ == "__main__":
    main()
