"""Filters and empty lists of admin: records by autocomplete, periods, what to do if nothing is found."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.admin.filters import MAX_LINKS
from backoffice.admin.tests.pages import admin_url
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records.models import History
from facility.models import Article, Complaint, CustomerObject
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.slow


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return client


def open_list(client, model, query="") -> BeautifulSoup:
    response = client.get(f"{admin_url(model, '')}?{query}", follow=True)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def rows_of(page) -> int:
    return len(page.select("#result_list tbody tr"))


def filter_of(page, title: str):
    return page.select_one(f"#changelist-filter details[data-filter-title='{title}']")


def test_few_records_are_links_and_many_a_text_input(ada, cast, records, crowd):
    assert filter_of(open_list(ada, User), "customer").form is None
    found = filter_of(open_list(ada, Contact, "q=a&status__exact=1"), "customer")
    box = found.select_one("input[name=customer__id__exact]")
    assert box["data-autocomplete"].startswith("/choices/people.customer")
    assert found.select_one("datalist")["id"] == box["list"]
    assert len(found.select("li")) < 5
    kept = {each["name"]: each["value"] for each in found.select("input[type=hidden]")}
    assert kept == {"q": "a", "status__exact": "1"}
    assert b"Boligforening 03" in ada.get(f"{box['data-autocomplete']}?q=03").content


def test_a_typed_name_filters_the_list(ada, crowd):
    page = open_list(ada, Contact, "customer__id__exact=Boligforening+07")
    assert rows_of(page) == 1
    assert (
        filter_of(page, "customer").select_one("input[type=text]")["value"]
        == f"#{crowd[7].number} {crowd[7]}"
    )
    assert rows_of(open_list(ada, Contact, f"customer__id__exact={crowd[3].pk}")) == 1
    assert rows_of(open_list(ada, Contact, f"customer__id__exact=%23{crowd[3].number}")) == 1


def test_an_ambiguous_name_is_answered_with_links(ada, crowd):
    page = open_list(ada, Contact, "customer__id__exact=Boligforening")
    assert rows_of(page) == 0
    assert page.select_one(".messagelist .error")
    links = filter_of(page, "customer").select("li a[href*=customer__id__exact]")
    assert len(links) > 3
    assert rows_of(open_list(ada, Contact, links[0]["href"].removeprefix("?"))) == 1


def test_another_company_is_as_unknown_as_nothing(ada, records, crowd):
    theirs = records.their_customer
    ContactFactory(company=theirs.company, customer=theirs.pk)
    for typed in (theirs.pk, theirs.name, f"%23{theirs.number}", "f" * 24, "nobody", "%00"):
        page = open_list(ada, Contact, f"customer__id__exact={typed}")
        if typed != "%00":
            assert rows_of(page) == 0, typed
        assert theirs.name not in "".join(each.get_text() for each in page.select("#changelist-filter"))


def test_the_author_of_a_change_is_typed_in_a_large_company(ada, cast, records):
    for number in range(MAX_LINKS):
        UserFactory(company=cast.company, username=f"colleague{number}")
    found = filter_of(open_list(ada, History), "user")
    assert found.select_one("input[name=who]")["data-autocomplete"].startswith("/choices/people.user")
    ada.post(f"/complaints/{records.complaint.pk}/quick/priority", {"value": "4"})
    assert rows_of(open_list(ada, History, "who=ada")) == History.objects.filter(user_id=cast.ada.pk).count()
    assert rows_of(open_list(ada, History, "who=charlie")) == 0
    assert open_list(ada, History, "who=-").select_one(".messagelist .error") is None


def test_a_list_is_filtered_by_period(ada, cast, records):
    for days in (3, 20, 200, 2000):
        one = ComplaintFactory(company=cast.company, object=records.object.pk)
        Complaint._base_manager.filter(pk=one.pk).update(created_at=timezone.now() - timedelta(days=days))
    counts = {value: rows_of(open_list(ada, Complaint, f"created_at__within={value}")) for value in ("0", "7", "30", "365")}  # fmt: skip
    assert counts == {"0": 1, "7": 2, "30": 3, "365": 4}
    for wrong in ("9", "none", "x", ""):
        page = open_list(ada, Complaint, f"created_at__within={wrong}")
        assert rows_of(page) == 0, wrong
        assert page.select_one(".messagelist .error")
    User._base_manager.filter(pk=cast.alice.pk).update(last_login=timezone.now())
    assert rows_of(open_list(ada, User, "last_login__within=7")) >= 1
    never = open_list(ada, User, "last_login__within=none")
    assert "alice" not in never.select_one("#result_list").get_text()


def test_keys_that_nobody_uses_are_listed(ada, cast):
    _unused, old, used = (
        ApiKeyFactory(company=cast.company, owner=cast.alice.pk, name=name)
        for name in ("Unused", "Old", "Used")
    )
    for key, days in ((old, 40), (used, 1)):
        at = timezone.now() - timedelta(days=days)
        ApiKey._base_manager.filter(pk=key.pk).update(last_used_at=at)
    names = {
        period: {
            row.get_text()
            for row in open_list(ada, ApiKey, f"last_used_at__within={period}").select(".field-name")
        }
        for period in ("none", "30")
    }
    assert names == {"none": {"Unused"}, "30": {"Used"}}


def test_users_are_filtered_by_role(ada, cast):
    page = open_list(ada, User)
    link = filter_of(page, "role").find("a", string="Support staff")
    found = open_list(ada, User, link["href"].removeprefix("?"))
    assert [row.get_text(strip=True) for row in found.select("#result_list tbody th")] == ["sven"]
    assert found.select_one("#result_list .field-role_list").get_text() == "Support staff"
    assert rows_of(open_list(ada, User, "role=999999")) == 0


def test_an_empty_list_says_what_to_do(ada, cast, records):
    page = open_list(ada, Complaint, "q=giraffe")
    assert "Nothing matches your search and filters." in page.get_text()
    assert page.select_one(".admin-empty a")["href"] == "?"
    assert page.select_one("select[name=action]") is None
    page = open_list(ada, ApiKey)
    assert (
        page.select_one(f".admin-empty a[href='{admin_url(ApiKey, 'add')}']").get_text(strip=True)
        == "Create API key"
    )


MODELS = (Complaint, CustomerObject, Article, SupportCase, Customer, Contact, User, History)
MOST_QUERIES = 24


@pytest.mark.slow
def test_lists_take_a_bounded_number_of_queries(ada, cast, records):
    def queries(model) -> int:
        with CaptureQueriesContext(connection) as context:
            open_list(ada, model)
        return len(context)

    found: dict[type, list[int]] = {}
    for model in MODELS:
        open_list(ada, model)  # fills caches
    for many in (2, 15):
        for _nth in range(many):
            customer = CustomerFactory(company=cast.company, parent_reseller=cast.reseller.pk)
            ContactFactory(company=cast.company, customer=customer.pk)
            UserFactory(company=cast.company)
            ArticleFactory(company=cast.company)
            place = CustomerObjectFactory(
                company=cast.company, customer=cast.resold.pk, object_manager=cast.alice.pk
            )
            ComplaintFactory(company=cast.company, object=place.pk, user=cast.alice.pk)
            SupportCaseFactory(company=cast.company, customer=cast.resold.pk, employee=cast.sven.pk)
        for model in MODELS:
            found.setdefault(model, []).append(queries(model))
    assert {
        model: counts for model, counts in found.items() if counts[0] < counts[1] or counts[1] > MOST_QUERIES
    } == {}
