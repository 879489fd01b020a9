"""Records for the tests of every documented property, and the ways to read and write them on each channel."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from backoffice.exchange.tests.files import export_documents
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.tests.factories import ContactFactory
from backoffice.records.models import History
from conftest import make_key
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

JSON_ADDRESS = {
    "complaint": ("patch", "/v2/complaints/%s"),
    "object": ("patch", "/v2/objects/%s"),
    "case": ("post", "/iptv/supportcase/%s"),
}
PAGE = {"complaint": "facility:complaint_record", "object": "facility:customerobject_record",
        "case": "supportdesk:supportcase_record"}  # fmt: skip
ADMIN = {"complaint": "admin:facility_complaint_change", "object": "admin:facility_customerobject_change",
         "case": "admin:supportdesk_supportcase_change"}  # fmt: skip
EXPORTS = {"complaint": "complaints", "object": "objects", "case": "cases"}
REFUSED = {"complaint": 400, "object": 400, "case": 422}


@pytest.fixture
def proves():
    """`proves(page, property, channel, *steps)`: note what an assertion has shown. `make conformance` reads the
    notes of a run in which all tests pass."""
    notes = []
    yield lambda *note: notes.append(note)
    if folder := os.environ.get("CONFORMANCE_OUTCOMES"):
        with (Path(folder) / f"{connection.vendor}-{os.getpid()}").open("a") as file:
            file.writelines(json.dumps(note) + "\n" for note in notes)


@pytest.fixture(scope="module")
def filled_world(shared_records, django_db_blocker):
    """One record of each page with an element in each of its lists, a signed-in administrator, and a key:
    created once; each test's changes are rolled back."""
    with django_db_blocker.unblock():
        return make_world(shared_records.cast)


@pytest.fixture
def world(filled_world, db):
    return filled_world


def make_world(cast) -> SimpleNamespace:
    company = cast.company
    article = ArticleFactory(company=company)
    place = CustomerObjectFactory(
        company=company,
        actor=cast.ada,
        customer=cast.resold.pk,
        material=[{"article": article.pk, "budget": 1}],
        location_latitude=55.5,
        location_longitude=12.5,
        contract_start_date="2020-06-01T00:00:00Z",
        contract_end_date="2030-06-01T00:00:00Z",
    )
    file = {"url": "https://image.example.dk/1.jpeg", "type": "IMAGE"}
    comment = {"comment": "Kan I hjælpe?", "employee": cast.sven.pk, "files": [file]}
    client = Client()
    client.force_login(cast.ada)
    return SimpleNamespace(
        alice=cast.alice,
        reseller=cast.reseller,
        other_article=ArticleFactory(company=company),
        contact=ContactFactory(company=company),
        complaint=ComplaintFactory(company=company, actor=cast.ada, object=place.pk),
        object=place,
        case=SupportCaseFactory(
            company=company,
            actor=cast.ada,
            customer=cast.resold.pk,
            employee=cast.sven.pk,
            date="2020-02-17T14:36:09.698Z",
            files=[file],
            comments=[comment],
        ),
        client=client,
        headers={"x-API-Key": make_key(cast.ada)},
        untouched={},
    )


def over_json(world, page: str, body: dict):
    """Send an update as a script does."""
    method, address = JSON_ADDRESS[page]
    address %= getattr(world, page).pk
    return getattr(Client(), method)(
        address, json.dumps(body), content_type="application/json", headers=world.headers
    )


def document(world, page: str, pk: str = "") -> dict:
    """Return the document of the world's record, or of another."""
    pk = pk or getattr(world, page).pk
    return Client().get(JSON_ADDRESS[page][1] % pk, headers=world.headers).json()


def exported_document(world, page: str, pk: str = "") -> dict:
    """Return an exported document: the world's, or another."""
    pk = pk or getattr(world, page).pk
    return next(each for each in export_documents(EXPORTS[page]) if each["_id"] == pk)


def body_for(path: str, value, there: dict) -> dict:
    """Return the smallest body that sets one property. Elements of lists get the ids that they have in the
    present document."""
    name, _dot, rest = path.partition(".")
    if not rest:
        return {name: value}
    if not name.endswith("[]"):
        return {name: body_for(rest, value, there.get(name, {}))}
    name = name.removesuffix("[]")
    first = there[name][0]
    named = {"_id": first["_id"]} if "_id" in first else first
    return {name: [{**named, **body_for(rest, value, first)}]}


def value_at(path: str, there):
    """The value of a path in a document."""
    for part in path.split("."):
        there = there[part.removesuffix("[]")]
        if part.endswith("[]"):
            there = there[0]
    return there


def with_value(path: str, value, there: dict) -> dict:
    """Return a copy of a document with another value at a path."""
    copied = json.loads(json.dumps(there))
    parent, _dot, last = path.rpartition(".")
    (value_at(parent, copied) if parent else copied)[last] = value
    return copied


def history(world, page: str):
    return History.objects.filter(record_id=getattr(world, page).pk).order_by("-version")


def address_of(world, names: dict, page: str) -> str:
    return reverse(names[page], args=[getattr(world, page).pk])


def typed(rows: list, names: dict) -> list:
    """Return the rows that are typed into a form. (In the browser, files come by upload.)"""
    return [row for row in rows if names is ADMIN or not row.upload]


def in_rounds(rows: list) -> list[list]:
    """Group rows with invalid values, which are refused at different times: an input that cannot be read before
    the model's rules, and these before a rule about two properties."""
    unreadable = [row for row in rows if row.form_message != row.message]
    alone = [row for row in rows if row.path == "contract.endDate"]
    rest = [row for row in rows if row not in unreadable + alone]
    return [each for each in (rest, unreadable, alone) if each]


def open_form(world, names, page: str) -> dict:
    """Return the record's form on a page, as submitted unchanged."""
    response = world.client.get(address_of(world, names, page))
    assert response.status_code == 200
    return form_data(record_form(response.content))


def submit_form(world, names, page: str, typed: dict):
    """Type into controls of the record's form and submit it."""
    address = address_of(world, names, page)
    if address not in world.untouched:
        world.untouched[address] = open_form(world, names, page)
    return world.client.post(address, world.untouched[address] | typed)
