"""Pagination of long lists within a record: a page shows the newest elements, and links to older ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

LENGTH = 50
"""Number of elements of a list on a page."""
NESTED_PAGE_LENGTH = 10
"""Number of elements of a list within an element."""
PRINTED_LENGTH = 250
"""Number of elements of a list when printed."""
PARAMETER = "before-"
"""Prefix of the query parameters for older elements: `before-tags=4950` asks for those before the 4,951st."""


@dataclass(frozen=True)
class ListPage:
    """The elements of a list from `first` up to `last`, and the URLs of older and newer ones."""

    name: str
    first: int
    last: int
    total: int
    older_url: str = ""
    newer_url: str = ""

    @property
    def is_partial(self) -> bool:
        return self.last - self.first < self.total

    @property
    def count(self) -> int:
        return self.last - self.first

    def slice(self, value: list[Any] | dict[str, Any]) -> list[Any] | dict[str, Any]:
        """Return the part of a list, or of the members of an object, that the page shows."""
        if not self.is_partial:
            return value
        if isinstance(value, dict):
            return dict(list(value.items())[self.first : self.last])
        return value[self.first : self.last]


class ListPages:
    """Which part of each long list a page shows. `address` is the URL of the page, `query` its query
    parameters."""

    def __init__(self, address: str = "", query: Mapping[str, str] | None = None, length: int = LENGTH):
        self.address = address
        self.length = length
        self._requested = {
            name: int(value)
            for name, value in (query or {}).items()
            if name.startswith(PARAMETER) and value.isascii() and value.isdigit() and len(value) < 10
        }

    def page(self, name: str, total: int, length: int | None = None) -> ListPage:
        """Return the requested page of a list, by default the newest elements."""
        end = self._requested.get(PARAMETER + name, total)
        last = min(end, total) if end > 0 else total
        return self.page_between(name, max(last - (length or self.length), 0), last, total)

    def page_between(self, name: str, first: int, last: int, total: int) -> ListPage:
        """Return the page from `first` up to `last`."""
        older = self._url(name, first) if first > 0 else ""
        newer = self._url(name, min(last + self.length, total)) if last < total else ""
        return ListPage(name, first, last, total, older, newer)

    def _url(self, name: str, before: int) -> str:
        query = urlencode(self._requested | {PARAMETER + name: before})
        return f"{self.address}{'&' if '?' in self.address else '?'}{query}#list-{name}"


def newest_elements(value: Any, length: int = LENGTH) -> Any:
    """Return the newest elements of a value that is a long list; any other value as it is."""
    return value[-length:] if isinstance(value, list) and len(value) > length else value
