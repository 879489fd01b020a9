"""An API client, and the endpoints whose rules tests check in all dialects."""

import json
from dataclasses import dataclass

from django.test import Client


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of a record: its method, its actor, and the status codes of its dialect."""

    address: str
    method: str
    record: str
    stranger: str
    actor: str
    text: str
    """A text property that may be empty."""
    rule: tuple[str, object]
    """A property and an invalid value."""
    stamp: tuple[str, ...]
    telecomx: bool = False

    @property
    def unauthenticated(self):
        return 403 if self.telecomx else 401

    @property
    def invalid(self):
        return 422 if self.telecomx else 400

    def url(self, records, which="record"):
        return self.address + getattr(records, getattr(self, which)).pk

    def __str__(self):
        return self.record


ENDPOINTS = [
    Endpoint("/v2/complaints/", "PATCH", "complaint", "their_complaint", "alice", "comment", ("priority", 5),
         ("status", "lastModifiedAt")),
    Endpoint("/v2/objects/", "PATCH", "object", "their_object", "alice", "description", ("rating", 6),
         ("status", "lastModifiedAt")),
    Endpoint("/iptv/supportcase/", "POST", "case", "their_case", "sven", "description", ("device", "TOASTER"),
         ("lastUpdated",), telecomx=True),
]  # fmt: skip


class ApiClient:
    """A script with an API key."""

    def __init__(self, key):
        self.headers = {"x-api-key": key} if key is not None else {}
        self.client = Client()

    def send(self, method, url, body=None, content_type="application/json", **headers):
        """Send a request. `body` is serialized to JSON unless it is bytes or text; headers are keywords
        (`if_match=…`)."""
        content = body if isinstance(body, (bytes, str)) else b"" if body is None else json.dumps(body)
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, url, content, content_type=content_type, headers=sent)

    def get(self, url, **headers):
        return self.send("GET", url, **headers)

    def patch(self, url, body, **headers):
        return self.send("PATCH", url, body, **headers)

    def post(self, url, body, **headers):
        return self.send("POST", url, body, **headers)


def error_fields(answer):
    """Return the paths of the errors in a response."""
    return [error["field"] for error in answer.json()["errors"]]
