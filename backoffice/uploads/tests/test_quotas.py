"""Upload quotas of users and companies."""

import io
from datetime import timedelta

import pytest

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import base
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.sending import FILES, IMAGES, Sender, kept

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _quotas(settings):
    settings.UPLOAD_DAILY_MB = settings.UPLOAD_UNUSED_MB = settings.UPLOAD_COMPANY_MB = 0


def sent_earlier(person, megabytes, **values) -> Upload:
    """Create an upload of this size without a file."""
    values = {"name": "x.txt", "content_type": "text/plain", "desk": "supportdesk"} | values
    upload = Upload(
        company_id=person.company_id, uploaded_by=person.pk, size=int(megabytes * MB), sha256="", **values
    )
    Upload.objects.bulk_create([upload])
    return upload


def test_what_nothing_shows_has_a_limit_for_each_person(cast, alice, sven, settings, folder):
    settings.UPLOAD_UNUSED_MB = 1
    for person in (cast.alice, cast.sven):
        sent_earlier(person, 1)
    for sender, address, field in ((alice, IMAGES, "message"), (sven, FILES, "description")):
        answer = sender.send(address, b"\xff\xd8\xff")
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["field"] == "file"
        assert answer.json()[field].startswith(
            "file: You have uploaded 1 MB of files that are not used anywhere."
        )
        assert "deleted after 30 days" in answer.json()[field]
    assert kept(folder) == []


def test_what_a_record_shows_does_not_count_as_unused(cast, records, alice, settings):
    settings.UPLOAD_UNUSED_MB = 1
    upload = sent_earlier(cast.alice, 1, desk="facility")
    address = f"https://desk.example.com{upload.get_absolute_url()}"
    services.update(
        records.complaint, {"images": [address]}, actor=cast.alice, via=ChangeContext(Channel.COMMAND)
    )
    alice.sent()
    sent_earlier(cast.ada, 1)  # nor do other users' files
    alice.sent()


def test_a_person_may_send_so_much_in_24_hours(cast, alice, settings):
    settings.UPLOAD_DAILY_MB = 2
    earlier = sent_earlier(cast.alice, 2)
    assert (
        alice.send(IMAGES, b"x")
        .json()["message"]
        .startswith("file: You have reached the upload limit for 24 h")
    )
    Upload.objects.filter(pk=earlier.pk).update(at=base.now() - timedelta(hours=25))
    alice.sent()


def test_a_company_may_have_so_much(cast, alice, key_of, settings):
    settings.UPLOAD_COMPANY_MB = 3
    sent_earlier(cast.ada, 3)
    message = alice.send(IMAGES, b"x").json()["message"]
    assert message.startswith("file: Your company has reached its limit for files (3 MB).")
    Sender(key_of(cast.charlie)).sent()


def test_a_file_that_fits_is_taken_to_the_last_byte(cast, sven, settings):
    settings.UPLOAD_UNUSED_MB = 1
    sent_earlier(cast.sven, 0.5)
    assert sven.send(FILES, b"x" * (MB // 2 + 1)).status_code == 413
    sven.sent(FILES, b"x" * (MB // 2))


def test_the_browser_tells_it_beside_the_box(cast, records, client, settings):
    settings.UPLOAD_UNUSED_MB = 1
    sent_earlier(cast.sven, 1)
    client.force_login(cast.sven)
    client.cookies["django_language"] = "da"
    sent = {"files-files": io.BytesIO(b"x")}
    page = client.post(f"/cases/{records.case.pk}/files", sent, follow=True).content.decode()
    assert "Du har uploadet 1 MB filer, der ikke bruges nogen steder." in page
