"""Tests that a form sent twice (double click, Back and submit) has its effect once."""

import pytest
from bs4 import BeautifulSoup

from backoffice.admin import record_admin
from backoffice.api.tests.test_idempotency import overlap_requests
from backoffice.bulk.models import Job
from backoffice.forms.tests.pages import form_data
from backoffice.lists.models import SavedView
from backoffice.people.models import ApiKey, Customer, User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records import idempotency
from backoffice.uploads.models import Upload
from backoffice.web.tests.forms import form_controls, make_file, soup
from backoffice.web.views import new_record
from facility.models import Article, Complaint
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db


def form_of(response, address: str) -> dict:
    return form_controls(soup(response), address)


@pytest.mark.slow
def test_a_new_record_is_created_once_and_then_shown(cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/new?object={records.object.pk}"
    sent = form_data(soup(alice.get(address)).select_one("form.record-form")) | {"desc": "Dryp"}
    before = Complaint.objects.count()
    first, again = alice.post(address, sent), alice.post(address, sent)
    assert first["Location"] == again["Location"]
    assert Complaint.objects.count() == before + 1
    assert (
        "The form was sent twice. Only one record was created."
        in alice.get(again["Location"]).content.decode()
    )
    # The same input from a newly opened form is another record.
    other = form_data(soup(alice.get(address)).select_one("form.record-form")) | {"desc": "Dryp"}
    assert alice.post(address, other)["Location"] != first["Location"]
    # Back, other input, submit: the page asks for confirmation and keeps the input.
    confirmation = alice.post(address, sent | {"desc": "Dryp igen"})
    assert "You have already created Dryp" in confirmation.content.decode()
    assert Complaint.objects.count() == before + 2
    returned = form_data(soup(confirmation).select_one("form.record-form"))
    assert returned["desc"] == "Dryp igen"
    assert alice.post(address, returned).status_code == 302
    assert Complaint.objects.filter(desc="Dryp igen").count() == 1


TWICE = "The form was sent twice. Only one record was created."


def send_simultaneously(browser, address: str, sent: dict, monkeypatch, *modules):
    """Send a form again with its key checked before the first request stored it."""
    overlap_requests(monkeypatch, *modules)
    answer = browser.post(address, sent, follow=True)
    monkeypatch.undo()
    return answer.content.decode()


@pytest.mark.slow
def test_simultaneous_forms_create_one_record_despite_unique_values(cast, records, as_user, monkeypatch):
    ada = as_user(cast.ada)
    ada.post("/account/confirm", {"password-again": PASSWORD})
    forms = [
        (f"/complaints/new?object={records.object.pk}", {"desc": "Dryp", "number": "71001"}, Complaint),
        ("/users/new", {"username": "bodil", "roles": ["Viewer"]}, User),
        ("/articles/new", {"name": "Pære", "number": "71001"}, Article),
    ]
    for address, values, model in forms:
        sent = form_data(soup(ada.get(address)).select_one("form.record-form")) | values
        before = model.objects.count()
        assert ada.post(address, sent).status_code == 302, address
        assert TWICE in send_simultaneously(ada, address, sent, monkeypatch, new_record), address
        response = send_simultaneously(
            ada, address, sent | {"description": "x", "last_name": "x"}, monkeypatch, new_record
        )
        assert TWICE not in response
        assert model.objects.count() == before + 1
    view = form_controls(soup(ada.get("/complaints")), "/complaints/views") | {"name": "Mine"}
    assert ada.post("/complaints/views", view).status_code == 302
    assert "Saved as" in send_simultaneously(ada, "/complaints/views", view, monkeypatch, idempotency)
    assert SavedView.objects.count() == 1


@pytest.mark.slow
def test_simultaneous_admin_forms_create_one_record(cast, as_user, monkeypatch):
    type(cast.root)._base_manager.filter(pk=cast.root.pk).update(company=cast.company)
    root, address = as_user(cast.root), "/admin/people/customer/add/"
    sent = form_data(soup(root.get(address)).select_one("#customer_form")) | {
        "name": "Vest",
        "number": "71001",
    }
    assert root.post(address, sent).status_code == 302
    assert TWICE in send_simultaneously(root, address, sent, monkeypatch, record_admin)
    response = send_simultaneously(root, address, sent | {"name": "Øst"}, monkeypatch, record_admin)
    assert TWICE not in response
    assert Customer.objects.filter(number=71001).count() == 1


@pytest.mark.slow
@pytest.mark.attack
def test_a_form_key_belongs_to_its_user(cast, records, as_user):
    alice, ada = as_user(cast.alice), as_user(cast.ada)
    address = f"/complaints/new?object={records.object.pk}"
    sent = form_data(soup(alice.get(address)).select_one("form.record-form")) | {"desc": "Dryp"}
    for browser in (alice, ada, as_user(cast.charlie)):
        browser.post(address, sent)
    assert Complaint.objects.filter(desc="Dryp").count() == 2  # Charlie has no such object
    for forged in ("x", sent["request-key"] + "x"):
        alice.post(address, sent | {"request-key": forged})
    assert Complaint.objects.filter(desc="Dryp").count() == 4  # without a key, each request creates one


@pytest.mark.deep
def test_a_new_record_in_admin_is_created_once(cast, as_user):
    root = as_user(cast.root)
    type(cast.root)._base_manager.filter(pk=cast.root.pk).update(company=cast.company)
    address = "/admin/facility/article/add/"
    sent = form_data(soup(root.get(address)).select_one("#article_form")) | {"name": "Pære"}
    assert [root.post(address, sent).status_code for _time in range(2)] == [302, 302]
    assert Article.objects.filter(name="Pære").count() == 1


@pytest.mark.deep
def test_a_new_key_is_shown_once(cast, as_user):
    ada = as_user(cast.ada)
    ada.post("/account/confirm", {"password-again": PASSWORD})
    sent = form_data(soup(ada.get("/api-keys/new")).select_one("form.record-form"))
    sent |= {"name": "script", "owner": cast.ada.pk, "scopes": ["facility:read"]}
    assert "ck_" in ada.post("/api-keys/new", sent).content.decode()
    again = ada.post("/api-keys/new", sent, follow=True)
    assert "The form was sent twice. Only one record was created." in again.content.decode()
    assert ApiKey.objects.filter(name="script").count() == 1


@pytest.mark.slow
def test_a_comment_is_added_once_by_its_button_and_by_save(cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_of(alice.get(address), address) | {"say-comment": "Nøglen mangler"}
    for place in (f"{address}/say/comment", f"{address}/say/comment", address):
        assert alice.post(place, sent).status_code in (200, 302)
    assert Complaint.objects.get(pk=records.complaint.pk).comment == "Nøglen mangler"
    # From the same page (Back), another text is another comment.
    alice.post(f"{address}/say/comment", sent | {"say-comment": "Den er fundet"})
    sent = form_of(alice.get(address), address) | {"say-comment": "Den er fundet"}
    alice.post(f"{address}/say/comment", sent)
    notes = [note["text"] for note in Complaint.objects.get(pk=records.complaint.pk).notes]
    assert notes == ["Nøglen mangler", "Den er fundet", "Den er fundet"]


@pytest.mark.deep
def test_comments_of_a_case_and_their_files_are_added_once(cast, records, as_user):
    sven = as_user(cast.sven)
    address = f"/cases/{records.case.pk}"
    say = f"{address}/say/comment"
    sent = form_of(sven.get(address), address) | {"say-comment": "Se billedet", "say-comment-send": "1"}
    for _time in range(2):
        sven.post(say, sent | {"say-comment-files": [make_file("a.png")]})
    comments = SupportCase.objects.get(pk=records.case.pk).comments
    assert [comment["comment"] for comment in comments].count("Se billedet") == 1
    assert [len(comment["files"]) for comment in comments][-1] == 1


@pytest.mark.slow
def test_a_file_is_added_once(cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_of(alice.get(address), address)
    for _time in range(2):
        alice.post(f"{address}/files", sent | {"files-images": [make_file("a.png")]})
    assert len(Complaint.objects.get(pk=records.complaint.pk).images) == 1
    assert Upload.objects.count() == 1
    alice.post(f"{address}/files", sent | {"files-images": [make_file("b.png")]})
    assert len(Complaint.objects.get(pk=records.complaint.pk).images) == 2


@pytest.mark.deep
def test_bulk_edits_and_views_are_created_once(cast, records, as_user):
    alice = as_user(cast.alice)
    page = soup(alice.get("/complaints"))
    many = form_data(page.select_one("#bulk-bar")) | {"chosen": [records.complaint.pk], "which": "chosen"}
    answers = [alice.post(page.select_one("#bulk-bar")["action"], many) for _time in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Job.objects.count() == 1
    view = form_controls(page, "/complaints/views") | {"name": "Mine"}
    answers = [alice.post("/complaints/views", view) for _time in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert SavedView.objects.count() == 1


@pytest.mark.deep
def test_every_form_of_a_page_has_its_own_key(cast, records, as_user):
    root = as_user(cast.root)
    for address in (
        f"/complaints/{records.complaint.pk}",
        "/complaints",
        f"/admin/facility/complaint/{records.complaint.pk}/change/",
    ):
        forms = [form for form in soup(root.get(address)).find_all("form") if form.get("method") == "post"]
        keys = [form.select_one("[name=request-key]")["value"] for form in forms]
        assert len(set(keys)) == len(forms) > 1
    assert (
        BeautifulSoup(root.get("/complaints").content, "lxml").select_one(
            "form.topbar-search [name=request-key]"
        )
        is None
    )


@pytest.mark.slow
@pytest.mark.parametrize("place", ["/files", ""])
def test_a_removed_file_can_be_added_again_from_the_same_page(place, cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_of(alice.get(address), address)

    def put(*names):
        current = sent | {"version": Complaint.objects.get(pk=records.complaint.pk).version}
        files = [make_file(name) for name in names]
        return alice.post(address + place, current | {"files-images": files}, follow=True)

    def images():
        return Complaint.objects.get(pk=records.complaint.pk).images

    for _time in range(2):
        assert "2 files added." in put("a.png", "b.png").content.decode()
        assert len(images()) == 2
        alice.post(f"{address}/files/images/remove", {"file": images()[0]})
        assert len(images()) == 1
    put("a.png", "b.png")
    assert [url.rpartition("/")[2] for url in images()] == ["a.png", "b.png"]
    put("a.png", "b.png")
    assert len(images()) == 2
    assert Upload.objects.count() == 4  # (those that were removed stay for a while)


@pytest.mark.slow
@pytest.mark.parametrize("by_save", [False, True])
def test_the_same_text_with_another_file_is_another_comment(by_save, cast, records, as_user):
    """Save includes the text of internal composers only; a comment on a case needs its own button."""
    sven = as_user(cast.sven)
    address = f"/cases/{records.case.pk}"
    say = f"{address}/say/comment"
    sent = form_of(sven.get(address), address) | {"say-comment": "Se billedet", "say-comment-send": "1"}
    before = len(SupportCase.objects.get(pk=records.case.pk).comments)
    for name in ("a.png", "b.png", "b.png"):
        current = sent | {"version": SupportCase.objects.get(pk=records.case.pk).version}
        target = address if by_save else say
        answer = sven.post(target, current | {"say-comment-files": [make_file(name)]}, follow=True)
    assert "The form was sent twice. The text was added only once." in answer.content.decode()
    comments = SupportCase.objects.get(pk=records.case.pk).comments[before:]
    assert [comment["files"][0]["url"].rpartition("/")[2] for comment in comments] == ["a.png", "b.png"]
