"""Tests of files of a new record: sent with the form, kept if the form is invalid, without JavaScript."""

import pytest

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import PDF
from backoffice.web.tests.test_files import file, soup
from facility.models import Complaint
from supportdesk.models import SupportCase

NEW = "/complaints/new"

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def names(urls) -> list[str]:
    return [url.rpartition("/")[2] for url in urls]


def new_complaint_data(browser, records) -> dict:
    page = browser.get(f"{NEW}?object={records.object.pk}")
    return form_data(record_form(page.content)) | {"desc": "Vandhanen drypper"}


def test_files_are_uploaded_with_a_new_record(cast, records, as_user):
    browser = as_user(cast.alice)
    page = soup(browser.get(NEW))
    form = page.select_one("form[data-record-form]")
    assert form["enctype"] == "multipart/form-data"
    inputs = form.select("input[type=file]")
    assert [(one["name"], one.has_attr("multiple")) for one in inputs] == [
        ("files-images", True), ("files-finish_images", True)]  # fmt: skip
    sent = new_complaint_data(browser, records) | {"files-images": [file("tap.png"), file("sink.png")]}
    assert browser.post(NEW, sent).status_code == 302
    created = Complaint.objects.get(desc="Vandhanen drypper")
    assert (names(created.images), created.finish_images, created.version) == (["tap.png", "sink.png"], [], 1)
    assert {upload.uploaded_by for upload in Upload.objects.all()} == {cast.alice.pk}


@pytest.mark.parametrize("who", ["sven", "rikke"])
def test_files_are_uploaded_with_a_new_case(cast, records, as_user, who):
    browser = as_user(getattr(cast, who))
    sent = form_data(record_form(browser.get("/cases/new").content)) | {"name": "Ingen lyd"}
    sent |= {"files-files": [file("log.pdf", PDF), file("screen.png")]}
    if who == "rikke":
        sent["customer"] = cast.resold.pk
    assert browser.post("/cases/new", sent).status_code == 302
    created = SupportCase.objects.get(name="Ingen lyd")
    assert [(names([one["url"]])[0], one["type"]) for one in created.files] == [
        ("log.pdf", "DOC"), ("screen.png", "IMAGE")]  # fmt: skip


def test_files_are_kept_if_the_form_is_invalid(cast, records, as_user):
    """Files wait after an error in another field or another file; unticked ones are dropped."""
    browser = as_user(cast.alice)
    sent = new_complaint_data(browser, records) | {
        "desc": "",
        "files-images": [file("one.png"), file("two.png")],
    }
    page = soup(browser.post(NEW, sent))
    assert not Complaint.objects.filter(desc="Vandhanen drypper").exists()
    waiting = page.select("[name=files-images-waiting]")
    assert [one.find_parent("label").get_text(strip=True) for one in waiting] == ["one.png", "two.png"]
    sent |= {"desc": "Vandhanen drypper", "files-images": file("run.exe", b"MZ no picture")}
    sent["files-images-waiting"] = [one["value"] for one in waiting]
    page = soup(browser.post(NEW, sent))
    assert "run.exe" in page.select_one("#files-images-refused").text
    (item,) = page.select("[data-error-summary] li")
    assert "run.exe" in item.text
    assert page.find(id=item.a["href"].removeprefix("#"))["type"] == "file"
    assert len(page.select("[name=files-images-waiting][checked]")) == 2
    assert not Complaint.objects.filter(desc="Vandhanen drypper").exists()
    del sent["files-images"]
    sent["files-images-waiting"] = waiting[1]["value"]
    assert browser.post(NEW, sent).status_code == 302
    assert names(Complaint.objects.get(desc="Vandhanen drypper").images) == ["two.png"]


@pytest.mark.slow
def test_one_summary_names_errors_of_the_form_and_refused_files(cast, records, as_user):
    browser = as_user(cast.alice)
    files = {"files-images": file("run.exe", b"MZ"), "files-finish_images": file("two.exe", b"MZ")}
    page = soup(browser.post(NEW, new_complaint_data(browser, records) | {"desc": ""} | files))
    (summary,) = page.select("[data-error-summary]")
    assert [link["href"] for link in summary.select("li a")] == [
        "#id_desc", "#files-images", "#files-finish_images"]  # fmt: skip
    assert not soup(browser.get(NEW)).select("[data-error-summary]")


def test_only_the_users_own_files_can_wait(cast, records, as_user):
    as_user(cast.ada).post(
        NEW, new_complaint_data(as_user(cast.ada), records) | {"desc": "", "files-images": file()}
    )
    upload = Upload.objects.get()
    sent = new_complaint_data(as_user(cast.alice), records) | {"files-images-waiting": upload.pk}
    assert as_user(cast.alice).post(NEW, sent).status_code == 302
    assert Complaint.objects.get(desc="Vandhanen drypper").images == []


def test_a_form_sent_twice_stores_its_files_once(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = new_complaint_data(browser, records)
    for _time in range(2):
        assert browser.post(NEW, sent | {"files-images": file("tap.png")}).status_code == 302
    assert len(Complaint.objects.get(desc="Vandhanen drypper").images) == 1
    assert Upload.objects.count() == 1


def test_no_page_has_a_url_field_for_files(cast, records, as_user):
    """Pages of new and existing records have upload fields instead of URL fields. Saving keeps existing
    files, and files of comments can be removed."""
    case = records.case
    files = [{"url": "https://files.example.com/a.pdf", "type": "DOC"}]
    pk = case.comments[0]["id"]
    values = {"comments": [{"id": pk, "files": files}]}
    services.update(case, values, actor=cast.sven, context=ChangeContext(Channel.JSON))
    pages = {
        "alice": [NEW, f"/complaints/{records.complaint.pk}"],
        "sven": ["/cases/new", f"/cases/{case.pk}"],
    }
    for who, addresses in pages.items():
        browser = as_user(getattr(cast, who))
        for address in addresses:
            page = soup(browser.get(address))
            assert not page.select(
                "[name^=images-], [name^=finish_images-], [name$=-url], [name=files-0-url]"
            )
            assert page.select("input[type=file]")
    browser, address = as_user(cast.sven), f"/cases/{case.pk}"
    sent = form_data(record_form(browser.get(address).content)) | {"name": "Else"}
    assert browser.post(address, sent).status_code == 302
    saved = SupportCase.objects.get(pk=case.pk)
    assert [one["url"] for one in saved.comments[0]["files"]] == ["https://files.example.com/a.pdf"]
    assert len(saved.files) == 1
    edit = f"{address}/messages/{saved.comments[0]['id']}/edit"
    form = soup(browser.get(edit)).select_one("main form")
    assert "a.pdf" in form.get_text()
    assert browser.post(edit, form_data(form)).status_code == 302
    assert len(SupportCase.objects.get(pk=case.pk).comments[0]["files"]) == 1
    sent = form_data(form) | {"remove": "https://files.example.com/a.pdf"}
    assert browser.post(edit, sent).status_code == 302
    assert SupportCase.objects.get(pk=case.pk).comments[0]["files"] == []
