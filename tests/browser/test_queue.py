"""The queue and the lists in a real Chromium: a morning's work by keyboard, on a phone, and without a
script."""

import io
import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from backoffice.lists.models import Visit
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def run_jobs():
    call_command("run_jobs", stdout=io.StringIO())


@pytest.fixture
def complaints(cast, records):
    how = {"company": cast.company, "object": records.object.pk}
    return [ComplaintFactory(**how, desc=f"Lamp L{number}") for number in range(30)]


def reload(complaint):
    return Complaint.objects.get(pk=complaint.pk)


def test_a_quick_edit_in_the_list_works_by_keyboard(cast, complaints, visitor):
    alice = visitor().sign_in(cast.alice)
    page, last = alice.page, complaints[-1]
    page.goto("/complaints?state=open")
    page.evaluate("window.sameDocument = true")
    page.locator(f"#quick-{last.pk}-priority").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Low")).to_be_focused()
    alice.look()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="High")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#row-{last.pk} .col-priority")).to_contain_text("High")
    expect(page.locator(f"#quick-{last.pk}-priority")).to_be_focused()
    assert reload(last).priority == 3
    page.locator(f"#quick-{last.pk}-user").press("Enter")
    page.get_by_role("button", name="Alice (me)").press("Enter")
    expect(page.locator(f"#row-{last.pk} .col-complaint_status")).to_contain_text("Assigned")
    page.locator(f"#quick-{last.pk}-user").press("Enter")
    expect(page.get_by_role("button", name="Alice (me)")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#quick-{last.pk}-user")).to_be_focused()
    # A concurrent change: shown in the row, and not overwritten.
    services.update(reload(last), {"priority": 1}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    page.locator(f"#quick-{last.pk}-priority").click()
    expect(page.get_by_role("button", name="Critical")).to_be_visible()
    page.evaluate("document.querySelector('.quick-form [name=version]').value = 2")
    page.get_by_role("button", name="Critical").click()
    expect(page.locator(f"#row-{last.pk} .quick-error")).to_contain_text("Ada changed “Priority” to")
    assert page.evaluate("window.sameDocument") is True
    alice.look()


def test_a_bulk_edit_shows_its_progress(cast, complaints, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    page.locator("[data-select-all]").check()
    expect(page.locator("[data-selection-status]")).to_have_text("25 selected")
    page.locator("input[name=chosen]").first.uncheck()
    expect(page.locator("[data-selection-status]")).to_have_text("24 selected")
    alice.look()
    page.locator("input[name=chosen]").nth(3).click()
    page.locator("input[name=chosen]").nth(8).click(modifiers=["Shift"])
    expect(page.locator("[data-selection-status]")).to_have_text("18 selected")
    alice.follow(page.get_by_role("button", name="Edit selected…"))
    alice.look()
    page.locator("#id_priority").select_option("4")
    expect(page.locator("input[name=set][value=priority]")).to_be_checked()
    page.get_by_role("button", name="Add tag").click()
    page.keyboard.type("lamp")
    expect(page.locator("input[name=set][value=tags]")).to_be_checked()
    alice.follow(page.get_by_role("button", name="Preview changes"))
    expect(page.locator("tbody tr")).to_have_count(18)
    alice.look()
    alice.follow(page.get_by_role("button", name="Change all 18 complaints"))
    expect(page.get_by_text("0 of 18 are done.")).to_be_visible()
    alice.look()
    run_jobs()
    expect(page.get_by_text("18 of 18 are done.")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    alice.look()
    assert Complaint.objects.filter(priority=4).count() == 18
    page.goto("/bulk")
    alice.look()


def test_views_and_columns_can_be_changed(cast, complaints, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    page.locator("#id_q").fill("lamp L1")
    expect(page.locator("#list-count")).to_have_text("11")
    page.locator("summary", has_text="Columns").click()
    alice.look()
    for _step in range(2):
        page.get_by_role("button", name="Priority: move back").click()
    page.get_by_role("button", name="Assignee: move forward").press("Enter")
    page.get_by_label("Tags", exact=True).check()
    alice.follow(page.get_by_role("button", name="Apply"))
    expect(page.locator("th.col-tags")).to_be_visible()
    expect(page.locator("thead th:not(.row-select)")).to_contain_text(
        ["No.", "Complaint", "State", "Object", "Assignee", "Priority", "Created", "Tags"]
    )
    expect(page.locator("#list-count")).to_have_text("11")
    page.locator("summary", has_text="Views").click()
    page.get_by_label("Name").fill("Ones")
    alice.look()
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".tab-view[aria-current]")).to_have_text(re.compile(r"Ones\s*11"))
    alice.look()
    page.goto("/complaints/views")
    alice.look()


def test_the_global_search_suggests_records(cast, records, complaints, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto("/articles")
    page.keyboard.press("/")
    page.keyboard.type("lamp l7")
    expect(page.locator("#search-suggestions a").first).to_contain_text("Lamp L7")
    alice.look()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search-suggestions a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#search-suggestions")).to_be_empty()
    page.keyboard.type("0")
    expect(page.locator("#search-suggestions")).to_contain_text("No results for “lamp l70”")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/search?q=lamp+l70")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["wide", "phone"])
def test_every_new_page_is_readable(colours, size, cast, records, complaints, visitor):
    width, height = size
    alice = visitor(
        color_scheme=colours, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    alice.sign_in(cast.alice)
    page = alice.page
    services.update(
        complaints[0],
        {"priority": 4, "user": cast.alice.pk},
        actor=cast.ada,
        context=ChangeContext(Channel.JSON),
    )
    for address in (
        "/",
        "/bulk",
        "/complaints/views",
        f"/complaints/{complaints[0].pk}/quick/user",
        "/search?q=lamp",
    ):
        page.goto(address)
        alice.look()
    page.goto("/complaints")
    page.locator("input[name=chosen]").nth(1).check()
    alice.look()
    alice.follow(page.get_by_role("button", name="Edit selected…"))
    page.locator("#id_contact_email").fill("nobody")
    alice.look()
    alice.follow(page.get_by_role("button", name="Preview changes"))
    expect(page.locator(".error-summary")).to_contain_text("Enter a valid email address.")
    alice.look()
    page.goto(f"/complaints/{complaints[0].pk}")
    page.locator(".quick-menu summary").first.click()
    alice.look()


def test_everything_works_without_javascript(cast, complaints, visitor):
    alice = visitor(java_script_enabled=False).sign_in(cast.alice)
    page, last = alice.page, complaints[-1]
    page.goto("/complaints?q=lamp+l")
    page.locator(f"#quick-{last.pk}-priority").click()
    page.get_by_role("button", name="High").click()
    expect(page.locator("body")).to_contain_text("Saved: priority.")
    expect(page).to_have_url("/complaints?q=lamp+l")
    page.get_by_role("button", name="Edit all 31 results…").click()
    page.locator("input[name=set][value=user]").check()
    page.locator("#id_user").select_option(label="Alice")
    page.get_by_role("button", name="Preview changes").click()
    page.get_by_role("button", name="Change all 31 complaints").click()
    expect(page.locator("body")).to_contain_text("0 of 31 are done.")
    run_jobs()
    expect(page.locator("body")).to_contain_text("31 of 31 are done.")  # the page has reloaded itself
    page.goto("/")
    expect(page.locator("body")).to_contain_text("Assigned to me 31")
    page.goto(f"/complaints/{last.pk}")
    page.locator(".quick-menu summary", has_text="Priority").click()
    page.get_by_role("button", name="Critical").click()
    expect(page.locator(".quick-menu summary").first).to_contain_text("Critical")
    assert (reload(last).priority, reload(last).user_id) == (4, cast.alice.pk)


def test_the_page_records_the_visit(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    with alice.page.expect_response("**/seen"):
        alice.page.goto("/")
    assert Visit.objects.get().user_id == cast.alice.pk
