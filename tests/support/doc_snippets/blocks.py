"""The code blocks of the documentation, and how each is executed."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.proofs.test_docs import SETTINGS

ROOT = Path(__file__).resolve().parents[3]
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
}
PAGES_WITH_TESTS = {
    "docs/development/add-an-app.md": "tests/proofs/test_add_an_app.py",
    "docs/development/add-a-property.md": "tests/proofs/test_add_a_property.py",
}
"""Pages that a test of their own executes, in a copy of the source tree."""
SHELLS = frozenset(["", "sh", "bash", "shell", "console"])
SETTINGS_FILES = frozenset(["", "env", "dotenv", "ini", "sh"])

_FENCE = re.compile(r"^ {0,3}(`{3,})([\w-]*)$")
_INDENTED = re.compile(r"^(?: {4}|\t)")
_LIST_ITEM = re.compile(r"^ {4,}(?:[-*]|\d+\.) ")
_COMMENT = re.compile(r"^<!-- (.+) -->$")
_PATH = re.compile(r"^`(\S+)`$")
_SETTING = re.compile(r"^([A-Z][A-Z0-9_]*)=(?!\$\()\S*$")
_REQUEST = re.compile(r"^(?:GET|POST|PUT|PATCH|DELETE) /\S*$")
_LISTED_FILES = re.compile(r"^ *[\w.]+/?(?: [\w.]+/?)*(?: {2,}\S.*)?$")
_LISTED = re.compile(r"^\S.*?\S {2,}\S")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A code block: `comment` is the HTML comment directly above it, `path` the file name above it."""

    page: str
    line: int
    language: str
    text: str
    comment: str = ""
    path: str = ""
    surroundings: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def reason(self) -> str:
        """Why the block is not executed."""
        return self._said("not executed: ")

    @property
    def refusals(self) -> list[str]:
        """The status codes from 400 on that the requests of the block get, in order."""
        return self._said("responds ").replace(" and ", ", ").split(", ") if self._said("responds ") else []

    @property
    def is_response(self) -> bool:
        """Whether the block has the bodies of the responses to the last requests of the block above."""
        return self.comment in ("the response", "the responses")

    @property
    def documents(self) -> list[str]:
        """The JSON documents of a block, which blank lines separate."""
        return self.text.strip().split("\n\n")

    def _said(self, start: str) -> str:
        return self.comment.removeprefix(start) if self.comment.startswith(start) else ""

    @property
    def kind(self) -> str:
        """How the block is executed: “file”, “json”, “python”, “sql”, “settings”, “request”, “list of commands”,
        “list of files”, “shell”, or “unknown”."""
        lines = [line for line in self.text.splitlines() if line.strip()]
        if self.path:
            return "file"
        if self.language in ("json", "python", "sql"):
            return self.language
        if not self.language and lines[0].startswith(("{", "[")):
            return "json"
        if self.language in SETTINGS_FILES and all(map(_is_setting, lines)):
            return "settings"
        if self.language in ("", "http") and _REQUEST.match(lines[0]):
            return "request"
        if not self.language and _is_list_of_commands(lines):
            return "list of commands"
        if (
            not self.language
            and all(map(_LISTED_FILES.match, lines))
            and (ROOT / lines[0].split()[0]).exists()
        ):
            return "list of files"
        return "shell" if self.language in SHELLS else "unknown"


def _is_setting(line: str) -> bool:
    match = _SETTING.match(line)
    return line.startswith("#") or bool(match and match[1] in SETTINGS)


def _is_list_of_commands(lines: list[str]) -> bool:
    """Return whether most lines are a command, two spaces, and what it does."""
    listed = [line for line in lines if _LISTED.match(line) and "#" not in line]
    return 2 * len(listed) > len(lines)


@cache
def blocks_of(page: str) -> list[Block]:
    """Return the code blocks of a page, in order."""
    lines = PAGES[page].read_text().splitlines()
    return [_block(page, lines, *found) for found in _find(lines)]


def _find(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """List first line, end and language (None for indented blocks: “”) of each block."""
    number = 0
    while number < len(lines):
        start = number
        is_after_gap = number == 0 or not lines[number - 1].strip() or lines[number - 1].endswith("-->")
        if fence := _FENCE.match(lines[number]):
            number += 1
            while not lines[number].strip().startswith(fence[1]):
                number += 1
            number += 1
            yield start, number, fence[2]
        elif is_after_gap and _INDENTED.match(lines[number]) and not _LIST_ITEM.match(lines[number]):
            while number < len(lines) and (_INDENTED.match(lines[number]) or not lines[number].strip()):
                number += 1
            yield start, number, ""
        else:
            number += 1


def _block(page: str, lines: list[str], start: int, end: int, language: str) -> Block:
    is_fenced = bool(_FENCE.match(lines[start]))
    inside = lines[start + 1 : end - 1] if is_fenced else lines[start:end]
    above = [line for line in lines[max(start - 2, 0) : start] if line.strip()]
    comment = _COMMENT.match(above[-1]) if above else None
    path = _PATH.match(above[-1]) if above and is_fenced else None
    return Block(
        page=page,
        line=start + 1,
        language=language,
        text=textwrap.dedent("\n".join(inside)).strip("\n") + "\n",
        comment=comment[1] if comment else "",
        path=path[1] if path else "",
        surroundings=_paragraph(lines[:start], -1) + "\n" + _paragraph(lines[end:], 0),
    )


def _paragraph(lines: list[str], index: int) -> str:
    """Return the first or the last paragraph of lines, without HTML comments."""
    text = "\n".join(line for line in lines if not _COMMENT.match(line))
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    return paragraphs[index] if paragraphs else ""


def listed_files(block: Block) -> list[str]:
    """Return the names in the first column of a list of files."""
    return [name for line in block.text.splitlines() for name in re.split(r" {2,}", line.strip())[0].split()]


def prose_of(page: str) -> str:
    """Return a page without its code blocks and comments."""
    lines = PAGES[page].read_text().splitlines()
    for start, end, _language in _find(lines):
        lines[start:end] = [""] * (end - start)
    return re.sub(r"<!--.*?-->", "", "\n".join(lines), flags=re.DOTALL)
