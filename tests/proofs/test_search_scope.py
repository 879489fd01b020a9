"""Search reveals nothing about hidden records: for a word that only hidden records contain, the database gets
the same queries and does the same work as for one that no record contains."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.db.search import parse_terms
from backoffice.people.models import Customer
from backoffice.people.tests.factories import CustomerFactory
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
THEIRS, NOBODYS = "zwiebelkuchen", "quarkstrudel5"
MINE = "zwischen"
"""Begins as the hidden word does."""


@pytest.fixture
def hidden_records(cast, records):
    """Records with a word that neither the company's own staff nor its reseller may learn."""
    other = CustomerFactory(company=cast.company, name="Not brought by Rikke's")
    for _turn in range(3):
        ComplaintFactory(
            company=cast.elsewhere, object=records.their_object.pk, desc=f"{THEIRS} +41 99 755 10 20"
        )
        CustomerFactory(company=cast.elsewhere, name=f"{THEIRS.title()} GmbH", phone="+41 99 755 10 20")
        SupportCaseFactory(company=cast.elsewhere, customer=records.their_customer.pk, name=THEIRS)
    ComplaintFactory(company=cast.company, object=records.object.pk, desc=MINE)
    SupportCaseFactory(company=cast.company, customer=cast.resold.pk, name=MINE)
    SupportCaseFactory(company=cast.company, customer=other.pk, name="Sahnebombe")


def measure_work(ask) -> tuple[list[str], int]:
    """Return the queries of a call and the number of SQLite's virtual machine steps."""
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    ask()  # (the first call prepares statements)
    if connection.vendor == "sqlite":
        connection.connection.set_progress_handler(count, 1)
    try:
        with CaptureQueriesContext(connection) as context:
            ask()
    finally:
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(None, 0)
    return [query["sql"] for query in context.captured_queries], steps


def prefixes(word: str) -> list[str]:
    """Return the prefixes of a word, as an attacker would try them."""
    return [word[:length] for length in (5, 8, len(word))]


@pytest.mark.parametrize("model", [Customer, Complaint, SupportCase])
def test_words_of_another_company_cause_no_additional_work(model, hidden_records, cast):
    def ask(text):
        rows = model.objects.visible_to(cast.ada).search(text)
        return lambda: (list(rows[:25]), rows.count())

    for beginning in prefixes(THEIRS):
        queries, steps = measure_work(lambda: ask(beginning)())  # noqa: B023
        assert steps > 0 or connection.vendor != "sqlite"
        assert list(model.objects.visible_to(cast.ada).search(beginning)) == []
        others, other_steps = measure_work(lambda: ask(NOBODYS[: len(beginning)])())  # noqa: B023
        assert (len(queries), steps) == (len(others), other_steps), beginning
    queries, steps = measure_work(lambda: ask("0041 997551020")())
    others, other_steps = measure_work(lambda: ask("0041 997551029")())
    assert (len(queries), steps) == (len(others), other_steps)
    assert len(list(model.objects.visible_to(cast.root).search(THEIRS))) >= 3


def test_the_count_query_over_json_is_the_same(hidden_records, cast, key_of):
    client, key = Client(), {"X-API-Key": key_of(cast.alice)}

    def ask(text):
        answer = client.get(f"/v2/complaints/count?{urlencode({'searchComplaint': text})}", headers=key)
        assert answer.json() == {"count": 0}

    ask("warm")
    for beginning in prefixes(THEIRS)[1:]:
        queries, steps = measure_work(lambda: ask(beginning))  # noqa: B023
        others, other_steps = measure_work(lambda: ask(NOBODYS[: len(beginning)]))  # noqa: B023
        assert (len(queries), steps) == (len(others), other_steps), beginning


def test_words_of_hidden_cases_cause_no_additional_work_for_a_reseller(hidden_records, cast):
    """(They are in the index of the reseller's company, so the index is not used.)"""

    def ask(text):
        return lambda: list(SupportCase.objects.visible_to(cast.rikke).search(text)[:25])

    for hidden_word, other in (("sahnebombe", "quarkbombe"), ("sahne", "quark"), (THEIRS, NOBODYS)):
        queries, steps = measure_work(ask(hidden_word))
        others, other_steps = measure_work(ask(other))
        assert (len(queries), steps) == (len(others), other_steps), hidden_word
        assert not any("_words" in sql or "tsvector" in sql for sql in queries)
    assert [case.name for case in SupportCase.objects.visible_to(cast.rikke).search(MINE)] == [MINE]
    assert len(SupportCase.objects.visible_to(cast.ada).search("sahneb")) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="its index can be read")
def test_each_word_of_an_index_begins_with_its_company(hidden_records, cast):
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, facility_complaint_words, row)")
        cursor.execute("SELECT term FROM temp.terms WHERE term LIKE %s", [f"%{THEIRS}%"])
        found = [term for (term,) in cursor.fetchall()]
        cursor.execute("DROP TABLE temp.terms")
    assert found == [f"{cast.elsewhere.pk}{THEIRS}"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="how it finds them")
def test_postgres_finds_words_by_the_index(hidden_records, cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    asked = (parse_terms(THEIRS), [cast.company.pk])
    found = Complaint._base_manager.filter(search_text__has_words=asked).order_by()
    assert "facility_complaint_words_2" in found.explain()
