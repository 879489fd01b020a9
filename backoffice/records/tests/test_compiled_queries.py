"""Compiled queries return and write what the ORM would."""

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backoffice.db import queries
from backoffice.db.compat import with_related
from backoffice.db.queries import CompiledQuery
from backoffice.records.history.versions import history_of
from backoffice.records.models import History
from facility.models import Complaint, CustomerObject
from supportdesk.models import SupportCase


def plain_state(record) -> dict:
    return {name: value for name, value in record.__dict__.items() if not name.startswith("_")}


@pytest.mark.parametrize("model", [Complaint, CustomerObject, SupportCase])
def test_a_record_equals_the_orms(model, records):
    find = CompiledQuery(lambda pk: model._base_manager.filter(pk=pk))
    for expected in model._base_manager.all():
        for _time in range(2):
            (found,) = find(expected.pk)
            assert plain_state(found) == plain_state(expected)
            assert (found._state.adding, found._state.db) == (False, "default")
    assert find("0" * 24) == []


def test_related_records_are_selected_too(records):
    find = CompiledQuery(lambda pk: with_related(Complaint._base_manager.filter(pk=pk), "object"))
    (found,) = find(records.complaint.pk)
    with CaptureQueriesContext(connection) as context:
        assert found.object == records.object
    assert len(context) == 0


def test_values_are_ordered(records):
    find = CompiledQuery(
        lambda company, text: (
            Complaint.objects.filter(company_id=company).exclude(desc=text).order_by("-number").values_list("number", "desc")
        )
    )  # fmt: skip
    company = records.complaint.company_id
    expected = list(
        Complaint.objects.filter(company_id=company).order_by("-number").values_list("number", "desc")
    )
    assert [tuple(row) for row in find(company, "")] == expected
    assert find(company, records.complaint.desc) == []


def test_text_is_never_part_of_the_sql(records):
    find = CompiledQuery(lambda text: Complaint.objects.filter(desc=text))
    for text in ("' OR 1=1 --", "%s", "%", "a placeholder of a compiled query: 0", ""):
        assert find(text) == []
    assert len(find(records.complaint.desc)) == 1


def test_none_is_compared_as_null(cast, records):
    find = CompiledQuery(lambda pk: Complaint.objects.filter(user_id=pk))
    expected = Complaint.objects.filter(user_id=None).count()
    assert len(find(None)) == expected > 0
    assert find(cast.alice.pk) == []


@pytest.mark.skipif(not queries.is_compiled(connection), reason="the ORM does all")
def test_a_parameter_that_the_query_would_transform_is_refused(records):
    find = CompiledQuery(lambda text: Complaint.objects.filter(desc__contains=text))
    with pytest.raises(TypeError):
        find("Lampe")


def test_a_row_is_updated_only_at_its_stored_version(records):
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    complaint.desc, complaint.images, complaint.version = "Nyt 100 %s", ["https://example.com/a"], 2
    complaint.custom_fields = {"a": [1, None, "%"]}
    names = {"desc", "images", "version", "custom_fields"}
    assert queries.execute_update(complaint, names, version=1)
    assert not queries.execute_update(complaint, names, version=1)
    stored = Complaint.objects.get(pk=complaint.pk)
    assert plain_state(stored) == plain_state(complaint)
    assert Complaint.objects.exclude(pk=complaint.pk).filter(desc=complaint.desc).count() == 0


def test_an_inserted_row_equals_the_orms(records):
    row = history_of(records.complaint).first()
    row.pk, row.version, row.changes = "a" * 24, 2, [{"property": "desc", "old": "ø%s", "new": None}]
    queries.execute_insert(row)
    assert plain_state(History.objects.get(pk=row.pk)) == plain_state(row)
    row.pk = "b" * 24
    with pytest.raises(IntegrityError), transaction.atomic():
        queries.execute_insert(row)  # this version exists


@pytest.mark.skipif(
    connection.vendor != "postgresql" or not settings.COMPILED_SQL,
    reason="only PostgreSQL prepares statements on the server",
)
def test_the_server_prepares_the_statement_once(records):
    found = Complaint._base_manager.filter(pk=records.complaint.pk)
    find = CompiledQuery(lambda pk: Complaint._base_manager.filter(pk=pk).order_by("number"))
    for _time in range(7):
        find(records.complaint.pk)
        list(found)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        kept = {sql: times for sql, times in cursor.fetchall() if '"facility_complaint"."_id" = $1' in sql}
    assert [(sql.rpartition("ORDER BY")[2], times) for sql, times in kept.items()] == [
        (' "facility_complaint"."number" ASC', 2)
    ]
