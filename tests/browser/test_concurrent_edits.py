"""Two users who edit the same complaint in two browsers at the same time; the second sees the first
one's change."""

import pytest
from playwright.sync_api import expect

from backoffice.records.history import history_of
from facility.models import Complaint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def save(page):
    with page.expect_navigation():
        page.locator(".save-bar button[type=submit]").click()


@pytest.fixture
def shared_complaint(cast, records, visitor):
    """Alice and Ada with the same complaint open; the complaint."""
    pages = []
    for user in (cast.alice, cast.ada):
        page = visitor().sign_in(user).page
        page.goto(f"/complaints/{records.complaint.pk}")
        pages.append(page)
    return (*pages, records.complaint)


def test_different_properties_are_merged_and_reported(shared_complaint):
    alice, ada, complaint = shared_complaint
    ada.locator("#id_priority").select_option(label="High")
    save(ada)
    expect(ada.locator(".notice-success")).to_contain_text("Saved: priority")
    alice.locator("#id_room_description").fill("Kælderen")
    save(alice)
    expect(alice.locator(".notice-info")).to_contain_text(
        "Ada changed priority in the meantime. Both changes were kept."
    )
    expect(alice.locator("#id_priority")).to_have_value("3")
    kept = Complaint.objects.get(pk=complaint.pk)
    assert (kept.priority, kept.room_description, kept.version) == (3, "Kælderen", 3)


def test_a_conflict_of_one_property_is_resolved_by_keyboard(shared_complaint, visitor):
    alice, ada, complaint = shared_complaint
    ada.locator("#id_room_description").fill("We come on Monday.")
    save(ada)
    expect(ada.locator(".notice-success")).to_contain_text("Saved")
    alice.locator("#id_room_description").fill("We come on Tuesday.")
    alice.locator("#id_contact_name").fill("Bring a ladder")
    save(alice)
    question = alice.get_by_role("group", name="Ada changed “Room” too")
    expect(question).to_contain_text("Keep my version: We come on Tuesday.")
    expect(question).to_contain_text("Use the other version: We come on Monday.")
    expect(alice.locator("#id_room_description")).to_have_value("We come on Tuesday.")
    assert Complaint.objects.get(pk=complaint.pk).version == 2
    expect(alice.locator("#id_room_description")).to_be_hidden()
    save(alice)
    problem = question.get_by_text("Choose which version to keep.")
    expect(problem).to_be_visible()
    alice.get_by_role("alert").get_by_role("link", name="Room").click()
    expect(question.get_by_role("radio").first).to_be_focused()
    alice.keyboard.press("Space")
    expect(problem).to_be_hidden()
    expect(alice.locator("#id_room_description")).to_be_editable()
    alice.keyboard.press("ArrowDown")
    expect(alice.locator("#id_room_description")).to_be_hidden()
    expect(question.get_by_role("radio").last).to_be_checked()
    save(alice)
    expect(alice.locator(".notice-success")).to_contain_text("Saved")
    kept = Complaint.objects.get(pk=complaint.pk)
    assert (kept.room_description, kept.contact_name, kept.version) == (
        "We come on Monday.",
        "Bring a ladder",
        3,
    )
    assert [row.who for row in history_of(kept)[:2]] == ["Alice", "Ada"]
