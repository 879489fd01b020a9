"""The ten common tasks of `docs/user/tasks.md`: each takes as many clicks and keys as the table says, and no
more than in other products, except for one that gives the reason."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from backoffice.uploads.tests.files import picture
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = {
    task.strip(): [cell.strip() for cell in cells]
    for task, *cells in re.findall(
        r"^\| ([A-Z][^|]+) \| (\d+) \| ([^|]+) \| ([^|]+) \|$",
        (Path(settings.BASE_DIR) / "docs/user/tasks.md").read_text(),
        re.M,
    )
}


def test_no_task_takes_more_than_in_other_products():
    assert len(TABLE) == 10
    for task, (here, *elsewhere) in TABLE.items():
        assert all(int(here) <= int(count) for count in elsewhere if count.isdecimal()), task


class CountedUser:
    """A user whose clicks and keys are counted, except typed text."""

    def __init__(self, page):
        self.page, self.took = page, 0

    def click(self, locator, away=False):
        self.took += 1
        if away:
            with self.page.expect_navigation():
                locator.click()
        else:
            locator.click()

    def choose(self, locator, label):
        self.took += 2
        locator.select_option(label=label)

    def type(self, text):
        self.page.keyboard.type(text)

    def done(self) -> int:
        took, self.took = self.took, 0
        return took


@pytest.mark.browser
def test_ten_tasks_take_the_documented_clicks_and_keys(cast, records, visitor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    CannedAnswerFactory(company=cast.company, title="On our way", text="We come. {me}")
    ComplaintFactory(company=cast.company, object=records.object.pk, desc="Second lamp")
    page = visitor().sign_in(cast.alice).page
    page.goto("/complaints?sort=number")
    alice, took = CountedUser(page), {}
    save = page.get_by_role("button", name="Save", exact=True)
    answer = page.locator("#composer-answer")

    alice.click(page.get_by_role("link", name="Lampen er gået"), away=True)
    took["Open a record from the list"] = alice.done()

    alice.click(page.get_by_role("button", name="Assign to me"), away=True)
    took["Assign it to me"] = alice.done()

    alice.click(page.locator("#say-comment"))
    alice.type("Ringed the door")
    alice.click(page.get_by_role("button", name="Add note"), away=True)
    took["Write an internal note"] = alice.done()

    alice.click(answer.locator("summary"))
    expect(page.locator("#say-answer")).to_be_focused()
    alice.type("We look at it")
    alice.click(answer.get_by_role("button", name="Save reply"), away=True)
    took["Reply to the customer"] = alice.done()
    assert Complaint.objects.get(pk=records.complaint.pk).response == "We look at it"

    alice.click(answer.locator("summary"))
    alice.click(answer.get_by_role("button", name="On our way"))
    alice.click(answer.get_by_role("button", name="Save reply"), away=True)
    took["Reply with a saved reply"] = alice.done()

    alice.choose(page.locator("#id_priority"), "High")
    alice.click(save, away=True)
    took["Raise the priority"] = alice.done()

    alice.took += 2  # on the composer, and on both files in the browser's dialog
    pictures = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": picture()} for n in range(2)]
    page.locator("#files-images").set_input_files(pictures)
    expect(page.locator("#files .attachments-image")).to_have_count(2)
    took["Add two images"] = alice.done()

    alice.click(page.get_by_role("button", name="Finish", exact=True), away=True)
    took["Finish it"] = alice.done()

    alice.click(page.get_by_role("link", name="Next in the list"), away=True)
    took["Go on to the next of the list"] = alice.done()
    expect(page.locator("h1")).to_have_text("Second lamp")

    alice.click(page.locator(".record-meta").get_by_role("link", name="Hansen Boligforening ApS"), away=True)
    took["See everything about its customer"] = alice.done()
    expect(page.locator(".record-summary")).to_contain_text("Finished complaints")

    done = Complaint.objects.get(pk=records.complaint.pk)
    assert (done.complaint_status, done.priority, len(done.images)) == ("finished", 3, 2)
    assert (done.comment, done.response) == ("Ringed the door", "We come. Alice")
    assert {task: int(here) for task, (here, *_others) in TABLE.items()} == took
