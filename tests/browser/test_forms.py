"""Input that survives an ended session or a lost connection, and double clicks, in a real Chromium."""

import pytest
from playwright.sync_api import expect

from backoffice.people.tests.factories import PASSWORD
from backoffice.uploads.tests.files import picture
from facility.models import Complaint

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def end_session(visitor) -> None:
    visitor.context.clear_cookies(name="sessionid")


def sign_in_here(visitor, user) -> None:
    page = visitor.page
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def allow_statuses(visitor, *statuses) -> None:
    """Ignore responses that a test expects, and their console messages."""
    words = [*map(str, statuses), "Failed to load resource"]
    visitor.problems[:] = [one for one in visitor.problems if not any(word in one for word in words)]


def reload(record):
    return type(record).objects.get(pk=record.pk)


@pytest.mark.parametrize("how", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_text_is_restored_after_the_next_sign_in(how, cast, records, visitor):
    alice = visitor(**how).sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    page.locator("#id_contact_name").fill("Bo Lund")
    page.locator("#say-comment").fill("Nøglen ligger hos naboen")
    end_session(alice)
    alice.follow(page.get_by_role("button", name="Add note"))
    expect(page.locator("main")).to_contain_text("Your text is still here; it is not saved yet.")
    if not how:
        alice.look()
    sign_in_here(alice, cast.alice)
    expect(page.locator("h1")).to_have_text("Lampen er gået")
    expect(page.locator(".notice")).to_contain_text("You were signed out.")
    expect(page.locator("#say-comment")).to_have_value("Nøglen ligger hos naboen")
    expect(page.locator("#id_contact_name")).to_have_value("Bo Lund")
    if not how:
        alice.look()
        expect(page.locator(".notice")).to_be_focused()
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    found = reload(records.complaint)
    assert (found.comment, found.contact_name) == ("Nøglen ligger hos naboen", "Bo Lund")


@pytest.mark.parametrize("how", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_focus_moves_to_the_result_message(how, cast, records, visitor):
    alice = visitor(**how).sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    page.locator("#id_contact_name").fill("Bo Lund")
    alice.follow(page.get_by_role("button", name="Save", exact=True))
    status = page.locator(".notice[role=status]")
    expect(status).to_be_focused()
    expect(status).to_be_in_viewport()


def click_twice(page, button) -> None:
    """Click again while the response to the first click is delayed: the server gets both requests."""
    statuses = []

    def answer(route):
        if route.request.method != "POST":
            route.continue_()
        elif not statuses:
            statuses.append(route.fetch(max_redirects=0).status)  # and the browser does not get the response
        else:
            statuses.append(None)
            route.continue_()

    page.route("**/*", answer)
    page.evaluate("document.documentElement.dataset.before = ''")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    for _ in range(600):
        if statuses:
            break
        page.wait_for_timeout(50)
    page.mouse.click(*middle)  # (a locator would wait for the navigation)
    expect(page.locator("html:not([data-before])")).to_be_attached()  # another page
    page.wait_for_load_state()
    page.unroute("**/*")
    assert statuses == [302, None]


def test_two_clicks_create_one_record(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/new?object={records.object.pk}")
    page.locator("#id_desc").fill("twice")
    click_twice(page, page.get_by_role("button", name="Create"))
    expect(page.locator("h1")).to_have_text("twice")
    made = Complaint.objects.get(desc="twice")
    assert page.url.endswith(f"/complaints/{made.pk}")
    page.locator("#say-comment").fill("also twice")
    click_twice(page, page.get_by_role("button", name="Add note"))
    expect(page.locator("h1")).to_have_text("twice")
    made = reload(made)
    assert (made.comment, made.version) == ("also twice", 2)


def test_failed_uploads_can_be_retried(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    drop = page.locator("[data-upload-field]").first
    status = drop.locator("[data-upload-status]")

    def choose(name):
        drop.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": picture()}
        )

    page.locator("#id_contact_name").fill("Bo Lund")
    end_session(alice)
    choose("roof.png")
    expect(status).to_contain_text("roof.png: You are signed out; nothing was sent.")
    assert reload(records.complaint).images == []
    alice.look()
    drop.get_by_role("button", name="Try again").click()
    expect(status).to_contain_text("You are signed out; nothing was sent.")
    other = alice.context.new_page()  # in another tab
    other.goto("/sign-in")
    other.get_by_label("Username").fill("alice")
    other.get_by_label("Password").fill(PASSWORD)
    with other.expect_navigation():
        other.get_by_role("button", name="Sign in").click()
    drop.get_by_role("button", name="Try again").click()
    expect(status).to_contain_text("roof.png: Added.")
    assert len(reload(records.complaint).images) == 1
    expect(page.locator("#id_contact_name")).to_have_value("Bo Lund")
    # The connection is lost.
    page.route("**/files", lambda route: route.abort())
    choose("door.png")
    expect(status).to_contain_text("door.png: Upload failed.")
    page.unroute("**/files")
    choose("gate.png")  # another token in the meantime
    expect(status).to_contain_text("gate.png: Added.")
    expect(status).to_contain_text("door.png: Upload failed.")
    drop.get_by_role("button", name="Try again").click()
    expect(status).to_contain_text("door.png: Added.")
    assert len(reload(records.complaint).images) == 2 + 1
    alice.follow(page.get_by_role("button", name="Save", exact=True))  # the form's token has been renewed
    assert reload(records.complaint).contact_name == "Bo Lund"
    allow_statuses(alice, 401)
    alice.problems[:] = [one for one in alice.problems if "ERR_FAILED" not in one]


def test_too_many_files_for_a_comment_are_refused(cast, records, visitor):
    sven = visitor().sign_in(cast.sven)
    page = sven.page
    page.goto(f"/cases/{records.case.pk}")
    box = page.locator("#composer-comment")
    if box.evaluate("box => box.matches('details:not([open])')"):
        box.locator("summary").click()
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": picture()} for n in range(21)]
    box.locator("input[type=file]").set_input_files(files)
    expect(box.get_by_role("alert")).to_contain_text("At most 20 files at a time: you chose 21.")
    assert box.locator("input[type=file]").evaluate("input => input.files.length") == 0
    box.locator("input[type=file]").set_input_files(files[:20])
    expect(box.get_by_role("alert")).to_be_hidden()


def test_back_shows_the_input_again(cast, records, visitor):
    alice = visitor().sign_in(cast.alice)
    page = alice.page
    page.goto(f"/complaints/{records.complaint.pk}")
    text = page.locator("#say-answer")
    page.locator("#composer-answer > summary").click()
    text.fill("Vi kommer i morgen")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/complaints")
    page.go_back()
    expect(text).to_have_value("Vi kommer i morgen")
    expect(text).to_be_visible()
