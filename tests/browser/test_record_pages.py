"""A working day on records in a real Chromium: by keyboard only, on a phone, without a script, in the dark
theme, enlarged."""

import pytest
from playwright.sync_api import expect

from backoffice.uploads.tests.files import picture
from backoffice.workplace.models import Preferences
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def reload(record):
    return type(record).objects.get(pk=record.pk)


def write_by_keyboard(page, go) -> None:
    """Add a comment, and an answer with a canned answer."""
    press = page.keyboard.press
    press("c")
    page.keyboard.type("sjm? Ringed / the door")
    press("Tab")
    press("Tab")  # past the attachments
    go("Enter")
    expect(page.locator("#thread .timeline-text-internal")).to_contain_text("sjm? Ringed / the door")
    press("a")
    expect(page.locator("#say-answer")).to_be_focused()
    page.keyboard.type("Hello. ")
    press("Shift+Tab")
    press("Enter")
    expect(page.locator("#say-answer")).to_have_value(
        "Hello. \n\nDear Hansen Boligforening ApS, we come. Alice"
    )
    expect(page.locator("#say-answer")).to_be_focused()
    press("Control+Enter")
    press("Space")
    press("Tab")
    press("Tab")
    go("Enter")
    expect(page.locator("#thread .timeline-text-customer")).to_contain_text("we come. Alice")


def test_a_morning_by_keyboard_alone(cast, records, visitor):
    """Find, open, assign, comment, answer with a canned answer, save, go on, go back: without a mouse."""
    CannedAnswerFactory(company=cast.company, title="On our way", text="Dear {customer}, we come. {me}")
    other = ComplaintFactory(company=cast.company, object=records.object.pk, desc="Second lamp")
    alice = visitor().sign_in(cast.alice)
    page, press = alice.page, alice.page.keyboard.press

    def go(key):
        with page.expect_navigation():
            press(key)

    page.goto("/complaints?sort=number")
    expect(page.get_by_role("link", name="New complaint")).to_have_attribute("aria-keyshortcuts", "n")
    press("?")
    expect(page.get_by_role("dialog")).to_contain_text("assign to me")
    alice.look()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    press("j")
    press("j")
    press("k")
    expect(page.get_by_role("link", name="Lampen er gået")).to_be_focused()
    go("o")
    expect(page.locator("h1")).to_have_text("Lampen er gået")
    keys = page.locator("[aria-keyshortcuts]").evaluate_all(
        "all => all.map(one => one.ariaKeyShortcuts || one.getAttribute('aria-keyshortcuts'))"
    )
    assert {"/", "u", "m", "c", "a", "s", "p", "j"} <= set(keys)
    go("m")
    expect(page.locator(".notice-success")).to_contain_text("Assigned to you.")
    write_by_keyboard(page, go)
    press("e")
    expect(page.locator("#id_desc")).to_be_focused()
    page.keyboard.type("More: ")
    press("Escape")
    go("s")
    expect(page.locator(".notice-success")).to_contain_text("Saved")
    go("j")
    expect(page.locator("h1")).to_have_text("Second lamp")
    go("k")
    expect(page.locator("h1")).to_contain_text("Lampen er gået")
    go("u")
    assert page.url.endswith("/complaints?sort=number")
    press("/")
    expect(page.locator("#search-everything")).to_be_focused()
    kept = reload(records.complaint)
    assert (kept.user_id, kept.comment) == (cast.alice.pk, "sjm? Ringed / the door")
    assert "More: " in kept.desc
    assert reload(other).version == 1


def test_disabled_shortcuts_do_nothing(cast, records, visitor):
    Preferences.objects.create(user_id=cast.alice.pk, keys=False, theme="dark")
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    for key in ("?", "m", "c", "/"):
        page.keyboard.press(key)
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert reload(records.complaint).version == 1
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 23)"
    alice.look()


def test_uploads_show_their_progress_and_other_input_stays(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    page.locator("#id_room_description").fill("half a thought")
    page.locator("#say-comment").fill("half a comment")
    page.locator("#files-images").set_input_files(
        [
            {"name": "roof.png", "mimeType": "image/png", "buffer": picture(size=(400, 300))},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"},
        ]
    )
    expect(page.locator(".upload-field").first).to_contain_text("roof.png: Added.")
    expect(page.locator(".upload-field").first).to_contain_text("notes.txt: This is not an image")
    expect(page.locator("#files .attachments-image img")).to_have_count(1)
    expect(page.locator("#files .attachments-image img")).to_have_js_property("naturalWidth", 320)
    expect(page.locator("#timeline")).to_contain_text("roof.png")
    expect(page.locator("#id_room_description")).to_have_value("half a thought")
    expect(page.locator("#say-comment")).to_have_value("half a comment")
    alice.look()
    # Dropped onto the composer.
    data = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            const canvas = document.createElement("canvas");
            const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (c) => c.charCodeAt(0));
            transfer.items.add(new File([bytes], "done.png", { type: "image/png" }));
            return transfer;
        }"""
    )
    page.locator(".upload-field").nth(1).dispatch_event("drop", {"dataTransfer": data})
    expect(page.locator(".upload-field").nth(1)).to_contain_text("done.png: Added.")
    expect(page.locator("#files .attachments-image img")).to_have_count(2)
    with page.expect_navigation():
        page.locator(".save-bar button[type=submit]").click()
    kept = reload(records.complaint)
    assert (len(kept.images), len(kept.finish_images)) == (1, 1)
    assert (kept.room_description, kept.comment) == ("half a thought", "half a comment")


@pytest.mark.deep
def test_files_are_attached_to_a_comment_and_removed_from_an_upload_field(cast, records, visitor):
    sven = visitor().sign_in(cast.sven)
    page = sven.page
    page.goto(f"/cases/{records.case.pk}")
    data = page.evaluate_handle(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["%PDF-1.4"], "guide.pdf", { type: "application/pdf" }));
            return transfer;
        }"""
    )
    page.locator("#composer-comment").dispatch_event(
        "drop", {"dataTransfer": data}
    )  # it is folded, and can be opened
    field = page.locator("#composer-comment").get_by_label("Attachments")
    expect(field).to_be_visible()
    expect(field).to_have_js_property("files.length", 1)
    sven.look()
    page.locator("#say-comment").fill("Read this")
    sven.follow(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator("#say-comment-error")).to_contain_text("press “Add comment”")
    expect(page.get_by_label("guide.pdf")).to_be_checked()
    sven.look()
    sven.follow(page.get_by_role("button", name="Add comment"))
    expect(page.locator("#timeline .attachments").first).to_contain_text("guide.pdf")
    sven.follow(page.get_by_role("link", name="Remove 1.jpeg"))
    sven.look()
    sven.follow(page.get_by_role("button", name="Remove", exact=True))
    expect(page.locator(".notice-success")).to_contain_text("Removed: “1.jpeg”.")
    kept = reload(records.case)
    assert (kept.files, len(kept.comments[-1]["files"])) == ([], 1)


def test_a_case_works_without_javascript_on_a_phone(cast, records, visitor):
    CannedAnswerFactory(company=cast.company, title="Restart", text="{customer}: restart it.")
    sven = visitor(java_script_enabled=False, viewport={"width": 390, "height": 844}).sign_in(cast.sven)
    page = sven.page
    page.goto("/cases")
    sven.follow(page.get_by_role("link", name="Intet billede"))
    page.locator("#id_description").fill("changed, not saved")
    page.locator("#composer-answer summary").click()
    page.locator("#say-answer").fill("Hello")
    sven.follow(page.locator("#composer-answer").get_by_role("button", name="Restart"))
    expect(page.locator("#say-answer")).to_have_value("Hello\n\nHansen Boligforening ApS: restart it.")
    expect(page.locator("#id_description")).to_have_value("changed, not saved")
    page.locator("#files-files").set_input_files(
        {"name": "guide.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    )
    sven.follow(page.get_by_role("button", name="Save reply"))
    expect(page.locator("#id_description")).to_have_value("changed, not saved")
    sven.follow(page.get_by_role("button", name="Save", exact=True))
    kept = SupportCase.objects.get(pk=records.case.pk)
    assert kept.response_answer == "Hello\n\nHansen Boligforening ApS: restart it."
    assert kept.description == "changed, not saved"
    assert [file["type"] for file in kept.files] == ["IMAGE", "DOC"]
    sven.follow(page.get_by_role("link", name="Print"))
    expect(page.locator("body")).to_contain_text("Print this page with your browser.")
    page.goto("/keys")
    expect(page.locator("main")).to_contain_text("assign to me")


PAGES = ("/complaints/{complaint}", "/complaints/{complaint}?thread=0", "/complaints/{complaint}/print",
         "/cases/{case}", "/customers/{customer}", "/canned-answers", "/canned-answers/new", "/account/preferences",
         "/keys")  # fmt: skip


@pytest.mark.parametrize(
    ("colours", "width"), [("light", 1440), ("dark", 1440), ("light", 1024), ("light", 390), ("dark", 390)]
)
def test_pages_are_readable_in_both_themes(colours, width, cast, records, visitor):
    """Each theme twice: by the system's setting, and by the user's preference regardless of the system."""
    CannedAnswerFactory(company=cast.company)
    ada = visitor(color_scheme=colours, viewport={"width": width, "height": 900}).sign_in(cast.ada)
    ids = {"complaint": records.complaint.pk, "case": records.case.pk, "customer": cast.resold.pk}
    complaint = f"/complaints/{records.complaint.pk}"
    ada.page.goto(complaint)
    ada.page.locator("#say-comment").fill("Noted")
    ada.follow(ada.page.get_by_role("button", name="Add note"))
    ada.page.locator("#composer-answer summary").click()
    ada.page.locator("#say-answer").fill("{contact}")
    ada.follow(ada.page.get_by_role("button", name="Save reply"))
    ada.look()  # with an error in a composer
    for wanted in ("system", "dark" if colours == "light" else "light"):
        Preferences.objects.update_or_create(
            user_id=cast.ada.pk, defaults={"theme": wanted, "density": "compact"}
        )
        for address in PAGES:
            ada.page.goto(address.format(**ids))
            ada.look()


MOVING = """() => [...document.querySelectorAll("body, body *")].flatMap((one) => ["", "::before", "::after"].map((part) => {
    const style = getComputedStyle(one, part);
    const times = `${style.transitionDuration},${style.animationDuration}`.split(",");
    return times.some((time) => parseFloat(time) * (time.includes("ms") ? 1 : 1000) > 1) ? `${one.tagName}.${one.className}${part}` : "";
})).filter(Boolean)"""
"""Elements with a transition or animation of more than a millisecond."""


@pytest.mark.deep
@pytest.mark.parametrize("width", [640, 720])
def test_pages_work_enlarged_and_without_motion(width, cast, records, visitor):
    """A laptop's screen at 200 %, and no motion for users who prefer reduced motion."""
    alice = visitor(viewport={"width": width, "height": 450}, device_scale_factor=2, reduced_motion="reduce")
    alice.sign_in(cast.alice)
    for address in (
        "/", "/complaints", "/objects?sort=name", "/complaints?q=nothing-like-this", "/customers", "/complaints/views",
        "/search?q=lampen", f"/complaints/{records.complaint.pk}", "/account/preferences",
        f"/objects/{records.object.pk}",
    ):  # fmt: skip
        alice.page.goto(address)
        alice.look()
        assert alice.page.evaluate(MOVING) == [], address


@pytest.mark.deep
def test_a_checkbox_on_a_phone_is_large_enough(cast, records, visitor):
    """44 pixels in each direction, not shared with the number beside it."""
    alice = visitor(viewport={"width": 390, "height": 844}, has_touch=True).sign_in(cast.alice)
    alice.page.goto("/complaints")
    room = alice.page.locator(".row-select-target").first.bounding_box()
    number = alice.page.locator("td.number a").first.bounding_box()
    assert room["width"] >= 44 and room["height"] >= 44
    assert number["x"] >= room["x"] + room["width"]
    alice.page.touchscreen.tap(room["x"] + 4, room["y"] + 4)
    expect(alice.page.locator("input[name=chosen]").first).to_be_checked()
    alice.look()
