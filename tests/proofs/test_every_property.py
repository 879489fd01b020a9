"""Every documented property on every channel: set over JSON, in the browser and in admin, shown on each and
in the history; an invalid value is refused on each with the model's own message."""

import json
import re
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.tests.factories import ContactFactory
from backoffice.records.models import History
from backoffice.records.tests.parameters import select_daily
from conftest import make_key
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.documented_properties import KEPT_BY_SERVER, PAGES, ROWS, resolve

JSON_ADDRESS = {
    "complaint": ("patch", "/v2/complaints/%s"),
    "object": ("patch", "/v2/objects/%s"),
    "case": ("post", "/iptv/supportcase/%s"),
}
PAGE = {"complaint": "facility:complaint_record", "object": "facility:customerobject_record",
        "case": "supportdesk:supportcase_record"}  # fmt: skip
ADMIN = {"complaint": "admin:facility_complaint_change", "object": "admin:facility_customerobject_change",
         "case": "admin:supportdesk_supportcase_change"}  # fmt: skip
REFUSED = {"complaint": 400, "object": 400, "case": 422}


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


def document(world, page: str) -> dict:
    """Return the record's document."""
    return Client().get(JSON_ADDRESS[page][1] % getattr(world, page).pk, headers=world.headers).json()


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


def history(world, page: str):
    return History.objects.filter(record_id=getattr(world, page).pk).order_by("-version")


def address_of(world, names: dict, page: str) -> str:
    return reverse(names[page], args=[getattr(world, page).pk])


def typed_rows(page: str, names: dict) -> list:
    """Return the rows that are typed into a page's form. (In the browser, lists of files come by upload.)"""
    is_file = re.compile(r"(^|-)(images|finish_images|files)-")
    return [row for row in ROWS if row.page == page and (names is ADMIN or not is_file.search(row.control))]


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


each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
each_page = pytest.mark.parametrize("page", select_daily(PAGES, "complaint"))
both_forms = pytest.mark.parametrize(
    ("names", "via"), [(PAGE, "browser"), (ADMIN, "admin")], ids=["browser", "admin"]
)


@each_row
def test_properties_are_set_over_json(row, world):
    value, page = resolve(row.value, world), row.page
    body = body_for(row.path, value, document(world, page))
    response = over_json(world, page, body)
    assert response.status_code == 200, response.content
    assert value_at(row.path, response.json()) == value
    assert value_at(row.path, document(world, page)) == value
    last = history(world, page).first()
    assert any(entry["property"].split(".")[0] == row.history for entry in last.changes)
    assert (last.via, last.version) == ("json", 2)

    assert over_json(world, page, body).status_code == 200
    assert history(world, page).first() == last


@pytest.mark.slow
@each_page
def test_values_set_over_json_are_shown_in_the_forms(page, world):
    rows = [row for row in ROWS if row.page == page]
    for row in rows:
        body = body_for(row.path, resolve(row.value, world), document(world, page))
        assert over_json(world, page, body).status_code == 200
    for names in (PAGE, ADMIN):
        form = open_form(world, names, page)
        for row in typed_rows(page, names):
            if row.covered:
                assert resolve(row.typed, world) not in form.values(), row.id
            else:
                assert form[row.control] == resolve(row.shown, world), row.id


@each_page
@both_forms
def test_all_values_set_in_one_form_are_returned_over_json(page, names, via, world):
    rows = typed_rows(page, names)
    typed = {}
    for row in rows:
        typed |= {row.control: resolve(row.typed, world), **row.also_typed}
    response = submit_form(world, names, page, typed)
    assert response.status_code == 302, response.content.decode()
    there, last = document(world, page), history(world, page).first()
    changed = {entry["property"].split(".")[0] for entry in last.changes}
    for row in rows:
        assert value_at(row.path, there) == resolve(row.value, world), row.id
        assert row.history in changed
    assert (last.via, last.version) == (via, 2)


@pytest.mark.deep
@each_row
@both_forms
def test_each_value_set_in_a_form_is_returned_over_json(row, names, via, world):
    if row not in typed_rows(row.page, names):
        return  # test_files_of_new_records.py, test_files.py
    response = submit_form(world, names, row.page, {row.control: resolve(row.typed, world), **row.also_typed})
    assert response.status_code == 302, response.content.decode()
    assert value_at(row.path, document(world, row.page)) == resolve(row.value, world)
    last = history(world, row.page).first()
    assert any(entry["property"].split(".")[0] == row.history for entry in last.changes)
    assert (last.via, last.version) == (via, 2)


@pytest.mark.parametrize("row", [row for row in ROWS if row.message], ids=lambda row: row.id)
def test_an_invalid_value_is_refused_over_json_with_the_models_message(row, world):
    before = document(world, row.page)
    response = over_json(world, row.page, body_for(row.path, row.bad, before))
    assert response.status_code == REFUSED[row.page]
    assert any(row.message in error["message"] for error in response.json()["errors"]), response.json()
    assert document(world, row.page) == before
    assert history(world, row.page).count() == 1


@each_page
@both_forms
def test_invalid_values_are_refused_in_the_forms_with_the_models_messages(page, names, via, world):
    before = document(world, page)
    rows = [row for row in typed_rows(page, names) if row.message]
    alone = [
        row for row in rows if row.path == "contract.endDate"
    ]  # a rule about two properties is tested last
    for together in ([row for row in rows if row not in alone], alone):
        if together:
            response = submit_form(world, names, page, {row.control: row.bad_typed for row in together})
            assert response.status_code == 200
            form = record_form(response.content)
            for row in together:
                assert row.message in error_text(form, row.control), row.id
    assert document(world, page) == before
    assert history(world, page).count() == 1


def error_text(form, control: str) -> str:
    """Return the text of the smallest part of a form that has a control and an error message in it."""
    part = form.find(attrs={"name": control})
    while not part.select(".invalid-feedback, .errorlist"):
        part = part.parent
    return part.get_text(" ", strip=True)


@each_page
def test_read_only_properties_can_be_sent_back_and_are_never_written(page, world):
    there = document(world, page)
    for path in KEPT_BY_SERVER[page]:
        assert value_at(path, there)
    assert over_json(world, page, there).status_code == 200
    assert document(world, page) == there
    assert history(world, page).count() == 1
    for path in ("_id", "companyId")[: 1 if page == "case" else 2]:
        assert over_json(world, page, {path: "f" * 24}).status_code == REFUSED[page]


def test_no_documented_property_is_missing():
    for page, names in PAGES.items():
        rows = {row.path for row in ROWS if row.page == page}
        assert rows | set(KEPT_BY_SERVER[page]) == set(names)
