"""Completing `@name` in internal notes in a real Chromium: by keyboard, by touch, and announced."""

import pytest
from playwright.sync_api import expect

from facility.tests.factories import ComplaintFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def address(cast, records):
    complaint = ComplaintFactory(company=cast.company, object=records.object.pk)
    return f"/complaints/{complaint.pk}"


def test_a_colleague_is_mentioned_by_keyboard(visitor, cast, address):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(address)
    note, options = page.locator("#say-comment"), page.locator(".mentions [role=option]")
    note.press_sequentially("Ask @")
    expect(page.get_by_role("listbox", name="Colleagues")).to_be_visible()
    expect(options).to_have_text(["Ada (ada)", "Root (root)", "Vera (vera)"])
    selected = page.locator("[role=option][aria-selected=true]")
    expect(selected).to_have_text("Ada (ada)")
    note.press("ArrowUp")
    expect(selected).to_have_text("Vera (vera)")
    note.press("ArrowDown")
    note.press("ArrowDown")
    expect(selected).to_have_text("Root (root)")
    assert note.get_attribute("aria-activedescendant") == selected.get_attribute("id")
    expect(note).to_be_focused()
    alice.look()
    note.press("Escape")
    expect(options).to_have_count(0)
    expect(note).to_be_focused()  # `Escape` alone leaves the field
    note.press("Backspace")
    note.press_sequentially("@ve")
    expect(options).to_have_text(["Vera (vera)"])
    note.press("Enter")
    expect(note).to_have_value("Ask @vera ")
    expect(options).to_have_count(0)
    note.press_sequentially("about mail@ve")
    page.wait_for_timeout(400)
    expect(options).to_have_count(0)  # an e-mail address
    note.press("Control+Enter")
    expect(page.get_by_text("Note added.")).to_be_visible()
    vera = visitor().sign_in(cast.vera)
    expect(vera.page.locator(".bell-count")).to_have_text("1 unread")


def test_a_colleague_is_mentioned_by_touch(visitor, cast, address):
    alice = visitor(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True).sign_in(
        cast.alice
    )
    page = alice.page
    page.goto(address)
    note = page.locator("#say-comment")
    note.tap()
    note.press_sequentially("@")
    page.get_by_role("option", name="Vera (vera)").tap()
    expect(note).to_have_value("@vera ")
    expect(note).to_be_focused()
    alice.look()
