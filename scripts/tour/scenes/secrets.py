"""A door code that only users with the right find."""

import io
import re
import zipfile
from collections import deque
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx

from scripts.screenshot_pages import CASE, COMPLAINT, OBJECT
from scripts.tour.agents import HttpAgent
from scripts.tour.installation import Installation
from scripts.tour.scenes.edits import first_name
from scripts.tour.story import Fact, Terminal, Tour

CODE = "7Q40962K8"
"""A door code that occurs nowhere else."""
START_OF_CODE = CODE[:-1]
"""What to search for: a page repeats it, but only the object has the rest."""
PAGE, JSON = f"/objects/{OBJECT}", f"/v2/objects/{OBJECT}"
LINK = re.compile(r"""(?:href|hx-get)=["']([^"'#]+)""")
PAGES = (PAGE, "/", "/objects", "/complaints", "/cases", f"/complaints/{COMPLAINT}", f"/cases/{CASE}", f"{PAGE}/print",
         f"{PAGE}/versions/1", f"/search?q={START_OF_CODE}", f"/objects?q={START_OF_CODE}", "/secrets-read",
         f"/admin/facility/customerobject/{OBJECT}/change/", "/objects/export?format=csv",
         "/objects/export?format=xlsx", "/objects/export?format=json")  # fmt: skip
DOCUMENTS = (JSON, "/v2/objects", f"/v2/objects?search={START_OF_CODE}", "/v2/objects?sort=security_code:1",
             "/v2/objects/distinctValues?field=securityCode", f"{JSON}/contacts", f"{JSON}/material",
             f"/v2/complaints/{COMPLAINT}", "/v2/complaints", f"/iptv/supportcase/{CASE}", "/iptv/supportcase",
             "/v2/customers")  # fmt: skip
ROLES = {
    "vera": "a viewer, who may see the object",
    "rikke": "a reseller, who may not",
    "alice": "who may see door codes, too",
}


@dataclass
class Reading:
    """What a user received."""

    responses: int = 0
    size: int = 0
    with_code: int = 0
    own_page: int = 0
    """The status of the page of the object."""

    def add(self, response: httpx.Response) -> None:
        content = response.content
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = b"\n".join(book.read(name) for name in book.namelist())
        everything = repr(response.headers).encode() + content
        self.responses += 1
        self.size += len(everything)
        self.with_code += CODE.encode() in everything


def read_everything(installation: Installation, username: str, most_pages: int) -> Reading:
    """Read the pages and documents of a user that concern the object, and what they link to, up to `most_pages`."""
    reading, visited = Reading(), set()
    client = HttpAgent(installation.address, username, installation.password).client
    waiting = deque(PAGES)
    while waiting and len(visited) < most_pages:
        path = waiting.popleft()
        if path in visited:
            continue
        visited.add(path)
        response = client.get(path)
        reading.add(response)
        if path == PAGE:
            reading.own_page = response.status_code
        waiting.extend(_links(response))
    token = client.cookies.get("csrftoken", "")
    for path in (f"{PAGE}/secrets", "/objects/export?format=documents", PAGE):
        reading.add(client.post(path, data={"csrfmiddlewaretoken": token}))
    for path in DOCUMENTS:
        reading.add(installation.client(username).get(path))
    reading.add(installation.client(username).patch(JSON, json={"name": 1, "securityCode": "x"}))
    client.close()
    return reading


def _links(response: httpx.Response) -> list[str]:
    """Return the addresses of pages about the object, its complaints and its customer."""
    found = (urlsplit(urljoin(str(response.url), unescape(link))) for link in LINK.findall(response.text))
    return [
        url.path + (f"?{url.query}" if url.query else "")
        for url in found
        if url.netloc == urlsplit(str(response.url)).netloc
        and re.match(r"/(objects|complaints|customers)/", url.path)
    ]


def secrets(tour: Tour) -> None:
    alice, installation = tour.agent("alice"), tour.installation
    changed = installation.client("alice").patch(JSON, json={"securityCode": CODE})
    alice.open(PAGE)
    is_hidden = CODE not in alice.html()
    alice.press(f"{PAGE}/secrets")
    tour.show(
        alice,
        f"{first_name(alice)}, in the browser",
        "reads the door code. The access log has an entry",
        [
            Fact("the code is stored", (changed.status_code, changed.json()["securityCode"]), (200, CODE)),
            Fact("the page has no code before", is_hidden, True),
            Fact("the page has the code after", CODE in alice.html(), True),
            Fact("the access log", alice.full_name in tour.agent("admin").open("/secrets-read").text(), True),
        ],
        at=".secret",
    )
    vera = tour.agent("vera").open(PAGE)
    tour.show(
        vera,
        f"{first_name(vera)}, a viewer",
        "sees the same object without a door code",
        [
            Fact("the page has the code", CODE in vera.html(), False),
            Fact("the page has a button for it", f"{PAGE}/secrets" in vera.html(), False),
            Fact(
                "JSON has the property", "securityCode" in installation.client("vera").get(JSON).json(), False
            ),
        ],
    )
    show_bytes(tour)


def show_bytes(tour: Tour) -> None:
    """Search each byte that a viewer and a reseller receive."""
    terminal = Terminal("pages, lists, search, exports, JSON, errors").add(
        f"# Each byte of each response, searched for the door code {CODE}", "faint"
    )
    facts = []
    for username, page, most_pages in (
        ("vera", 200, tour.pages),
        ("rikke", 403, tour.pages),
        ("alice", 200, len(PAGES)),
    ):
        reading = read_everything(tour.installation, username, most_pages)
        terminal.add("").add(f"{username}, {ROLES[username]}", "typed")
        terminal.add(f"  {reading.responses} responses, {reading.size:,} bytes")
        terminal.add(f"  {reading.with_code} with the code", "marked" if reading.with_code else "good")
        facts += [
            Fact(f"the object's page answers {username}", reading.own_page, page),
            Fact(f"{username} received enough", reading.responses >= len(PAGES) + len(DOCUMENTS), True),
            Fact(f"responses to {username} with the code", reading.with_code > 0, username == "alice"),
        ]
    tour.show(
        terminal, "Viewer and reseller", "no byte of any response has the door code", facts, seconds=4.5
    )
