"""URIs that anybody may have written."""

from urllib.parse import SplitResult, urlsplit

_EMPTY = SplitResult("", "", "", "", "")


def split_uri(text: str) -> SplitResult:
    """Return the parts of a URI. All are empty if it cannot be parsed: Python's function raises ValueError then."""
    try:
        return urlsplit(text)
    except ValueError:
        return _EMPTY
