"""Parsing of URIs from untrusted input."""

from urllib.parse import SplitResult, urlsplit

_EMPTY = SplitResult("", "", "", "", "")


def split_uri(text: str) -> SplitResult:
    """Return the parts of a URI. All are empty if it cannot be parsed, where `urlsplit` raises ValueError."""
    try:
        return urlsplit(text)
    except ValueError:
        return _EMPTY
