"""Upload requests: their form, size limits and permissions."""

import base64
import hashlib
import io
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest
from django.db import OperationalError
from django.db.models.query import QuerySet

from backoffice.people.tests.factories import UserFactory
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import picture
from backoffice.uploads.tests.upload_requests import (
    FILES,
    IMAGES,
    TYPE,
    Sender,
    assert_refused,
    multipart_form,
    multipart_part,
    stored_files,
)

pytestmark = pytest.mark.django_db


def test_an_upload_is_stored_with_its_metadata(cast, alice, folder):
    content = picture()
    url = alice.sent("/v2/upload/images/Of_the-roof2/", content, "Tag & Loft.PNG")
    upload = Upload.objects.get()
    assert (
        unquote(urlsplit(url).path)
        == f"/uploads/{upload.pk}/Tag & Loft.PNG"
        == unquote(upload.get_absolute_url())
    )
    assert (upload.company_id, upload.uploaded_by) == (cast.company.pk, cast.alice.pk)
    assert (upload.desk, upload.label, upload.name) == ("facility", "Of_the-roof2", "Tag & Loft.PNG")
    assert (upload.size, upload.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    [file] = stored_files(folder)
    assert file == folder / upload.pk[:2] / upload.pk[2:4] / upload.pk
    assert file.read_bytes() == content


def test_urls_of_uploads_cannot_be_guessed_from_each_other(alice):
    first, second = (urlsplit(alice.sent()).path.split("/")[2] for _turn in range(2))
    assert first[:8] != second[:8]
    assert first[8:18] != second[8:18]


@pytest.mark.parametrize("label", ["a b", "a.b", "%2e%2e", "æ", "x" * 101, "%00", "a%0A"])
def test_labels_have_a_limited_character_set(alice, sven, folder, label):
    assert_refused(alice.send(f"/v2/upload/images/{label}", picture()), 400, "path", folder)
    assert_refused(sven.send(f"/iptv/upload/files/{label}", picture()), 422, "path", folder, telecomx=True)


def test_labels_contain_no_slash_and_are_required(alice, sven):
    for address in ("/v2/upload/images/a/b", "/v2/upload/images", "/v2/upload/images/", "/v2/upload/files/a"):
        assert alice.send(address, picture()).status_code == 404
    assert sven.send("/iptv/upload/images/a", picture()).status_code == 404
    alice.sent("/v2/upload/images/" + "x" * 100)


def test_other_methods_and_parameters_are_refused(alice, folder):
    answer = alice.get(IMAGES)
    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, POST")
    assert_refused(alice.send(f"{IMAGES}?resize=1", picture()), 400, "resize", folder)


FORMS = {
    "another name": (multipart_form(multipart_part(picture(), name="image")), ["file", "image"]),
    "no file name": (multipart_form(multipart_part(picture(), filename=None)), ["file"]),
    "an empty file name": (multipart_form(multipart_part(b"", filename="")), ["file"]),
    "nothing in it": (multipart_form(), ["file"]),
    "an empty file": (multipart_form(multipart_part(b"")), ["file"]),
    "two files": (multipart_form(multipart_part(picture()), multipart_part(picture())), ["file"]),
    "the same as text too": (
        multipart_form(multipart_part(picture()), multipart_part(b"x", filename=None)),
        ["file"],
    ),
    "a text beside it": (
        multipart_form(multipart_part(picture()), multipart_part(b"x", "caption", None)),
        ["caption"],
    ),
    "a text before it": (
        multipart_form(multipart_part(b"x", "caption", None), multipart_part(picture())),
        ["caption"],
    ),
    "a file beside it": (
        multipart_form(multipart_part(picture()), multipart_part(picture(), "other")),
        ["other"],
    ),
    "a name of no sense": (
        multipart_form(multipart_part(picture()), multipart_part(b"", "\ud7ff\x01", None)),
        ["\ud7ff\x01"],
    ),
    "much": (
        multipart_form(
            multipart_part(b"x", "b", None), multipart_part(b"", "a"), multipart_part(b"x", "b", None)
        ),
        ["file", "a", "b"],
    ),
}


@pytest.mark.parametrize(("body", "named"), FORMS.values(), ids=FORMS)
def test_the_form_has_one_part_and_others_are_errors(alice, sven, folder, body, named):
    for sender, address, status in ((alice, IMAGES, 400), (sven, FILES, 422)):
        answer = sender.post(address, body)
        assert answer.status_code == status
        assert [error["field"] for error in answer.json()["errors"]] == named
    assert not Upload.objects.exists()
    assert stored_files(folder) == []


WHOLE = multipart_form(multipart_part(picture()))
BROKEN = {
    "nothing": b"",
    "no boundary in it": b"x" * 1000,
    "half": WHOLE[: len(WHOLE) // 2],
    "without its end": WHOLE.removesuffix(b"--a-boundary--\r\n"),
    "without its last dashes": WHOLE.removesuffix(b"--\r\n"),
    "bad base64": multipart_form(multipart_part(b"%%%", headers=b"Content-Transfer-Encoding: base64\r\n")),
    "base64 cut short": multipart_form(
        multipart_part(b"aGV", headers=b"Content-Transfer-Encoding: base64\r\n")
    ),
    "too many files": multipart_form(*[multipart_part(b"x", f"a{n}") for n in range(1001)]),
    "too long a text": multipart_form(multipart_part(b"x" * 1_100_000, "a", None)),
    "too long a header": multipart_form(multipart_part(picture(), headers=b"X: " + b"x" * 100_000 + b"\r\n")),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_forms_are_malformed(alice, sven, folder, body):
    assert_refused(alice.post(IMAGES, body), 400, None, folder)
    assert_refused(sven.post(FILES, body), 400, None, folder, telecomx=True)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "image/png",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=a-boundary",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=æ",
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/form-data; boundary=other",
        "",
    ],
)
def test_other_content_types_are_malformed(alice, sven, folder, content_type):
    assert_refused(alice.post(IMAGES, WHOLE, content_type), 400, None, folder)
    assert_refused(sven.post(FILES, WHOLE, content_type), 400, None, folder, telecomx=True)


def test_a_file_in_base64_is_decoded(alice):
    body = multipart_part(base64.encodebytes(picture()), headers=b"Content-Transfer-Encoding: base64\r\n")
    url = alice.post(IMAGES, multipart_form(body)).json()["url"]
    assert b"".join(alice.get(url).streaming_content) == picture()


class Stream(io.BytesIO):
    """The request body as a server passes it on; counts the bytes read."""

    taken = 0

    def read(self, size=-1):
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


def request_arguments(stream, length="") -> dict:
    """Return the request of a body that is sent in chunks, or with a length."""
    terminated = {} if length else {"wsgi.input_terminated": True}
    return {"wsgi.input": stream, "CONTENT_LENGTH": length, "CONTENT_TYPE": TYPE, **terminated}


def test_a_body_without_content_length_is_read_completely(alice):
    assert alice.post(IMAGES, b"", **request_arguments(Stream(WHOLE))).status_code == 200


def test_an_interrupted_request_stores_nothing(alice, folder):
    class Cut(Stream):
        def read(self, size=-1):
            raise ConnectionResetError

    for more in (request_arguments(Cut(WHOLE)), request_arguments(Cut(WHOLE), str(len(WHOLE)))):
        assert_refused(alice.post(IMAGES, b"", **more), 400, None, folder)


def test_files_may_have_exactly_the_maximum_size(alice, sven, folder, settings):
    settings.UPLOAD_MAX_MB = 1
    most = 1024 * 1024
    assert_refused(sven.send(FILES, b"x" * (most + 1)), 413, "file", folder, telecomx=True)
    assert_refused(alice.send(IMAGES, picture() + b"\0" * most), 413, "file", folder)
    assert_refused(alice.send(IMAGES, picture() + b"\0" * 3 * most), 413, "file", folder)
    assert sven.send(FILES, b"x" * (most + 1)).json()["message"] == "payload_too_large"
    sven.sent(FILES, b"x" * most)


def test_nothing_over_the_limit_is_read_or_stored(alice, folder, settings):
    settings.UPLOAD_MAX_MB = 1
    large = multipart_form(multipart_part(picture() + bytes(5_000_000)))
    stream = Stream(large)
    answer = alice.post(IMAGES, b"", **request_arguments(stream, str(len(large))))
    assert_refused(answer, 413, "file", folder)
    assert stream.taken == 0
    for chunks in (Stream(large), Stream(multipart_form(multipart_part(bytes(5_000_000), "other")))):
        assert_refused(alice.post(IMAGES, b"", **request_arguments(chunks)), 413, "file", folder)
        assert chunks.taken < 1_300_000


def test_a_file_is_deleted_if_its_row_cannot_be_stored(alice, folder):
    with mock.patch.object(QuerySet, "bulk_create", side_effect=OperationalError("gone away")):
        answer = alice.send(IMAGES, picture())
    assert_refused(answer, 503, None, folder)


@pytest.mark.slow
def test_uploads_require_a_key_the_permission_and_the_scope(cast, key_of, folder):
    for address, area, status, telecomx in (
        (IMAGES, "facility", 401, False),
        (FILES, "supportdesk", 403, True),
    ):
        assert_refused(Sender(None).send(address, picture()), status, None, folder, telecomx)
        assert_refused(Sender("ck_a_b").send(address, picture()), status, None, folder, telecomx)
        elsewhere = "supportdesk" if area == "facility" else "facility"
        for scopes in ([f"{area}:read"], [f"{elsewhere}:write", f"{elsewhere}:read"], ["people:write"], []):
            sender = Sender(key_of(cast.ada, scopes=scopes))
            assert_refused(sender.send(address, picture()), 403, None, folder, telecomx)
        assert_refused(Sender(key_of(cast.vera)).send(address, picture()), 403, None, folder, telecomx)
        user_without_roles = UserFactory(username=f"nobody-{area}", company=cast.company)
        assert_refused(
            Sender(key_of(user_without_roles)).send(address, picture()), 403, None, folder, telecomx
        )
        homeless = Sender(key_of(UserFactory(username=f"root-{area}", is_superuser=True)))
        assert_refused(homeless.send(address, picture()), 403, None, folder, telecomx)
    for person in (cast.ada, cast.alice, cast.sven, cast.rikke):
        Sender(key_of(person, scopes=["facility:write"])).sent(IMAGES)
        Sender(key_of(person, scopes=["supportdesk:write"])).sent(FILES)


def test_a_session_cannot_upload_over_json(cast, client, folder):
    client.force_login(cast.alice)
    assert_refused(client.post(IMAGES, {"file": io.BytesIO(picture())}), 401, None, folder)
