"""The whole conversation about a support case between a reseller and the support desk, in each language, on a phone,
without JavaScript, with the e-mails that it causes."""

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.utils.translation import gettext, override
from playwright.sync_api import expect

from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import run_due
from backoffice.people.models import Company
from backoffice.records.fields import now
from supportdesk.models import SupportCase
from tests.support.browser import TURN

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


class Person:
    """A user at a phone without JavaScript, whose pages are in one language."""

    def __init__(self, visitor, user, language):
        self.user, self.language, self.paths = user, language, []
        self.visitor = visitor(java_script_enabled=False, viewport=PHONE).sign_in(user)
        self.page = self.visitor.page
        self.read_in(self.visitor)

    def read_in(self, visitor) -> None:
        cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": self.language, "url": visitor.page.url}
        visitor.context.add_cookies([cookie])

    def words(self, text: str) -> str:
        with override(self.language):
            return gettext(text)

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.note_path()

    def note_path(self) -> None:
        assert self.page.locator("html").get_attribute("lang") == self.language
        self.paths.append(urlsplit(self.page.url).path)

    def press(self, name: str) -> None:
        """Press a button by the beginning of its English name."""
        starting_so = re.compile(f"^{re.escape(self.words(name))}")
        button = self.page.locator("main").get_by_role("button", name=starting_so)
        self.visitor.follow(button.first)
        self.note_path()

    def say(self, name: str, button: str, text: str) -> None:
        """Write in one of the composers of a record page."""
        folded = self.page.locator(f"#composer-{name} summary")
        if folded.count():
            folded.click()
        self.page.locator(f"#say-{name}").fill(text)
        self.press(button)

    def open_newest(self) -> str:
        """Open the record of the newest unread notification from the bell. Return what the notification says."""
        self.visitor.follow(self.page.locator("a[href='/notifications']").first)
        self.note_path()
        newest = self.page.locator(".notification-list li.is-unread").first
        said = newest.locator("p").inner_text()
        self.visitor.follow(newest.locator("p a"))
        self.note_path()
        return said

    def check_pages(self, visitor) -> None:
        """Check each page that the person has seen with axe-core, on the same screen, with JavaScript."""
        other = visitor(viewport=PHONE).sign_in(self.user)
        self.read_in(other)
        for path in dict.fromkeys(self.paths):
            other.page.goto(path)
            other.look()


def deliver() -> list:
    """Send the e-mails that wait for two minutes. Return what was sent since the last call."""
    with TURN:
        QueuedJob.objects.update(due_at=now())
        run_due()
        sent, mail.outbox[:] = list(mail.outbox), []
        return sent


def read(pk: str) -> SupportCase:
    with TURN:
        return SupportCase.objects.get(pk=pk)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "da", "de"])
def test_a_case_from_report_to_solution(language, cast, records, visitor):
    Company._base_manager.filter(pk=cast.company.pk).update(language=language)
    rikke, sven = Person(visitor, cast.rikke, language), Person(visitor, cast.sven, language)
    deliver()

    rikke.open("/cases/new")
    rikke.page.locator("#id_name").fill("Sort skærm")
    rikke.page.locator("#id_description").fill("Since this morning")
    rikke.page.locator("#id_customer").select_option(cast.resold.pk)
    rikke.page.locator("#id_priority").select_option("4")
    rikke.press("Create")
    case = rikke.page.url.rpartition("/")[2]
    [receipt] = deliver()
    assert receipt.to == [cast.rikke.email]

    sven.open("/cases?assignee=null")
    sven.press("Take next")
    assert read(case).assignee_id == cast.sven.pk
    sven.say("comment", "Add comment", "Which box is it?")
    [question] = [message for message in deliver() if message.to == [cast.rikke.email]]
    assert f"/cases/{case}" in question.body and "Which box" not in question.body

    said = rikke.open_newest()
    assert "Sort skærm" in said and cast.sven.first_name not in said
    expect(rikke.page.locator("#thread")).to_contain_text("Which box is it?")
    rikke.say("comment", "Add comment", "The one in the hall")
    [answer] = [message for message in deliver() if message.to == [cast.sven.email]]

    sven.open_newest()
    expect(sven.page.locator("#thread")).to_contain_text("The one in the hall")
    sven.say("answer", "Save reply", "Restart it, please.")
    sven.press("Mark as solved")
    assert (read(case).response_answer, read(case).solved) == ("Restart it, please.", True)
    mails = deliver()
    assert [message.to for message in mails] == [[cast.rikke.email]] * 2
    assert "Restart it, please." in mails[0].body
    threads = {message.extra_headers["References"] for message in (receipt, question, answer, *mails)}
    assert len(threads) == 1

    rikke.open_newest()
    expect(rikke.page.locator("#thread")).to_contain_text("Restart it, please.")
    rikke.press("Reopen")
    assert not read(case).solved

    for person in (rikke, sven):
        person.check_pages(visitor)
