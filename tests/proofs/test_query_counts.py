"""The number of database queries of each operation. `query_counts.json` is the baseline, with another one for
MongoDB, which needs separate queries instead of joins. Compiled SQL makes no difference: the counts hold with
COMPILED_SQL on and off. `UPDATE_QUERY_COUNTS=1` writes it; an increase needs a
reason."""

import json
import os
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.people.models import Contact, Customer, User
from backoffice.people.tests.factories import ContactFactory, CustomerFactory, UserFactory
from config.api import FACILITY, SUPPORT_DESK
from facility.models import Article, Complaint, CustomerObject
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.derived_records import DERIVED, make_record, operations_of
from tests.support.sample_requests import RECIPES

ENDING = "_mongodb" if connection.vendor == "mongodb" else ""
BASELINE = Path(__file__).with_name(f"query_counts{ENDING}.json")
IDS = [operation.id for interface in (FACILITY, SUPPORT_DESK) for operation in interface.operations]

pytestmark = pytest.mark.django_db


def most_of_derived(model, word: str, like: str):
    """Return the most queries of an operation on a record type without a baseline, as a function of the baselines:
    those of the operation on articles, and a few for each reference and list. (Articles are referred to once.)"""
    references = sum(not prop.many and prop.target is not None for prop in model.properties.values())
    lists = sum(prop.many for prop in model.properties.values())
    more = {"create": references + 3 * lists, "delete": 3 * lists + referring_models(model) - 1}
    return lambda counts: counts[like] + more.get(word, 2 * lists)


def referring_models(model, within=None) -> int:
    """Return the number of references to a model that keep its records from being deleted."""
    fields = (
        field
        for each in (apps.get_models() if within is None else within)
        for field in each._meta.concrete_fields
        if field.is_relation
    )
    return sum(field.related_model is model for field in fields)


MOST_OF_DERIVED = {
    operation.id: most_of_derived(model, word, f"{word}Article{'s' * (word in ('list', 'count'))}")
    for model in DERIVED
    for word, (_url, operation) in operations_of(model).items()
}
"""The limits of the operations on records that have no baseline."""
REFERRING = {
    f"delete{name}": referring_models(model, DERIVED)
    for name, model in {"Object": CustomerObject, "Contact": Contact, "Customer": Customer, "Article": Article,
                        "Complaint": Complaint}.items()
}  # fmt: skip
"""The queries that a deletion takes for references of derived records, which no baseline has."""


def queries_of(request, key) -> int:
    """Return the number of queries, including the lookup of the key, without those that only begin and end
    transactions."""
    with CaptureQueriesContext(connection) as context:
        answer = request.send(key)
    assert answer.status_code < 300, (request, answer.content)
    return len([query for query in context if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_every_operation_has_a_request():
    assert sorted(IDS) == sorted(RECIPES)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_an_operation_takes_the_recorded_number_of_queries(name, cast, records, key_of, monkeypatch):
    monkeypatch.setattr("backoffice.jobs.outbox.wake", lambda lane: None)  # jobs are no part of the request
    key = key_of(cast.ada)
    User.objects.get(pk=cast.ada.pk).get_all_permissions()  # content types are cached per process
    found = queries_of(RECIPES[name](cast, records), key)
    counts = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(counts | {name: found}, indent=2, sort_keys=True) + "\n")
    elif name in MOST_OF_DERIVED:
        assert found <= MOST_OF_DERIVED[name](counts)
    else:
        assert found == counts[name] + REFERRING.get(name, 0)


def make_many_records(cast, records, many: int) -> None:
    company, customer, place = cast.company, cast.resold.pk, records.object.pk
    material = [{"article": records.article.pk, "budget": 2}]
    for _nth in range(many):
        for model in DERIVED:
            make_record(model, company)
        contact = ContactFactory(company=company, customer=customer)
        CustomerFactory(company=company, parent_reseller=cast.reseller.pk)
        ArticleFactory(company=company)
        UserFactory(company=company)
        CustomerObjectFactory(
            company=company, customer=customer, object_manager=cast.alice.pk, contacts=[contact.pk], tags=["a", "b"],
            security_code="1234", material=material,
        )  # fmt: skip
        ComplaintFactory(company=company, object=place, user=cast.alice.pk, tags=["x"])
        SupportCaseFactory(
            company=company, customer=customer, employee=cast.sven.pk,
            comments=[{"comment": "Hej", "files": [{"url": "https://example.com/1.png"}]}],
        )  # fmt: skip


LISTS = sorted(name for name in RECIPES if name.startswith("list"))


@pytest.mark.deep
@pytest.mark.everywhere
def test_a_list_of_100_takes_as_many_queries_as_one_of_10(cast, records, key_of, monkeypatch):
    monkeypatch.setattr(
        "backoffice.people.models.keys.LAST_USE_SECONDS", 3600
    )  # the first request fills caches
    key, counts = key_of(cast.ada), {}
    queries_of(RECIPES["getUser"](cast, records), key)  # the first use of a key is written
    for many in (10, 90):
        make_many_records(cast, records, many)
        for name in LISTS:
            counts.setdefault(name, []).append(queries_of(RECIPES[name](cast, records), key))
    assert {name: found for name, found in counts.items() if found[0] != found[1]} == {}
