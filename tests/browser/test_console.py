"""Whole working days in a real Chromium with an open console: no errors, no warnings, no violations of the
Content-Security-Policy (`browser.Visitor` records them)."""

import io
import json

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from backoffice.records import identify, services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.uploads.tests.files import picture
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURE = {"name": "roof.png", "mimeType": "image/png", "buffer": picture(size=(400, 300))}
TEXT = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
PDF = {"name": "guide.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def open_picture(person, address: str) -> None:
    """Open a picture of a record in the browser's own viewer, and return."""
    page = person.page
    person.follow(page.locator(".attachments-image a:not(.attachments-remove)").first)
    expect(page.locator("img")).to_have_js_property("naturalWidth", 400)
    assert page.locator("img").get_attribute("style")  # from the browser's viewer, which the policy allows
    page.goto(address)


def use_list(alice, page) -> None:
    """Filter, page, sort, choose columns, save a view."""
    page.goto("/complaints")
    page.locator("#id_q").press_sequentially("lamp", delay=10)
    expect(page).to_have_title("Search: lamp · Complaints · Caretaker")
    page.locator(".filters-more summary").click()
    page.locator("#id_created_from").fill("1 Jan 2026")
    page.locator("#id_created_from").press("Enter")
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("#id_object").press_sequentially("hal", delay=10)
    expect(page.locator("datalist option").first).to_be_attached()
    page.locator("#id_object").fill("")
    page.get_by_role("link", name="Clear all").click()
    page.get_by_role("link", name="Page 2").click()
    expect(page).to_have_title("Page 2 · Complaints · Caretaker")
    page.get_by_role("link", name="Priority", exact=True).click()
    for menu in ("Columns", "Views"):
        page.locator("summary", has_text=menu).click()
    page.get_by_label("Name").fill("All")
    alice.follow(page.get_by_role("button", name="Save", exact=True))


def change_in_list(alice, page, last) -> None:
    """Use quick menus and a bulk edit."""
    page.goto("/complaints")
    page.locator(f"#quick-{last.pk}-priority").click()
    page.get_by_role("button", name="High").click()
    expect(page.locator(f"#row-{last.pk}")).to_contain_text("High")
    page.locator(f"#quick-{last.pk}-complaint_status").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator(f"#row-{last.pk}")).to_contain_text("Finished")
    for box in (0, 2):
        page.locator("input[name=chosen]").nth(box).check()
    alice.follow(page.get_by_role("button", name="Edit selected…"))
    page.locator("#id_priority").select_option("4")
    page.get_by_role("button", name="Add tag").click()
    page.locator("#id_tags-0-text").fill("lamp")
    alice.follow(page.get_by_role("button", name="Preview changes"))
    alice.follow(page.get_by_role("button", name="Change all 2 complaints"))
    call_command("run_jobs", stdout=io.StringIO())
    expect(page.get_by_text("2 of 2 are done.")).to_be_visible()
    page.goto("/bulk")


def work_on_record(alice, page, complaint) -> None:
    """Comment, answer, add pictures, use menus, look at the history."""
    page.goto(f"/complaints/{complaint.pk}")
    page.locator("#say-comment").fill("Ringed")
    alice.follow(page.get_by_role("button", name="Add note"))
    page.locator("#composer-answer summary").click()
    page.get_by_role("button", name="On our way").click()
    alice.follow(page.get_by_role("button", name="Save reply"))
    page.locator("#files-images").set_input_files([PICTURE, TEXT])
    expect(page.locator(".upload-field").first).to_contain_text("roof.png: Added.")
    open_picture(alice, f"/complaints/{complaint.pk}")
    expect(page.locator("#thread .timeline-text-body")).to_have_count(2)
    page.locator(".quick-menu summary").first.click()
    alice.follow(page.get_by_role("button", name="Medium"))
    alice.follow(page.get_by_role("link", name="View this version").first)
    page.go_back()
    alice.follow(page.get_by_role("button", name="Undo").first)


def meet_conflict(alice, page, complaint, colleague) -> None:
    """Resolve a conflict with a colleague's change, and finish the complaint."""
    services.update(
        Complaint.objects.get(pk=complaint.pk),
        {"desc": "Theirs"},
        actor=colleague,
        context=ChangeContext(Channel.JSON),
    )
    page.locator("#id_desc").fill("Mine")
    page.locator("#id_object").press_sequentially(" x", delay=10)
    page.locator("#id_object").fill("Halle 1")
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator("fieldset.conflict")).to_be_visible()
    page.get_by_label("Keep my version").check()
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    alice.follow(page.get_by_role("button", name="Finish", exact=True))
    for address in ("print", "remove", "quick/priority"):
        page.goto(f"/complaints/{complaint.pk}/{address}")


@pytest.mark.deep
def test_a_day_with_complaints(cast, records, visitor, monkeypatch):
    monkeypatch.setattr(identify, "MENU_LENGTH", 2)  # so that objects are found by typing, not in a menu
    CannedAnswerFactory(company=cast.company, title="On our way", text="We come.")
    for number in range(3):
        CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name=f"Halle {number}")
    made = [
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Lamp {n}") for n in range(27)
    ]
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.locator("#search-everything").press_sequentially("lamp", delay=10)
    expect(page.locator(".search-popup mark").first).to_be_visible()
    page.keyboard.press("Escape")

    use_list(alice, page)
    change_in_list(alice, page, made[-1])
    work_on_record(alice, page, records.complaint)
    meet_conflict(alice, page, records.complaint, cast.ada)


def test_a_day_with_cases(cast, records, visitor):
    CannedAnswerFactory(company=cast.company, title="Restart", text="Restart it.")
    sven = visitor().sign_in(cast.sven)
    page = sven.page
    page.goto("/cases")
    page.locator(f"#quick-{records.case.pk}-solved").click()
    page.keyboard.press("Escape")
    sven.follow(page.get_by_role("link", name="Intet billede"))
    page.locator("#say-note").fill("Ring efter klokken 17")
    sven.follow(page.get_by_role("button", name="Add note"))
    page.locator("#composer-comment summary").click()
    page.locator("#say-comment").fill("Read this")
    page.locator("#say-comment-files").set_input_files([PICTURE, PDF])
    sven.follow(page.get_by_role("button", name="Add comment"))
    open_picture(sven, f"/cases/{records.case.pk}")
    page.locator("#composer-answer summary").click()
    page.locator("#say-answer").fill("Genstart")
    sven.follow(page.get_by_role("button", name="Save reply"))
    page.locator("#files-files").set_input_files([PICTURE, TEXT])
    expect(page.locator(".upload-field")).to_contain_text("notes.txt: Added.")
    with page.expect_download():
        page.locator("#files").get_by_role("link", name="notes.txt", exact=True).click()
    expect(page.locator("#thread")).to_contain_text("Genstart")
    sven.follow(page.get_by_role("button", name="Mark as solved"))
    sven.follow(page.get_by_role("link", name="View this version").first)
    # The files that a browser reads to install the app.
    found = sven.context.new_cdp_session(page).send("Page.getAppManifest")
    assert (found["errors"], json.loads(found["data"])["name"]) == ([], "Caretaker")
    assert found["url"].endswith("/manifest.webmanifest")


def marked_pixels(shot: bytes) -> int:
    """Count the pixels with the colour of a search highlight."""
    from PIL import Image

    pixels = Image.open(io.BytesIO(shot)).convert("RGB").getcolors(maxcolors=100_000)
    return sum(count for count, colour in pixels if colour == (253, 240, 184))


def test_a_truncated_line_highlights_no_ellipsis(cast, records, visitor):
    """Where a line of the suggestions is truncated, a highlight is shown completely or not at all."""
    CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name="Enghavevej Lagerbygning")
    page = visitor(color_scheme="light").sign_in(cast.alice).page
    page.locator("#search-everything").press_sequentially("lagerbyg", delay=10)
    name = page.locator(".results-name", has=page.locator("mark")).first
    expect(name).to_be_visible()
    whole = marked_pixels(name.screenshot())
    assert whole > 100
    width = round(name.bounding_box()["width"])
    counts = []
    for room in range(40, width + 6, 6):
        name.evaluate("(one, room) => { one.style.flex = 'none'; one.style.width = `${room}px`; }", room)
        counts.append(marked_pixels(name.screenshot()))
    assert set(counts[:2]) == {0} and counts[-1] == whole
    assert all(count in (0, whole) for count in counts), counts
