"""Pages of records with long lists: they show the newest elements and link to the others; elements on no page
are kept."""

import re

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from backoffice.web.tests.test_bulk import BulkEditSession, run_jobs
from tests.support.long_lists import fill_case, fill_complaint, fill_object

pytestmark = [pytest.mark.attack, pytest.mark.slow]
LENGTH = 120
MANY = 5000 if connection.vendor != "mongodb" else 1000
"""The stand-in for MongoDB takes half a minute for 5,000 elements, which is where the driver gives up."""


def tags(first: int, last: int) -> list[str]:
    return [f"tag {n:04}" for n in range(first, last)]


def reload(record):
    return type(record).objects.get(pk=record.pk)


def soup(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


@pytest.fixture
def complaint(records):
    fill_complaint(records.complaint, LENGTH)
    return reload(records.complaint)


@pytest.fixture
def case(cast, records):
    fill_case(records.case, cast.sven, LENGTH)
    return reload(records.case)


def page_of(record) -> str:
    return f"/{ {'complaint': 'complaints', 'supportcase': 'cases'}[record._meta.model_name] }/{record.pk}"


def admin_page_of(record) -> str:
    return f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def shown_tags(page) -> list[str]:
    fields = [control.get("value") for control in page.select("input[name^='tags-'][name$='-text']")]
    entries = [entry.text for entry in page.select("#list-tags li")]
    return [text for text in fields or entries if text and text.startswith("tag ")]


def visit(browser, address: str) -> list[list[str]]:
    """Return the tags of each page, from the newest to the oldest."""
    found = []
    while address:
        page = soup(browser.get(address))
        found.append(shown_tags(page))
        older = [link["href"] for link in page.select("[data-older]") if "before-tags" in link["href"]]
        own = [href for href in older if href.endswith("#list-tags")]
        address = own[0].partition("#")[0] if own else ""
    return found


@pytest.mark.parametrize("who", ["alice", "vera"])
def test_a_record_page_shows_the_newest_items_and_links_to_the_oldest(cast, complaint, as_user, who):
    """By links, so without a script; for editors and readers."""
    found = visit(as_user(getattr(cast, who)), page_of(complaint))
    assert found == [tags(70, 120), tags(20, 70), tags(0, 20)]


@pytest.mark.deep
def test_an_admin_page_shows_the_newest_items_and_links_to_the_oldest(cast, complaint, as_user):
    found = visit(as_user(cast.root), admin_page_of(complaint))
    assert found == [tags(70, 120), tags(20, 70), tags(0, 20)]


@pytest.mark.deep
def test_an_earlier_version_shows_the_newest_items_and_links_to_the_oldest(cast, complaint, as_user):
    services.update(complaint, {"desc": "Else"}, actor=cast.alice, context=ChangeContext(Channel.JSON))
    found = visit(as_user(cast.alice), f"{page_of(complaint)}/versions/1")
    assert found == [tags(70, 120), tags(20, 70), tags(0, 20)]


@pytest.mark.deep
def test_the_files_of_a_record_are_paginated(cast, complaint, as_user):
    browser = as_user(cast.alice)
    page = soup(browser.get(page_of(complaint)))
    names = [name.text for name in page.select("#files .attachments-name")]
    assert len(names) == 100  # the newest 50 of each list
    assert "i0119.jpeg" in names and "i0069.jpeg" not in names
    older = next(a["href"] for a in page.select("#files [data-older]") if "before-images=" in a["href"])
    names = [name.text for name in soup(browser.get(older)).select("#files .attachments-name")]
    assert "i0069.jpeg" in names and "i0119.jpeg" not in names and "f0119.jpeg" in names
    removal = f"{page_of(complaint)}/files/images/remove"
    assert b"i0001.jpeg" in browser.get(removal, {"file": complaint.images[1]}).content


@pytest.mark.deep
@pytest.mark.parametrize("query", ["before-tags=x", "before-tags=-1", "before-tags=0", "before-tags=999999999",
                                   "before-tags=" + "9" * 40, "before-tags=٣"])  # fmt: skip
def test_an_invalid_position_shows_the_newest_items(cast, complaint, as_user, query):
    assert shown_tags(soup(as_user(cast.alice).get(f"{page_of(complaint)}?{query}"))) == tags(70, 120)


def formset(name: str) -> dict:
    return {f"{name}__TOTAL_FORMS": 1, f"{name}__INITIAL_FORMS": 0}


def unedited_data(browser, address: str) -> dict:
    return form_data(record_form(browser.get(address).content))


def row_with(sent: dict, value: str) -> str:
    """Return the prefix of the fields of the row with a value."""
    return next(name for name, found in sent.items() if found == value).rpartition("-")[0]


def test_items_on_other_pages_are_kept(cast, complaint, as_user):
    browser, address = as_user(cast.alice), page_of(complaint)
    sent = unedited_data(browser, f"{address}?before-tags=70")
    sent[f"{row_with(sent, 'tag 0069')}-text"] = "edited"
    assert browser.post(address, sent).status_code == 302
    assert reload(complaint).tags == [*tags(0, 69), "edited", *tags(70, 120)]


@pytest.mark.deep
@pytest.mark.parametrize("address_of", [page_of, admin_page_of])
@pytest.mark.parametrize("before", [120, 70])
def test_editing_keeps_items_on_other_pages(cast, complaint, as_user, address_of, before):
    """Another property, a visible row, a removed row and a new one: each alone and then together."""
    browser, address = as_user(cast.root), address_of(complaint)
    expected, fields = tags(0, 120), {f"field {n:04}": f"value {n:04}" for n in range(120)}
    last = before - 1

    def send(edit) -> None:
        sent = unedited_data(browser, f"{address}?before-tags={before}&before-custom_fields={before}")
        edit(sent)
        assert browser.post(address, sent).status_code == 302
        found = reload(complaint)
        assert found.tags == expected
        assert found.custom_fields == fields
        assert found.images == complaint.images and found.finish_images == complaint.finish_images

    send(lambda sent: sent.update(desc="Something else"))
    expected[last] = "edited"
    send(lambda sent: sent.update({f"{row_with(sent, f'tag {last:04}')}-text": "edited"}))
    expected.append("new")
    send(lambda sent: sent.update({f"tags-{int(sent['tags-TOTAL_FORMS']) - 1}-text": "new"}))
    expected.remove(f"tag {last - 1:04}")
    del fields[f"field {last:04}"]

    def remove(sent) -> None:
        sent[f"{row_with(sent, f'tag {last - 1:04}')}-DELETE"] = "on"
        sent[f"{row_with(sent, f'field {last:04}')}-DELETE"] = "on"

    send(remove)


@pytest.mark.deep
def test_items_with_ids_keep_their_order_and_contents(cast, case, as_user):
    browser, address, before = as_user(cast.ada), admin_page_of(case), case.comments
    page = soup(browser.get(f"{address}?before-comments=70"))
    sent = form_data(page.select_one("#supportcase_form"))
    sent[f"{row_with(sent, 'comment 0069')}-comment"] = "edited"
    sent[f"{row_with(sent, 'comment 0030')}-DELETE"] = "on"
    sent[f"comments-{int(sent['comments-TOTAL_FORMS']) - 1}-comment"] = "new"
    assert browser.post(address, sent).status_code == 302
    expected = [one["comment"] for one in before]
    expected[69] = "edited"
    del expected[30]
    found = reload(case).comments
    assert [one["comment"] for one in found] == [*expected, "new"]
    assert found[118]["files"] == before[119]["files"]
    assert len(found[118]["files"]) == LENGTH


@pytest.mark.deep
def test_a_refused_form_shows_the_same_rows_and_loses_nothing(cast, complaint, as_user):
    browser, address = as_user(cast.alice), page_of(complaint)
    sent = unedited_data(browser, f"{address}?before-tags=70")
    sent |= {f"{row_with(sent, 'tag 0069')}-text": "edited", "desc": ""}
    page = soup(browser.post(address, sent))
    assert shown_tags(page) == tags(20, 69)  # and the edited row
    again = form_data(page.select_one("#record-form")) | {"desc": "Repaired"}
    assert browser.post(address, again).status_code == 302
    assert reload(complaint).tags == [*tags(0, 69), "edited", *tags(70, 120)]


@pytest.mark.deep
def test_concurrent_edits_of_different_pages_are_both_kept(cast, complaint, as_user):
    """Tags are merged as a set, so both concurrent changes are kept."""
    address = page_of(complaint)
    old = unedited_data(as_user(cast.alice), f"{address}?before-tags=70")
    new = unedited_data(as_user(cast.ada), address)
    old["desc"], new["room_description"] = "Changed by Alice", "Changed by Ada"
    new[f"{row_with(new, 'tag 0119')}-text"] = "edited by Ada"
    assert as_user(cast.ada).post(address, new).status_code == 302
    assert as_user(cast.alice).post(address, old).status_code == 302
    found = reload(complaint)
    assert found.tags == [*tags(0, 119), "edited by Ada"]
    assert (found.desc, found.room_description) == ("Changed by Alice", "Changed by Ada")


@pytest.mark.deep
def test_a_duplicate_of_a_name_on_another_page_is_an_error(cast, complaint, as_user):
    browser, address = as_user(cast.alice), page_of(complaint)
    sent = unedited_data(browser, address)
    row = f"custom_fields-{int(sent['custom_fields-TOTAL_FORMS']) - 1}"
    page = browser.post(address, sent | {f"{row}-name": "field 0001", f"{row}-value": "other"})
    assert "This name occurs twice. Enter another name." in page.content.decode()
    assert reload(complaint).custom_fields["field 0001"] == "value 0001"


@pytest.mark.deep
def test_forged_formset_counts_remove_nothing(cast, complaint, as_user):
    browser, address = as_user(cast.alice), page_of(complaint)
    for name, value in [
        ("FIRST_FORM", "9999"),
        ("INITIAL_FORMS", "3"),
        ("TOTAL_FORMS", "0"),
        ("FIRST_FORM", "-1"),
    ]:
        sent = unedited_data(browser, address) | {f"tags-{name}": value, "desc": f"{name} {value}"}
        assert browser.post(address, sent).status_code in (200, 302)
        assert set(tags(0, 120)) <= set(reload(complaint).tags)


@pytest.mark.deep
def test_a_long_change_is_shown_in_part(cast, records, as_user):
    """As an import made it: all elements in one history entry."""
    fill_case(records.case, cast.sven, LENGTH)
    fill_complaint(records.complaint, LENGTH)
    for record in (reload(records.case), reload(records.complaint)):
        row = History.objects.get(record_id=record.pk, version=1)
        names = ("comments", "files") if record == records.case else ("tags", "images")
        changes = [
            {
                "property": name,
                "old": [],
                "new": record.properties[name].plain(record.properties[name].read(record)),
            }
            if record.properties[name].many
            else {"property": name, "old": None, "new": record.properties[name].read(record)}
            for name in names
        ]
        History.objects.filter(pk=row.pk).update(changes=changes)
        page = soup(as_user(cast.sven if record == records.case else cast.alice).get(page_of(record)))
        text = page.select_one("#timeline")
        assert len(text.select("li")) < 120
        assert re.search(r"and \d+ more", text.text)
        admin = (
            as_user(cast.root).get(admin_page_of(record).replace("/change/", "/history/")).content.decode()
        )
        assert re.search(r"and \d+ more", admin)
        assert admin.count("<li>") < 150


@pytest.mark.deep
def test_a_bulk_edit_preview_shows_a_long_change_in_part(cast, complaint, client):
    many = BulkEditSession(client, cast.alice)
    page = many.say(
        many.choose([complaint]), tags__0__text="only", how__tags="set", set="tags", **formset("tags")
    )
    text = BeautifulSoup(page.content, "lxml").select_one(".bulk-changes").text
    assert "only" in text and "tag 0119" in text and "tag 0069" not in text
    assert "and 70 more" in text
    many.start()
    run_jobs()
    assert reload(complaint).tags == ["only"]


@pytest.mark.deep
def test_the_print_page_shows_up_to_250_items(cast, records, as_user):
    fill_complaint(records.complaint, 251)
    page = soup(as_user(cast.vera).get(f"{page_of(records.complaint)}/print"))
    assert [entry.text for entry in page.select("#list-tags li")] == tags(1, 251)
    assert "250 of 251 shown." in page.text


@pytest.mark.deep
@pytest.mark.parametrize(
    ("kind", "who"),
    [("complaint", "alice"), ("complaint", "vera"), ("object", "alice"), ("object", "vera"), ("case", "sven"),
     ("case", "rikke"), ("complaint", "root"), ("object", "root"), ("case", "root")],
)  # fmt: skip
def test_pages_of_thousands_of_elements_are_bounded(cast, records, as_user, kind, who):
    """The size and the number of queries; for durations see docs/performance.md."""
    record, browser = getattr(records, kind), as_user(getattr(cast, who))
    address = f"/{kind}s/{record.pk}"
    pages = [address, f"{address}/print", f"{address}/versions/1", f"/{kind}s"]
    if who == "root":
        pages += [admin_page_of(record), admin_page_of(record).replace("/change/", "/history/")]

    def measure() -> list[tuple[int, int]]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                answer = browser.get(page)
            assert answer.status_code == 200
            found.append((len(answer.content), len(queries)))
        return found

    fill_record(cast, records, kind, 60)
    measure()  # (fills caches)
    few = measure()
    fill_record(cast, records, kind, MANY)
    many = measure()
    for page, (_size, before), (size, queries) in zip(pages, few, many, strict=True):
        assert size < 500_000, page
        assert queries <= before, page


def fill_record(cast, records, kind: str, length: int) -> None:
    if kind == "complaint":
        fill_complaint(records.complaint, length)
    elif kind == "object":
        fill_object(records.object, records.article, length)
    else:
        fill_case(reload(records.case), cast.sven, length)
    for name in records.__dict__:
        record = getattr(records, name)
        record.__dict__.pop("tags", None)
