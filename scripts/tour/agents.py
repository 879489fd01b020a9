"""User agents: a signed-in user with one page open, in Chromium or over plain HTTP."""

import re
from abc import ABC, abstractmethod
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from backoffice.forms.tests.pages import form_data, record_form

TIMEOUT = 30
"""Seconds that a page may take."""
WIDTH, HEIGHT, SCALE = 1000, 600, 0.96
"""The size of the page in CSS pixels, and the pixels of the picture for each."""


class UnexpectedPage(Exception):
    """A page does not have the status or the control that the tour needs."""


def _require(is_as_expected: bool, *details: object) -> None:
    if not is_as_expected:
        raise UnexpectedPage(" ".join(map(str, details)))


class Agent(ABC):
    """A signed-in user with one page open."""

    full_name: str

    @abstractmethod
    def html(self) -> str:
        """Return the page."""

    @abstractmethod
    def open(self, path: str) -> "Agent":
        """Open a page of the installation, which must answer 200."""

    @abstractmethod
    def fill(self, name: str, value: str) -> None:
        """Type a value into a field of the record's form."""

    @abstractmethod
    def save(self) -> None:
        """Submit the record's form."""

    @abstractmethod
    def choose(self, path: str, choice: str) -> None:
        """Choose `mine` or `theirs` for a property with a conflict."""

    @abstractmethod
    def press(self, action: str) -> None:
        """Submit the form with this address."""

    def text(self) -> str:
        """Return the words of the page, with single spaces."""
        return _words(BeautifulSoup(self.html(), "lxml"))

    def values(self) -> dict:
        """Return what the record's form has from the server."""
        return form_data(record_form(self.html()))

    def entries(self) -> list[str]:
        """Return the history of the page, newest first."""
        heads = BeautifulSoup(self.html(), "lxml").select("li > .timeline-head")
        return [_words(head.parent) for head in heads]

    def question(self) -> str:
        """Return the words of the conflict that the page asks about, or an empty text."""
        found = BeautifulSoup(self.html(), "lxml").select_one("fieldset.conflict")
        return _words(found) if found else ""

    def _read_name(self) -> str:
        return _words(BeautifulSoup(self.html(), "lxml").select_one(".person-name"))


def _words(element) -> str:
    return re.sub(r"\s+", " ", element.get_text(" ")).strip()


class BrowserAgent(Agent):
    """A user in Chromium."""

    def __init__(self, browser: Browser, address: str, username: str, password: str):
        self._address = address
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE, locale="en-GB"
        )
        context.set_default_timeout(TIMEOUT * 1000)
        self.page: Page = context.new_page()
        self.open("/sign-in")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", password)
        self._click("button[type=submit]")
        self.full_name = self._read_name()

    def html(self):
        return self.page.content()

    def open(self, path):
        response = self.page.goto(self._address + path)
        _require(response is not None and response.status == 200, path, response and response.status)
        return self

    def fill(self, name, value):
        self.page.fill(f"form [name={name}]", value)

    def save(self):
        self._click(".save-bar button[type=submit], [name=_continue]")

    def choose(self, path, choice):
        self.page.check(f"fieldset.conflict [name='settle-{path}'][value={choice}]")

    def press(self, action):
        self._click(f"form[action^='{action}'] button")

    def _click(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)
        self.page.wait_for_load_state()


class HttpAgent(Agent):
    """A user whose browser is an HTTP client that reads the forms of pages."""

    def __init__(self, address: str, username: str, password: str):
        self.client = httpx.Client(base_url=address, timeout=TIMEOUT, follow_redirects=True)
        self.open("/sign-in")
        self._submit("/sign-in", self._form("/sign-in") | {"username": username, "password": password})
        self.full_name = self._read_name()

    def html(self):
        return self._response.text

    def open(self, path):
        self._load(self.client.get(path))
        return self

    def fill(self, name, value):
        _require(name in self._edited, self._response.url, "has no field", name)
        self._edited[name] = value

    def save(self):
        # Django admin has three buttons; a form of ours ignores their names.
        self._submit(urlsplit(str(self._response.url)).path, self._edited | {"_continue": "1"})

    def choose(self, path, choice):
        control = f"settle-{path}"
        _require(f'name="{control}"' in self.html(), self._response.url, "has no control", control)
        self._edited[control] = choice

    def press(self, action):
        self._submit(action, self._form(action))

    def _form(self, action: str) -> dict:
        form = BeautifulSoup(self.html(), "lxml").select_one(f"form[action^='{action}']") or record_form(
            self.html()
        )
        return form_data(form)

    def _submit(self, path: str, values: dict) -> None:
        self._load(self.client.post(path, data=values))

    def _load(self, response: httpx.Response) -> None:
        _require(response.status_code == 200, response.url, response.status_code)
        self._response = response
        self._edited = self.values() if "<form" in response.text else {}
