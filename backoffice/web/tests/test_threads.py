"""Threads on record pages: their messages, composers, editing, and reopening."""

import pytest

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records.history import history_of
from backoffice.web.tests.test_composers import page_of, reload, soup
from facility.tests.factories import ComplaintFactory
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db


def bodies(page) -> list[str]:
    return [each.get_text() for each in page.select("#thread .timeline-text-body")]


def say(browser, record, name, text, **more):
    sent = {f"say-{name}": text, f"say-{name}-send": "1"} | more
    return browser.post(f"{page_of(record)}/say/{name}", sent)


def thread_of(browser, record, query=""):
    return soup(browser.get(f"{page_of(record)}{query}"))


@pytest.fixture
def resold(cast, records):
    """A solved case of a customer of Rikke's reseller, with a note and a reply."""
    return SupportCaseFactory(
        company=cast.company,
        customer=cast.resold.pk,
        solved=True,
        private_information="note-marker",
        response_answer="Restart it",
        response_employee=cast.sven.pk,
    )


def test_a_reply_is_added_and_replaces_none(cast, records, as_user):
    browser = as_user(cast.alice)
    for text in ("First", "Second"):
        assert say(browser, records.complaint, "answer", text).status_code == 302
    assert say(browser, records.complaint, "comment", "Internal").status_code == 302
    page = thread_of(browser, records.complaint)
    assert bodies(page) == ["Internal", "Second", "First"]
    labels = [" ".join(each.get_text().split()) for each in page.select("#thread .timeline-text-label")]
    assert labels[0].startswith("Internal note, ") and labels[0].endswith("Only staff see this")
    assert labels[1].startswith("Reply to customer, ") and labels[1].endswith("For the customer")
    saved = reload(records.complaint)
    assert (saved.response, saved.comment) == ("Second", "Internal")
    heads = [" ".join(each.get_text().split()) for each in page.select("#timeline .timeline-head")]
    assert "replied to the customer" in heads[1]
    assert "added an internal note" in heads[0]
    for event in page.select("#timeline .timeline > li")[:3]:
        assert not event.select(".timeline-changes li")


def test_composers_say_who_reads_them(cast, records, as_user):
    page = thread_of(as_user(cast.sven), records.case)
    badges = {box["id"]: box.select_one(".audience-badge").text for box in page.select(".composer")}
    assert badges == {
        "composer-note": "Only support and the reporter see this",
        "composer-comment": "For the customer",
        "composer-answer": "For the customer",
    }


def test_the_form_of_an_existing_record_has_no_texts_and_no_chat_id(cast, records, as_user):
    for record, actor in (
        (records.complaint, cast.alice),
        (records.case, cast.sven),
        (records.object, cast.alice),
    ):
        sent = form_data(record_form(as_user(actor).get(page_of(record)).content))
        assert not {"comment", "response", "response_answer", "private_information", "chat_id"} & sent.keys()
        assert not [name for name in sent if name.startswith("comments")]
    page = soup(as_user(cast.alice).get("/complaints/new"))
    assert page.select_one("[name=response]")
    assert not page.select_one("[name=chat_id]")


def test_a_page_has_the_newest_20_and_links_to_earlier_ones(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    for number in range(45):
        complaint = _add(complaint, cast.alice, f"Note {number}")
    seen, query, pages = [], "", 0
    while True:
        page = thread_of(browser, complaint, query)
        seen, pages = seen + bodies(page), pages + 1
        link = next((each for each in page.select("#thread a.panel-more") if "earlier" in each.text), None)
        if link is None:
            break
        query = "?" + link["href"].partition("?")[2].partition("#")[0]
    assert (pages, seen) == (3, [f"Note {number}" for number in reversed(range(45))])
    assert any("later" in each.text for each in page.select("#thread a.panel-more"))


def _add(record, actor, text):
    from backoffice.records import services
    from backoffice.records.actors import ChangeContext, Channel

    values = {"notes": [*({"id": each["id"]} for each in record.notes), {"text": text}]}
    context = ChangeContext(Channel.BROWSER)
    return services.update(record, values, actor=actor, context=context, base=record.version).record


def test_a_message_is_edited_on_a_page_of_its_own_and_marked(cast, records, as_user):
    browser = as_user(cast.alice)
    say(browser, records.complaint, "answer", "Wrng")
    link = thread_of(browser, records.complaint).select_one("#thread .timeline-time a")["href"]
    page = soup(browser.get(link))
    assert page.select_one("#edited-text").text.strip() == "Wrng"
    sent = {"edited-text": "Wrong", "edited": page.select_one("[name=edited]")["value"]}
    assert "Enter a text." in browser.post(link, sent | {"edited-text": " "}).content.decode()
    assert browser.post(link, sent).status_code == 302
    page = thread_of(browser, records.complaint)
    assert bodies(page) == ["Wrong"]
    assert "edited" in page.select_one("#thread .timeline-time").text
    assert reload(records.complaint).response == "Wrong"
    assert history_of(records.complaint).first().action == "edit_message"
    assert "edited a message" in page.select_one("#timeline .timeline-head").text
    stale = browser.post(link, sent | {"edited-text": "Other"})
    assert "Someone has edited this message" in stale.content.decode()
    assert reload(records.complaint).response == "Wrong"


def test_only_the_author_and_administrators_edit_a_message(cast, records, as_user):
    say(as_user(cast.sven), records.case, "comment", "Sven's words")
    (comment,) = [each for each in reload(records.case).comments if each["comment"] == "Sven's words"]
    url = f"{page_of(records.case)}/messages/{comment['id']}/edit"
    statuses = {
        name: as_user(getattr(cast, name)).get(url).status_code for name in ("sven", "ada", "rikke", "vera")
    }
    assert statuses == {"sven": 200, "ada": 200, "rikke": 403, "vera": 403}
    assert as_user(cast.rikke).post(url, {"edited-text": "x", "edited": ""}).status_code == 403
    assert as_user(cast.sven).get(url.replace(comment["id"], "f" * 24)).status_code == 404


def test_a_reseller_comments_attaches_and_reopens(cast, resold, as_user):
    browser = as_user(cast.rikke)
    page = thread_of(browser, resold)
    assert [box["id"] for box in page.select(".composer")] == ["composer-comment"]
    assert bodies(page) == ["Restart it"]
    assert "note-marker" not in str(page) and "Sven" not in page.select_one("#thread").text
    reopen = next(form for form in page.select(".record-actions form") if "Reopen" in form.text)
    assert say(browser, resold, "comment", "Still dark").status_code == 302
    assert say(browser, resold, "note", "x").status_code == 403
    assert say(browser, resold, "answer", "x").status_code == 403
    assert browser.post(reopen["action"]).status_code == 302
    saved = reload(resold)
    (comment,) = saved.comments
    assert (comment["comment"], comment["employee"], comment["is_support"]) == (
        "Still dark",
        cast.rikke.pk,
        False,
    )
    assert saved.solved is False
    page = thread_of(browser, resold)
    assert bodies(page)[0] == "Still dark"
    assert page.select_one("#thread .timeline-time a")
    assert [row.action for row in history_of(saved)[:2]] == ["reopen", "comment"]


def test_a_refused_comment_of_a_reseller_is_kept_on_the_page(cast, resold, as_user):
    answer = say(as_user(cast.rikke), resold, "comment", "x" * 20_001)
    page = soup(answer)
    assert answer.status_code == 200
    assert len(page.select_one("#say-comment").text.strip()) == 20_001
    assert page.select_one("form#record-form[method=post] [name=csrfmiddlewaretoken]")


def test_who_may_only_read_gets_no_composer(cast, resold, as_user):
    page = thread_of(as_user(cast.vera), resold)
    assert not page.select(".composer")
    assert not page.select("form#record-form")
    assert not [form for form in page.select(".record-actions form") if "Reopen" in form.text]


def test_printed_pages_have_the_thread(cast, records, as_user):
    complaint = ComplaintFactory(company=cast.company, object=records.object.pk, comment="Ring first")
    page = soup(as_user(cast.alice).get(f"{page_of(complaint)}/print"))
    assert bodies(page) == ["Ring first"]
    assert not page.select("#thread a")


def test_a_text_without_a_message_is_shown(cast, records, as_user):
    """The version before changes the column only."""
    type(records.complaint).objects.filter(pk=records.complaint.pk).update(response="Written by the old code")
    page = thread_of(as_user(cast.alice), records.complaint)
    assert bodies(page) == ["Written by the old code"]
    assert not page.select("#thread .timeline-time a")
