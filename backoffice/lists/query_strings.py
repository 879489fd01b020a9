"""Encoding of query strings."""

from urllib.parse import unquote_to_bytes


def find_undecodable(query_string: str) -> list[str]:
    """Return the names of the parameters whose name or value is not UTF-8. (Django would replace the invalid
    bytes and filter by the result.)"""
    if query_string.isascii() and "%" not in query_string:
        return []
    names = []
    for part in query_string.split("&"):
        name, _equals, value = part.partition("=")
        for text in (name, value):
            try:
                unquote_to_bytes(text.encode("latin-1", "replace")).decode()
            except UnicodeDecodeError:
                decoded = unquote_to_bytes(name.encode("latin-1", "replace")).decode(errors="replace")
                names.append(decoded.replace("+", " "))
                break
    return names
