"""Tests of the timeline, previous and next record, the print page, panels and keyboard shortcuts."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.tests.parameters import deep_only
from backoffice.web.components.prev_next import find_prev_next
from backoffice.web.viewsets import viewset_for
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def update_record(record, actor, **values):
    return services.update(
        type(record).objects.get(pk=record.pk), values, actor=actor, context=ChangeContext(Channel.JSON)
    ).record


# The timeline


@pytest.mark.slow
def test_the_timeline_has_pages(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    for number in range(30):
        update_record(complaint, cast.ada, room_description=f"Room {number}")
    seen, address = [], f"/complaints/{complaint.pk}"
    for _page in range(3):
        page = soup(browser.get(address))
        seen += [item.get_text(" ", strip=True) for item in page.select("#timeline .timeline > li")]
        more = page.select_one("#timeline > .panel-more")
        if more is None:
            break
        address = more["href"]
    assert len(seen) == 31
    assert "Room 29" in seen[0]
    assert "created this" in seen[-1]


@deep_only
def test_the_timeline_shows_messages_as_such(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    update_record(complaint, cast.ada, comment="First words")
    update_record(complaint, cast.ada, comment="Second words", response="Answered")
    page = soup(browser.get(f"/complaints/{complaint.pk}"))
    items = page.select("#timeline .timeline > li")
    texts = [[one.get_text() for one in item.select(".timeline-text-body")] for item in items]
    assert texts == [["Second words", "Answered"], ["First words"], []]
    assert "Ada added an internal note" in " ".join(items[1].get_text(" ", strip=True).split())
    for strange in (
        "?before=0",
        "?before=x",
        "?before=99999999999999999999",
        "?thread=x",
        "?thread=99999999999",
    ):
        assert browser.get(f"/complaints/{complaint.pk}{strange}").status_code == 200


def test_the_timeline_hides_guarded_properties(cast, records, as_user):
    case = records.case
    update_record(case, cast.sven, private_information="a new secret", solved=True)
    update_record(case, cast.sven, private_information="only a secret")
    page = soup(as_user(cast.vera).get(f"/cases/{case.pk}"))
    shown = page.select_one("#timeline").get_text(" ", strip=True)
    assert "secret" not in shown
    assert "solved" in shown
    assert len(page.select("#timeline .timeline > li")) == 2


# Previous and next record


def follow_links(browser, address, rel) -> list[str]:
    """Follow the links with `rel` from a record page and return the ids of the records on the way."""
    found = []
    while address:
        page = soup(browser.get(address))
        found.append(urlsplit(address).path.rpartition("/")[2])
        link = page.select_one(f".prev-next a[rel={rel}]")
        address = link and link["href"]
    return found


@deep_only
def test_next_and_previous_follow_the_list_of_origin(cast, records, as_user):
    browser = as_user(cast.alice)
    created = [
        ComplaintFactory(company=cast.company, object=records.object.pk, priority=priority, desc="walk")
        for priority in (2, 4, 2, 1, 4)
    ]
    listed = "/complaints?q=walk&sort=-priority"
    order = [link["href"].rpartition("/")[2] for link in soup(browser.get(listed)).select("td.subject a")]
    first = f"/complaints/{order[0]}"
    assert soup(browser.get(first)).select(".prev-next") == []
    page = soup(browser.get(first, headers={"referer": f"http://testserver{listed}"}))
    following = page.select_one(".prev-next a[rel=next]")["href"]
    assert parse_qs(urlsplit(following).query) == {"list": ["q=walk&sort=-priority"]}
    assert page.select_one(".crumbs a")["href"] == listed
    assert [order[0], *follow_links(browser, following, "next")] == order
    last = f"/complaints/{order[-1]}?list=q%3Dwalk%26sort%3D-priority"
    assert follow_links(browser, last, "prev") == order[::-1]
    assert len(created) == len(order)


@pytest.mark.slow
def test_the_list_of_origin_is_kept_after_a_change(cast, records, as_user):
    browser = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = {"say-comment": "x", "list": "state=open"}
    assert browser.post(f"{address}/say/comment", sent)["Location"] == f"{address}?list=state%3Dopen"
    sent = {"list": ""}
    assert browser.post(f"{address}/act/take", sent)["Location"] == f"{address}?list="
    page = soup(browser.get(f"{address}?list=state%3Dopen"))
    assert {field["value"] for field in page.select("[name=list]")} == {"state=open"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked", ["sort=nonsense", "priority=9&created_from=0001-01-01", "%00=%FF&q=%00", "x" * 3000]
)
def test_no_list_parameter_breaks_a_page(asked, cast, records, as_user):
    address = f"/complaints/{records.complaint.pk}"
    assert as_user(cast.alice).get(address, {"list": asked}).status_code == 200
    foreign = {"referer": "https://elsewhere.example/complaints?sort=number"}
    assert not soup(as_user(cast.alice).get(address, headers=foreign)).select(".prev-next")


LONG = [pytest.mark.deep, pytest.mark.everywhere]


@pytest.mark.parametrize(
    "sort",
    [
        "device",
        *(
            pytest.param(sort, marks=LONG)
            for sort in ("-device", "solved", "date", "-last_modified_at", "customer", "", "employee_name")
        ),
    ],
)
def test_next_and_previous_have_the_order_of_the_list(sort, cast):
    """With equal values and NULL, the order is that of the list in both directions."""
    for device, version in (("IOS", ""), ("", "2"), ("IOS", "1"), ("ANDROID", "1"), ("", "")):
        SupportCaseFactory(
            company=cast.company, customer=cast.resold.pk if version else None, device=device,
            employee=cast.sven.pk, play_maker_version=version,
        )  # fmt: skip
    kind = viewset_for(SupportCase)
    pages = {}
    for record in SupportCase.objects.visible_to(cast.sven):
        pages[record.pk] = find_prev_next(kind, record, cast.sven, f"sort={sort}")
    firsts = [pk for pk, (before, _after) in pages.items() if before is None]
    assert len(firsts) == 1
    way = [firsts[0]]
    while pages[way[-1]][1]:
        assert pages[pages[way[-1]][1]][0] == way[-1]
        way.append(pages[way[-1]][1])
    assert len(way) == len(pages)


@pytest.mark.deep
@pytest.mark.everywhere
def test_next_and_previous_work_for_references_and_null(cast, records):
    for user in (cast.alice.pk, None, cast.sven.pk, None):
        ComplaintFactory(company=cast.company, object=records.object.pk, user=user)
    kind = viewset_for(Complaint)
    for sort in ("user", "-user", "object"):
        at, way = None, []
        pages = {
            one.pk: find_prev_next(kind, one, cast.ada, f"sort={sort}")
            for one in Complaint.objects.visible_to(cast.ada)
        }
        at = next(pk for pk, (before, _after) in pages.items() if before is None)
        while at:
            way.append(at)
            at = pages[at][1]
        assert len(way) == len(pages) == 5


def test_next_and_previous_are_visible_records_only(cast, records, as_user):
    case = records.case
    SupportCaseFactory(company=cast.company, customer=cast.reseller.pk)
    page = soup(as_user(cast.rikke).get(f"/cases/{case.pk}?list="))
    assert page.select(".prev-next a") == []


# Print page


def test_the_print_page_shows_the_record(cast, records, as_user):
    browser = as_user(cast.alice)
    update_record(records.complaint, cast.ada, response="On Monday")
    page = soup(browser.get(f"/complaints/{records.complaint.pk}/print"))
    assert len(page.select("h1")) == 1
    assert not page.select("form, textarea, .rail, .topbar, [style]")
    assert "On Monday" in page.get_text()
    assert page.select_one(".print-toolbar a")["href"] == f"/complaints/{records.complaint.pk}"
    shown = browser.get(f"/objects/{records.object.pk}/print").content.decode()
    assert "Rådhuset" in shown
    assert as_user(cast.charlie).get(f"/complaints/{records.complaint.pk}/print").status_code == 404
    assert as_user(cast.sven).get(f"/complaints/{records.complaint.pk}/print").status_code == 403


# Panels


def panels(page) -> dict[str, tuple[str, list[str]]]:
    found = {}
    for panel in page.select(".panel:has(.panel-items, .muted)"):
        count = panel.h2.select_one(".panel-count")
        for extra in panel.h2.select(".panel-count"):
            extra.extract()
        found[panel.h2.get_text(strip=True)] = (
            count.get_text() if count else "", [link.get_text() for link in panel.select(".panel-items a")],
        )  # fmt: skip
    return found


@pytest.mark.slow
def test_panels_exclude_the_record_itself(cast, records, as_user):
    other = ComplaintFactory(company=cast.company, object=records.object.pk, desc="Also here")
    found = panels(soup(as_user(cast.alice).get(f"/complaints/{records.complaint.pk}")))
    assert found == {"Other complaints here": ("1", [str(other)])}
    alike = {"device": "IOS", "play_maker_version": "1.2"}
    case = SupportCaseFactory(company=cast.company, customer=cast.resold.pk, name="One", **alike)
    SupportCaseFactory(company=cast.company, name="Two", **alike)
    SupportCaseFactory(company=cast.company, name="Older", device="IOS", play_maker_version="1.1")
    browser = as_user(cast.sven)
    page = soup(browser.get(f"/cases/{case.pk}"))
    more = [link["href"] for link in page.select(".panel-more")]
    found = panels(page)
    assert found["iPhone or iPad with PlayMaker 1.2"] == ("1", ["Two"])
    assert found["Customer's other cases"] == ("1", ["Intet billede"])
    listed = soup(browser.get(more[-1]))
    assert sorted(link.get_text() for link in listed.select("td.subject a")) == ["One", "Two"]


@pytest.mark.slow
def test_a_customer_page_has_everything_about_the_customer(cast, records, as_user):
    done = ComplaintFactory(company=cast.company, object=records.object.pk, desc="Long ago")
    services.update(done, {}, actor=cast.ada, context=ChangeContext(Channel.JSON), action="finish")
    page = soup(as_user(cast.ada).get(f"/customers/{cast.resold.pk}"))
    sums = {link.get_text(" ", strip=True): link["href"] for link in page.select(".record-summary a")}
    assert [*sums] == [
        "1 Objects", "1 Open complaints", "1 Finished complaints", "1 Open cases", "0 Solved cases", "1 Contacts",
    ]  # fmt: skip
    found = panels(page)
    assert found["Open complaints"] == ("1", ["Lampen er gået"])
    assert found["Finished complaints"] == ("1", ["Long ago"])
    assert found["Open cases"] == ("1", ["Intet billede"])
    browser = as_user(cast.ada)
    for words, address in sums.items():
        listed = soup(browser.get(address))
        assert len(listed.select("table.list tbody tr")) == int(words.split()[0]), words
    assert (
        "complaint"
        not in soup(as_user(cast.sven).get(f"/customers/{cast.resold.pk}")).select_one("main").get_text()
    )
    assert (
        "Cases"
        not in soup(as_user(cast.alice).get(f"/customers/{cast.resold.pk}"))
        .select_one(".record-summary")
        .get_text()
    )


def test_counts_of_panels_are_bounded(cast, records, as_user, monkeypatch):
    from backoffice.web.components import panels as counted

    monkeypatch.setattr(counted, "COUNTED", 9)
    for _one in range(11):
        ComplaintFactory(company=cast.company, object=records.object.pk)
    page = soup(as_user(cast.alice).get(f"/objects/{records.object.pk}"))
    assert panels(page)["Complaints"][0] == "9+"


@pytest.mark.slow
def test_every_listed_shortcut_has_its_element(cast, records, as_user):
    """The element of each shortcut is on the page that the help names."""
    browser = as_user(cast.alice)
    place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk)
    for _one in range(2):
        ComplaintFactory(company=cast.company, object=place.pk)
    middle = Complaint.objects.visible_to(cast.alice).order_by("number")[1]
    page = soup(browser.get(f"/complaints/{middle.pk}?list=sort%3Dnumber"))
    pressed = {one["data-shortcut"] for one in page.select("[data-shortcut]")}
    by_script = {"e", "s"}
    case = soup(as_user(cast.sven).get(f"/cases/{records.case.pk}"))
    pressed |= {one["data-shortcut"] for one in case.select("[data-shortcut]")}
    listed = {key.get_text() for key in page.select("#shortcuts section:last-of-type kbd")}
    assert listed == pressed | by_script
