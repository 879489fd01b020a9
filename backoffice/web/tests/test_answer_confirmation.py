"""Tests of the confirmation before an answer replaces another one."""

import pytest

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.web.tests.test_bulk import BulkEditSession, run_jobs
from backoffice.web.tests.test_composers import page_of, reload, soup, whole_page_data
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.tests.factories import ComplaintFactory

RECORD_TYPES = [("complaint", "response", "alice"), ("case", "response_answer", "sven")]

pytestmark = pytest.mark.slow


@pytest.fixture(params=RECORD_TYPES, ids=[kind for kind, _name, _who in RECORD_TYPES])
def answered_record(request, cast, records):
    """Return (a record with an answer, the property, the user who answers)."""
    kind, name, who = request.param
    actor = getattr(cast, who)
    record = services.update(
        getattr(records, kind), {name: "First.\nCall us."}, actor=actor, context=ChangeContext(Channel.JSON)
    ).record
    return record, name, actor


def answer_of(record, name: str) -> str:
    return getattr(reload(record), name)


def test_the_composer_shows_the_current_answer_and_requires_confirmation(answered_record, as_user):
    record, name, actor = answered_record
    browser, address = as_user(actor), f"{page_of(record)}/say/answer"
    box = soup(browser.get(page_of(record))).select_one("#composer-answer")
    assert box.select_one(".composer-current").get_text("\n", strip=True) == "First.\nCall us."
    assert not box.select_one("[name=say-answer-replace]").has_attr("checked")
    sent = {"say-answer": "Second.", "say-answer-send": "1"}
    page = soup(browser.post(address, sent))
    shown = page.select_one("#say-answer-error").text
    assert "First." in shown and "Replace the current reply" in shown
    assert page.select_one("#say-answer").text.strip() == "Second."
    assert answer_of(record, name) == "First.\nCall us."
    assert browser.post(address, sent | {"say-answer-replace": "on"}).status_code == 302
    assert answer_of(record, name) == "Second."


def test_extending_an_answer_requires_no_confirmation(cast, answered_record, as_user):
    record, name, actor = answered_record
    browser, address = as_user(actor), f"{page_of(record)}/say/answer"
    sent = {"say-answer": "First.\r\nCall us.\r\n\r\nOr write.", "say-answer-send": "1"}
    assert browser.post(address, sent).status_code == 302
    assert answer_of(record, name) == "First.\nCall us.\n\nOr write."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("No", "Nothing is wrong"),
        ("Ja", "Jakob ringer i morgen."),
        ("Ja", "Ja, men ikke i dag"),
        ("First.\nCall us.", "First.\r\nDo not\r\nCall us."),
        ("First.\nCall us.", "First. Call us."),
        ("First.\nCall us.", "Call us.\r\nFirst."),
    ],
)
def test_an_answer_is_extended_only_if_its_lines_are_kept(old, new, cast, records, as_user):
    case = services.update(
        records.case, {"response_answer": old}, actor=cast.sven, context=ChangeContext(Channel.JSON)
    ).record
    browser, address = as_user(cast.sven), page_of(case)
    sent = {"say-answer": new, "say-answer-send": "1"}
    shown = soup(browser.post(f"{address}/say/answer", sent)).select_one("#say-answer-error").text
    assert "There is already a reply" in shown
    root, admin = as_user(cast.root), f"/admin/supportdesk/supportcase/{case.pk}/change/"
    for person, place in ((browser, address), (root, admin)):
        sent = form_data(record_form(person.get(place).content)) | {"response_answer": new}
        assert "There is already a reply" in person.post(place, sent).content.decode()
    assert answer_of(case, "response_answer") == old


def test_the_confirmation_stays_ticked_after_another_error(answered_record, as_user):
    record, name, actor = answered_record
    browser, address = as_user(actor), f"{page_of(record)}/say/answer"
    refused = (("Of {number}.", {"say-answer-send": "1"}), ("", {"say-answer-send": "1"}), ("Second.", {}))
    for text, more in refused:
        for tick in ({"say-answer-replace": "on"}, {}):
            page = soup(browser.post(address, {"say-answer": text, **more, **tick}))
            assert page.select_one("#say-answer-error"), text
            assert page.select_one("[name=say-answer-replace]").has_attr("checked") == bool(tick), text
    assert answer_of(record, name) == "First.\nCall us."


def test_a_canned_answer_does_not_replace_the_answer(cast, answered_record, as_user):
    """A canned answer is appended to the text. Replacing the current answer with it needs confirmation,
    too."""
    record, name, actor = answered_record
    canned = CannedAnswerFactory(company=cast.company, text="Restart it.")
    browser, address = as_user(actor), f"{page_of(record)}/say/answer"
    sent = {"say-answer": "First.\nCall us.", "insert": canned.pk}
    assert soup(browser.post(address, sent)).select_one("#say-answer").text.strip().endswith("Restart it.")
    sent = {"say-answer": "Restart it.", "say-answer-send": "1"}
    assert browser.post(address, sent).status_code == 200
    assert answer_of(record, name) == "First.\nCall us."


@pytest.mark.parametrize("in_administration", [False, True])
def test_the_form_requires_confirmation(cast, answered_record, as_user, in_administration):
    record, name, actor = answered_record
    browser, address = as_user(actor), page_of(record)
    if in_administration:
        browser = as_user(cast.root)
        address = f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"
    for text in ("Second.", ""):
        sent = form_data(record_form(browser.get(address).content)) | {name: text}
        answer = browser.post(address, sent)
        assert answer.status_code == 200
        assert "There is already a reply: “First." in answer.content.decode()
        assert form_data(record_form(answer.content))[name] == text
        assert answer_of(record, name) == "First.\nCall us."
    sent = form_data(record_form(browser.get(address).content)) | {
        name: "Hello.\r\nFirst. \r\n\r\n  Call us.\r\nOr write."
    }
    assert browser.post(address, sent).status_code == 302
    sent = form_data(record_form(browser.get(address).content)) | {name: "Second.", f"replace-{name}": "on"}
    assert browser.post(address, sent).status_code == 302
    assert answer_of(record, name) == "Second."


def test_the_second_of_two_users_sees_the_first_answer(cast, records, as_user):
    """Both users opened the page before there was an answer; the second must confirm, whatever they ticked
    before."""
    browser, case = as_user(cast.sven), records.case
    sent = whole_page_data(browser, case) | {
        "say-answer": "Second.",
        "say-answer-send": "1",
        "say-answer-replace": "on",
    }
    services.update(case, {"response_answer": "First."}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    page = soup(browser.post(f"{page_of(case)}/say/answer", sent))
    assert "Ada has replied in the meantime: “First.”" in page.select_one("#say-answer-error").text
    assert page.select_one("#say-answer").text.strip() == "Second."
    assert not page.select_one("[name=say-answer-replace]").has_attr("checked")
    assert reload(case).response_answer == "First."


def test_confirmation_is_required_despite_other_concurrent_changes(cast, answered_record, as_user):
    record, name, actor = answered_record
    browser = as_user(actor)
    sent = whole_page_data(browser, record) | {"say-answer": "Second.", "say-answer-send": "1"}
    other = {"desc": "Else"} if name == "response" else {"name": "Else"}
    services.update(reload(record), other, actor=cast.root, context=ChangeContext(Channel.JSON))
    assert browser.post(f"{page_of(record)}/say/answer", sent).status_code == 200
    assert answer_of(record, name) == "First.\nCall us."


@pytest.mark.parametrize("how", ["", "fill", "set"])
def test_bulk_edits_replace_answers_only_if_confirmed(cast, records, client, how):
    one = ComplaintFactory(company=cast.company, object=records.object.pk, response="First.")
    two = ComplaintFactory(company=cast.company, object=records.object.pk)
    many = BulkEditSession(client, cast.alice)
    chosen = {"how__response": how} if how else {}
    page = many.say(many.choose([one, two]), response="Second.", **chosen)
    assert page.status_code == 200
    many.start()
    run_jobs()
    assert reload(one).response == ("Second." if how == "set" else "First.")
    assert reload(two).response == "Second."
