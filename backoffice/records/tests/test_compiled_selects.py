"""Lists from compiled SQL are equal to the ORM's, and so are their queries."""

from datetime import datetime, timezone

import pytest
from django.db import connection, connections
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext

from backoffice.db.compiled import selects
from backoffice.db.queries import fetch, is_compiled
from backoffice.db.search import filter_by_words
from backoffice.people.models import Customer, User
from backoffice.people.tests.factories import CustomerFactory
from facility.models import Complaint, CustomerObject, ObjectTag
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.skipif(not is_compiled(connection), reason="the ORM does all")
ANY = Complaint.objects.all()
BY_PARTS = {
    "all": ANY,
    "in an order": ANY.order_by("-number"),
    "the other way round": ANY.order_by("-number").reverse(),
    "by what another table has": ANY.order_by("object__name", "id"),
    "one condition": ANY.filter(desc="50 % of %s"),
    "several": ANY.filter(Q(priority__in=[1, 3]) | ~Q(desc="x"), number__gt=0).order_by("id"),
    "a reference": ANY.filter(company__isnull=False, object_id="0" * 24),
    "none by the value": ANY.filter(pk__in=[]),
    "all by the value": ANY.exclude(pk__in=[]),
    "none": ANY.none(),
    "a subquery": ANY.filter(object__in=CustomerObject.objects.filter(number__gt=0)),
    "one about each": CustomerObject.objects.filter(
        Exists(ObjectTag.objects.filter(record_id=OuterRef("pk"), text="skole"))
    ),
    "some columns": ANY.only("number", "desc").order_by("number"),
    "without some columns": ANY.defer("search_text"),
    "sliced to nothing": ANY.order_by("id")[2:2],
}
BY_THE_ORM = {
    "values": ANY.values_list("number", "desc"),
    "a condition of another table": ANY.filter(object__number__gt=0),
    "more columns": ANY.annotate(small=Lower("desc")),
    "together with others": ANY.select_related("object"),
    "counted": ANY.annotate(many=Count("images")).filter(many__gt=0),
    "different ones": ANY.distinct(),
    "an order of an expression": ANY.order_by(Lower("desc")),
    "a part": ANY.order_by("number")[:2],
    "both": ANY.order_by().filter(number=1).union(ANY.order_by().filter(number=2)),
    "fetched at once": ANY.prefetch_related("object"),
}


@pytest.fixture
def several_complaints(records):
    for number, desc in enumerate(("50 % of %s", "x", "y"), 500):
        ComplaintFactory(company=records.complaint.company, object=records.object, number=number, desc=desc)
    connections["default"].__dict__.pop("fetched_shapes", None)


def plain_state(found) -> object:
    if not hasattr(found, "__dict__"):
        return found
    return type(found), {name: value for name, value in vars(found).items() if name != "_state"}


def run_with_sql(find) -> tuple[list, list[str]]:
    with CaptureQueriesContext(connection) as context:
        found = find()
    return [plain_state(each) for each in found], [query["sql"] for query in context.captured_queries]


@pytest.mark.parametrize("name", [*BY_PARTS, *BY_THE_ORM])
def test_a_list_equals_the_orms(name, several_complaints):
    queryset = (BY_PARTS | BY_THE_ORM)[name]
    for start, stop in ((0, None), (0, 2), (1, 3), (1, None), (9, 12)):
        expected = run_with_sql(lambda: list(queryset.all()[start:stop]))  # noqa: B023
        for _time in range(2):
            assert run_with_sql(lambda: fetch(queryset.all(), start, stop)) == expected  # noqa: B023


def test_one_compiled_select_serves_all_conditions_and_pages(several_complaints):
    for condition in (Q(), Q(number__gt=501), Q(number__in=[500, 502]), Q(desc="x"), Q(pk=None)):
        for stop in (1, 2, None):
            queryset = ANY.filter(condition).order_by("id")
            assert fetch(queryset, 0, stop) == list(queryset[:stop])
    assert len(connection.fetched_shapes) == 1
    for queryset in BY_PARTS.values():
        assert selects._shape_of(queryset) or queryset.query.is_sliced
    assert not [name for name, queryset in BY_THE_ORM.items() if selects._shape_of(queryset)]


def test_records_have_the_state_of_stored_records(several_complaints):
    found = fetch(ANY.order_by("id"))
    assert {(record._state.adding, record._state.db) for record in found} == {(False, "default")}
    assert len({id(record._state) for record in found}) == len(found) > 3


def test_the_number_of_cached_selects_is_limited(several_complaints, monkeypatch):
    monkeypatch.setattr(selects, "MAX_SHAPES", 2)
    for name in ("id", "number", "desc", "priority", "status"):
        assert fetch(User.objects.order_by("id")) == list(User.objects.order_by("id"))
        assert fetch(ANY.order_by(name, "id")) == list(ANY.order_by(name, "id"))
    assert len(connection.fetched_shapes) <= 3


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others do not store times as text")
@pytest.mark.parametrize(
    "text", ["2024-01-02 03:04:05.678000", "2024-01-02 03:04:05.6780", "2024-01-02 04:04:05.678+01:00"]
)
def test_times_have_a_time_zone_in_any_notation(text, several_complaints):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE facility_complaint SET created_at = %s", [text])
    for found in fetch(ANY), list(ANY):
        assert {record.created_at for record in found} == {
            datetime(2024, 1, 2, 3, 4, 5, 678000, timezone.utc)
        }


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite gets INDEXED BY")
def test_an_index_hint_is_not_reused_for_other_queries(cast):
    CustomerFactory(company=cast.company, name="Gertrud")
    in_order = Customer.objects.mark_whole_companies(None).order_by("-number")

    def has_index_hint(queryset) -> bool:
        with CaptureQueriesContext(connection) as context:
            assert "Gertrud" in {customer.name for customer in fetch(queryset, 0, 50)}
        return "INDEXED BY" in context.captured_queries[-1]["sql"]

    for _turn in range(2):
        assert has_index_hint(filter_by_words(in_order, "gertr"))
        assert not has_index_hint(in_order)
