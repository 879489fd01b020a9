"""Tests of who may open which list, and whose records it shows."""

import pytest

from backoffice.people.tests.factories import (
    ApiKeyFactory,
    CustomerFactory,
)
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import select_daily
from backoffice.web.tests.list_pages import SEEN_BY
from supportdesk.tests.factories import SupportCaseFactory

PEOPLE = ("ada", "alice", "sven", "vera", "rikke")
ADDED_BY = {
    "complaints": {"ada", "alice"},
    "objects": {"ada", "alice"},
    "articles": {"ada", "alice"},
    "cases": {"ada", "sven", "rikke"},
    "customers": {"ada", "alice", "sven"},
    "contacts": {"ada", "alice", "sven"},
    "users": {"ada"},
    "api-keys": {"ada", "alice", "sven", "rikke"},
}


@pytest.mark.parametrize("slug", select_daily(SEEN_BY, "complaints", "cases"))
def test_lists_require_their_permission(slug, cast, records, client, open_list):
    response = client.get(f"/{slug}?q=a")
    assert response.status_code == 302
    assert response["Location"] == f"/sign-in?next=/{slug}%3Fq%3Da"
    for name in PEOPLE:
        listed = open_list(getattr(cast, name), f"/{slug}")
        assert listed.response.status_code == (200 if name in SEEN_BY[slug] else 403), name
        offered = listed.soup.select_one(f"a[href='/{slug}/new']") is not None
        assert offered == (name in ADDED_BY[slug]), name


@pytest.mark.slow
def test_other_companies_records_are_not_listed(cast, records, open_list):
    ApiKeyFactory(owner=cast.charlie.pk, company=cast.elsewhere, name="theirs")
    for slug, others in {
        "complaints": records.their_complaint,
        "objects": records.their_object,
        "cases": records.their_case,
        "customers": records.their_customer,
        "contacts": records.their_contact,
        "articles": records.their_article,
        "users": cast.charlie,
        "api-keys": "theirs",
    }.items():
        listed = open_list(cast.ada, f"/{slug}")
        assert str(others) not in listed.subjects
        assert open_list(cast.root, f"/{slug}").soup.find(string=lambda text, name=str(others): name in text)


def test_a_reseller_sees_its_customers_and_their_cases(cast, records, open_list):
    other = CustomerFactory(company=cast.company, name="Andelsforeningen Solbakken")
    SupportCaseFactory(company=cast.company, name="Somebody else's", customer=other.pk)
    cases = open_list(cast.rikke, "/cases")
    assert cases.subjects == ["Intet billede"]
    assert "Andelsforeningen Solbakken" not in cases.options("customer")
    assert cases.soup.select_one("#id_raised_by") is None  # she may see no users
    assert open_list(cast.rikke, "/cases?q=private-marker").subjects == []
    assert open_list(cast.rikke, "/customers").subjects == [
        "Hansen Boligforening ApS",
        "Nordnet Reseller ApS",
    ]


def test_guarded_properties_are_not_searched(cast, records, open_list):
    assert open_list(cast.sven, "/cases?q=private-marker").subjects == []
    services.update(
        records.object,
        {"security_code": "door-marker"},
        actor=cast.alice,
        context=ChangeContext(Channel.BROWSER),
    )
    assert open_list(cast.alice, "/objects?q=door-marker").subjects == []
