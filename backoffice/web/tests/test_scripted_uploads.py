"""Tests of uploads by script, and of forms with too many files."""

import pytest
from django.db import OperationalError
from django.test import Client

from backoffice.web.tests.forms import end_session, form_controls, make_file, soup
from facility.models import Complaint
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
SCRIPT = {"x-requested-with": "XMLHttpRequest"}
RECEIVED = "X-Files-Received"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def images_of(records) -> list:
    return Complaint.objects.get(pk=records.complaint.pk).images


@pytest.mark.slow
def test_only_a_response_about_the_files_reports_success(cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}/files"
    done = alice.post(address, {"files-images": [make_file("a.png")]}, headers=SCRIPT)
    assert (done.status_code, done[RECEIVED]) == (200, "1")
    assert soup(done).select_one("#files img")
    refused = alice.post(
        address, {"files-images": [make_file("a.png"), make_file("run.exe")]}, headers=SCRIPT
    )
    assert refused[RECEIVED] == "2"  # the type is detected from the content
    assert len(images_of(records)) == 3
    # Without JavaScript, the response is the page.
    plain = alice.post(address, {"files-images": [make_file("b.png")]})
    assert plain.status_code == 302
    assert RECEIVED not in alice.get(plain["Location"])


@pytest.mark.attack
@pytest.mark.deep
def test_every_other_response_is_a_failure_with_a_message(cast, records, as_user, monkeypatch, settings):
    address = f"/complaints/{records.complaint.pk}/files"

    def sent(browser, **more):
        return browser.post(address, {"files-images": [make_file("a.png")], **more}, headers=SCRIPT)

    alice = as_user(cast.alice)
    page = soup(alice.get(f"/complaints/{records.complaint.pk}"))
    key = page.select_one("#record-form [name=request-key]")["value"]
    end_session(alice)
    answers = {"signed out": sent(alice), "signed out, with a key": sent(alice, **{"request-key": key})}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.alice)
    answers["an old token"] = sent(strict, **{"request-key": key})
    other = Client(enforce_csrf_checks=True)
    other.force_login(cast.ada)
    answers["somebody else"] = sent(other, **{"request-key": key})
    answers["a stranger"] = sent(as_user(cast.charlie))

    def gone(*_args, **_kwargs):
        raise OperationalError("gone away")

    with monkeypatch.context() as patch:
        patch.setattr("backoffice.web.views.comments.RecordComposer.add_files", gone)
        answers["no database"] = sent(as_user(cast.alice))
    settings.SECOND_FACTOR_GROUPS = ["Facility staff"]
    answers["a two-factor sign-in is needed"] = sent(as_user(cast.alice))
    for how, answer in answers.items():
        assert RECEIVED not in answer, how
    texts = {
        how: answer.json()["message"]
        for how, answer in answers.items()
        if answer.status_code in (401, 403, 503)
    }
    assert texts["signed out"] == texts["signed out, with a key"] == "You are signed out; nothing was sent."
    assert "Someone else has signed in here" in texts["somebody else"]
    assert "Try again" in texts["an old token"] and "Try again" in texts["no database"]
    assert images_of(records) == []


@pytest.mark.parametrize(
    "count", [pytest.param(20, marks=pytest.mark.deep), 21, pytest.param(45, marks=pytest.mark.deep)]
)
def test_too_many_files_are_an_error_at_their_field_and_the_text_is_kept(count, cast, records, as_user):
    sven = as_user(cast.sven)
    address = f"/cases/{records.case.pk}"
    page = soup(sven.get(address))
    assert "at most 20 at a time" in page.select_one("[data-attachments]").text
    sent = form_controls(page, address) | {"say-comment": "Se billederne", "say-comment-send": "1"}
    files = [make_file(f"{number}.png") for number in range(count)]
    answer = sven.post(f"{address}/say/comment", sent | {"say-comment-files": files})
    comments = SupportCase.objects.get(pk=records.case.pk).comments
    if count == 20:
        assert answer.status_code == 302
        assert len(comments[-1]["files"]) == 20
        return
    assert answer.status_code == 200
    box = soup(answer).select_one("#composer-comment")
    assert "Upload at most 20 files at a time." in box.select_one(".composer-error").text
    assert box.select_one("textarea").text.strip() == "Se billederne"
    assert len(box.select("[name=say-comment-waiting]")) == 20
    assert len(comments) == 1


@pytest.mark.deep
def test_too_many_files_are_an_error_at_the_upload_field(cast, records, as_user):
    alice = as_user(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address) | {"contact_name": "Bo Lund"}
    files = [make_file(f"{number}.png") for number in range(21)]
    answer = alice.post(f"{address}/files", sent | {"files-images": files})
    assert answer.status_code == 200
    assert "One was not uploaded: “20.png”." in soup(answer).select_one("#files-images-refused").text
    assert form_controls(soup(answer), address)["contact_name"] == "Bo Lund"
    assert len(images_of(records)) == 20
