"""Lists in a real Chromium: filters and pages replace the list in place, and the URL always matches."""

from unittest import mock

import pytest
from django.db import OperationalError
from playwright.sync_api import expect

from backoffice.people.backend import Backend
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alice_at_the_list(cast, records, visitor):
    """Alice with a list of 31 complaints, of which five are urgent."""
    for number in range(30):
        ComplaintFactory(
            company=cast.company,
            object=records.object.pk,
            desc=f"Lamp L{number}",
            priority=4 if number < 5 else 2,
        )
    alice = visitor().sign_in(cast.alice)
    alice.page.goto("/complaints")
    # This variable is lost if the page is reloaded instead of partly replaced.
    alice.page.evaluate("window.sameDocument = true")
    return alice


def same_document(page) -> bool:
    return page.evaluate("window.sameDocument === true")


def subjects(page):
    return page.locator("td.subject")


def test_filters_replace_the_list_in_place(alice_at_the_list):
    page = alice_at_the_list.page
    page.keyboard.press("/")
    expect(page.locator("#search-everything")).to_be_focused()
    page.locator("#id_q").press_sequentially("lamp L1", delay=20)
    expect(page.locator("#list-count")).to_have_text("11")
    expect(page.locator("#id_q")).to_be_focused()
    expect(page).to_have_url("/complaints?q=lamp%20L1")
    page.locator("#id_priority").select_option("4")
    expect(subjects(page)).to_have_text(["Lamp L1"])
    expect(page).to_have_url("/complaints?q=lamp%20L1&priority=4")
    assert same_document(page)
    alice_at_the_list.look()
    page.get_by_role("link", name="Remove filter Search").click()
    expect(subjects(page)).to_have_count(5)
    expect(page.locator("#id_q")).to_have_value("")
    expect(page).to_have_url("/complaints?priority=4")


def test_the_order_stays_while_filtering_and_back_works(alice_at_the_list):
    page = alice_at_the_list.page
    page.get_by_role("link", name="No.").click()
    expect(subjects(page).first).to_have_text("Lampen er gået")
    expect(page.locator("#sort-number")).to_be_focused()
    page.locator("#id_priority").select_option("4")
    expect(subjects(page)).to_have_text([f"Lamp L{number}" for number in range(5)])
    assert same_document(page)
    page.go_back()
    expect(page.locator("#list-count")).to_have_text("1–25 of 31")
    expect(page.locator("#id_priority")).to_have_value("")
    expect(page).to_have_url("/complaints?sort=number")


def test_the_next_page_begins_at_its_top(alice_at_the_list):
    page = alice_at_the_list.page
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#list-count")).to_have_text("26–31 of 31")
    expect(page).to_have_url("/complaints?page=2")
    assert same_document(page)
    page.wait_for_function("window.scrollY === 0")


def test_an_invalid_date_is_an_error_at_its_filter(alice_at_the_list):
    page = alice_at_the_list.page
    page.get_by_text("More filters").click()
    page.locator("#id_created_from").fill("0099-01-01")
    page.locator("#id_created_from").press("Enter")
    expect(page.locator("#error_created_from")).to_contain_text("Enter a day from 1 Jan 1900")
    page.locator("#id_created_from").fill("2020-01-01")
    page.locator("#id_created_from").press("Enter")
    expect(page.locator("#error_created_from")).to_have_text("")
    expect(page.locator("#list-count")).to_have_text("1–25 of 31")
    alice_at_the_list.look()


def test_unsaved_changes_are_counted_and_leaving_is_confirmed(alice_at_the_list, records):
    page = alice_at_the_list.page
    page.goto(f"/complaints/{records.complaint.pk}")
    unsaved = page.locator("[data-unsaved]")
    expect(unsaved).to_have_text("")
    page.locator("#id_room_description").fill("Kælder")
    expect(unsaved).to_have_text("1 unsaved change")
    page.get_by_role("button", name="Add tag").click()
    page.keyboard.type("roof")
    expect(unsaved).to_have_text("2 unsaved changes")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Customers").first.click()
    assert asked == ["beforeunload"]
    expect(page.locator("#id_room_description")).to_have_value("Kælder")
    page.locator("#id_room_description").fill("")
    page.locator("#id_tags-0-text").fill("")
    expect(unsaved).to_have_text("")
    page.get_by_role("link", name="Customers").first.click()
    expect(page).to_have_url("/customers")


def test_a_list_that_cannot_be_loaded_shows_an_error(alice_at_the_list):
    page = alice_at_the_list.page
    with mock.patch.object(Backend, "get_user", side_effect=OperationalError("gone away")):
        page.locator("#id_priority").select_option("4")
        expect(page.get_by_role("heading", name="Temporarily unavailable")).to_be_visible()
        assert all("503" in problem for problem in alice_at_the_list.problems)
        alice_at_the_list.problems.clear()
        alice_at_the_list.look()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("#list-count")).to_have_text("5")
    expect(page).to_have_url("/complaints?priority=4")


def test_autocomplete_suggests_records(alice_at_the_list, cast, records, monkeypatch):
    monkeypatch.setattr("backoffice.records.identify.MENU_LENGTH", 1)
    halls = [
        CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name=f"Halle {n}") for n in "AB"
    ]
    page = alice_at_the_list.page
    page.goto("/complaints")
    page.evaluate("window.sameDocument = true")
    box, offered = page.get_by_role("combobox", name="Object"), page.locator("#id_object_offered option")
    box.press_sequentially("halle", delay=20)
    expect(offered).to_have_count(2)
    box.fill("rådh")
    expect(offered).to_have_count(1)
    box.fill(offered.get_attribute("value"))
    box.press("Tab")
    expect(page.locator(".chip")).to_contain_text("Rådhuset")
    assert same_document(page)
    box.fill("halle")
    box.press("Enter")
    expect(page.locator("#error_object")).to_contain_text(
        f"“halle” matches several: “#{halls[1].number} Halle B”"
    )
    alice_at_the_list.look()
    page.goto(f"/complaints/{records.complaint.pk}")
    assignee = page.get_by_label("Assignee").last
    assignee.fill("vera")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[name=user]")).to_have_value("Vera (vera)")
