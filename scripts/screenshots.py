"""Takes pictures of the pages, to look at them: on a wide screen, a narrower one and a phone, light and dark.

    .venv/bin/python scripts/screenshots.py FOLDER          every page, in every size, light and dark: full, empty,
                                                            and with errors
    .venv/bin/python scripts/screenshots.py FOLDER --language da
    .venv/bin/python scripts/screenshots.py --readme        the pictures of the documents, in docs/screenshots
    .venv/bin/python scripts/screenshots.py --guide         those of the guide for staff, in docs/user/pictures

The demo data goes into a temporary database, served on a free port; CHROMIUM names the browser.
"""

import argparse
import io
import os
import secrets
import socket
import subprocess  # nosec B404 # for our own commands
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
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
COMPLAINT = "507f1f77bcf86cd799439011"
OBJECT = "507f1f77bcf86cd799439012"
CASE = "1234567890abcdef12345678"
CUSTOMER = "Hansen Boligforening ApS"
EMPTY_COMPANY = """
from backoffice.people.models import Company, User
from backoffice.records.actors import Door, Installation, Via
from backoffice.records.change import create
from django.contrib.auth.hashers import make_password
by = {{"actor": Installation(), "via": Via(Door.COMMAND)}}
company = create(Company, {{"name": "Helt Ny Drift"}}, **by).record
values = {{"username": "newcomer", "first_name": "Nina", "password": make_password({password!r}), "roles": ["Administrator"]}}
create(User, values, company_id=company.pk, **by)
"""
"""Somebody whose company has nothing yet."""

# (name of the picture, who looks, address)
PAGES = [
    ("sign-in", None, "/sign-in"),
    ("password-reset", None, "/password-reset"),
    ("complaints", "alice", "/complaints"),
    ("complaints-filtered", "alice", "/complaints?state=open&priority=3&created_from=2020-01-01"),
    ("complaints-no-match", "alice", "/complaints?q=giraffe"),
    ("complaints-bad-filter", "alice", "/complaints?created_from=0001-01-01&priority=9"),
    ("objects", "alice", "/objects"),
    ("cases", "sven", "/cases"),
    ("cases-reseller", "rikke", "/cases"),
    ("customers", "alice", "/customers"),
    ("contacts", "alice", "/contacts"),
    ("users", "admin", "/users"),
    ("articles", "alice", "/articles"),
    ("api-keys-none", "alice", "/api-keys"),
    ("search", "admin", "/search?q=hansen"),
    ("search-nothing", "admin", "/search?q=giraffe"),
    ("secrets-read", "admin", "/secrets-read"),
    ("account", "alice", "/account"),
    ("password", "alice", "/account/password"),
    ("not-found", "alice", "/nowhere"),
    ("not-allowed", "rikke", "/complaints"),
    ("complaint", "alice", f"/complaints/{COMPLAINT}"),
    ("complaint-to-read", "vera", f"/complaints/{COMPLAINT}"),
    ("complaint-new", "alice", "/complaints/new"),
    ("complaint-remove", "alice", f"/complaints/{COMPLAINT}/remove"),
    ("complaint-comments", "alice", f"/complaints/{COMPLAINT}?only=comments"),
    ("complaint-print", "alice", f"/complaints/{COMPLAINT}/print"),
    ("canned-answers", "alice", "/canned-answers"),
    ("canned-answer-new", "alice", "/canned-answers/new"),
    ("preferences", "alice", "/account/preferences"),
    ("keys", "alice", "/keys"),
    ("object", "alice", f"/objects/{OBJECT}"),
    ("objects-empty", "newcomer", "/objects"),
    ("complaints-empty", "newcomer", "/complaints"),
    ("canned-answers-empty", "newcomer", "/canned-answers"),
    ("case", "sven", f"/cases/{CASE}"),
    ("case-to-read", "rikke", f"/cases/{CASE}"),
]


@contextmanager
def served(password: str):
    """The address of a server with the demo data in a database of its own."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite3",
            "HOST": "127.0.0.1",
            "PORT": port,
            "WEB_CONCURRENCY": "1",
        }
        for command in (
            ["migrate", "--verbosity", "0"],
            ["collectstatic", "--noinput", "--verbosity", "0"],
            ["demo", "--password", password],
            ["shell", "-c", EMPTY_COMPANY.format(password=password)],
        ):
            manage = [sys.executable, "manage.py", *command]
            subprocess.run(manage, cwd=ROOT, env=environment, check=True)  # noqa: S603 # nosec B603 # our own command
        serve = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
        server = subprocess.Popen(serve, cwd=ROOT, env=environment)  # noqa: S603 # nosec B603 # our own command
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait()


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _attempt in range(600):
        try:
            urllib.request.urlopen(f"{address}/sign-in")  # noqa: S310 # nosec B310 # our own address
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start.")


def photo(name: str, colour: str) -> dict:
    """A picture to send, made here."""
    made, drawn = io.BytesIO(), Image.new("RGB", (1200, 900), colour)
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 620, 1200, 900), fill="#5d6b70")
    pen.ellipse((420, 180, 780, 420), fill="#e8edef")
    pen.polygon([(560, 420), (640, 420), (600, 640)], fill="#c8dbe4")
    drawn.save(made, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}


def keep(page: Page, picture: Path, of: str = "") -> None:
    """Take a picture that a repository can carry."""
    taken = page.locator(of).screenshot() if of else page.screenshot()
    Image.open(io.BytesIO(taken)).save(picture, "WEBP", quality=82, method=6)


class Camera:
    """A browser of one size and colour scheme, with a signed-in page for each person."""

    def __init__(self, browser, address: str, password: str, width: int, scheme: str, language="en"):
        self._browser, self._address, self._password = browser, address, password
        self._how = {
            "viewport": {"width": width, "height": SIZES[width]},
            "color_scheme": scheme,
            "locale": language,
        }
        self._pages: dict[str | None, Page] = {}

    def page_of(self, person: str | None) -> Page:
        if person not in self._pages:
            page = self._browser.new_context(**self._how).new_page()
            if person:
                page.goto(f"{self._address}/sign-in")
                page.fill("#id_username", person)
                page.fill("#id_password", self._password)
                page.click("button[type=submit]")
                page.wait_for_load_state()
            self._pages[person] = page
        return self._pages[person]

    def open(self, person: str | None, path: str) -> Page:
        page = self.page_of(person)
        page.goto(f"{self._address}{path}")
        return page

    def everything(self, folder: Path, ending: str) -> None:
        """Each page; the first screenful, and for records the whole of it."""
        for name, person, path in PAGES:
            page = self.open(person, path)
            page.screenshot(path=folder / f"{name}-{ending}.png")
            if page.locator(".record, .record-alone").count():
                page.screenshot(path=folder / f"{name}-{ending}-whole.png", full_page=True)
        self.customer().screenshot(path=folder / f"customer-{ending}-whole.png", full_page=True)
        self.worked(folder / f"complaint-worked-{ending}.png")
        self.not_sent(folder / f"complaint-not-sent-{ending}.png")
        self.refused(folder / f"complaint-errors-{ending}.png")
        self.wrong_password(folder / f"sign-in-error-{ending}.png")
        self.menus(folder, ending)

    def customer(self) -> Page:
        """The page with everything about one of the customers."""
        page = self.open("admin", f"/customers?q={CUSTOMER}")
        page.locator("td.subject a").first.click()
        page.wait_for_load_state()
        return page

    def worked(self, picture: Path | None = None) -> Page:
        """A complaint that something has been said and put on."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        if not page.locator("#files .shot").count():
            page.set_input_files(
                "#files-images", [photo("ceiling.jpg", "#9fb4bd"), photo("table.jpg", "#b9a58c")]
            )
            page.locator("#files .shot").nth(1).wait_for()
            page.fill("#say-comment", "The tenant on the second floor has a key. I go there at two.")
            page.click("#box-comment button[type=submit]")
            page.wait_for_load_state()
            page.click("#box-answer summary")
            page.click("#box-answer [data-insert] >> nth=1")
            page.check("[name=say-answer-sure]")
            page.click("#box-answer .btn-primary")
            page.wait_for_load_state()
            page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.wait_for_load_state("networkidle")
        if picture:
            page.screenshot(path=picture, full_page=True)
        return page

    def not_sent(self, picture: Path | None = None) -> Page:
        """An answer that is not sent yet: somebody has to say that the customer is to read it."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.evaluate("document.querySelector('#box-answer').open = true")
        page.fill("#say-answer", "We come on Tuesday, {contact}.")
        page.click("#box-answer .btn-primary")
        page.wait_for_selector("#say-answer-error")
        if picture:
            page.screenshot(path=picture)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def guide(self, folder: Path) -> None:
        """The pictures of the guide for staff."""
        keep(self.open("alice", "/complaints?state=open&sort=-priority"), folder / "list.webp")
        keep(self.worked(), folder / "complaint.webp")
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.click("#box-answer summary")
        keep(page, folder / "boxes.webp", of=".boxes")
        keep(self.customer(), folder / "customer.webp")
        page = self.open("alice", "/complaints")
        page.keyboard.press("?")
        keep(page, folder / "keys.webp", of="#keys")
        keep(self.open("alice", "/account/preferences"), folder / "preferences.webp", of=".preferences")

    def refused(self, picture: Path) -> None:
        """A form that comes back with errors."""
        page = self.open("alice", f"/complaints/{COMPLAINT}")
        page.fill("[name=desc]", "")
        page.fill("[name=contact_email]", "nobody")
        page.click(".savebar button[type=submit]")
        page.wait_for_selector(".error-summary")
        page.screenshot(path=picture)
        page.on("dialog", lambda dialog: dialog.accept())

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

    def meeting(self, folder: Path) -> None:
        """Two people in the same complaint at the same time: what the second is told."""
        path = f"/complaints/{COMPLAINT}"
        for name, theirs, mine in (
            ("meeting-disjoint", ("[name=contact_telephone]", "+45 33 12 34 56"),
             ("[name=room_description]", "Stairwell B, second floor")),
            ("meeting-overlapping", ("[name=response]", "A plumber comes on Monday morning."),
             ("[name=response]", "We come on Tuesday at ten.")),
        ):  # fmt: skip
            alice, admin = self.open("alice", path), self.open("admin", path)
            for page, (control, text) in ((admin, theirs), (alice, mine)):
                page.evaluate("for (const fold of document.querySelectorAll('.folded')) fold.open = true")
                page.fill(control, text)
                page.click(".savebar button[type=submit]")
                page.locator(".notice, fieldset.conflict").first.wait_for()
                page.wait_for_load_state("networkidle")  # a script brings the list of errors into view
            question = alice.locator("fieldset.conflict")
            if question.count():
                question.first.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
            alice.screenshot(path=folder / f"{name}.png")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--readme", action="store_true")
    arguments.add_argument("--language", default="en", help="what the browser prefers: en, da or de")
    arguments.add_argument("--guide", action="store_true")
    asked = arguments.parse_args()
    if not (asked.folder or asked.readme or asked.guide):
        arguments.error("name a folder, or --readme, or --guide")
    password = secrets.token_urlsafe(12)
    with served(password) as address, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_OPTIONS)
        if asked.readme:
            folder = ROOT / "docs" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            camera = Camera(browser, address, password, 1440, "light")
            camera.open("alice", "/complaints").screenshot(path=folder / "complaints.png")
            camera.open("alice", f"/complaints/{COMPLAINT}").screenshot(path=folder / "complaint.png")
            camera.meeting(folder)
        if asked.guide:
            folder = ROOT / "docs" / "user" / "pictures"
            folder.mkdir(parents=True, exist_ok=True)
            Camera(browser, address, password, 1440, "light").guide(folder)
        if asked.folder:
            asked.folder.mkdir(parents=True, exist_ok=True)
            for width in SIZES:
                for scheme in ("light", "dark"):
                    camera = Camera(browser, address, password, width, scheme, asked.language)
                    camera.everything(asked.folder, f"{width}-{scheme}")
        browser.close()


if __name__ == "__main__":
    main()
