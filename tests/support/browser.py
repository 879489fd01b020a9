"""A real Chromium for tests. Every response of 400 and above, every console error and every request that
leaves the machine fails the test."""

import os
import threading
import time
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright

from backoffice.people.tests.factories import PASSWORD

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync""".split()  # noqa: SIM905
LOCAL = {"localhost", "127.0.0.1", ""}

expect.set_options(timeout=30_000)


SETTLE_SECONDS = 2
TURN = threading.RLock()
"""Held by the request that the test server answers. On SQLite in memory, all its threads and the test share one
connection, so two transactions at a time would break each other."""


@pytest.fixture(scope="session")
def one_request_at_a_time():
    """Have the test server answer one request after the other."""
    answer = WSGIHandler.__call__

    def answer_in_turn(handler, environ, start_response):
        with TURN:
            return answer(handler, environ, start_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIHandler, "__call__", answer_in_turn)
        yield


@pytest.fixture(scope="session")
def browser(chromium):
    """The browser, started once per process."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright runs an event loop in the thread of the test
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A user at a browser with one page."""

    def __init__(self, browser: Browser, base_url: str, **options):
        self.context: BrowserContext = browser.new_context(base_url=base_url, locale="en-GB", **options)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("response", self._note_response)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("request", self._note_request)
        self.pending: set[Request] = set()
        self.page.on("requestfinished", lambda request: self.pending.discard(request))
        self.page.on("requestfailed", lambda request: self.pending.discard(request))
        self._goto = self.page.goto
        self.page.goto = self.go_to

    def go_to(self, *args, **options):
        """Open a page, and wait for what its scripts send at once, such as the note of a visit."""
        response = self._goto(*args, **options)
        self.settle()
        return response

    def settle(self) -> None:
        """Wait until the page has an answer to each request, so that the test may use the database."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.pending and not self.page.is_closed() and time.monotonic() < deadline:
            self.page.wait_for_timeout(10)

    def _note_response(self, response):
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.url}")

    def _note_console(self, message):
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _note_request(self, request):
        self.pending.add(request)
        if urlsplit(request.url).hostname not in LOCAL and not request.url.startswith("data:"):
            self.problems.append(f"left the machine: {request.url}")

    def sign_in(self, user) -> "Visitor":
        self.page.goto("/sign-in")
        self.page.get_by_label("Username").fill(user.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).not_to_have_url(f"{self.page.url.split('/sign-in')[0]}/sign-in")
        self.page.wait_for_load_state()
        self.settle()
        return self

    def follow(self, link: Locator) -> None:
        """Click a link and wait for the next page: `click` alone returns before the navigation."""
        with self.page.expect_navigation():
            link.click()

    def look(self) -> None:
        """Check the page with axe-core (accessibility, contrast, landmarks), its headings and its width."""
        self.page.wait_for_load_state()
        # axe-core would resolve the imports of `site.css` against the page.
        result = Axe().run(self.page, options={"preload": False})
        assert result.violations_count == 0, f"{self.page.url}\n{result.generate_report()}"
        assert self.page.locator("h1").count() == 1, f"{self.page.url} does not have exactly one h1"
        width = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{self.page.url} is wider than the screen: {width}"


@pytest.fixture
def visitor(browser, live_server, one_request_at_a_time):
    """`visitor(**context options)`: a new user at the browser; problems fail the test at its end."""
    visitors = []

    def create(**options):
        visitors.append(Visitor(browser, live_server.url, **options))
        return visitors[-1]

    yield create
    problems = [problem for each in visitors for problem in each.problems]
    for each in visitors:
        each.settle()
        each.context.close()
    with TURN:
        assert problems == []
