"""Tests of the page that asks which version to keep after two users changed the same properties."""

from bs4 import BeautifulSoup

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint


def save_as_colleague(record, colleague, **values):
    present = Complaint.objects.get(pk=record.pk)
    services.update(present, values, actor=colleague, context=ChangeContext(Channel.JSON))


def test_a_missing_choice_is_named_once_at_its_field_and_in_the_summary(cast, records, as_user):
    browser, url = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    sent = form_data(record_form(browser.get(url).content)) | {"desc": "mine", "priority": "2"}

    def problems(response) -> tuple[str, list, dict]:
        soup = BeautifulSoup(response.content, "lxml")
        summary = soup.select_one(".error-summary")
        listed = [(link.parent.get_text(" ", strip=True), link["href"]) for link in summary.select("li a")]
        assert all(soup.find(id=href[1:])["type"] == "radio" for _text, href in listed)
        assert soup.select(".is-invalid, .invalid-feedback") == []  # not a third time
        at_field = {
            box["id"]: box.select_one(".conflict-problem") for box in soup.select("fieldset.conflict")
        }
        texts = {control: text.get_text() if text else "" for control, text in at_field.items()}
        return summary.h2.get_text(" ", strip=True), listed, texts

    save_as_colleague(records.complaint, cast.ada, desc="theirs", priority=4)
    first = browser.post(url, sent)
    text = "Choose which version to keep."
    both = [
        (f"Description : {text}", "#settle-desc-mine"),
        (f"Priority : {text}", "#settle-priority-mine"),
    ]
    empty = {"settle-desc": "", "settle-priority": ""}
    assert problems(first) == ("Not saved: this was changed in the meantime", both, empty)
    again = form_data(record_form(first.content))
    missing = dict.fromkeys(empty, text)
    assert problems(browser.post(url, again)) == ("Not saved: a choice is missing", both, missing)
    half = browser.post(url, again | {"settle-desc": "mine"})
    assert problems(half) == ("Not saved: a choice is missing", both[1:], empty | {"settle-priority": text})
    box = BeautifulSoup(half.content, "lxml").select_one("#settle-desc .conflict-mine [name=desc]")
    assert box.get_text(strip=True) == "mine"  # belongs to the choice of it

    save_as_colleague(records.complaint, cast.ada, desc="theirs once more")
    half_again = form_data(record_form(half.content))
    _title, listed, texts = problems(browser.post(url, half_again))
    assert texts["settle-desc"] == "Ada has changed this once more. Choose again."
    assert len(listed) == 2


def test_a_missing_choice_about_a_list_is_named_too(cast, records, as_user):
    browser, url = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    sent = form_data(record_form(browser.get(url).content)) | {
        "tags-0-text": "mine",
        "tags-TOTAL_FORMS": "1",
    }
    save_as_colleague(records.complaint, cast.ada, tags=["theirs"])
    soup = BeautifulSoup(browser.post(url, sent).content, "lxml")
    assert [link["href"] for link in soup.select(".error-summary a")] == ["#settle-tags-mine"]
    assert soup.select_one("#settle-tags .conflict-mine [name=tags-0-text]")["value"] == "mine"
    chosen = form_data(record_form(str(soup))) | {"settle-tags": "mine"}
    assert browser.post(url, chosen).status_code == 302
    assert Complaint.objects.get(pk=records.complaint.pk).tags == ["mine"]
