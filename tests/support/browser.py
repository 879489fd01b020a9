"""A real Chromium for tests: every answer of 400 and above, every error in its console and every request that
leaves the machine fails the test."""

import os
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from backoffice.people.tests.factories import PASSWORD

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync""".split()  # noqa: SIM905
LOCAL = {"localhost", "127.0.0.1", ""}

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser(chromium):
    """The browser, started once for each process of the suite."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright keeps an event loop in the test's own thread
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


class Visitor:
    """Somebody at the browser: `page` is what they look at."""

    def __init__(self, browser: Browser, base_url: str, **how):
        self.context: BrowserContext = browser.new_context(base_url=base_url, locale="en-GB", **how)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("response", self._note_response)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("request", self._note_request)

    def _note_response(self, response):
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.url}")

    def _note_console(self, message):
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def _note_request(self, request):
        if urlsplit(request.url).hostname not in LOCAL and not request.url.startswith("data:"):
            self.troubles.append(f"left the machine: {request.url}")

    def sign_in(self, user) -> "Visitor":
        self.page.goto("/sign-in")
        self.page.get_by_label("Username").fill(user.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).not_to_have_url(f"{self.page.url.split('/sign-in')[0]}/sign-in")
        return self

    def follow(self, link: Locator) -> None:
        """Click what leads to another page, and be there: a click alone comes back before the page has gone."""
        with self.page.expect_navigation():
            link.click()

    def look(self) -> None:
        """Judge the page by axe-core: accessibility, contrast, landmarks."""
        self.page.wait_for_load_state()
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        assert self.page.locator("h1").count() == 1, f"{self.page.url} has not one h1"
        width = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{self.page.url} is wider than the screen: {width}"


@pytest.fixture
def visitor(browser, live_server):
    """`visitor(**context options)`: somebody new at the browser; their troubles fail the test at its end."""
    visitors = []

    def come(**how):
        visitors.append(Visitor(browser, live_server.url, **how))
        return visitors[-1]

    yield come
    troubles = [trouble for one in visitors for trouble in one.troubles]
    for one in visitors:
        one.context.close()
    assert troubles == []
