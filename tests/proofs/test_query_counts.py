"""The number of database queries of each operation. `query_counts.json` is the baseline, with another one for
MongoDB, which needs separate queries instead of joins. `UPDATE_QUERY_COUNTS=1` writes it; an increase needs a
reason."""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.people.models import User
from backoffice.people.tests.factories import ContactFactory, CustomerFactory, UserFactory
from config.api import FACILITY, SUPPORT_DESK
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.sample_requests import RECIPES

ENDING = "_mongodb" if connection.vendor == "mongodb" else ""
BASELINE = Path(__file__).with_name(f"query_counts{ENDING}.json")
IDS = [operation.id for interface in (FACILITY, SUPPORT_DESK) for operation in interface.operations]

pytestmark = pytest.mark.django_db


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
def test_an_operation_takes_the_recorded_number_of_queries(name, cast, records, key_of):
    key = key_of(cast.ada)
    User.objects.get(pk=cast.ada.pk).get_all_permissions()  # content types are cached per process
    found = queries_of(RECIPES[name](cast, records), key)
    counts = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(counts | {name: found}, indent=2, sort_keys=True) + "\n")
    else:
        assert found == counts[name]


def make_many_records(cast, records, many: int) -> None:
    company, customer, place = cast.company, cast.resold.pk, records.object.pk
    material = [{"article": records.article.pk, "budget": 2}]
    for _nth in range(many):
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
