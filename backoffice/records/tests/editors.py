"""Editors on every channel: they open a record, edit what they see, and send it, perhaps outdated."""

import json
from dataclasses import dataclass

from bs4 import BeautifulSoup
from django.test import Client

from backoffice.admin.tests.pages import admin_url
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records.tests.merge_model import Edit

BROWSER, ADMIN, STAMP, IF_MATCH, BLIND = "browser", "admin", "stamp", "if-match", "blind"
CHANNELS = (BROWSER, ADMIN, STAMP, IF_MATCH, BLIND)
WORDS = ["one", "two", "three"]


@dataclass(frozen=True)
class RecordType:
    """A record type: its URLs, and the values that its properties may have in this test."""

    name: str
    page: str
    json: str
    method: str
    stamp: tuple[str, ...]
    values: dict[str, list]
    paths: dict[str, str]
    """The path of each property in the JSON document."""


RECORD_TYPES = {
    record_type.name: record_type
    for record_type in (
        RecordType(
            "complaint", "/complaints/", "/v2/complaints/", "PATCH", ("status", "lastModifiedAt"),
            {"desc": WORDS, "priority": [1, 2, 3], "comment": ["", *WORDS], "response": ["", *WORDS],
             "user": [], "tags": []},
            {"desc": "desc", "priority": "priority", "comment": "comment", "response": "response",
             "user": "userId", "tags": "tags"},
        ),
        RecordType(
            "object", "/objects/", "/v2/objects/", "PATCH", ("status", "lastModifiedAt"),
            {"name": WORDS, "description": ["", *WORDS], "rating": [None, 1.0, 2.5], "tags": [],
             "security_code": [None, "4711", "0815"]},
            {"name": "name", "description": "description", "rating": "rating", "tags": "tags",
             "security_code": "securityCode"},
        ),
        RecordType(
            "case", "/cases/", "/iptv/supportcase/", "POST", ("lastUpdated",),
            {"name": WORDS, "description": ["", *WORDS], "solved": [True, False],
             "private_information": ["", *WORDS], "response_answer": ["", *WORDS],
             "response_author": ["", "Support"]},
            {"name": "name", "description": "description", "solved": "solved",
             "private_information": "privateInformation", "response_answer": "response.answer",
             "response_author": "response.author"},
        ),
    )
}  # fmt: skip


def as_stored(values: dict, record) -> dict:
    """Return typed values as the states of a record have them: secrets by their hash."""
    return {name: record.properties[name].history_value(value, record) for name, value in values.items()}


@dataclass
class Person:
    """A user with a browser and a script."""

    user: object
    client: Client
    key: str

    @classmethod
    def of(cls, user, key: str) -> "Person":
        client = Client()
        client.force_login(user)
        return cls(user, client, key)

    def call(self, method: str, url: str, body=None, **headers):
        content = json.dumps(body) if body is not None else ""
        headers = {"x-api-key": self.key, **headers}
        return Client().generic(method, url, content, content_type="application/json", headers=headers)


@dataclass
class View:
    """What an editor sees of a record at a version; after a conflict, also the choices it offered."""

    record_type: RecordType
    record: object
    person: Person
    channel: str
    version: int
    shown: dict
    edit: Edit | None = None
    conflict_version: int | None = None
    questions: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        if self.channel == BROWSER:
            return f"{self.record_type.page}{self.record.pk}"
        return admin_url(self.record) if self.channel == ADMIN else f"{self.record_type.json}{self.record.pk}"

    @property
    def is_form(self) -> bool:
        return self.channel in (BROWSER, ADMIN)

    def open(self) -> "View":
        if self.is_form:
            response = self.person.client.get(self.url)
            self.shown = form_data(record_form(response.content))
            assert int(self.shown["version"]) == self.version
        else:
            response = self.person.call("GET", self.url)
            self.shown = response.json()
            assert response["ETag"] == f'"{self.version}"'
        assert response.status_code == 200
        return self

    def send(self, edit: Edit, whole: bool = False, choices: dict | None = None):
        """Edit and send. A script may send the `whole` document back; a form always sends all fields."""
        if not self.is_form:
            headers = {"if-match": f'"{self.version}"'} if self.channel == IF_MATCH else {}
            return self.person.call(self.record_type.method, self.url, self.body(edit, whole), **headers)
        if self.conflict_version is None:
            self.type(edit)
        chosen = {f"settle-{path}": choice for path, choice in (choices or {}).items()}
        response = self.person.client.post(self.url, self.shown | chosen | {"_save": "Save"})
        if response.status_code == 200:
            page = BeautifulSoup(response.content, "lxml")
            self.questions = tuple(
                box["id"].removeprefix("settle-") for box in page.select("fieldset.conflict")
            )
            self.shown = form_data(record_form(response.content))
        return response

    def body(self, edit: Edit, whole: bool) -> dict:
        body = dict(self.shown) if whole else {}
        if self.channel == STAMP:
            name, *below = self.record_type.stamp
            body[name] = {below[0]: self.shown[name][below[0]]} if below else self.shown[name]
        for name, value in edit.values.items():
            group, _dot, below = self.record_type.paths[name].partition(".")
            body[group] = {**body.get(group, {}), below: value} if below else value
        if edit.of_comments:
            body["comments"] = [
                {"_id": comment["_id"]} | self.text_of(comment, edit, whole)
                for comment in self.shown["comments"]
                if comment["_id"] not in edit.dropped
            ] + [{"comment": text} for text in edit.added]
        return body

    def text_of(self, comment: dict, edit: Edit, whole: bool) -> dict:
        if comment["_id"] in edit.texts:
            return {"comment": edit.texts[comment["_id"]]}
        return {"comment": comment["comment"]} if whole else {}

    def type(self, edit: Edit) -> None:
        """Fill in the form's controls."""
        for name, value in edit.values.items():
            if name == "tags":
                self.type_tags(value)
            elif name == "security_code" and value is None:
                self.shown["security_code-clear"] = "1"
            elif isinstance(value, bool):
                self.shown.pop(name, None)
                self.shown |= {name: "on"} if value else {}
            else:
                self.shown[name] = "" if value is None else str(value)
        rows = {self.shown.get(f"comments-{row}-id"): row for row in range(self.count("comments"))}
        for pk, text in edit.texts.items():
            self.shown[f"comments-{rows[pk]}-comment"] = text
        for pk in edit.dropped:
            self.shown[f"comments-{rows[pk]}-DELETE"] = "on"
        for text in edit.added:
            self.shown[f"comments-{self.count('comments') - 1}-comment"] = text

    def count(self, name: str, which: str = "TOTAL") -> int:
        return int(self.shown.get(f"{name}-{which}_FORMS", 0))

    def type_tags(self, tags: list[str]) -> None:
        for row in range(max(self.count("tags", "INITIAL"), len(tags))):
            if row < len(tags):
                self.shown[f"tags-{row}-text"] = tags[row]
            else:
                self.shown[f"tags-{row}-DELETE"] = "on"
