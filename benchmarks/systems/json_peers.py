"""Common parts of the JSON peers: their key, and the same requests as Caretaker's."""

import os

from benchmarks import bodies
from benchmarks.calling import Request
from benchmarks.databases import connect
from benchmarks.seeding import KEY

MANY = 200
"""How many complaints are changed in turn."""


class JsonPeer:
    def __init__(self, call):
        self.call = call
        db = connect(os.environ["PEER_DATABASE"])
        ids = db.execute(f"SELECT id FROM desk_complaint ORDER BY id LIMIT {MANY}").fetchall()
        self.ids = [pk for (pk,) in ids]
        self.user = db.execute("SELECT owner_id FROM desk_key").fetchone()[0]
        db.close()
        self.headers = {"X-API-Key": KEY}
        self.scenarios = {"patch": self.patch, "list": self.list, "read": self.read}

    def describe(self) -> dict:
        return {"ids": self.ids, "user": self.user, "headers": self.headers}

    def patch(self, nth):
        path = f"/v2/complaints/{self.ids[nth % MANY]}"
        headers = {**self.headers, "Content-Type": "application/json"}
        return [Request("PATCH", path, headers, bodies.complaint(nth, self.user))]

    def list(self, nth):
        return [Request("GET", "/v2/complaints?limit=100", self.headers)]

    def read(self, nth):
        return [Request("GET", f"/v2/complaints/{self.ids[nth % MANY]}", self.headers)]
