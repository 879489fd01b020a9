"""Tests of bounded counts and of the pages beyond the bound."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from facility.models import Complaint
from facility.tests.factories import ComplaintFactory


@pytest.fixture
def alice(cast, client):
    client.force_login(cast.alice)
    return client


@pytest.fixture
def bounded_count(monkeypatch, cast, records):
    """Create seven complaints; four are counted, and a page has two."""
    monkeypatch.setattr("backoffice.lists.pagination.LIST_BOUND", 4)
    monkeypatch.setattr("backoffice.web.views.lists.PAGE_SIZE", 2)
    for nth in range(6):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Nr {nth}")


def read_page(client, address) -> tuple[str, list[str], list[str]]:
    """Return the count, the record numbers on the page, and the page links."""
    page = BeautifulSoup(client.get(address).content, "lxml")
    numbers = [cell.get_text(strip=True) for cell in page.select("#list td.number")]
    pages = [link.get_text(strip=True) for link in page.select(".pager a")]
    return page.select_one("#list-count").get_text(strip=True), numbers, pages


@pytest.mark.slow
def test_pages_beyond_the_bounded_count_can_be_reached(alice, bounded_count):
    assert read_page(alice, "/complaints") == ("1–2 of 4+", ["7", "6"], ["1", "2"])
    assert read_page(alice, "/complaints?page=2") == ("3–4 of 4+", ["5", "4"], ["1", "2", "3"])
    assert read_page(alice, "/complaints?page=3") == ("5–6 of 4+", ["3", "2"], ["1", "2", "3", "4"])
    assert read_page(alice, "/complaints?page=4") == ("7–7 of 4+", ["1"], ["1", "2", "3", "4"])
    for nowhere in ("9", "99999999999999999999"):
        assert read_page(alice, f"/complaints?page={nowhere}")[1] == ["5", "4"]
    assert read_page(alice, "/complaints?page=-1")[1] == ["5", "4"]
    assert read_page(alice, "/complaints?q=nr&page=7")[0] == "3–4 of 4+"


def test_the_count_query_is_bounded(alice, bounded_count):
    with CaptureQueriesContext(connection) as context:
        count = read_page(alice, "/complaints")[0]
    counts = [
        query["sql"] for query in context if "COUNT(" in query["sql"] and "facility_complaint" in query["sql"]
    ]
    assert count == "1–2 of 4+"
    assert connection.vendor == "mongodb" or all("LIMIT 5" in sql for sql in counts), counts


@pytest.mark.parametrize(
    "address",
    ["/v2/complaints?limit=2&offset=3", "/v2/complaints?limit=2&offset=3&sort=number:-1&searchComplaint=nr"],
)
def test_rows_at_a_large_offset_are_the_same(address, cast, client, key_of, bounded_count, monkeypatch):
    def numbers():
        answer = client.get(address, headers={"X-API-Key": key_of(cast.alice)})
        return [each["number"] for each in answer.json()]

    near = numbers()
    monkeypatch.setattr("backoffice.db.compat.LARGE_OFFSET", 1)
    assert numbers() == near != []
    assert client.get(address.replace("=3", "=300"), headers={"X-API-Key": key_of(cast.alice)}).json() == []
    assert Complaint.objects.filter(company=cast.company).count() == 7


@pytest.mark.parametrize("query", ["", "&sort=-priority"])
def test_skipped_rows_are_not_read(query, alice, bounded_count, monkeypatch):
    """The index of numbers covers the query of the rows before the page."""
    near = read_page(alice, f"/complaints?page=2{query}")
    monkeypatch.setattr("backoffice.db.compat.LARGE_OFFSET", 1)
    with CaptureQueriesContext(connection) as context:
        assert read_page(alice, f"/complaints?page=2{query}") == near
    queries = [each["sql"] for each in context if "LIMIT 2 OFFSET 2" in each["sql"]]
    columns = 'SELECT "facility_complaint"."company_id" AS "company_id", "facility_complaint"."number" AS "number" FROM'
    assert connection.vendor == "mongodb" or [sql[: len(columns)] for sql in queries] == [columns], queries
