"""Screenshots of the pages: on a wide screen, a narrower one and a phone, light and dark.

    .venv/bin/python -m scripts.screenshots FOLDER          every page (screenshot_pages.py), in every size, light and dark: with
                                                            data, empty, and with errors; and contact sheets
    .venv/bin/python -m scripts.screenshots FOLDER --language da
    .venv/bin/python -m scripts.screenshots --readme        the screenshots of the documents, in docs/screenshots
    .venv/bin/python -m scripts.screenshots --guide         those of the user guide, in docs/user/pictures

The demo data goes into a temporary database, served on a free port; CHROMIUM names the browser.
"""

import argparse
import io
import os
import re
import secrets
import sys
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.demo_server import served  # noqa: E402 (not installed as packages)
from scripts.screenshot_pages import COMPLAINT, OBJECT, pages  # noqa: E402

BROWSER_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {1440: 900, 1024: 768, 390: 844}
CUSTOMER = "Hansen Boligforening ApS"


def photo(name: str, colour: str) -> dict:
    """Return a generated picture to upload."""
    buffer, image = io.BytesIO(), Image.new("RGB", (1200, 900), colour)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 620, 1200, 900), fill="#5d6b70")
    pen.ellipse((420, 180, 780, 420), fill="#e8edef")
    pen.polygon([(560, 420), (640, 420), (600, 640)], fill="#c8dbe4")
    image.save(buffer, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def save_screenshot(page: Page, picture: Path, of: str = "") -> None:
    """Take a screenshot small enough for the repository."""
    content = page.locator(of).screenshot() if of else page.screenshot()
    Image.open(io.BytesIO(content)).save(picture, "WEBP", quality=82, method=6)


class Camera:
    """A browser of one size and colour scheme, with a signed-in page per user."""

    def __init__(self, browser, address: str, password: str, width: int, scheme: str, language="en"):
        self._browser, self._address, self.password = browser, address, password
        self._context_options = {
            "viewport": {"width": width, "height": SIZES[width]},
            "color_scheme": scheme,
            "locale": language,
        }
        self._pages: dict[str | None, Page] = {}
        self._firsts: dict[tuple[str | None, str], str] = {}

    def page_of(self, person: str | None) -> Page:
        if person not in self._pages:
            page = self._browser.new_context(**self._context_options).new_page()
            page.on("dialog", lambda dialog: dialog.accept())  # leave the page without saving
            if person:
                page.goto(f"{self._address}/sign-in")
                page.fill("#id_username", person)
                page.fill("#id_password", self.password)
                page.click("button[type=submit]")
                page.wait_for_load_state()
            self._pages[person] = page
        return self._pages[person]

    def open_sign_in(self) -> Page:
        """Return a sign-in page in a new browser context."""
        page = self._browser.new_context(**self._context_options).new_page()
        page.goto(f"{self._address}/sign-in")
        return page

    def open(self, person: str | None, path: str) -> Page:
        page = self.page_of(person)
        page.goto(f"{self._address}{path}")
        return page

    def everything(self, folder: Path, ending: str) -> None:
        """Take all screenshots: the visible part of each page, and the whole page of records."""
        self.save_view()
        for name, person, path in pages():
            page = self.open(person, self.fill_in_ids(person, path))
            page.screenshot(path=folder / f"{name}-{ending}.png")
            if page.locator(".record, .record-alone, .print-sheet, form.record-form, .change-form").count():
                page.screenshot(path=folder / f"{name}-{ending}-whole.png", full_page=True)
        self.open_customer().screenshot(path=folder / f"customer-{ending}-whole.png", full_page=True)
        self.open_worked_complaint(folder / f"complaint-worked-{ending}.png")
        self.submit_unconfirmed_answer(folder / f"complaint-not-sent-{ending}.png")
        self.submit_invalid_form(folder / f"complaint-errors-{ending}.png")
        self.wrong_password(folder / f"sign-in-error-{ending}.png")
        self.menus(folder, ending)
        scenes = Scenes(self, lambda name: folder / f"{name}-{ending}.png")
        for scene in (
            scenes.bulk,
            scenes.removal,
            scenes.code,
            scenes.file,
            scenes.secrets,
            scenes.nothing_typed,
            scenes.second_factor_in_admin,
        ):
            scene()

    def fill_in_ids(self, person: str | None, path: str) -> str:
        """Replace `{complaints}` in an address by the id of the first complaint that the user sees."""
        return re.sub(r"{([\w-]+)}", lambda match: self.first(person, match[1]), path)

    def first(self, person: str | None, slug: str) -> str:
        if (person, slug) not in self._firsts:
            page = self.open(person, f"/{slug}")
            link = page.locator("table.list tbody a[href]").evaluate_all(
                "(all, slug) => all.map(a => a.pathname).find(path => new RegExp(`^/${slug}/[0-9a-f]{24}$`).test(path))",
                slug,
            )
            if not link:
                raise SystemExit(f"{person} has no {slug} to take a picture of.")
            self._firsts[person, slug] = link.rpartition("/")[2]
        return self._firsts[person, slug]

    def save_view(self) -> None:
        """Save a view of a list, once."""
        page = self.open("alice", "/complaints?state=open&sort=-priority")
        if not page.locator(".tab-view").count():
            page.locator("summary", has_text="Views").or_(
                page.locator(".list-menus summary").first
            ).first.click()
            page.fill("#view-name", "Urgent ones")
            page.check("[name=shared]")
            page.click(".menu-form .btn-primary >> nth=0")
            page.wait_for_load_state()

    def open_customer(self) -> Page:
        """Open the overview page of a customer."""
        page = self.open("admin", f"/customers?q={CUSTOMER}")
        page.locator("td.subject a").first.click()
        page.wait_for_load_state()
        return page

    def open_worked_complaint(self, picture: Path | None = None) -> Page:
        """Open a complaint with a comment, an answer and files."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        if not page.locator("#files .attachments-image").count():
            page.set_input_files(
                "#files-images", [photo("ceiling.jpg", "#9fb4bd"), photo("table.jpg", "#b9a58c")]
            )
            page.locator("#files .attachments-image").nth(1).wait_for()
            page.fill("#say-comment", "The tenant on the second floor has a key. I go there at two.")
            page.click("#composer-comment button[type=submit]")
            page.wait_for_load_state()
            page.click("#composer-answer summary")
            page.click("#composer-answer [data-insert] >> nth=1")
            page.click("#composer-answer .btn-primary")
            page.wait_for_load_state()
            page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.wait_for_load_state("networkidle")
        if picture:
            page.screenshot(path=picture, full_page=True)
        return page

    def submit_unconfirmed_answer(self, picture: Path | None = None) -> Page:
        """Submit an answer without confirming that the customer may read it."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.evaluate("document.querySelector('#composer-answer').open = true")
        page.fill("#say-answer", "We come on Tuesday, {contact}.")
        page.click("#composer-answer .btn-primary")
        page.wait_for_selector("#say-answer-error")
        if picture:
            page.screenshot(path=picture)
        return page

    def guide(self, folder: Path) -> None:
        """Take the screenshots of the user guide."""
        save_screenshot(self.open("alice", "/complaints?state=open&sort=-priority"), folder / "list.webp")
        save_screenshot(self.open_worked_complaint(), folder / "complaint.webp")
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.click("#composer-answer summary")
        save_screenshot(page, folder / "composers.webp", of=".composers")
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.click("#composer-answer summary")
        page.fill("#say-answer", "We come on Monday between eight and ten. Can somebody open the flat above?")
        page.click("#composer-answer .btn-primary")
        page.wait_for_load_state()
        page.fill("#say-comment", "@admin may I order a new pump?")
        page.click("#composer-comment button[type=submit]")
        page.wait_for_load_state()
        page.wait_for_timeout(6_000)  # jobs run within five seconds
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        save_screenshot(page, folder / "conversation.webp", of="#thread")
        page = self.open("admin", "/notifications")
        save_screenshot(page, folder / "notifications.webp")
        save_screenshot(self.open_customer(), folder / "customer.webp")
        page = self.open("alice", "/complaints")
        page.keyboard.press("?")
        save_screenshot(page, folder / "shortcuts.webp", of="#shortcuts")
        save_screenshot(
            self.open("alice", "/account/preferences"), folder / "preferences.webp", of=".preferences"
        )

    def submit_invalid_form(self, picture: Path) -> None:
        """Submit a form with errors."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.fill("[name=desc]", "")
        page.fill("[name=contact_email]", "nobody")
        page.click(".save-bar button[type=submit]")
        page.wait_for_selector(".error-summary")
        page.screenshot(path=picture)

    def wrong_password(self, picture: Path) -> None:
        page = self.open(None, "/sign-in")
        page.fill("#id_username", "alice")
        page.fill("#id_password", "not this one")
        page.click("button[type=submit]")
        page.wait_for_selector(".alert")
        page.screenshot(path=picture)

    def menus(self, folder: Path, ending: str) -> None:
        page = self.open("alice", "/complaints")
        page.click(".person-menu summary")
        page.screenshot(path=folder / f"menu-{ending}.png")
        page.keyboard.press("Escape")
        page.click(".filters-more summary")
        page.screenshot(path=folder / f"filters-{ending}.png")

    def conflicts(self, folder: Path) -> None:
        """Edit one complaint as two users at once: what the second user sees."""
        path = f"/complaints/{COMPLAINT}"
        for name, first, second in (
            ("merged-changes", ("[name=contact_telephone]", "+45 33 12 34 56"),
             ("[name=room_description]", "Stairwell B, second floor")),
            ("conflicting-changes", ("[name=desc]", "The ceiling of the archive is wet"),
             ("[name=desc]", "Water comes through the ceiling of the archive")),
        ):  # fmt: skip
            alice, admin = self.open("alice", path), self.open("admin", path)
            for page, (control, text) in ((admin, first), (alice, second)):
                page.evaluate(
                    "for (const fold of document.querySelectorAll('.folded-field')) fold.open = true"
                )
                page.fill(control, text)
                page.click(".save-bar button[type=submit]")
                page.locator(".notice, fieldset.conflict").first.wait_for()
                page.wait_for_load_state("networkidle")  # a script scrolls to the list of errors
            question = alice.locator("fieldset.conflict")
            if question.count():
                question.first.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
            alice.screenshot(path=folder / f"{name}.png")


class Scenes:
    """Pages that need some steps before the screenshot."""

    def __init__(self, camera: Camera, picture):
        self.camera, self.picture = camera, picture

    def take(self, page: Page, name: str) -> None:
        page.wait_for_load_state()
        page.screenshot(path=self.picture(name))
        page.screenshot(path=self.picture(f"{name}-whole"), full_page=True)

    def choose_records(self, slug: str) -> Page:
        page = self.camera.open("admin", f"/{slug}")
        for place in range(3):
            page.locator("input[name=chosen]").nth(place).check()
        return page

    def bulk(self) -> None:
        page = self.choose_records("complaints")
        self.take(page, "complaints-ticked")
        page.click("[name=which][value=chosen]")
        self.take(page, "bulk-what")
        page.click(".save-bar .btn-primary")
        self.take(page, "bulk-what-error")
        page.select_option("#id_priority", "3")
        page.click(".save-bar .btn-primary")
        self.take(page, "bulk-preview")
        page.click(".bulk-actions .btn-primary")
        page.locator("#progress:not([hx-get])").wait_for()
        self.take(page, "bulk-report")

    def removal(self) -> None:
        """(Nothing is deleted: each camera has to see the same records.)"""
        page = self.choose_records("objects")
        page.click("[name=do][value=remove]")
        self.take(page, "bulk-removal")

    def code(self) -> None:
        page = self.camera.open_sign_in()
        page.fill("#id_username", "careful")
        page.fill("#id_password", self.camera.password)
        page.click("button[type=submit]")
        self.take(page, "sign-in-code")
        page.fill("[name=code]", "000000")
        page.click("button[type=submit]")
        self.take(page, "sign-in-code-error")

    def file(self) -> None:
        self.camera.open_worked_complaint()
        page = self.camera.open("alice", f"/complaints/{COMPLAINT}")
        page.locator(".attachments-remove").first.click()
        self.take(page, "file-remove")

    def secrets(self) -> None:
        page = self.camera.open("alice", f"/objects/{OBJECT}")
        page.click(f"form[action^='/objects/{OBJECT}/secrets'] button")
        self.take(page, "object-uncovered")

    def second_factor_in_admin(self) -> None:
        page = self.camera.open("newcomer", "/admin/people/user/?q=careful")
        page.click("#result_list tbody th a")
        page.click("a[href$='/second-factor/']")
        self.take(page, "admin-second-factor")

    def nothing_typed(self) -> None:
        for slug, person in (("complaints", "alice"), ("cases", "sven"), ("users", "admin")):
            page = self.camera.open(person, f"/{slug}/new")
            page.click(".save-bar button[type=submit]")
            page.wait_for_selector(".error-summary")
            self.take(page, f"{slug}-new-errors")


def make_contact_sheets(folder: Path, across: int = 6) -> None:
    """Paste all screenshots of a size and a scheme on contact sheets."""
    endings: dict[str, list[Path]] = {}
    for picture in sorted(folder.glob("*.png")):
        if found := re.search(r"-(\d+-(?:light|dark))(?:-whole)?\.png$", picture.name):
            endings.setdefault(found[1], []).append(picture)
    for ending, pictures in endings.items():
        for start in range(0, len(pictures), across * 3):
            sheet = Image.new("RGB", (across * 330, 3 * 330), "#888")
            pen = ImageDraw.Draw(sheet)
            for place, picture in enumerate(pictures[start : start + across * 3]):
                small = Image.open(picture).convert("RGB")
                small.thumbnail((320, 300))
                corner = (place % across * 330 + 5, place // across * 330 + 20)
                sheet.paste(small, corner)
                pen.text((corner[0], corner[1] - 14), picture.stem.replace(f"-{ending}", ""), fill="#fff")
            sheet.save(folder / f"_sheet-{ending}-{start // (across * 3) + 1}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--language", default="en", help="what the browser prefers: en, da or de")
    parser.add_argument("--guide", action="store_true")
    parser.add_argument("--width", type=int, choices=SIZES, help="this size only")
    arguments = parser.parse_args()
    if not (arguments.folder or arguments.readme or arguments.guide):
        parser.error("name a folder, or --readme, or --guide")
    password = secrets.token_urlsafe(12)
    with served(password) as (address, choosing), sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_OPTIONS)
        if arguments.readme:
            folder = ROOT / "docs" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            camera = Camera(browser, address, password, 1440, "light")
            camera.conflicts(folder)
        if arguments.guide:
            folder = ROOT / "docs" / "user" / "pictures"
            folder.mkdir(parents=True, exist_ok=True)
            Camera(browser, address, password, 1440, "light").guide(folder)
        if arguments.folder:
            arguments.folder.mkdir(parents=True, exist_ok=True)
            for width in [arguments.width] if arguments.width else SIZES:
                for scheme in ("light", "dark"):
                    camera = Camera(browser, address, password, width, scheme, arguments.language)
                    camera.everything(arguments.folder, f"{width}-{scheme}")
                    chosen = arguments.folder / f"password-reset-new-{width}-{scheme}.png"
                    camera.open(None, choosing).screenshot(path=chosen)
            make_contact_sheets(arguments.folder)
        browser.close()


if __name__ == "__main__":
    main()
