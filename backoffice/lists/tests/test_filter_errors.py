"""Tests that an invalid filter is an error on every channel, and never shows, counts, exports or changes more
than was requested."""

import io

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command

from backoffice.bulk.models import Job
from backoffice.lists.models import SavedView
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import select_daily
from backoffice.web.viewsets import all_viewsets
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory


@pytest.fixture
def alice(cast, client, records):
    for nth in range(3):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Nr {nth}", priority=2)
    client.force_login(cast.alice)
    return client


@pytest.fixture
def removed(cast, records):
    """Return the id of a deleted object."""
    gone = CustomerObjectFactory(company=cast.company, customer=records.object.customer_id, name="Gone")
    services.delete(gone, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    return gone.pk


QUERIES = {
    "misspelt choice": "state=opne",
    "choice that is no choice": "priority=9",
    "unknown parameter": "statee=open",
    "unknown parameter beside a good one": "state=open&object_id=1",
    "removed object": "object={removed}",
    "object of another company": "object={theirs}",
    "customer of another company": "customer={their_customer}",
    "person of another company": "assignee={charlie}",
    "half a date": "created_from=2026-02",
    "date that is none": "created_to=30.2.2026",
    "date far away": "created_to=0026-01-01",
    "the same twice": "state=open&state=finished",
    "record status that is none": "record=3",
    "too long": "q=" + "a" * 4100,
}


@pytest.fixture(params=select_daily(list(QUERIES), "removed object", "unknown parameter", "half a date"))
def query(request, cast, records, removed):
    other_customer = CustomerFactory(company=cast.charlie.company)
    names = {"removed": removed, "theirs": records.their_object.pk, "their_customer": other_customer.pk,
             "charlie": cast.charlie.pk}  # fmt: skip
    return QUERIES[request.param].format(**names)


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "lxml")


def test_the_list_shows_the_error_and_no_rows(alice, query):
    page = soup(alice.get(f"/complaints?{query}"))
    assert page.select("#list tbody tr") == []
    assert page.select_one("#list .filter-errors").get_text(strip=True)
    assert page.select_one("#list-count").get_text(strip=True) == "not valid"
    assert page.select_one("#bulk-bar") is None
    assert page.select_one(".empty-state .btn")["href"] == "/complaints"


def test_a_saved_view_with_an_invalid_filter_has_no_count(alice, cast, query):
    SavedView.objects.create(owner=cast.alice, company_id=cast.company.pk, record_type="facility.complaint",
                             name="Odd", query=query)  # fmt: skip
    tab = next(tab for tab in soup(alice.get("/complaints")).select("a.tab-view") if "Odd" in tab.get_text())
    assert tab.select_one(".tab-error")["title"]
    assert not any(character.isdigit() for character in tab.select_one("[aria-hidden]").get_text())
    assert soup(alice.get("/complaints/views")).select_one(".saved-view .filter-error").get_text(strip=True)


@pytest.mark.slow
def test_an_export_is_refused(alice, query):
    for format in ("csv", "xlsx", "json", "documents"):
        answer = alice.get(f"/complaints/export?format={format}&{query}")
        assert answer.status_code == 400
        page = soup(answer)
        assert page.select_one(".filter-errors li").get_text(strip=True)
        there = alice.get(page.select_one(".error-page > a")["href"])
        assert soup(there).select_one("#list .filter-errors")  # where it can be corrected


def test_all_matching_records_cannot_be_selected(alice, query):
    answer = alice.post("/complaints/bulk", {"which": "all", "query": query}, follow=True)
    assert "Nothing is selected" in answer.content.decode()
    assert Job.objects.count() == 0


def test_it_cannot_be_saved_as_a_view(alice, query):
    answer = alice.post("/complaints/views", {"name": "Wider", "query": query})
    assert answer.status_code == 200
    assert soup(answer).select_one("[role=alert]").get_text(strip=True)
    assert SavedView.objects.count() == 0


def test_a_record_has_no_previous_or_next_record(alice, records, query):
    page = soup(alice.get(f"/complaints/{records.complaint.pk}", {"list": query}))
    assert page.select(".crumbs a[rel=next], .crumbs a[rel=prev]") == []


@pytest.mark.parametrize("asked", ["state=opne", "statee=open", "created_from=2026-02", "object=123"])
def test_the_command_refuses_it_with_the_same_message(alice, asked):
    with pytest.raises(CommandError):
        call_command("export", "complaints", format="csv", filter=[asked], stdout=io.StringIO())


@pytest.mark.deep
def test_every_list_refuses_unknown_filters(cast, client, records):
    client.force_login(cast.ada)
    for kind in all_viewsets():
        page = soup(client.get(f"/{kind.slug}?no_such_filter=1"))
        assert "no_such_filter" in page.select_one(".filter-errors").get_text()
        assert page.select("#list tbody tr") == []
        assert client.get(f"/{kind.slug}/export?format=csv&no_such_filter=1").status_code == 400


def test_empty_filters_are_ignored(alice):
    """Empty parameters are ignored, known or not: without JavaScript, browsers submit every filter of the
    form, and a shared URL may have filters that the user does not have."""
    page = soup(alice.get("/complaints?state=&created_from=&statee=&view=all&page=1&sort=number&columns="))
    assert len(page.select("#list tbody tr")) == 4


@pytest.mark.parametrize(
    ("language", "typed"), [("da", "5.3.2026"), ("de", "05.03.2026"), ("en", "5 Mar 2026")]
)
def test_a_date_follows_the_locale_and_is_the_same_on_every_channel(alice, language, typed):
    answer = alice.get(
        "/complaints", {"created_from": typed, "state": "new"}, headers={"Accept-Language": language}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/complaints?state=new&created_from=2026-03-05")
    page = soup(alice.get(answer["Location"], headers={"Accept-Language": language}))
    shown = {"da": "05.03.2026", "de": "05.03.2026", "en": "5 Mar 2026"}[language]
    box = page.select_one("#id_created_from")
    assert (box["type"], box["value"]) == ("text", shown)
    assert shown in page.select_one(".chips").get_text()
    again = alice.get(
        "/complaints", {"created_from": shown, "state": "new"}, headers={"Accept-Language": language}
    )
    assert again["Location"] == answer["Location"]
