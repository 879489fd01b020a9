"""A list page as tests read it, and who may see which list."""

from bs4 import BeautifulSoup

SEEN_BY = {
    "complaints": {"ada", "alice", "vera"},
    "objects": {"ada", "alice", "vera"},
    "articles": {"ada", "alice", "vera"},
    "cases": {"ada", "sven", "vera", "rikke"},
    "customers": {"ada", "alice", "sven", "vera", "rikke"},
    "contacts": {"ada", "alice", "sven", "vera"},
    "users": {"ada", "alice", "sven", "vera"},
    "api-keys": {"ada", "alice", "sven", "rikke"},
}


class ListPage:
    """The parsed page of a list."""

    def __init__(self, client, address):
        self.response = client.get(address)
        self.soup = BeautifulSoup(self.response.content, "lxml")

    @property
    def subjects(self) -> list[str]:
        return [cell.a.get_text(strip=True) for cell in self.soup.select("td.subject")]

    @property
    def chips(self) -> dict[str, str]:
        """Return the active filters with the URLs without them."""
        return {
            " ".join(chip.get_text(" ", strip=True).split()): chip.a["href"]
            for chip in self.soup.select(".chip")
        }

    def options(self, name) -> list[str]:
        return [option.get_text() for option in self.soup.select(f"#id_{name} option")]

    def error(self, name) -> str:
        return self.soup.select_one(f"#error_{name}").get_text(strip=True)
