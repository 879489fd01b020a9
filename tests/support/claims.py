"""Promises of the documentation, and the tests that `docs/claims.toml` names for them."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

from backoffice.api.openapi.document import build_document
from config.api import FACILITY, SUPPORT_DESK
from scripts.messages import entries_of

ROOT = Path(settings.BASE_DIR)
CLAIMS = ROOT / "docs/claims.toml"
ABSOLUTE = re.compile(r"\b(never|always|cannot|at most|nothing|no one|nobody|none of|must not)\b", re.I)
"""Words of absolute promises. A sentence with one of them needs a test."""
FOLDERS = ("user", "admin", "operations", "api")
GENERATED = {"docs/api/pages"}
NO_PROSE = re.compile(r"^```.*?^```$|<!--.*?-->|^ {4,}\S.*?$|^#+ .*?$|^\|[-:| ]+\|$", re.M | re.S)
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) ", re.M)
ROW = re.compile(r"^\|(.*)\|$", re.M)
END_OF_SENTENCE = re.compile(r"(?<=[.!?])[*)”]* (?=\W*[A-Z])")


def join_lines(text: str) -> str:
    return " ".join(text.split())


def split_sentences(text: str) -> list[str]:
    """Return the sentences of Markdown. List items and table cells are sentences, code blocks and headings are not."""
    text = ITEM.sub("\n\n", NO_PROSE.sub("\n", text))
    text = ROW.sub(lambda row: "\n\n" + row[1].replace(" | ", "\n\n") + "\n\n", text)
    paragraphs = (join_lines(paragraph) for paragraph in re.split(r"\n\s*\n", text))
    return [sentence for paragraph in paragraphs for sentence in END_OF_SENTENCE.split(paragraph) if sentence]


def find_promises(text: str) -> list[str]:
    return [sentence for sentence in split_sentences(text) if ABSOLUTE.search(sentence)]


def find_uncovered(promises: list[str], texts: list[str]) -> list[str]:
    """Return the promises with an absolute word that is in none of the texts."""
    texts = [*texts, *(sentence for text in texts for sentence in END_OF_SENTENCE.split(text))]

    def is_covered(sentence: str) -> bool:
        if any(sentence in text for text in texts):
            return True
        spans = [(at, at + len(text)) for text in texts if (at := sentence.find(text)) >= 0]
        words = ABSOLUTE.finditer(sentence)
        return all(any(first <= word.start() < last for first, last in spans) for word in words)

    return [sentence for sentence in dict.fromkeys(promises) if not is_covered(sentence)]


def list_pages() -> list[str]:
    """Return the paths of the pages whose promises need tests."""
    pages = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "docs/README.md"]
    for folder in FOLDERS:
        pages += sorted((ROOT / "docs" / folder).rglob("*.md"))
    paths = [page.relative_to(ROOT) for page in pages]
    return [str(path) for path in paths if str(path.parent) not in GENERATED]


@cache
def read_sources() -> dict[str, str]:
    """Return the text of each page, of the OpenAPI descriptions and of the screens."""
    documents = (build_document(interface, "http://testserver") for interface in (FACILITY, SUPPORT_DESK))
    descriptions = dict.fromkeys(text for document in documents for text in find_descriptions(document))
    messages = dict.fromkeys(
        text for entry in entries_of("da") for text in (entry.msgid, entry.msgid_plural) if text
    )
    pages = {page: (ROOT / page).read_text() for page in list_pages()}
    return pages | {"openapi": "\n\n".join(descriptions), "screen": "\n\n".join(messages)}


def find_descriptions(node: object) -> Iterator[str]:
    """Yield the descriptions and summaries of a part of an OpenAPI document."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("description", "summary") and isinstance(value, str):
                yield value
            yield from find_descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from find_descriptions(value)


def read_claims() -> dict[str, list[dict]]:
    """Return the entries of both tables, with each text on one line."""
    tables = tomllib.loads(CLAIMS.read_text())
    return {
        name: [entry | {"text": join_lines(entry["text"])} for entry in entries]
        for name, entries in tables.items()
    }


def list_tests(claim: dict) -> list[str]:
    return [claim["test"]] if isinstance(claim["test"], str) else claim["test"]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of the test functions and methods of a module; none if it does not exist."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text()))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def is_missing(test: str) -> bool:
    path, _colons, name = test.partition("::")
    return not name.startswith("test_") or name not in functions_of(path)
