"""Downloads in a browser and by scripts."""

import hashlib
from unittest import mock
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError

from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import picture
from backoffice.uploads.tests.upload_requests import Sender, stored_files

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_an_unused_upload_is_visible_to_its_sender_only(cast, alice, key_of, client):
    url = alice.sent()
    assert alice.get(url).status_code == 200
    for person in (cast.ada, cast.sven, cast.vera, cast.rikke, cast.charlie):
        assert Sender(key_of(person)).get(url).status_code == 404
        client.force_login(person)
        assert client.get(url).status_code == 404
    client.force_login(cast.alice)
    assert client.get(url).status_code == 200
    client.force_login(cast.root)
    assert client.get(url).status_code == 200


def test_a_key_downloads_what_its_scopes_allow(cast, alice, key_of):
    url = alice.sent()
    assert Sender(key_of(cast.alice, scopes=["facility:read"])).get(url).status_code == 200
    for scopes in (["facility:write"], ["supportdesk:read", "people:read"], []):
        assert Sender(key_of(cast.alice, scopes=scopes)).get(url).status_code == 404


def test_anonymous_users_are_redirected_to_sign_in_and_invalid_keys_get_401(alice, client):
    url = alice.sent()
    nothing = "/uploads/" + "f" * 24 + "/any.png"
    for address in (url, nothing):
        path = urlsplit(address).path
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={path}")
        for sender in (Sender("ck_a_b"), Sender(" ")):
            answer = sender.get(address)
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
            assert answer.json()["message"]


def test_a_key_takes_precedence_over_a_session(cast, alice, key_of):
    url = alice.sent()
    charlie = Sender(key_of(cast.charlie))
    charlie.client.force_login(cast.alice)
    assert charlie.get(url).status_code == 404


@pytest.mark.parametrize("pk", ["f" * 24, "123", "%00", "g" * 24, "..", "é"])
def test_unknown_uploads_get_404(alice, pk):
    assert alice.get(f"/uploads/{pk}/x.png").status_code == 404


def test_urls_work_in_either_case_and_with_any_file_name(alice):
    path = urlsplit(alice.sent()).path
    pk = path.split("/")[2]
    assert (
        alice.get(f"/uploads/{pk.upper()}/other.exe")["Content-Disposition"]
        == 'inline; filename="picture.png"'
    )


def test_a_lost_file_gets_404_and_is_logged(alice, folder, caplog):
    url = alice.sent()
    stored_files(folder)[0].unlink()
    for answer in (alice.get(url), alice.head(url)):
        assert answer.status_code == 404
    assert Upload.objects.get().pk in caplog.text


def test_head_and_conditional_requests_are_supported(alice):
    url = alice.sent()
    whole, head = alice.get(url), alice.head(url)
    assert head.content == b""
    headers = (
        "Content-Length",
        "Content-Type",
        "Content-Disposition",
        "ETag",
        "Last-Modified",
        "Cache-Control",
    )
    assert [head[name] for name in headers] == [whole[name] for name in headers]
    assert whole["ETag"] == f'"{hashlib.sha256(picture()).hexdigest()}"'
    for headers in (
        {"if_none_match": whole["ETag"]},
        {"if_none_match": "W/" + whole["ETag"]},
        {"if_modified_since": whole["Last-Modified"]},
    ):
        answer = alice.get(url, **headers)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", whole["ETag"])
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert alice.get(url, if_none_match='"x"').status_code == 200
    assert alice.get(url, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200
    assert alice.get(url, if_match='"x"').status_code == 412
    assert alice.get(url, if_match="nonsense", if_none_match="\x01,").status_code in (200, 412)


def test_files_are_read_only(alice):
    path = urlsplit(alice.sent()).path
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert alice.client.generic(method, path, headers=alice.headers).status_code in (403, 405)
    assert Upload.objects.exists()


def test_an_unavailable_database_is_reported(alice):
    url = alice.sent()
    with mock.patch("backoffice.people.models.ApiKey.find", side_effect=OperationalError("gone away")):
        answer = alice.get(url)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
