"""The encoding of query strings."""

from urllib.parse import unquote_to_bytes


def find_undecodable(query_string: str) -> list[str]:
    """Return the names of the parameters whose name or value is not UTF-8. (Django would replace what it cannot
    decode, and the rest would be looked for.)"""
    if query_string.isascii() and "%" not in query_string:
        return []
    found = []
    for part in query_string.split("&"):
        name, _sign, value = part.partition("=")
        for text in (name, value):
            try:
                unquote_to_bytes(text.encode("latin-1", "replace")).decode()
            except UnicodeDecodeError:
                decoded = unquote_to_bytes(name.encode("latin-1", "replace")).decode(errors="replace")
                found.append(decoded.replace("+", " "))
                break
    return found
