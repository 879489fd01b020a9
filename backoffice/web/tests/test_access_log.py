"""Tests of the page of the secret access log."""

import pytest
from bs4 import BeautifulSoup

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import log_secret_access
from facility.tests.factories import CustomerObjectFactory

LOG = "/secrets-read"


@pytest.fixture
def show_code(cast, records):
    """Return a function `show_code(who, times)` that shows a user the door code of the object that many times."""
    place = services.update(
        records.object,
        {"security_code": "4711-marker"},
        actor=cast.alice,
        context=ChangeContext(Channel.BROWSER),
    ).record

    def reading(who, times=1):
        for _time in range(times):
            log_secret_access([place], who, ChangeContext(Channel.JSON))

    return reading


def log_rows(response) -> list[list[str]]:
    page = BeautifulSoup(response.content, "lxml")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("td")][1:] for row in page.select("tbody tr")
    ]


def test_administrators_see_readers_and_secrets(cast, show_code, as_user):
    show_code(cast.alice)
    response = as_user(cast.ada).get(LOG)
    assert log_rows(response) == [["Alice", "Rådhuset customer object", "door code", "via API"]]
    assert "4711-marker" not in response.content.decode()
    menu = BeautifulSoup(response.content, "lxml").select_one(f'.person-menu a[href="{LOG}"]')
    assert menu is not None


@pytest.mark.parametrize("name", ["alice", "sven", "vera", "rikke"])
def test_other_users_get_403(cast, show_code, as_user, name):
    browser = as_user(getattr(cast, name))
    assert browser.get(LOG).status_code == 403
    assert LOG not in browser.get("/account").content.decode()


def test_anonymous_users_are_redirected_to_sign_in(client, db):
    assert client.get(LOG)["Location"] == f"/sign-in?next={LOG}"
    assert client.post(LOG).status_code in (302, 403, 405)


def test_each_company_has_its_own_log(cast, show_code, as_user, records):
    place = CustomerObjectFactory(company=cast.elsewhere, customer=records.their_customer.pk, key="1")
    log_secret_access([place], cast.charlie, ChangeContext(Channel.BROWSER))
    assert log_rows(as_user(cast.ada).get(LOG)) == []
    assert [line[0] for line in log_rows(as_user(cast.root).get(LOG))] == ["Charlie"]


def test_it_can_be_searched_and_has_pages(cast, show_code, as_user):
    show_code(cast.alice, 30)
    show_code(cast.ada)
    browser = as_user(cast.ada)
    assert len(log_rows(browser.get(LOG))) == 25 and len(log_rows(browser.get(f"{LOG}?page=2"))) == 6
    assert [line[0] for line in log_rows(browser.get(f"{LOG}?q=ADA+rådhus"))] == ["Ada"]
    for odd in ("%00", "%21", "x" * 300, "giraffe"):
        response = browser.get(f"{LOG}?q={odd}")
        assert response.status_code == 200
    assert "giraffe" in response.content.decode() and log_rows(response) == []
