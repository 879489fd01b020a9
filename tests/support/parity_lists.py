"""Channels of the parity suite on list pages: bulk edit and quick menu."""

import io
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from backoffice.web.viewsets import viewset_for


@dataclass
class BulkEditChannel:
    """Bulk edit: choose records in a list, set a value, confirm the preview."""

    outcomes: dict
    name: str = "many"
    client: Client = field(default_factory=Client)
    job: str = ""
    status: int = 0

    def enter(self, user, key) -> None:
        self.client.force_login(user)

    def open(self, row, record) -> None:
        address = viewset_for(type(record)).url("bulk")
        response = self.client.post(address, {"chosen": [record.pk]})
        self.status, self.job = response.status_code, response.get("Location", "")

    def send(self, row, record, name: str, value):
        if self.status == 403:
            return self.outcomes["forbidden"], ""
        if "/bulk/" not in self.job:
            return self.outcomes["missing"], ""
        sent = {"set": name, name: "" if value is None else str(value)}
        page = self._read(self.client.post(self.job, sent))
        if page.select(".filter-error"):
            return self.outcomes["refused"], page.get_text(" ")
        return self._start(self.job)

    def _start(self, job: str):
        """Confirm the preview; return the outcome of the only record."""
        self.client.post(f"{job}/start")
        call_command("run_jobs", stdout=io.StringIO())
        cells = self._read(self.client.get(job)).select("#progress tbody td")
        return self.outcomes[cells[1].select_one("[class*=outcome-]")["class"][-1].partition("-")[2]], cells[
            2
        ].get_text()

    def remove(self, row, record):
        address = viewset_for(type(record)).url("bulk")
        response = self.client.post(address, {"chosen": [record.pk], "do": "remove"})
        if response.status_code == 403:
            return self.outcomes["forbidden"], ""
        return self._start(response["Location"].removesuffix("/preview"))

    def _read(self, response) -> BeautifulSoup:
        return BeautifulSoup(response.content, "lxml")


@dataclass
class QuickMenuChannel:
    """The quick menu in a list or at the head of a record page."""

    outcomes: dict
    name: str = "quick"
    client: Client = field(default_factory=Client)
    version: int = 0

    def enter(self, user, key) -> None:
        self.client.force_login(user)

    def open(self, row, record) -> None:
        self.version = record.version

    def send(self, row, record, name: str, value):
        address = viewset_for(type(record)).url("quick", record.pk, name)
        sent = {"value": "" if value is None else str(value), "version": self.version}
        response = self.client.post(address, sent)
        if response.status_code != 302:
            return self.outcomes[{403: "forbidden", 404: "missing"}[response.status_code]], ""
        page = BeautifulSoup(self.client.get(response["Location"]).content, "lxml")
        problem = page.select_one(".notice-error")
        if problem is None:
            return self.outcomes["done"], ""
        text = problem.get_text(" ", strip=True)
        return self.outcomes["conflict" if "in the meantime" in text else "refused"], text
