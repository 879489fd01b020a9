"""Tests of comments, answers and canned answers on the record page."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission

from backoffice.forms.tests.pages import form_data
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from backoffice.workplace.tests.factories import CannedAnswerFactory

pytestmark = pytest.mark.slow


def page_of(record) -> str:
    slug = {"complaint": "complaints", "supportcase": "cases", "customerobject": "objects"}
    return f"/{slug[record._meta.model_name]}/{record.pk}"


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def reload(record):
    return type(record).objects.get(pk=record.pk)


def whole_page_data(browser, record) -> dict:
    """Return what any button of a record page submits: the fields of the form and of the composers."""
    page = soup(browser.get(page_of(record)))
    controls = form_data(page.select_one("#record-form"))
    for control in page.select("[form=record-form]"):
        if control.name == "textarea":
            controls[control["name"]] = control.text.removeprefix("\n")
        elif control.get("type") == "hidden":
            controls[control["name"]] = control["value"]
    return controls


def test_a_comment_is_appended_to_the_timeline(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    sent = {"say-comment": "  Ringed the door\r\nnobody home "}
    response = browser.post(f"{page_of(complaint)}/say/comment", sent)
    assert (response.status_code, response["Location"]) == (302, page_of(complaint))
    browser.post(f"{page_of(complaint)}/say/comment", {"say-comment": "Back on Monday"})
    assert reload(complaint).comment == "Back on Monday"
    row = History.objects.filter(record_id=complaint.pk).order_by("-version").first()
    assert (row.version, row.via, row.who, row.action) == (3, "browser", "Alice", "change")
    page = soup(browser.get(page_of(complaint)))
    texts = [
        one.select_one(".timeline-text-body").get_text("\n", strip=True)
        for one in page.select("#thread .timeline-text-internal")
    ]
    assert texts == ["Back on Monday", "Ringed the door\nnobody home"]
    assert "Only staff see this" in page.select_one(".timeline-text-internal").get_text()


@pytest.mark.slow
@pytest.mark.parametrize("box", ["comment", "answer"])
def test_an_addition_redirects_to_the_record_page(box, cast, records, as_user):
    """Without other input, the response redirects to the record page, whatever the record contained."""
    for browser, record in ((as_user(cast.sven), records.case), (as_user(cast.alice), records.complaint)):
        for text in ("First", "Second"):
            sent = whole_page_data(browser, record) | {
                f"say-{box}": text,
                f"say-{box}-replace": "on",
                f"say-{box}-send": "1",
            }
            response = browser.post(f"{page_of(record)}/say/{box}", sent)
            assert response.status_code == 302, (record, text)
            assert response["Location"] == page_of(record)


def test_comments_never_conflict(cast, records, as_user, monkeypatch):
    """Concurrent comments never conflict, even if the other one is saved just before."""
    real, raced = services.update, []

    def after_another_user(record, values, **how):
        if not raced:
            raced.append(
                real(record, {"comment": "Ada's"}, actor=cast.ada, context=ChangeContext(Channel.JSON))
            )
        return real(record, values, **how)

    monkeypatch.setattr(services, "update", after_another_user)
    as_user(cast.alice).post(f"{page_of(records.complaint)}/say/comment", {"say-comment": "Alice's"})
    saved = reload(records.complaint)
    assert [note["text"] for note in saved.notes] == ["Ada's", "Alice's"]
    assert saved.comment == "Alice's"


@pytest.mark.slow
def test_an_answer_is_sent_by_its_button_only(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    address = f"{page_of(complaint)}/say/answer"
    response = browser.post(address, {"say-answer": "We come on Tuesday."})
    assert response.status_code == 200
    page = soup(response)
    assert "press “Save reply”" in page.select_one("#say-answer-error").get_text()
    assert page.select_one("#say-answer").text.strip() == "We come on Tuesday."
    assert page.select_one("#composer-answer").has_attr("open")
    assert page.select_one(".error-summary a")["href"] == "#say-answer"
    assert reload(complaint).response == ""
    response = browser.post(
        address, {"say-answer": "We come on Tuesday.", "say-answer-send": "1"}, follow=True
    )
    assert "Reply saved. No e-mail was sent." in response.content.decode()
    assert reload(complaint).response == "We come on Tuesday."
    assert "We come on Tuesday." in soup(response).select_one(".timeline-text-customer").get_text()
    assert browser.post(address, {"say-answer": " ", "say-answer-send": "1"}).status_code == 200
    assert reload(complaint).version == 2


def test_composers_differ_in_appearance(cast, records, as_user):
    page = soup(as_user(cast.sven).get(page_of(records.case)))
    composer = {box["id"]: box for box in page.select(".composer")}
    assert list(composer) == ["composer-note", "composer-comment", "composer-answer"]
    looks = {
        (" ".join(box["class"]), box.select_one("svg").decode(), box.select_one(".audience-badge").get_text())
        for box in (composer["composer-note"], composer["composer-answer"])
    }
    assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == 2
    assert {look[2] for look in looks} == {
        "Only support and the reporter see this",
        "For the customer",
    }
    assert not composer["composer-note"].select("[name$=-send]")
    assert composer["composer-answer"].select_one("[name$=-send]")


@pytest.mark.slow
def test_other_input_is_kept(cast, records, as_user):
    """Adding a comment keeps the unsaved input of the form."""
    browser, complaint = as_user(cast.alice), records.complaint
    sent = whole_page_data(browser, complaint) | {
        "desc": "Half a thou", "contact_email": "nobody", "say-comment": "Noted", "say-answer": "We are ",
    }  # fmt: skip
    response = browser.post(f"{page_of(complaint)}/say/comment", sent)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    page = soup(response)
    assert page.select_one("#id_desc").text.strip() == "Half a thou"
    assert page.select_one("#id_contact_email")["value"] == "nobody"
    assert page.select_one("#say-answer").text.strip() == "We are"
    assert page.select_one("#say-comment").text.strip() == ""
    assert not page.select(".error-summary, .is-invalid")
    assert page.select_one("#record-form").has_attr("data-restored")
    saved = reload(complaint)
    assert (saved.comment, saved.desc, saved.response) == ("Noted", "Lampen er gået", "")
    again = form_data(page.select_one("#record-form")) | {"contact_email": "hans@example.dk"}
    browser.post(page_of(complaint), again)
    saved = reload(complaint)
    assert (saved.comment, saved.desc, saved.contact_email) == ("Noted", "Half a thou", "hans@example.dk")


@pytest.mark.slow
def test_saving_stores_comments_and_keeps_answers_as_input(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    sent = whole_page_data(browser, complaint) | {
        "room_description": "Attic",
        "say-comment": "Noted",
        "say-answer": "Soon.",
    }
    response = browser.post(page_of(complaint), sent)
    assert response.status_code == 200
    page = soup(response)
    assert "Saved: Room." in page.get_text() or "Saved: room." in page.get_text()
    assert page.select_one("#say-answer").text.strip() == "Soon."
    assert page.select_one("#say-answer-error")
    saved = reload(complaint)
    assert (saved.room_description, saved.comment, saved.response) == ("Attic", "Noted", "")
    sent = whole_page_data(browser, complaint) | {"say-answer": "Soon.", "say-answer-send": "1"}
    assert browser.post(page_of(complaint), sent).status_code == 302
    assert reload(complaint).response == "Soon."


def test_an_unedited_answer_is_not_sent(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    services.update(complaint, {"response": "First"}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    sent = whole_page_data(browser, complaint) | {"room_description": "Attic"}
    services.update(
        reload(complaint), {"response": "Second"}, actor=cast.ada, context=ChangeContext(Channel.JSON)
    )
    assert browser.post(page_of(complaint), sent).status_code == 302
    saved = reload(complaint)
    assert (saved.response, saved.room_description) == ("Second", "Attic")


def test_two_concurrent_replies_both_stay(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    sent = whole_page_data(browser, complaint) | {"say-answer": "On Tuesday.", "say-answer-send": "1"}
    services.update(
        complaint, {"response": "On Monday."}, actor=cast.ada, context=ChangeContext(Channel.JSON)
    )
    assert browser.post(f"{page_of(complaint)}/say/answer", sent).status_code == 302
    saved = reload(complaint)
    assert [answer["text"] for answer in saved.answers] == ["On Monday.", "On Tuesday."]
    assert saved.response == "On Tuesday."


@pytest.mark.slow
def test_a_case_gets_comments_answers_and_notes(cast, records, as_user):
    browser, case = as_user(cast.sven), records.case
    sent = {"say-comment": "Prøv igen nu", "say-comment-send": "1"}
    assert browser.post(f"{page_of(case)}/say/comment", sent).status_code == 302
    assert browser.post(f"{page_of(case)}/say/note", {"say-note": "Ring first"}).status_code == 302
    answer = {"say-answer": "Det virker", "say-answer-send": "1"}
    assert browser.post(f"{page_of(case)}/say/answer", answer).status_code == 302
    saved = reload(case)
    assert [comment["comment"] for comment in saved.comments] == ["Har du prøvet igen?", "Prøv igen nu"]
    assert (saved.comments[1]["employee"], saved.comments[1]["is_support"]) == (cast.sven.pk, True)
    assert saved.private_information == "Ring first"
    assert [note["text"] for note in saved.notes] == ["private-marker", "Ring first"]
    assert (saved.response_answer, saved.response_employee_id) == ("Det virker", cast.sven.pk)
    page = soup(browser.get(page_of(case)))
    texts = [one.get_text() for one in page.select("#thread .timeline-text-body")]
    assert texts == ["Det virker", "Ring first", "Prøv igen nu", "private-marker", "Har du prøvet igen?"]
    assert "Ring first" not in page.select_one("#timeline").get_text()
    shown = soup(as_user(cast.rikke).get(page_of(case))).get_text()
    assert "Prøv igen nu" in shown
    assert "Ring first" not in shown


@pytest.mark.slow
def test_users_without_the_permission_see_no_composers(cast, records, as_user):
    for who, record in (
        (cast.vera, records.complaint),
        (cast.vera, records.case),
    ):
        browser = as_user(who)
        page = soup(browser.get(page_of(record)))
        assert not page.select(".composer, .upload-field, textarea")
        for name in ("comment", "answer", "note"):
            sent = {f"say-{name}": "x", f"say-{name}-send": "1"}
            assert browser.post(f"{page_of(record)}/say/{name}", sent).status_code == 403
        assert reload(record).version == 1
    foreign_user = as_user(cast.charlie)
    assert (
        foreign_user.post(f"{page_of(records.complaint)}/say/comment", {"say-comment": "x"}).status_code
        == 404
    )
    assert foreign_user.post(f"{page_of(records.case)}/say/answer", {}).status_code == 403
    alice = as_user(cast.alice)
    assert alice.post(f"{page_of(records.complaint)}/say/nothing", {}).status_code == 403
    assert alice.get(f"{page_of(records.complaint)}/say/comment")["Location"] == page_of(records.complaint)
    assert alice.post(f"{page_of(records.object)}/say/comment", {}).status_code == 403


def test_a_text_that_cannot_be_stored_is_an_error(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = {"say-comment": "before \x00 after"}
    response = browser.post(f"{page_of(records.complaint)}/say/comment", sent)
    assert response.status_code == 200
    assert "Null characters are not allowed." in soup(response).select_one("#say-comment-error").get_text()


@pytest.mark.slow
def test_a_canned_answer_is_inserted_without_javascript(cast, records, as_user):
    browser, complaint = as_user(cast.alice), records.complaint
    canned = CannedAnswerFactory(
        company=cast.company, title="On our way",
        text="Dear {customer}, no. {number} at {object}: {me} of {company} comes. {contact}",
    )  # fmt: skip
    CannedAnswerFactory(company=cast.elsewhere, title="Theirs")
    CannedAnswerFactory(company=cast.company, title="Put away", status=2)
    sent = whole_page_data(browser, complaint)
    page = soup(browser.get(page_of(complaint)))
    offered = [button.get_text() for button in page.select("#composer-answer [data-insert]")]
    assert offered == ["On our way"]
    filled = (
        f"Dear Hansen Boligforening ApS, no. {complaint.number} at Rådhuset: Alice of Hansen Service A/S comes. "
        "{contact}"
    )
    assert page.select_one("#composer-answer [data-insert]")["data-text"] == filled
    sent |= {"say-answer": "First of all:", "say-comment": "typed", "desc": "changed", "insert": canned.pk}  # fmt: skip
    response = browser.post(f"{page_of(complaint)}/say/answer", sent)
    page = soup(response)
    assert page.select_one("#say-answer").text.strip() == f"First of all:\n\n{filled}"
    assert page.select_one("#say-comment").text.strip() == "typed"
    assert page.select_one("#id_desc").text.strip() == "changed"
    assert reload(complaint).version == 1

    answer = {"say-answer": f"First of all:\n\n{filled}", "say-answer-send": "1"}
    refused = soup(browser.post(f"{page_of(complaint)}/say/answer", answer))
    assert "{contact}" in refused.select_one("#say-answer-error").get_text()
    sent["insert"] = "f" * 24
    refused = soup(browser.post(f"{page_of(complaint)}/say/answer", sent))
    assert "Choose a saved reply." in refused.select_one("#say-answer-error").get_text()


def test_many_canned_answers_can_be_searched(cast, records, as_user):
    created = [
        CannedAnswerFactory(company=cast.company, title=f"{n} of many", text=f"Text {n}") for n in range(7)
    ]
    browser, address = as_user(cast.alice), f"{page_of(records.complaint)}/say/answer"
    page = soup(browser.get(page_of(records.complaint)))
    assert len(page.select("#composer-answer button[data-text]")) == 5
    options = [option.get_text() for option in page.select("#say-answer-canned option")]
    assert options == ["Others…", "5 of many", "6 of many"]
    sent = {"insert": "chosen", "say-answer": "", "say-answer-canned": created[6].pk}
    assert soup(browser.post(address, sent)).select_one("#say-answer").text.strip() == "Text 6"


def test_canned_answers_require_the_permission(cast, records, as_user):
    CannedAnswerFactory(company=cast.company)
    who = User.objects.get(pk=cast.alice.pk)
    role = who.groups.get()
    role.permissions.remove(Permission.objects.get(codename="view_cannedanswer"))
    browser = as_user(cast.alice)
    assert not soup(browser.get(page_of(records.complaint))).select("[data-insert]")
    assert browser.get("/canned-answers").status_code == 403
    assert as_user(cast.rikke).get("/canned-answers").status_code == 403
    assert as_user(cast.vera).get("/canned-answers/new").status_code == 403


def test_a_canned_answer_with_an_unknown_placeholder_is_refused(cast, as_user):
    browser = as_user(cast.alice)
    sent = form_data(soup(browser.get("/canned-answers/new")).select_one("[data-record-form]"))
    response = browser.post("/canned-answers/new", sent | {"title": "Hej", "text": "Hej {kunde}, {number}!"})
    assert response.status_code == 200
    assert "{kunde} is not a placeholder. Use one of these: {customer}" in soup(response).get_text()
    sent |= {"title": "Hej", "text": "Hej {customer}, {number}! {"}
    assert browser.post("/canned-answers/new", sent).status_code == 302


def test_read_only_pages_mark_internal_and_customer_messages(cast, records, as_user):
    complaint = records.complaint
    services.update(
        complaint,
        {"comment": "inside", "response": "outside"},
        actor=cast.ada,
        context=ChangeContext(Channel.JSON),
    )
    page = soup(as_user(cast.vera).get(page_of(complaint)))
    looks = [" ".join(message["class"]) for message in page.select("#timeline li:first-child .timeline-text")]
    assert sorted(looks) == ["timeline-text timeline-text-customer", "timeline-text timeline-text-internal"]


def test_an_answer_to_a_deleted_record_gets_404(cast, records, as_user, monkeypatch):
    """Another user deletes the record in the meantime, so there is nothing left to show."""
    real, complaint = services.update, records.complaint
    browser = as_user(cast.alice)
    browser.get(page_of(complaint))

    def after_another_user(record, values, **how):
        services.delete(record, actor=cast.ada, context=ChangeContext(Channel.JSON))
        return real(record, values, **how)

    monkeypatch.setattr(services, "update", after_another_user)
    sent = {"say-answer": "On Tuesday.", "say-answer-send": "1", "say-answer-version": "1"}
    assert browser.post(f"{page_of(complaint)}/say/answer", sent).status_code == 404
