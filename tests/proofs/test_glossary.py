"""Messages use the terms of the glossary, and the user guide quotes the labels of the pages."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.messages import LANGUAGES, PLACEHOLDER, TAG, entries_of

ROOT = Path(__file__).resolve().parents[2]
RETIRED_TERMS = ROOT / "docs" / "development" / "glossary" / "retired-terms.md"
GUIDE = sorted((ROOT / "docs" / "user").glob("*.md"))
NAMES = {"English": "en", "Danish": "da", "German": "de"}
NOT_WORDS = re.compile(r"https?://\S+|{\w+}")
QUOTED = re.compile(r"\*\*([^*]+)\*\*|“([^”]+)”")
NO_LABELS = {"+", "10,000+", "Here", "everything about the customer"}
"""Bold or quoted texts of the user guide that are no labels."""


class RetiredTerm(NamedTuple):
    """A row of the glossary's table of retired terms."""

    pattern: re.Pattern
    instead: str
    allowed: re.Pattern | None


def pattern_of(terms: str) -> re.Pattern | None:
    """Compile the comma-separated terms of a cell."""
    words = [re.escape(term.strip()).replace(r"\*", r"\w*") for term in terms.split(",") if term.strip()]
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) if words else None


@cache
def retired_terms(language: str) -> list[RetiredTerm]:
    """Read the table of retired terms."""
    lines = RETIRED_TERMS.read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = [row for row in rows if len(row) == 4 and NAMES.get(row[0]) == language]
    return [RetiredTerm(pattern_of(row[1]), row[2], pattern_of(row[3])) for row in rows]


@cache
def messages(language: str) -> list[str]:
    """Return all texts of a language."""
    entries = entries_of(LANGUAGES[0] if language == "en" else language)
    if language == "en":
        return [text for entry in entries for text in (entry.msgid, entry.msgid_plural) if text]
    return [text for entry in entries for text in (entry.msgstr, *entry.msgstr_plural.values()) if text]


def find_retired(language: str, text: str) -> list[str]:
    """Return what to write instead of the retired terms in a text."""
    for ignored in (PLACEHOLDER, TAG, NOT_WORDS):
        text = ignored.sub(" ", text)
    found = []
    for term in retired_terms(language):
        words = term.allowed.sub(" ", text) if term.allowed else text
        found += [f"{match[0]}: write {term.instead}" for match in term.pattern.finditer(words)]
    return found


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_message_has_a_retired_term(language):
    assert len(retired_terms(language)) > 5
    found = {text: terms for text in messages(language) if (terms := find_retired(language, text))}
    assert found == {}


@pytest.mark.parametrize(
    ("language", "text", "is_retired"),
    [
        ("en", "It came by another door.", True),
        ("en", "Show door codes", False),
        ("en", "%(answer)s", False),
        ("da", "Reklamationen er slettet.", True),
        ("da", "Postnummer", False),
        ("de", "Datensätze löschen", True),
        ("de", "Kunde des Vertriebspartners", False),
    ],
)
def test_retired_terms_are_found_as_words(language, text, is_retired):
    assert bool(find_retired(language, text)) is is_retired


@cache
def plain_labels() -> set[str]:
    """Return the English messages without placeholders, also with a capital."""
    plain = {text for text in messages("en") if not PLACEHOLDER.search(text)}
    return plain | {text[:1].upper() + text[1:] for text in plain}


def is_label(text: str) -> bool:
    """Return whether a text is a message, or one with another message or “…” in place of its placeholder
    (“Edit comments”)."""
    if text in plain_labels():
        return True
    for message in messages("en"):
        start, *ends = PLACEHOLDER.split(message)
        if start[:1].isalpha() and len(ends) == 1 and text.startswith(start) and text.endswith(ends[0]):
            inserted = text[len(start) : len(text) - len(ends[0])]
            if inserted == "…" or inserted in plain_labels():
                return True
    return False


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_the_user_guide_quotes_labels_exactly(page):
    """Every bold or quoted text is a label in English."""
    quoted = {" ".join((bold or plain).split()) for bold, plain in QUOTED.findall(page.read_text())}
    assert {text for text in quoted - NO_LABELS if not is_label(text)} == set()
