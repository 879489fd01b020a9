"""Tests of files on the record page: upload, thumbnails, access and removal."""

import io

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records.models import History
from backoffice.uploads import thumbnails
from backoffice.uploads.cleanup import remove_upload, stray_files
from backoffice.uploads.models import Upload
from backoffice.uploads.storage import thumbnail_path, upload_path
from backoffice.uploads.tests.files import HEIC, PDF, picture
from facility.models import Complaint
from supportdesk.models import SupportCase


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def file(name="roof.png", content=None):
    return SimpleUploadedFile(name, picture(size=(900, 600)) if content is None else content)


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


@pytest.mark.slow
def test_pictures_are_added_to_a_complaint(cast, records, as_user):
    browser, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    sent = {"files-images": [file(), file("hall.png")], "files-finish_images": file("done.jpg")}
    response = browser.post(f"{address}/files", sent, follow=True)
    assert response.redirect_chain == [(address, 302)]
    page = soup(response)
    assert "3 files added." in page.get_text()
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert [url.rpartition("/")[2] for url in saved.images] == ["roof.png", "hall.png"]
    assert [url.rpartition("/")[2] for url in saved.finish_images] == ["done.jpg.png"]
    assert saved.images[0].startswith("http://testserver/uploads/")
    assert [name.get_text() for name in page.select("#files .attachments-name")] == [
        "roof.png",
        "hall.png",
        "done.jpg.png",
    ]
    shown = page.select_one("#timeline .timeline > li")
    assert shown.select_one(".attachments-image img")["src"].startswith("/uploads/")
    assert "http" not in shown.get_text()
    small = browser.get(page.select_one("#files img")["src"])
    assert small["Content-Type"] == "image/webp"
    assert small["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in small["Content-Security-Policy"]
    assert Image.open(io.BytesIO(small.content)).size == (320, 213)
    upload = Upload.objects.get(name="roof.png")
    assert (upload.company_id, upload.uploaded_by, upload.desk) == (
        cast.company.pk,
        cast.alice.pk,
        "facility",
    )


def test_a_thumbnail_requires_access_to_the_record_and_is_created_once(cast, records, as_user, folder):
    alice = as_user(cast.alice)
    alice.post(f"/complaints/{records.complaint.pk}/files", {"files-images": file()})
    upload = Upload.objects.get()
    address = f"/uploads/{upload.pk}"
    assert as_user(cast.vera).get(address).status_code == 200
    created = thumbnail_path(upload.pk).stat().st_mtime_ns
    response = alice.get(address)
    assert alice.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert alice.head(address).content == b""
    assert thumbnail_path(upload.pk).stat().st_mtime_ns == created
    for person in (cast.charlie, cast.sven, cast.rikke):
        assert as_user(person).get(address).status_code == 404
    assert alice.get(f"/uploads/{'f' * 24}").status_code == 404
    assert alice.get("/uploads/nonsense").status_code == 404
    alice.logout()
    assert alice.get(address).status_code == 302
    assert list(stray_files(upload.at)) == []
    upload.uses.all().delete()
    assert remove_upload(upload)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_picture_without_a_thumbnail_is_shown_itself(cast, records, as_user, monkeypatch):
    alice = as_user(cast.alice)
    alice.post(f"/complaints/{records.complaint.pk}/files", {"files-images": file()})
    pk = Upload.objects.get().pk
    thumbnail_path(pk).unlink()
    upload_path(pk).write_bytes(b"broken since it was sent")
    response = alice.get(f"/uploads/{pk}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    monkeypatch.setattr(thumbnails, "open_file", None)  # no second attempt
    assert alice.get(f"/uploads/{pk}").status_code == 200


@pytest.mark.slow
def test_heic_can_be_selected_and_the_page_names_it(cast, records, as_user):
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    page = soup(alice.get(address))
    assert "PNG, JPEG, GIF, WebP or HEIC" in page.select_one("#files-hint").get_text()
    assert "image/heic" in page.select_one("[name=files-images]")["accept"]
    page = soup(alice.post(f"{address}/files", {"files-images": file("IMG.HEIC", HEIC)}, follow=True))
    assert page.select("#files .attachments-image img")
    assert Upload.objects.get().content_type == "image/jpeg"


@pytest.mark.slow
def test_cases_accept_documents_without_thumbnails(cast, records, as_user):
    sven, address = as_user(cast.sven), f"/cases/{records.case.pk}"
    sent = {"files-files": [file("guide.pdf", PDF), file("screen.png")]}
    page = soup(sven.post(f"{address}/files", sent, follow=True))
    saved = SupportCase.objects.get(pk=records.case.pk)
    assert [entry["type"] for entry in saved.files] == ["IMAGE", "DOC", "IMAGE"]
    assert saved.files[0]["url"] == "https://files.example.com/1.jpeg"
    assert len(page.select("#files .attachments-image img")) == 1
    assert "files.example.com" in page.select_one("#files").get_text()
    document = Upload.objects.get(name="guide.pdf")
    assert sven.get(f"/uploads/{document.pk}").status_code == 404


@pytest.mark.slow
def test_a_refused_file_is_an_error_at_the_upload_field(cast, records, as_user, settings):
    settings.UPLOAD_MAX_MB = 0.01
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    sent = {
        "files-images": [
            file("big.png", b"x" * 20_000), file("notes.txt", b"plain"), file("empty.png", b""), file("ok.png"),
        ],
        "version": "1", "desc": "Half a thou",
    }  # fmt: skip
    response = alice.post(f"{address}/files", sent)
    assert response.status_code == 200
    page = soup(response)
    shown = [item.get_text() for item in page.select("#files-images-refused li")]
    assert len(shown) == 3
    assert shown[0] == "big.png: Upload at most 0.01 MB."
    assert shown[1].startswith("notes.txt: This is not an image")
    assert shown[2] == "empty.png: This file is empty."
    assert page.select_one("#id_desc").text.strip() == "Half a thou"
    assert [url.rpartition("/")[2] for url in Complaint.objects.get(pk=records.complaint.pk).images] == [
        "ok.png"
    ]
    assert Upload.objects.count() == 1


def test_selected_files_are_uploaded_by_any_button(cast, records, as_user):
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    alice.post(f"{address}/say/comment", {"say-comment": "See the picture", "files-images": file()})
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert (saved.comment, len(saved.images)) == ("See the picture", 1)


@pytest.mark.slow
def test_an_upload_requires_a_file_and_the_permission(cast, records, as_user, folder):
    address = f"/complaints/{records.complaint.pk}/files"
    assert "Choose at least one file." in as_user(cast.alice).post(address, follow=True).content.decode()
    assert as_user(cast.vera).post(address, {"files-images": file()}).status_code == 403
    assert as_user(cast.charlie).post(address, {"files-images": file()}).status_code == 404
    assert as_user(cast.sven).post(address, {"files-images": file()}).status_code == 403
    assert (
        as_user(cast.rikke).post(f"/cases/{records.case.pk}/files", {"files-files": file()}).status_code
        == 403
    )
    assert not Upload.objects.exists()
    assert not list(folder.rglob("*.png"))
    assert History.objects.filter(record_id=records.complaint.pk).count() == 1


@pytest.mark.slow
def test_a_file_is_removed_at_its_thumbnail(cast, records, as_user):
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    alice.post(f"{address}/files", {"files-images": [file("one.png"), file("two.png")]})
    page = soup(alice.get(f"{address}?list=sort%3Dnumber"))
    links = page.select("#files a.attachments-remove")
    assert [link.get_text(strip=True) for link in links] == ["Remove one.png", "Remove two.png"]
    confirmation = soup(alice.get(links[0]["href"]))
    assert confirmation.h1.get_text() == "Remove “one.png”?" and confirmation.select_one(".remove-file img")
    assert len(Complaint.objects.get(pk=records.complaint.pk).images) == 2
    sent = {field["name"]: field["value"] for field in confirmation.select(".delete-form input")}
    done = alice.post(links[0]["href"].partition("?")[0], sent, follow=True)
    assert done.redirect_chain == [(f"{address}?list=sort%3Dnumber", 302)]
    page = soup(done)
    assert "Removed: “one.png”." in page.get_text()
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert [url.rpartition("/")[2] for url in saved.images] == ["two.png"]
    row = History.objects.filter(record_id=saved.pk).order_by("-version").first()
    assert (row.who, row.via, row.version) == ("Alice", "browser", saved.version)
    assert alice.post(links[0]["href"].partition("?")[0], sent).status_code == 404
    assert alice.get(f"{address}/files/desc/remove?file=x").status_code == 404
    elsewhere = as_user(cast.sven), f"/cases/{records.case.pk}/files/files/remove"
    url = "https://files.example.com/1.jpeg"
    assert elsewhere[0].post(elsewhere[1], {"file": url}).status_code == 302
    assert SupportCase.objects.get(pk=records.case.pk).files == []


@pytest.mark.slow
def test_removing_a_file_requires_the_permission_to_change_the_record(cast, records, as_user):
    alice, address = as_user(cast.alice), f"/complaints/{records.complaint.pk}"
    alice.post(f"{address}/files", {"files-images": [file()]})
    (url,) = Complaint.objects.get(pk=records.complaint.pk).images
    remove = f"{address}/files/images/remove"
    for person, status in ((cast.vera, 403), (cast.sven, 403), (cast.charlie, 404)):
        assert as_user(person).get(remove, {"file": url}).status_code == status
        assert as_user(person).post(remove, {"file": url}).status_code == status
    assert not soup(as_user(cast.vera).get(address)).select(".attachments-remove")
    assert Complaint.objects.get(pk=records.complaint.pk).images == [url]


@pytest.mark.slow
def test_files_are_attached_to_a_comment(cast, records, as_user):
    sven, address = as_user(cast.sven), f"/cases/{records.case.pk}"
    field = soup(sven.get(address)).select_one("#composer-comment input[type=file]")
    sent = {"say-comment": "Se billedet", "say-comment-send": "1",
            field["name"]: [file("screen.png"), file("guide.pdf", PDF)]}  # fmt: skip
    response = sven.post(f"{address}/say/comment", sent, follow=True)
    assert response.redirect_chain == [(address, 302)]
    comment = SupportCase.objects.get(pk=records.case.pk).comments[-1]
    assert [(entry["type"], entry["url"].rpartition("/")[2]) for entry in comment["files"]] == [
        ("IMAGE", "screen.png"),
        ("DOC", "guide.pdf"),
    ]
    assert comment["comment"] == "Se billedet"
    assert History.objects.filter(record_id=records.case.pk).count() == 2
    shown = soup(response).select_one(".timeline li")
    assert "Se billedet" in shown.get_text() and shown.select_one(".attachments-image img")
    assert as_user(cast.vera).get(shown.select_one(".attachments-image a")["href"]).status_code in (200, 404)


@pytest.mark.slow
def test_files_are_kept_until_the_comment_is_sent(cast, records, as_user, settings):
    """Accepted files are kept if another file is refused, the text is missing or another button was
    pressed."""
    sven, address = as_user(cast.sven), f"/cases/{records.case.pk}"
    settings.UPLOAD_MAX_MB = 0.01
    sent = {"say-comment": "Se her", "say-comment-send": "1",
            "say-comment-files": [file("ok.png"), file("other.png"), file("big.png", b"x" * 20_000)]}  # fmt: skip
    ids = []
    for values in (sent, {"say-comment": "Se her"}, {"say-comment": "", "say-comment-send": "1"}):
        response = sven.post(f"{address}/say/comment", values | {"say-comment-waiting": ids})
        page = soup(response)
        assert response.status_code == 200 and page.select_one("#say-comment-error")
        ticked = page.select(".composer-files .check-label input")
        assert [one.parent.get_text(strip=True) for one in ticked] == ["ok.png", "other.png"]
        ids = [one["value"] for one in ticked]
    assert len(SupportCase.objects.get(pk=records.case.pk).comments) == 1
    foreign_waiting = {
        "say-comment": "Min",
        "say-comment-send": "1",
        "say-comment-waiting": [ids[1], "nonsense", "f" * 24],
    }
    as_user(cast.ada).post(
        f"{address}/say/comment", foreign_waiting
    )  # she cannot attach another user's upload
    assert SupportCase.objects.get(pk=records.case.pk).comments[-1]["files"] == []
    done = {"say-comment": "Se her", "say-comment-send": "1", "say-comment-waiting": ids[:1]}
    assert sven.post(f"{address}/say/comment", done).status_code == 302
    (entry,) = SupportCase.objects.get(pk=records.case.pk).comments[-1]["files"]
    assert entry["url"].endswith("ok.png")


@pytest.mark.slow
def test_waiting_files_are_attached_when_the_record_is_saved(cast, records, as_user):
    sven, address = as_user(cast.sven), f"/cases/{records.case.pk}"
    page = soup(sven.post(f"{address}/say/note", {"say-note": "Ring", "say-comment-files": file("ok.png")}))
    assert page.select("[name=say-comment-waiting]") and "Note added." in page.get_text()
    ids = [one["value"] for one in page.select("[name=say-comment-waiting]")]
    comment = {"say-comment": "Se her", "say-comment-send": "1", "say-comment-waiting": ids}
    assert sven.post(address, form_data(record_form(sven.get(address).content)) | comment).status_code == 302
    assert len(SupportCase.objects.get(pk=records.case.pk).comments[-1]["files"]) == 1
