"""Tests of lists: visibility, search, filters, order and pages."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.people import roles
from backoffice.people.tests.factories import (
    ApiKeyFactory,
    CompanyFactory,
    ContactFactory,
    CustomerFactory,
    UserFactory,
)
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import ARCHIVED
from backoffice.records.tests.parameters import select_daily
from backoffice.web.tests.list_pages import SEEN_BY
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory


@pytest.fixture
def filtered_records(cast, records):
    """Create a few records that differ in the filtered properties."""
    context = ChangeContext(Channel.BROWSER)
    alice, company = cast.alice, cast.company
    other = CustomerFactory(company=company, name="Gemeinde Küsnacht", parent_reseller=None)
    barn = CustomerObjectFactory(
        company=company, customer=other.pk, name="Scheune", object_manager=alice.pk, tags=["north"]
    )
    services.update(barn, {"status": ARCHIVED}, actor=alice, context=context)
    ComplaintFactory(company=company, object=barn.pk, desc="Tür klemmt", priority=4, user=alice.pk)
    done = ComplaintFactory(company=company, object=barn.pk, desc="Heizung kalt", priority=2)
    services.update(done, {}, actor=alice, context=context, action="finish")
    SupportCaseFactory(
        company=company, name="Kein Ton", customer=other.pk, employee=alice.pk, solved=True, device="IOS",
        date="2020-02-17T14:36:09.698Z",
    )  # fmt: skip
    ContactFactory(company=company, customer=other.pk, first_name="Urs", last_name="Meier")
    ArticleFactory(company=company, name="Streusalz")
    UserFactory(company=company, username="former", is_active=False)
    ApiKeyFactory(owner=alice.pk, company=company, name="nightly")
    return {"other": other.pk, "barn": barn.pk, "today": timezone.localdate().isoformat(),
            "alice": alice.pk, "reseller": cast.reseller.pk, "resold": cast.resold.pk}  # fmt: skip


COMPLAINTS = {"Heizung kalt", "Tür klemmt", "Lampen er gået"}


FILTERED = [
    ("/complaints", COMPLAINTS),
    ("/complaints?q=TUR+klemm", {"Tür klemmt"}),
    ("/complaints?q=lampen+heizung", set()),
    ("/complaints?state=finished", {"Heizung kalt"}),
    ("/complaints?state=open", {"Tür klemmt", "Lampen er gået"}),
    ("/complaints?state=new", {"Lampen er gået"}),
    ("/complaints?priority=4", {"Tür klemmt"}),
    ("/complaints?assignee=me", {"Tür klemmt"}),
    ("/complaints?assignee={alice}", {"Tür klemmt"}),
    ("/complaints?assignee=null", {"Heizung kalt", "Lampen er gået"}),
    ("/complaints?object={barn}", {"Heizung kalt", "Tür klemmt"}),
    ("/complaints?customer={other}&state=open", {"Tür klemmt"}),
    ("/complaints?created_from={today}", COMPLAINTS),
    ("/complaints?created_to={today}", COMPLAINTS),
    ("/complaints?created_from=2199-01-01", set()),
    ("/complaints?created_to=2020-01-01", set()),
    ("/complaints?record=2", set()),
    ("/objects", {"Rådhuset", "Scheune"}),
    ("/objects?customer={other}", {"Scheune"}),
    ("/objects?manager=me", {"Scheune"}),
    ("/objects?manager=null", {"Rådhuset"}),
    ("/objects?tag=school", {"Rådhuset"}),
    ("/objects?tag=north", {"Rådhuset", "Scheune"}),
    ("/objects?record=2", {"Scheune"}),
    ("/objects?record=1", {"Rådhuset"}),
    ("/cases?solved=yes", {"Kein Ton"}),
    ("/cases?solved=no", {"Intet billede"}),
    ("/cases?device=IOS", {"Kein Ton"}),
    ("/cases?customer={resold}", {"Intet billede"}),
    ("/cases?raised_by={alice}", {"Kein Ton"}),
    ("/cases?raised_to=2020-02-17", {"Kein Ton"}),
    ("/cases?raised_from=2020-02-17&raised_to=2020-02-17", {"Kein Ton"}),
    ("/cases?raised_from=2020-02-18", {"Intet billede"}),
    ("/customers?reseller={reseller}", {"Hansen Boligforening ApS"}),
    ("/customers?q=küsn", {"Gemeinde Küsnacht"}),
    ("/contacts?customer={other}", {"Urs Meier"}),
    ("/articles?q=streu", {"Streusalz"}),
    ("/users?active=no", {"former"}),
    ("/users?role=Viewer", {"vera"}),
    ("/api-keys?owner={alice}", {"nightly"}),
    ("/api-keys?owner=me", set()),
]


@pytest.mark.parametrize(("address", "found"), select_daily(FILTERED, *FILTERED[::4]))
def test_filters_select_matching_records(address, found, cast, filtered_records, open_list):
    someone = cast.alice if address.startswith(("/complaints", "/objects")) else cast.ada
    assert set(open_list(someone, address.format(**filtered_records)).subjects) == found


NOT_UNDERSTOOD = [
    ("/complaints?priority=9", "priority"),
    ("/complaints?state=lost", "state"),
    ("/complaints?assignee=nobody-at-all", "assignee"),
    ("/complaints?object=123", "object"),
    ("/complaints?created_from=yesterday", "created_from"),
    ("/complaints?created_from=0001-01-01", "created_from"),
    ("/complaints?created_to=9999-12-31", "created_to"),
    ("/complaints?q=a%00b", "q"),
    ("/complaints?q=" + "a+" * 200, "q"),
    ("/complaints?record=3", "record"),
    ("/objects?tag=nowhere", "tag"),
    ("/cases?solved=perhaps", "solved"),
    ("/users?role=King", "role"),
]


@pytest.mark.parametrize(("address", "name"), select_daily(NOT_UNDERSTOOD, *NOT_UNDERSTOOD[:3]))
def test_an_invalid_value_is_an_error_and_lists_nothing(address, name, cast, filtered_records, open_list):
    listed = open_list(cast.ada, address)
    assert listed.error(name)
    assert listed.subjects == []
    assert listed.chips == {}
    without = listed.soup.select_one(".filter-errors a")["href"]
    assert set(open_list(cast.ada, without).subjects) == set(
        open_list(cast.ada, address.partition("?")[0]).subjects
    )


def test_other_companies_records_are_no_choices(cast, records, open_list):
    listed = open_list(cast.alice, f"/complaints?object={records.their_object.pk}&assignee={cast.charlie.pk}")
    assert listed.error("object")
    assert listed.error("assignee")
    assert listed.options("object") == ["Any object", "Rådhuset"]
    assert "Charlie" not in listed.options("assignee")
    assert "Rikke" not in listed.options("assignee")  # complaints are assigned to employees of the company


ODD = [
    "page=0&sort=&nonsense=1",
    "page=-3&sort=-&q=%C3%A6",
    "page=99999999999999999999&sort=--number",
    "page=two&sort=search_text&page[]=1",
    "page=&sort=object__security_code&q=%25_%27%22",
    "sort=password&q=" + "%F0%9F%98%80" * 50,
]


@pytest.mark.slow
@pytest.mark.parametrize("slug", select_daily(SEEN_BY, "complaints", "cases"))
def test_no_parameter_breaks_a_list(slug, cast, records, open_list):
    for parameters in ODD:
        assert open_list(cast.ada, f"/{slug}?{parameters}").response.status_code == 200, parameters


@pytest.mark.parametrize("query", ["q=%FF", "%ff=1", "q=a%C3", "q=%ED%A0%80", "state=%E6", "nonsense=%80"])
def test_a_query_that_is_not_utf8_is_refused(query, cast, client):
    client.force_login(cast.ada)
    for page in ("/complaints", "/search", "/choices/facility.customerobject", "/complaints/export"):
        answer = client.get(f"{page}?{query}")
        assert (answer.status_code, "not valid" in answer.content.decode()) == (400, True), page


@pytest.mark.slow
@pytest.mark.parametrize("text", ["---", "%25_", "%F0%9F%98%80", "%22%20%27", "!"])
def test_an_empty_search_shows_a_message(text, cast, filtered_records, open_list):
    listed = open_list(cast.alice, f"/complaints?q={text}")
    assert "Enter at least one letter or digit." in listed.response.content.decode()
    nothing = open_list(cast.alice, "/complaints?q=%20")
    assert nothing.subjects == open_list(cast.alice, "/complaints").subjects


@pytest.mark.slow
def test_only_sortable_columns_sort(cast, filtered_records, open_list):
    ascending = open_list(cast.alice, "/complaints?sort=number")
    assert ascending.subjects == ["Lampen er gået", "Tür klemmt", "Heizung kalt"]
    assert ascending.soup.select_one("th[aria-sort=ascending]").get_text(strip=True) == "No."
    assert open_list(cast.alice, "/complaints?sort=-priority").subjects[0] == "Tür klemmt"
    newest_first = ["Heizung kalt", "Tür klemmt", "Lampen er gået"]
    for other in ("", "?sort=-number", "?sort=desc", "?sort=comment", "?sort=-version"):
        assert open_list(cast.alice, f"/complaints{other}").subjects == newest_first


@pytest.mark.slow
@pytest.mark.parametrize("slug", select_daily(SEEN_BY, "customers"))
def test_every_offered_column_sorts_both_ways(slug, cast, filtered_records, open_list):
    headings = open_list(cast.ada, f"/{slug}").soup.select("thead a")
    assert headings
    for heading in headings:
        sorted_list = open_list(cast.ada, heading["href"])
        assert sorted_list.soup.select_one("th[aria-sort] a")["id"] == heading["id"]
        back = sorted_list.soup.find(id=heading["id"])["href"]
        name = heading["id"].removeprefix("sort-")
        assert {heading["href"], back} == {f"/{slug}?sort={name}", f"/{slug}?sort=-{name}"}


@pytest.mark.slow
def test_pages_keep_the_filters_and_end_where_the_list_ends(cast, records, open_list):
    for number in range(30):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Number {number}", priority=2)
    first = open_list(cast.alice, "/complaints?priority=2&sort=number")
    assert len(first.subjects) == 25
    assert first.soup.select_one("#list-count").get_text(strip=True) == "1–25 of 30"
    second = first.soup.select(".pager a")[1]["href"]
    assert second == "/complaints?priority=2&sort=number&page=2"
    assert open_list(cast.alice, second).subjects == [f"Number {number}" for number in range(25, 30)]
    assert open_list(cast.alice, "/complaints?priority=2&page=9").subjects == [
        f"Number {n}" for n in (4, 3, 2, 1, 0)
    ]


@pytest.mark.slow
def test_active_filters_can_be_removed_one_by_one(cast, filtered_records, open_list):
    listed = open_list(cast.alice, "/complaints?state=open&assignee=me&sort=number&page=1")
    assert listed.chips == {
        "State Open": "/complaints?assignee=me&sort=number",
        "Assignee Me": "/complaints?state=open&sort=number",
    }
    assert set(open_list(cast.alice, listed.chips["State Open"]).subjects) == {"Tür klemmt"}
    words = open_list(
        cast.alice, f"/complaints?object={filtered_records['barn']}&created_from=2020-03-04&assignee=null"
    ).chips
    assert list(words) == ["Assignee Nobody", "Object Scheune", "Created from 4 Mar 2020"]


@pytest.mark.slow
def test_the_current_shortcut_is_marked(cast, filtered_records, open_list):
    def current(address):
        return [tab.get_text() for tab in open_list(cast.alice, address).soup.select(".tabs [aria-current]")]

    assert current("/complaints") == ["All"]
    assert current("/complaints?assignee=me&state=open&sort=number") == ["Mine"]
    assert current("/complaints?priority=4") == []


@pytest.mark.parametrize(
    ("who", "complaints", "cases"),
    [
        (
            "ada",
            ["All", "Open", "Mine", "Unassigned"],
            ["All", "Open", "Mine", "Unassigned", "Reported by me"],
        ),
        ("vera", ["All", "Open", "Unassigned"], ["All", "Open"]),
    ],
)
def test_shortcuts_without_possible_results_are_hidden(who, complaints, cases, cast, open_list):
    for address, labels in (("/complaints", complaints), ("/cases", cases)):
        assert [
            tab.get_text() for tab in open_list(getattr(cast, who), address).soup.select(".tabs a")
        ] == labels


def test_an_empty_list_explains_what_to_do(cast, client, open_list):
    beginning = CompanyFactory(name="Ny og Tom ApS")
    nina = UserFactory(company=beginning, roles=[roles.FACILITY_STAFF])
    empty = open_list(nina, "/complaints").soup.select_one(".empty-state")
    assert "No complaints yet" in empty.get_text()
    assert empty.a["href"] == "/complaints/new"
    viewer = UserFactory(company=beginning, roles=[roles.VIEWER])
    assert open_list(viewer, "/complaints").soup.select_one(".empty-state a") is None
    nothing = open_list(cast.alice, "/complaints?q=giraffe").soup.select_one(".empty-state")
    assert "No results for these filters" in nothing.get_text()
    assert nothing.a["href"] == "/complaints"


def test_an_object_shows_the_number_of_open_complaints(cast, filtered_records, open_list):
    listed = open_list(cast.alice, "/objects?q=scheune")
    link = listed.soup.select_one(".count")
    assert (link.get_text(), link["href"]) == (
        "1",
        f"/complaints?state=open&object={filtered_records['barn']}",
    )
    assert open_list(cast.alice, link["href"]).subjects == ["Tür klemmt"]


def grant_view(person, model: str) -> None:
    person.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))


def test_names_are_links_only_to_visible_records(cast, records, open_list):
    assert open_list(cast.sven, "/cases").soup.select_one(f"td a[href='/customers/{cast.resold.pk}']")
    person = UserFactory(username="desk", company=cast.company)
    grant_view(person, "supportcase")
    listed = open_list(person, "/cases")
    assert listed.subjects == ["Intet billede"]
    assert "Hansen Boligforening ApS" in listed.soup.select_one("td.col-customer").get_text()
    assert listed.soup.select_one("td.col-customer a") is None


def test_input_is_escaped(cast, records, open_list):
    ComplaintFactory(company=cast.company, object=records.object.pk, desc="<script>alert(1)</script>")
    listed = open_list(cast.alice, "/complaints?q=%3Cscript%3E")
    assert listed.subjects == ["<script>alert(1)</script>"]
    assert listed.soup.select_one(".chip script, td script") is None


MOST_QUERIES = (18, 22)
"""The queries of a list page; more on MongoDB, which reads rights and referenced records table by table."""


@pytest.mark.slow
@pytest.mark.parametrize("slug", select_daily(SEEN_BY, "complaints", "cases"))
def test_a_longer_list_takes_no_more_queries(slug, cast, records, filtered_records, client):
    def queries():
        client.force_login(cast.ada)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/{slug}").status_code == 200
        return len(captured)

    queries()  # the first request also reads content types
    few = queries()
    add_records_of_every_type(cast, records)
    assert queries() == few
    assert few <= MOST_QUERIES[connection.vendor == "mongodb"]


def add_records_of_every_type(cast, records) -> None:
    for number in range(5):
        customer = CustomerFactory(company=cast.company, parent_reseller=cast.reseller.pk)
        place = CustomerObjectFactory(
            company=cast.company, customer=customer.pk, object_manager=cast.alice.pk, tags=[f"tag {number}"]
        )
        ComplaintFactory(company=cast.company, object=place.pk, user=cast.alice.pk)
        SupportCaseFactory(company=cast.company, customer=customer.pk, employee=cast.sven.pk)
        ContactFactory(company=cast.company, customer=customer.pk)
        ArticleFactory(company=cast.company)
        UserFactory(company=cast.company, customer=customer.pk, roles=["Viewer"])
        ApiKeyFactory(owner=cast.sven.pk, company=cast.company)


def test_an_expired_session_redirects_the_whole_page_to_sign_in(cast, client):
    response = client.get("/complaints?q=a", headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/sign-in?next=/complaints%3Fq%3Da"
