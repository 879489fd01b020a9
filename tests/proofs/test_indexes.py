"""Every filter and order of a list has an index, or is listed here with the reason why it has none, so lists
do not slow down as data grows. A new filter without an index fails here. (SQLite's query plan does not depend
on the number of rows: statistics are not collected.)"""

import re

import django_filters
import pytest
from django.db import connection
from django.http import QueryDict

from backoffice.directory import api as directory_api
from backoffice.lists.filters import DayFilter, ReferenceFilter, SearchFilter
from backoffice.lists.query_params import (
    FLAG,
    MOMENT_TEXT,
    OBJECT_ID,
    WHOLE,
    ParameterFilter,
    SearchParameter,
    WordsParameter,
)
from backoffice.records.models import Record
from backoffice.web.listing import RecordListing as Page
from backoffice.web.viewsets import all_viewsets, viewset_for
from config import urls  # noqa: F401 (loads the record types)
from facility import api as facility_api
from facility.api import complaints, objects
from supportdesk import api as support_api
from tests.support.derived_records import DERIVED, document_of, operations_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="each database plans otherwise; the indexes are the same"
    ),
]

WORDS = "letters within a text: each is looked at (`test_search` has the search by words)"
NEARLY_ALL = (
    "nearly all records have the same: an index would be as large as the table, for what is seldom asked"
)
IN_ORDER = "of few values, each frequent: soon found while looking through the list in its order"
OTHER_TABLE = "it is another table's: those who sort a million by it wait a second or two"
SELDOM = "sorted each time; an index would cost each writing for what few ask of many records"
FEW = "sorted each time, within what has the same value"
SPAN = "found by its index, and put into the order of the list"

FILTERS = {
    "complaints": {"record": NEARLY_ALL, "priority": IN_ORDER, "customer": IN_ORDER, "state=open": IN_ORDER},
    "objects": {"record": NEARLY_ALL, "tag": IN_ORDER},
    "cases": {
        "record": NEARLY_ALL, "priority": IN_ORDER, "device": IN_ORDER, "answered": IN_ORDER, "version": SELDOM,
    },
    "customers": {"record": NEARLY_ALL}, "contacts": {"record": NEARLY_ALL}, "articles": {"record": NEARLY_ALL},
}  # fmt: skip
SORTS = {
    "complaints": {
        "object": OTHER_TABLE, "user": OTHER_TABLE, "complaint_status": FEW, "priority": FEW, "room_description": SELDOM,
        "contact_name": SELDOM, "contact_email": SELDOM, "assigned_date": SELDOM, "finished_at": SELDOM,
    },
    "objects": {
        "customer": OTHER_TABLE, "name": SELDOM, "address": SELDOM, "rating": SELDOM, "contact_name": SELDOM, "contact_email": SELDOM,
        "service_recipient": SELDOM, "contract_start_date": SELDOM, "contract_end_date": SELDOM,
    },
    "cases": {
        "name": SELDOM, "customer": SELDOM, "device": SELDOM, "employee_name": SELDOM, "system_version": SELDOM, "play_maker_version": SELDOM,
        "response_date": SELDOM, "priority": FEW, "assignee": OTHER_TABLE, "assigned_date": SELDOM,
    },
    "customers": {"address": SELDOM, "email": SELDOM, "parent_reseller": OTHER_TABLE},
    "contacts": {"customer": OTHER_TABLE, "email": SELDOM, "role": SELDOM}, "articles": {"unit": SELDOM},
}  # fmt: skip
ASKED = {
    "status": NEARLY_ALL, "active": NEARLY_ALL, "objectsByName": IN_ORDER, "customerIds of complaints": IN_ORDER,
    "objectManager of complaints": IN_ORDER, "objectManagers of complaints": IN_ORDER, "solved of cases": IN_ORDER,
    "device of cases": IN_ORDER, "priority of cases": IN_ORDER,
}  # fmt: skip
SORTED_BY_JSON = {"_id", "number", "status.createdAt", "status.lastModifiedAt"}
"""The JSON sort keys that have an index; SELDOM applies to all others."""


def plan_of(queryset) -> list[str]:
    """Return SQLite's query plan for the first rows, line by line."""
    return [re.sub(r"^\d+ \d+ \d+ ", "", line) for line in queryset[:25].explain().splitlines()]


def is_found(queryset, plan: list[str]) -> bool:
    """Return whether an index narrows the rows further than by company, and no table is scanned."""
    table = queryset.model._meta.db_table
    mine = [line for line in plan if re.match(rf"(SEARCH|SCAN) {table}\b", line)]
    return bool(mine) and all(
        line.startswith("SEARCH") and re.search(r"\((?!company_id=\?\)).+\)", line) for line in mine
    )


def is_in_order(queryset, plan: list[str]) -> bool:
    """Return whether the index gives the order, except among equal values of the first column."""
    return not any(line.startswith("SCAN") or line.endswith("B-TREE FOR ORDER BY") for line in plan)


PAGES = [kind for kind in all_viewsets() if issubclass(kind.model, Record)]
LISTS = {
    resource.listing.document.slug: resource.listing
    for module in (facility_api, complaints, objects, directory_api, support_api)
    for resource in vars(module).values()
    if getattr(resource, "listing", None) and issubclass(resource.listing.document.model, Record)
}
for model in DERIVED:
    LISTS[document_of(model).slug] = operations_of(model)["list"][1].handler.__self__.listing
    FILTERS[viewset_for(model).slug], SORTS[viewset_for(model).slug] = {"record": NEARLY_ALL}, {}


def value_of(item, cast) -> str:
    """Return a valid value for a filter."""
    if isinstance(item, ParameterFilter):
        schema = item.schema
        if "enum" in schema:
            return schema["enum"][0]
        for known, text in (
            (OBJECT_ID, "a" * 24),
            (WHOLE, "1"),
            (FLAG, "true"),
            (MOMENT_TEXT, "2026-01-01T00:00:00Z"),
        ):
            if schema is known:
                return text
        return "x"
    if isinstance(item, ReferenceFilter):
        return item.get_queryset(None).first().pk
    if isinstance(item, DayFilter):
        return "2026-01-01"
    if isinstance(item, django_filters.ChoiceFilter):
        return str(item.field.choices[-1][0]) if not callable(item.field.choices) else "x"
    return "x" if not hasattr(item.field, "choices") else str(list(item.field.choices)[-1][0])


@pytest.mark.parametrize("kind", PAGES, ids=lambda kind: kind.slug)
def test_each_filter_of_a_page_has_an_index(kind, cast, records):
    person, reasons, without = cast.ada, FILTERS[kind.slug], {}
    names = kind.filterset_class(None, kind.model.objects.none(), actor=person).filters
    asked = {name: value_of(item, cast) for name, item in names.items() if not isinstance(item, SearchFilter)}
    asked |= {name: name.partition("=")[2] for name in reasons if "=" in name}
    for name, value in asked.items():
        listing = Page.from_query(kind, person, f"{name.partition('=')[0]}={value}")
        assert listing.filters.form.is_valid() and listing.filters.active_filters(), (name, value)
        plan = plan_of(listing.queryset)
        if not is_found(listing.queryset, plan):
            without[name] = plan
    assert without.keys() == reasons.keys(), without


@pytest.mark.parametrize("kind", PAGES, ids=lambda kind: kind.slug)
def test_each_order_of_a_page_has_an_index(kind, cast):
    reasons, without = SORTS[kind.slug], {}
    for column in kind.all_columns:
        for down in ("", "-") if column.sort else ():
            listing = Page.from_query(kind, cast.ada, f"sort={down}{column.name}")
            assert listing.order.requested
            plan = plan_of(listing.queryset)
            right = any("B-TREE FOR RIGHT PART" in line or "B-TREE FOR LAST" in line for line in plan)
            if not is_in_order(listing.queryset, plan) or (reasons.get(column.name) is FEW and right):
                without[column.name] = plan
    assert without.keys() == reasons.keys(), without
    plain = plan_of(Page.from_query(kind, cast.ada, "").queryset)
    assert not any("ORDER BY" in line for line in plain) or kind.default_sort != "-number", plain


class Caller:
    """The part of a request that a JSON list uses."""

    def __init__(self, actor, query):
        self.actor, self.request = actor, self
        self.GET = QueryDict(query)

    def demand(self, action, target):
        assert self.actor.may(action, target)


@pytest.mark.parametrize("name", LISTS)
def test_each_filter_over_json_has_an_index(name, cast, records):
    listing, without = LISTS[name], {}
    for parameter, item in listing.filters.query_params.items():
        if isinstance(item, (SearchParameter, WordsParameter)):
            continue
        queryset = listing.filter(Caller(cast.ada, f"{parameter}={value_of(item, cast)}"))
        plan = plan_of(queryset)
        if not is_found(queryset, plan):
            without[parameter] = plan
    unexplained = [each for each in without if each not in ASKED and f"{each} of {name}" not in ASKED]
    assert unexplained == [], without


@pytest.mark.parametrize("name", [name for name, listing in LISTS.items() if listing.is_sortable])
def test_each_order_over_json_has_an_index(name, cast):
    listing = LISTS[name]
    usual = SORTED_BY_JSON if listing.document is not support_api.CASES.document else {"_id", "lastUpdated"}
    for path in sorted(usual):
        assert path in listing.document.scalars
        for direction in (1, -1):
            plan = plan_of(listing.filter(Caller(cast.ada, f"sort={path}:{direction}")))
            assert is_in_order(None, plan), (path, plan)
    assert not any("ORDER BY" in line for line in plan_of(listing.filter(Caller(cast.ada, ""))))


def test_every_exception_names_an_existing_filter():
    for name in ASKED:
        parameter, _of, of = name.partition(" of ")
        assert any(
            parameter in listing.filters.query_params for slug, listing in LISTS.items() if of in ("", slug)
        ), name
