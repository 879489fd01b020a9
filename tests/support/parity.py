"""The table of the parity suite: each record type, the changes tested on it, and the channels."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html import unescape

from bs4 import BeautifulSoup
from django.test import Client

import config.urls  # noqa: F401 (loads the apps)
from backoffice.admin.tests.pages import admin_url, read_outcomes, run_action
from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.mail.models import MailSender, MailTemplate
from backoffice.mail.tests.factories import MailSenderFactory, MailTemplateFactory
from backoffice.people.models import ApiKey, Company, Contact, Customer, User
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records.models import ARCHIVED
from backoffice.web.viewsets import viewset_for
from backoffice.workplace.models import CannedAnswer
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.models import Article, Complaint, CustomerObject
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.derived_records import (
    DERIVED,
    make_record,
    operations_of,
    other_property,
    text_property,
)
from tests.support.parity_lists import BulkEditChannel, QuickMenuChannel

DONE, INVALID, FORBIDDEN, MISSING, CONFLICT = "done", "invalid", "forbidden", "missing", "conflict"
BY_STATUS = {302: DONE, 400: INVALID, 422: INVALID, 403: FORBIDDEN, 404: MISSING, 409: CONFLICT}
BLANK = "This field cannot be blank."
EMAIL = "Enter a valid email address."


@dataclass(frozen=True)
class Change:
    """A property, its first value, the value it is set to, a concurrent editor's value, and an invalid value
    with the model's message. Values may be functions of the cast."""

    property: str
    old: object
    new: object
    theirs: object
    bad: tuple[str, object, str] | None
    brings: tuple[str, ...] = ()
    """Other properties that the change sets."""


@dataclass(frozen=True)
class Row:
    """A record type: how a record is made, the other company's record, the changed property, and another
    property that is changed concurrently."""

    model: type
    make: Callable
    foreign: Callable
    change: Change
    beside: tuple[str, object]
    in_bulk: tuple[str, Change]
    """The bulk action and the property it changes."""
    json: tuple[str, str, str] | None = None
    """URL prefix, method, and the dotted path of the property, if the record is in the JSON interface."""
    """The composer on the record page, and the property it changes."""
    stamp: str = "status.lastModifiedAt"
    channels: tuple[str, ...] = ("browser", "admin", "bulk", "many")
    removable: bool = True
    before_removal: tuple[str, object] | None = None
    """The value to set before the record can be deleted."""
    quick: Change | None = None
    """The property that the quick menu sets, if there is one."""

    @property
    def all_channels(self) -> tuple[str, ...]:
        more = (("json", self.json), ("quick", self.quick))
        return (*self.channels, *(channel for channel, is_available in more if is_available))


ARCHIVE = ("archive", Change("status", 1, 2, 3, None))
"""`status` has no invalid value among the choices."""
SWITCH_OFF = ("archive", replace(ARCHIVE[1], brings=("sessions_ended_at",)))
"""Archiving a user ends their sessions."""
REVOKE = ("archive", replace(ARCHIVE[1], brings=("expires_at",)))
"""Archiving a key expires it."""


def name_change(name: str, new: str = "Renamed", theirs: str = "Theirs", bad=None) -> Change:
    return Change(name, "First", new, theirs, bad or (name, "", BLANK))


def record_maker(factory, **values):
    """Return a function that creates a record of the cast's company, or of another one."""
    return lambda cast, company=None: factory(
        company=company or cast.company, **{name: resolve(value, cast) for name, value in values.items()}
    )


def resolve(value, cast):
    return value(cast) if callable(value) else value


PRIORITY = Change("priority", 1, 3, 2, ("priority", 9, "Ensure this value is less than or equal to 4."))
NULL = "Null characters are not allowed."


MANAGER = Change(
    "object_manager", None, lambda cast: cast.alice.pk, lambda cast: cast.sven.pk,
    ("object_manager", lambda cast: cast.charlie.pk, "There is no user with this id."),
)  # fmt: skip

ROWS = [
    Row(
        Complaint,
        record_maker(ComplaintFactory, response="First", object=lambda cast: CustomerObjectFactory(
            company=cast.company, customer=cast.resold.pk).pk),
        lambda cast, records: records.their_complaint,
        PRIORITY, ("comment", "beside"), ("set_priority", PRIORITY),
        json=("/v2/complaints/", "PATCH", "priority"), quick=PRIORITY,
    ),
    Row(
        CustomerObject,
        record_maker(CustomerObjectFactory, customer=lambda cast: cast.resold.pk),
        lambda cast, records: records.their_object,
        MANAGER, ("description", "beside"), ("assign", MANAGER),
        json=("/v2/objects/", "PATCH", "objectManagerId"), quick=MANAGER,
    ),
    Row(
        SupportCase, record_maker(SupportCaseFactory, name="First", response_answer="First"), lambda cast, records: records.their_case,
        name_change("name"), ("description", "beside"), ("set_priority", PRIORITY),
        json=("/iptv/supportcase/", "POST", "name"), stamp="lastUpdated", quick=PRIORITY,
    ),
    Row(
        Article, record_maker(ArticleFactory, name="First"), lambda cast, records: records.their_article,
        name_change("name"), ("unit", "beside"), ARCHIVE,
        json=("/v2/articles/", "PATCH", "name"),
    ),
    Row(
        Customer, record_maker(CustomerFactory, name="First"), lambda cast, records: records.their_customer,
        name_change("name"), ("phone", "beside"), ARCHIVE,
        json=("/v2/customers/", "PATCH", "name"), before_removal=("status", ARCHIVED),
    ),
    Row(
        Contact, record_maker(ContactFactory, first_name="First"), lambda cast, records: records.their_contact,
        name_change("first_name", bad=("email", "nobody", EMAIL)), ("role", "beside"), ARCHIVE,
        json=("/v2/contacts/", "PATCH", "firstName"),
    ),
    Row(
        User, record_maker(UserFactory, first_name="First"), lambda cast, records: cast.charlie,
        name_change("first_name", bad=("email", "nobody", EMAIL)), ("last_name", "beside"), SWITCH_OFF,
    ),
    Row(
        ApiKey, record_maker(ApiKeyFactory, name="First", owner=lambda cast: cast.ada.pk),
        lambda cast, records: ApiKeyFactory(company=cast.elsewhere, owner=cast.charlie.pk),
        name_change("name"), ("scopes", ["facility:read"]), REVOKE,
    ),
    Row(
        CannedAnswer, record_maker(CannedAnswerFactory, title="First"),
        lambda cast, records: CannedAnswerFactory(company=cast.elsewhere),
        name_change("title", bad=("text", "Hej {kunde}", "{kunde} is not a placeholder.")), ("text", "beside"), ARCHIVE,
    ),
    Row(
        MailTemplate, record_maker(MailTemplateFactory, subject="First"),
        lambda cast, records: MailTemplateFactory(company=cast.elsewhere),
        name_change("subject", bad=("text", "{{ x }}", "“x” is no placeholder.")), ("text", "{{ reply }} beside"),
        ARCHIVE,
    ),
    Row(
        MailSender, record_maker(MailSenderFactory, sender_name="First"),
        lambda cast, records: MailSenderFactory(company=cast.elsewhere),
        name_change("sender_name", bad=("reply_to", "nobody", EMAIL)), ("from_address", "beside@firm.example"), ARCHIVE,
        channels=("admin", "bulk"),
    ),
    Row(
        Company, lambda cast, company=None: cast.company, lambda cast, records: cast.elsewhere,
        Change("name", "Hansen Service A/S", "Renamed", "Theirs", ("name", "", BLANK)), ("status", 5),
        ("archive", Change("status", 1, 2, 3, None)), channels=("admin", "bulk"), removable=False,
    ),
]  # fmt: skip


def derived_row(model) -> Row:
    """Return the row of a record type that is not listed."""
    name, (url, operation) = text_property(model), operations_of(model)["update"]
    leaf = next(leaf for leaf in operation.body.document.properties if leaf.attribute == name)
    quick = viewset_for(model).quick_properties
    return Row(
        model,
        lambda cast, company=None: make_record(model, company or cast.company, **{name: "First"}),
        lambda cast, records: getattr(records, f"their_{model._meta.model_name}"),
        name_change(name), other_property(model, name), ARCHIVE,
        json=(url.removesuffix("{id}"), operation.method, leaf.path),
        quick=name_change(name) if name in quick else None,
    )  # fmt: skip


ROWS += [derived_row(model) for model in DERIVED]


@dataclass
class Answer:
    """The response of a channel: one of the outcomes, and its text."""

    outcome: str
    text: str


@dataclass
class FormChannel:
    """A channel with a form: the browser or admin."""

    name: str
    client: Client = field(default_factory=Client)
    shown: dict = field(default_factory=dict)

    def enter(self, user, key) -> None:
        self.client.force_login(user)

    def url(self, record, page="record") -> str:
        if self.name == "browser":
            return viewset_for(type(record)).url(page, record.pk)
        return admin_url(record, {"record": "change", "remove": "delete"}[page])

    def open(self, row: Row, record) -> None:
        response = self.client.get(self.url(record))
        if response.status_code == 200:
            self.shown = form_data(record_form(response.content))

    def send(self, row: Row, record, name: str, value) -> Answer:
        sent = self.shown | {name: "" if value is None else str(value), "_save": "Save"}
        response = self.client.post(self.url(record), sent)
        page = BeautifulSoup(response.content, "lxml")
        if response.status_code == 200:
            return Answer(CONFLICT if page.select("fieldset.conflict") else INVALID, page.get_text(" "))
        return Answer(BY_STATUS[response.status_code], page.get_text(" "))

    def remove(self, row: Row, record) -> Answer:
        sent = {"version": record.version, "post": "yes"}
        return Answer(BY_STATUS[self.client.post(self.url(record, "remove"), sent).status_code], "")


@dataclass
class AdminBulkChannel:
    """Admin bulk actions, with the versions that the list showed."""

    name: str = "bulk"
    client: Client = field(default_factory=Client)
    base_versions: str = ""

    def enter(self, user, key) -> None:
        self.client.force_login(user)

    def open(self, row: Row, record) -> None:
        self.base_versions = f"{record.pk}:{record.version}"

    def send(self, row: Row, record, name: str, value) -> Answer:
        action = row.in_bulk[0]
        if name == "status":
            action = {1: "activate", 2: "archive"}[value]
        return self.answer(
            run_action(self.client, [record], action, value=value or "", post="yes", seen=self.base_versions)
        )

    def remove(self, row: Row, record) -> Answer:
        return self.answer(
            run_action(self.client, [record], "delete_selected", post="yes", seen=self.base_versions)
        )

    def answer(self, response) -> Answer:
        if b"bulk-report" not in response.content:
            return Answer(FORBIDDEN, "")  # the list again: this user has no such action
        report = list(read_outcomes(response.content).values())
        if not report:
            return Answer(MISSING, "")
        words = {"Done": DONE, "Unchanged": DONE, "Rejected": INVALID, "Conflict": CONFLICT}
        return Answer(words[report[0][0]], unescape(report[0][1]))


@dataclass
class JsonChannel:
    """A script with an API key."""

    name: str = "json"
    caller: ApiClient | None = None
    stamp: str | None = None

    def enter(self, user, key) -> None:
        self.caller = ApiClient(key)

    def open(self, row: Row, record) -> None:
        response = self.caller.get(row.json[0] + record.pk)
        if response.status_code == 200:
            self.stamp = value_at(response.json(), row.stamp)

    def send(self, row: Row, record, name: str, value) -> Answer:
        prefix, method, path = row.json
        path = path if name == row.change.property else name
        body = nested(path, value) | (nested(row.stamp, self.stamp) if self.stamp else {})
        response = self.caller.send(method, prefix + record.pk, body)
        outcome = DONE if response.status_code == 200 else BY_STATUS[response.status_code]
        return Answer(outcome, " ".join(str(error) for error in response.json().get("errors", [])))

    def remove(self, row: Row, record) -> Answer:
        response = self.caller.send("DELETE", row.json[0] + record.pk)
        return Answer(DONE if response.status_code == 204 else BY_STATUS[response.status_code], "")


def nested(path: str, value) -> dict:
    name, _dot, below = path.partition(".")
    return {name: {below: value} if below else value}


def value_at(document: dict, path: str):
    for name in path.split("."):
        document = document[name]
    return document


class _Answers:
    """Adapts a channel of the list pages to the interface of the others."""

    def __init__(self, channel):
        words = {
            "done": DONE,
            "nothing": DONE,
            "refused": INVALID,
            "conflict": CONFLICT,
            "forbidden": FORBIDDEN,
        }
        self._channel = channel(words | {"missing": MISSING})

    def __getattr__(self, name):
        return getattr(self._channel, name)

    def send(self, *args) -> Answer:
        return Answer(*self._channel.send(*args))

    def remove(self, *args) -> Answer:
        return Answer(*self._channel.remove(*args))


CHANNELS = {
    "browser": lambda: FormChannel("browser"),
    "admin": lambda: FormChannel("admin"),
    "bulk": AdminBulkChannel,
    "json": JsonChannel,
    "many": lambda: _Answers(BulkEditChannel),
    "quick": lambda: _Answers(QuickMenuChannel),
}
VIA = {"many": "bulk", "bulk": "admin", "quick": "browser"}
"""The history's name for channels that have no name of their own there."""
CELLS = [(row, channel) for row in ROWS for channel in row.all_channels]


def change_at(row: Row, channel: str) -> Change:
    """Return the change for a channel: bulk action, composer and quick menu may have a property of their
    own."""
    return {"bulk": row.in_bulk[1], "quick": row.quick}.get(channel, row.change)
