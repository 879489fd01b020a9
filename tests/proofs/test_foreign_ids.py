"""Another company's id is treated like an unknown one: wherever an id can be sent, the responses to both are
identical byte for byte once the ids are masked. The places are found in forms, filters, documents, parameters
and routes, so that new ones are included."""

import json

import pytest
from django.test import Client
from django.utils import timezone

import config.urls  # noqa: F401 (loads the apps)
from backoffice.forms.fields import ReferenceOptions
from backoffice.people.models import Customer, User
from backoffice.people.tests.factories import UserFactory
from backoffice.web.viewsets import all_viewsets, viewset_for
from facility.models import Complaint, CustomerObject
from tests.support.derived_records import DERIVED
from tests.support.foreign_ids import (
    FOREIGN,
    UNKNOWN,
    Attempts,
    CompanyRecords,
    admin_attempts,
    bulk_attempts,
    page_attempts,
    script_attempts,
    signed_in,
    text_of,
)
from tests.support.leaks import PATHS, fill_texts
from tests.support.routes import every_route
from tests.support.visitors import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
PEOPLE = ("alice", "sven", "ada", "rikke")


@pytest.fixture
def company_records(cast, records, monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    foreign_user = UserFactory(company=cast.elsewhere, roles=["Support staff", "Facility staff"])
    foreign = [records.their_customer, records.their_object, records.their_complaint, records.their_case,
               records.their_contact, records.their_article, foreign_user]  # fmt: skip
    foreign += [getattr(records, f"their_{model._meta.model_name}") for model in DERIVED]
    for record in foreign:
        fill_texts(record, FOREIGN)
    own = [
        cast.resold,
        records.object,
        records.complaint,
        records.case,
        records.contact,
        records.article,
        cast.vera,
        *(getattr(records, model._meta.model_name) for model in DERIVED),
    ]
    return CompanyRecords(cast, {type(each): each for each in own}, {type(each): each.pk for each in foreign})


@pytest.mark.deep
@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_distinguishes_foreign_from_unknown_ids(name, company_records, capsys):
    attempts = page_attempts(company_records, name, all_viewsets())
    with capsys.disabled():
        print(f"\nforeign ids on pages: {attempts.asked} places asked by {name}")
    assert attempts.found == []
    assert attempts.asked > (100 if name != "rikke" else 40)


@pytest.mark.deep
@pytest.mark.parametrize("name", ["ada"])
def test_no_admin_page_distinguishes_foreign_from_unknown_ids(name, company_records, capsys):
    attempts = admin_attempts(company_records, name)
    with capsys.disabled():
        print(f"\nforeign ids in admin: {attempts.asked} places asked by {name}")
    assert attempts.found == []
    assert attempts.asked > 60


@pytest.mark.deep
@pytest.mark.parametrize("name", PEOPLE)
def test_no_json_response_distinguishes_foreign_from_unknown_ids(name, company_records, capsys):
    attempts = script_attempts(company_records, name, PATHS)
    with capsys.disabled():
        print(f"\nforeign ids over JSON: {attempts.asked} places asked by {name}")
    assert attempts.found == []
    assert attempts.asked > 150


@pytest.mark.deep
@pytest.mark.parametrize("name", PEOPLE)
def test_no_url_distinguishes_foreign_from_unknown_ids(name, company_records, records):
    """Another company's record is missing at every address."""
    attempts, client = Attempts(company_records), signed_in(company_records, name)
    for route in every_route():
        model = route.model(records)
        if model not in company_records.foreign or route.speaks_json:
            continue
        for method in ("get", "post"):
            attempts.ask(f"{method} {route.pattern}", model, lambda pk, route=route, method=method: [
                text_of(client, getattr(client, method)(route.address(records, lambda word, _model: pk if word in ("pk", "object_id") else None), follow=True))])  # fmt: skip
    assert attempts.found == []


@pytest.mark.slow
def test_a_sent_id_does_not_disclose_a_name(company_records):
    """A selection for every day: the assignee of many complaints, of one, and of a list."""
    attempts, alice = Attempts(company_records), company_records.cast.alice
    client, complaint = signed_in(company_records, "alice"), company_records.own[Complaint]
    kind = viewset_for(Complaint)
    bulk_attempts(attempts, client, alice, kind, complaint)
    address = kind.url("quick", complaint.pk, "user")
    attempts.ask(
        "quick", User, lambda pk: [text_of(client, client.post(address, {"value": pk}, follow=True))]
    )
    attempts.ask("list", User, lambda pk: [text_of(client, client.get(f"/complaints?assignee={pk}"))])
    assert attempts.found == [] and attempts.asked >= 3


def test_an_error_does_not_disclose_supporters(company_records):
    """Rikke creates a case for a supporter of another company: refused as for an unknown id."""
    attempts = Attempts(company_records)
    key, client = Visitor.script("rikke", company_records.cast.rikke).key, Client()
    for body in ({"employee": "PK"}, {"comments": [{"comment": "x", "employee": "PK"}]}, {"customer": "PK"}):

        def send(pk, body=body):
            sent = json.dumps({"name": "x", "customer": company_records.cast.resold.pk} | body).replace(
                "PK", pk
            )
            return [text_of(client, client.post("/iptv/supportcase", sent, content_type="application/json",
                                                headers={"x-api-key": key.secret}))]  # fmt: skip

        attempts.ask(str(body), Customer if "customer" in body else User, send)
    assert attempts.found == []


def test_choices_name_no_other_companies_records(company_records):
    """A control that already has a foreign id shows no name for it."""
    choices = ReferenceOptions(company_records.cast.alice, company_records.cast.company.pk)
    for model, name in ((Complaint, "user"), (CustomerObject, "customer"), (Complaint, "object")):
        field = model._meta.get_field(name)
        model = field.related_model
        shown = {dict(choices.options_for(field, pk))[pk] for pk in (company_records.foreign[model], UNKNOWN)}
        assert shown == {"(not found, or no access)"}
        assert choices.name_of(model, company_records.foreign[model]) == choices.name_of(model, UNKNOWN)
