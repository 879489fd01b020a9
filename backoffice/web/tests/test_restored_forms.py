"""Tests that a restored form does not empty the properties that it left out, in the browser and in admin."""

import time

import pytest

from backoffice.accounts.reauthentication import CONFIRMED_AT
from backoffice.forms.tests.pages import form_data
from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history.versions import plain_state
from backoffice.records.models import History
from backoffice.web.tests.forms import end_session, form_controls, sign_in_and_return
from backoffice.web.tests.test_composers import page_of, reload, soup, whole_page_data
from backoffice.web.viewsets import all_viewsets

pytestmark = pytest.mark.django_db
GUARDED = {
    "assignee",
    "private_information",
    "response_employee",
    "response_employee_name",
    "security_code",
    "key",
    "is_superuser",
}
BY_COMMAND = {"actor": Installation(), "context": ChangeContext(Channel.COMMAND)}


@pytest.fixture
def case(cast, records):
    """Return a case in which every guarded property has a value."""
    values = {
        "assignee": cast.sven.pk,
        "private_information": "Ring til bagdøren\r\n\r\nNøglen er her",
        "response_answer": "Genstart.",
        "response_employee": cast.sven.pk,
        "response_employee_name": "Sven",
    }
    return services.update(records.case, values, **BY_COMMAND).record


def guarded_state(record) -> dict:
    return {name: value for name, value in plain_state(reload(record)).items() if name in GUARDED}


def form_of(response) -> dict:
    page = soup(response)
    return form_data(max(page.find_all("form"), key=lambda form: len(form.find_all("input"))))


def test_every_guarded_property_of_a_form_is_tested():
    found = {
        name
        for kind in all_viewsets()
        for name in kind.form_class.properties
        if (guard := kind.model.properties[name].guard) and guard.permission
    }
    assert found <= GUARDED


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["browser", "admin"])
@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [("case", "system_version", "7.1"), ("object", "description", "Port"), ("user", "last_name", "Lund")],
)
def test_a_restored_form_empties_no_guarded_property(
    kind, name, value, channel, cast, records, case, as_user, settings
):
    record = {"case": case, "object": records.object, "user": cast.root}[kind]
    if kind == "object":
        record = services.update(record, {"security_code": "1234", "key": "A7"}, **BY_COMMAND).record
    browser = as_user(cast.root)
    browser.post("/account/confirm", {"password-again": PASSWORD})
    app, model = record._meta.app_label, record._meta.model_name
    pages = {"case": "/cases", "object": "/objects", "user": "/users"}
    address = (
        f"{pages[kind]}/{record.pk}" if channel == "browser" else f"/admin/{app}/{model}/{record.pk}/change/"
    )
    before = guarded_state(record)
    sent = form_of(browser.get(address)) | {name: value}
    end_session(browser)
    back = sign_in_and_return(browser, cast.root, browser.post(address, sent))
    if kind == "user":
        browser.post("/account/confirm", {"password-again": PASSWORD})
        back = browser.get(address)
    found = form_of(back)
    assert found[name] == value
    assert browser.post(address, found).status_code == 302
    assert guarded_state(record) == before
    assert getattr(reload(record), name) == value
    newest = History.objects.filter(record_id=record.pk).order_by("-version").first()
    assert {entry["property"] for entry in newest.changes} == {name}


@pytest.mark.slow
def test_a_property_emptied_by_the_user_stays_empty(cast, case, as_user):
    sven, address = as_user(cast.sven), page_of(case)
    sent = whole_page_data(sven, case) | {"response_employee_name": ""}
    end_session(sven)
    page = soup(sign_in_and_return(sven, cast.sven, sven.post(address, sent)))
    assert page.select_one("[name=response_employee_name]").get("value", "") == ""


@pytest.mark.slow
def test_a_comment_after_sign_in_empties_nothing(cast, case, as_user):
    """Only the comment is edited, but both the comment and a later Save submit the whole form."""
    sven, address = as_user(cast.sven), page_of(case)
    say = f"{address}/say/comment"
    before = guarded_state(case)
    sent = form_controls(soup(sven.get(address)), say) | {"say-comment": "Ringet", "say-comment-send": "1"}
    end_session(sven)
    back = sign_in_and_return(
        sven, cast.sven, sven.post(say, sent, headers={"referer": f"http://testserver{address}"})
    )
    again = form_controls(soup(back), say) | {"say-comment-send": "1"}
    assert sven.post(say, again).status_code == 302
    assert sven.post(address, whole_page_data(sven, case) | {"system_version": "7.1"}).status_code == 302
    assert guarded_state(case) == before
    assert reload(case).comments[-1]["comment"] == "Ringet"


@pytest.mark.slow
@pytest.mark.parametrize("typed", [{}, {"is_superuser": "on"}])
def test_a_form_is_shown_again_after_reauthentication_if_it_left_out_values(typed, cast, as_user):
    """A superuser stays one. A user who is made a superuser during reauthentication has to be made one
    again."""
    root, user = as_user(cast.root), cast.alice if typed else cast.root
    address = f"/admin/people/user/{user.pk}/change/"
    root.post("/account/confirm", {"password-again": PASSWORD})
    sent = form_of(root.get(address)) | {"last_name": "Lund"} | typed
    session = root.session
    session[CONFIRMED_AT] = int(time.time()) - 3600
    session.save()
    confirmation = form_data(soup(root.post(address, sent)).select_one("form:has([name=password-again])"))
    back = root.post(address, confirmation | {"password-again": PASSWORD}, follow=True)
    assert "Enter them again" in back.content.decode()
    assert root.post(address, form_of(back) | typed).status_code == 302
    saved = User.objects.get(pk=user.pk)
    assert (saved.last_name, saved.is_superuser) == ("Lund", True)


@pytest.mark.slow
@pytest.mark.parametrize("old", ["Ring til bagdøren", "Ring\r\nfør 8", "Ring\nfør 8 ", ""])
def test_a_note_is_added_beside_other_input(old, cast, records, as_user):
    case = services.update(records.case, {"private_information": old}, **BY_COMMAND).record
    sven, address = as_user(cast.sven), page_of(case)
    note = {"say-note": "Koden er ændret"}
    answer = sven.post(f"{address}/say/note", whole_page_data(sven, case) | note)
    assert (answer.status_code, answer["Location"]) == (302, address)
    # With other input, the page keeps it. Saving it then touches no message.
    typed = whole_page_data(sven, case) | {"system_version": "7.1", "say-note": "Og igen"}
    page = soup(sven.post(f"{address}/say/note", typed))
    form = form_data(page.select_one("#record-form"))
    assert form["system_version"] == "7.1"
    assert sven.post(address, form).status_code == 302
    saved = reload(case)
    assert (saved.private_information, saved.system_version) == ("Og igen", "7.1")
    texts = [note["text"] for note in saved.notes]
    assert texts[-2:] == ["Koden er ændret", "Og igen"]
    assert len(texts) == 3 + bool(old)


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["browser", "admin"])
def test_an_unedited_note_is_no_conflict_with_a_colleagues(channel, cast, case, as_user):
    root = as_user(cast.root)
    address = page_of(case) if channel == "browser" else f"/admin/supportdesk/supportcase/{case.pk}/change/"
    sent = form_of(root.get(address)) | {"system_version": "7.1"}
    services.update(case, {"private_information": "Fra en kollega"}, **BY_COMMAND)
    assert root.post(address, sent).status_code == 302
    saved = reload(case)
    assert (saved.private_information, saved.system_version) == ("Fra en kollega", "7.1")
    if channel == "browser":
        return  # its form has no texts of the conversation
    # Editing the property leads to a conflict.
    sent = form_of(root.get(address)) | {"private_information": "Min egen"}
    services.update(saved, {"private_information": "Fra en anden"}, **BY_COMMAND)
    assert root.post(address, sent).status_code == 200
    assert reload(case).private_information == "Fra en anden"


@pytest.mark.slow
def test_unedited_shown_secrets_are_no_conflict(cast, records, as_user):
    place = services.update(records.object, {"security_code": "1234"}, **BY_COMMAND).record
    ada, address = as_user(cast.ada), page_of(records.object)
    page = soup(ada.post(f"{address}/secrets"))
    sent = form_data(page.select_one("#record-form")) | {"description": "Port"}
    assert sent["security_code"] == "1234"
    services.update(place, {"security_code": "5678"}, **BY_COMMAND)
    assert ada.post(address, sent).status_code == 302
    assert (reload(place).security_code, reload(place).description) == ("5678", "Port")


@pytest.mark.slow
def test_a_note_does_not_hide_a_concurrent_change(cast, case, as_user):
    sven, address = as_user(cast.sven), page_of(case)
    typed = whole_page_data(sven, case) | {"system_version": "7.1", "say-note": "Koden er ændret"}
    services.update(case, {"system_version": "8.0"}, **BY_COMMAND)
    page = soup(sven.post(f"{address}/say/note", typed))
    again = sven.post(address, form_data(page.select_one("#record-form")))
    assert again.status_code == 200
    assert reload(case).system_version == "8.0"


@pytest.mark.slow
def test_a_restored_bulk_edit_does_not_empty_omitted_properties(cast, case, as_user):
    ada = as_user(cast.ada)
    many = soup(ada.get("/cases")).select_one("#bulk-bar")
    job = ada.post(many["action"], form_data(many) | {"chosen": [case.pk], "which": "chosen"})["Location"]
    form = form_data(soup(ada.get(job)).select_one(".bulk-form"))
    form |= {
        "response_employee": cast.ada.pk,
        "system_version": "7.1",
        "set": ["response_employee", "system_version"],
    }
    end_session(ada)
    back = soup(sign_in_and_return(ada, cast.ada, ada.post(job, form)))
    assert [box["value"] for box in back.select(".bulk-form input[name=set][checked]")] == ["system_version"]
