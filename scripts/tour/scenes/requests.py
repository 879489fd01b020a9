"""The three requests that the README prints."""

import json

import httpx

from scripts.tour.printed import PrintedRequest, printed_requests
from scripts.tour.story import Fact, Terminal, Tour

MOST_LINES = 9
"""The most lines of a response in the picture."""
CAPTIONS = {
    "complaints": "sets priority and assignee, and returns the complaint",
    "objects": "sets rating and tags, and returns the object",
    "supportcase": "solves and answers, and returns the case",
}


def requests(tour: Tour) -> None:
    for printed in printed_requests():
        client = tour.installation.client("admin")
        response = client.request(printed.method, printed.path, json=printed.body)
        document = response.json()
        tour.show(
            _picture(printed, response),
            f"{printed.method} {printed.path.rpartition('/')[0]}/{{id}}",
            CAPTIONS[printed.path.split("/")[-2]],
            [
                Fact("the status", response.status_code, 200),
                Fact("the id in the response", document.get("_id"), printed.path.rpartition("/")[2]),
                Fact("the response has what was sent", contained(printed.body, document), printed.body),
                Fact("the response is the record", document, client.get(printed.path).json()),
            ],
        )


def contained(sent: dict, document: dict) -> dict:
    """Return the values of a document at the places of what was sent."""
    return {
        name: contained(value, document.get(name) or {}) if isinstance(value, dict) else document.get(name)
        for name, value in sent.items()
    }


def _picture(printed: PrintedRequest, response: httpx.Response) -> Terminal:
    document = response.json()
    terminal = Terminal("requests of the README").add("$ " + printed.command, "typed").add("")
    terminal.add(f"HTTP/1.1 {response.status_code} {response.reason_phrase}", "good")
    terminal.add(f"ETag: {response.headers['ETag']}", "faint").add("{")
    shown = {name: document[name] for name in ("_id", *printed.body)}
    for name, value in shown.items():
        text = json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        lines = f'  "{name}": {text},'.split("\n")
        for line in lines[:MOST_LINES]:
            terminal.add(line, "marked" if name in printed.body else "")
    return terminal.add(f"  … {len(document) - len(shown)} more properties", "faint").add("}")
