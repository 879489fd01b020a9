"""Encoding of query strings."""

from urllib.parse import unquote_to_bytes


def find_undecodable(query_string: str) -> list[str]:
    """Return the names of the parameters whose name or value is not UTF-8. (Django would replace the invalid
    bytes and filter by the result.)"""
    if query_string.isascii() and "%" not in query_string:
        return []
    names = []
    for part in query_string.split("&"):
        encoded = part.encode("latin-1", "replace")
        try:
            unquote_to_bytes(encoded).decode()
        except UnicodeDecodeError:
            name = unquote_to_bytes(encoded.partition(b"=")[0]).decode(errors="replace")
            names.append(name.replace("+", " "))
    return names
