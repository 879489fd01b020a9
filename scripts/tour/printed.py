"""The three requests that the README prints."""

import itertools
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

README = Path(__file__).resolve().parents[2] / "README.md"
COMMANDS = """
curl --request PATCH http://127.0.0.1:8000/v2/complaints/507f1f77bcf86cd799439011 \\
  --header "x-API-Key: $KEY" --header 'Content-Type: application/json' \\
  --data '{"priority": 3, "userId": "507f1f77bcf86cd799439014"}'

curl --request PATCH http://127.0.0.1:8000/v2/objects/507f1f77bcf86cd799439012 \\
  --header "x-API-Key: $KEY" --header 'Content-Type: application/json' \\
  --data '{"rating": 2.5, "tags": ["lift", "garden"]}'

curl --request POST http://127.0.0.1:8000/iptv/supportcase/1234567890abcdef12345678 \\
  --header "x-API-Key: $KEY" --header 'Content-Type: application/json' \\
  --data '{"solved": true, "response": {"answer": "Restart the box, then it works."}}'
"""
"""The requests as the README prints them. `tests/proofs/test_tour.py` compares the two."""


@dataclass(frozen=True)
class PrintedRequest:
    """A request as printed, and its parts."""

    command: str
    method: str
    path: str
    body: dict


def parse_commands(text: str) -> list[PrintedRequest]:
    """Return the curl commands of a text that write, as a shell would split them."""
    found = []
    for match in re.finditer(r"^ *(curl --request (?:.*\\\n)*.*)$", text, re.MULTILINE):
        command = re.sub(r"\n +", "\n  ", match[1])
        words = shlex.split(command.replace("\\\n", " "))
        options = dict(itertools.pairwise(words))
        address = next(word for word in words if word.startswith("http://"))
        body = json.loads(options["--data"])
        found.append(PrintedRequest(command, options["--request"], urlsplit(address).path, body))
    return found


def printed_requests() -> list[PrintedRequest]:
    """Return the three requests: from the README if it has them all, otherwise ours."""
    ours = parse_commands(COMMANDS)
    theirs = parse_commands(README.read_text())
    wanted = [(one.method, one.path) for one in ours]
    in_readme = [one for one in theirs if (one.method, one.path) in wanted]
    return in_readme if len(in_readme) == len(ours) else ours
