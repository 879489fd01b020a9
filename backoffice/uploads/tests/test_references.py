"""Visibility of uploads through the records that show them."""

import json

import pytest

from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of
from backoffice.records.services import undo
from backoffice.records.tests.parameters import deep_only
from backoffice.uploads.models import Upload, UploadUse
from backoffice.uploads.tests.files import PDF
from backoffice.uploads.tests.upload_requests import FILES, Sender
from facility.models import Complaint
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
VIA = ChangeContext(Channel.COMMAND)


def complaint_url(records):
    return f"/v2/complaints/{records.complaint.pk}"


def case_url(records):
    return f"/iptv/supportcase/{records.case.pk}"


def update(sender, url, expected=200, **body):
    """Update the record; return the document."""
    method = "POST" if "iptv" in url else "PATCH"
    answer = sender.client.generic(
        method, url, json.dumps(body), content_type="application/json", headers=sender.headers
    )
    assert answer.status_code == expected, answer.content
    return answer.json()


@pytest.fixture
def readers_of(cast, key_of, client):
    """`readers_of(url)`: the names of the users who get the file, by key and by session alike."""

    def who(url):
        found = set()
        for name in ("ada", "alice", "sven", "vera", "rikke", "charlie"):
            person = getattr(cast, name)
            by_key = Sender(key_of(person)).get(url).status_code
            client.force_login(person)
            assert client.get(url).status_code == by_key, name
            assert by_key in (200, 404)
            if by_key == 200:
                found.add(name)
        return found

    return who


FACILITY = {"ada", "alice", "vera"}
SUPPORT = {"ada", "sven", "vera", "rikke"}


@pytest.mark.slow
def test_images_of_a_complaint_are_visible_with_it(records, alice, readers_of):
    url = alice.sent()
    assert readers_of(url) == {"alice"}
    update(alice, complaint_url(records), images=["https://elsewhere.example/x.png", url])
    assert readers_of(url) == FACILITY
    update(alice, complaint_url(records), desc="Still dark")
    assert readers_of(url) == FACILITY
    update(alice, complaint_url(records), images=["https://elsewhere.example/x.png"])
    assert readers_of(url) == {"alice"}
    assert not UploadUse.objects.exists()


def test_images_of_the_work_are_visible_with_the_complaint(cast, records, alice, readers_of):
    url = alice.sent()
    values = {"finish_images": [url]}
    services.update(records.complaint, values, actor=cast.alice, context=VIA)
    assert readers_of(url) == FACILITY


@deep_only
def test_files_of_a_case_and_its_comments_are_visible_with_it(records, sven, readers_of):
    first, second = sven.sent(FILES, PDF), sven.sent(FILES, PDF)
    assert readers_of(first) == readers_of(second) == {"sven"}
    files = [{"url": first, "type": "DOC"}]
    comments = [{"comment": "See here", "files": [{"url": second, "type": "DOC"}]}]
    stamp = update(sven, case_url(records))["lastUpdated"]
    update(sven, case_url(records), lastUpdated=stamp, files=files, comments=comments)
    assert readers_of(first) == readers_of(second) == SUPPORT
    stamp = update(sven, case_url(records))["lastUpdated"]
    document = update(sven, case_url(records), lastUpdated=stamp, files=[])
    assert (readers_of(first), readers_of(second)) == ({"sven"}, SUPPORT)
    document["comments"][-1]["files"] = []
    update(sven, case_url(records), lastUpdated=document["lastUpdated"], comments=document["comments"])
    assert readers_of(second) == {"sven"}


@deep_only
def test_a_reseller_sees_the_files_of_their_own_cases_only(cast, records, sven, readers_of):
    url = sven.sent(FILES)
    other = CustomerFactory(company=cast.company, name="Somebody else's")
    case = services.create(
        SupportCase,
        {"name": "x", "customer": other.pk, "files": [{"url": url, "type": "IMAGE"}]},
        actor=cast.sven,
        context=VIA,
    ).record
    assert readers_of(url) == SUPPORT - {"rikke"}
    services.update(case, {"customer": cast.resold.pk}, actor=cast.sven, context=VIA)
    assert readers_of(url) == SUPPORT


def test_a_reseller_sees_their_own_files(cast, records, key_of, readers_of):
    rikke = Sender(key_of(cast.rikke))
    url = rikke.sent(FILES, PDF, "bill.pdf")
    body = {
        "name": "No picture",
        "customer": cast.resold.pk,
        "files": [{"url": url, "type": "DOC"}],
    }
    answer = rikke.client.post("/iptv/supportcase", body, "application/json", headers=rikke.headers)
    assert answer.status_code < 300, answer.content
    assert readers_of(url) == SUPPORT


def test_a_key_needs_the_scope_of_the_record(cast, records, alice, key_of):
    url = alice.sent()
    update(alice, complaint_url(records), images=[url])
    assert Sender(key_of(cast.vera, scopes=["facility:read"])).get(url).status_code == 200
    assert Sender(key_of(cast.vera, scopes=["supportdesk:read"])).get(url).status_code == 404
    assert Sender(key_of(cast.ada, scopes=[])).get(url).status_code == 404


@deep_only
def test_one_visible_record_of_several_makes_the_file_visible(cast, records, alice, sven, readers_of):
    url = alice.sent()
    services.update(records.complaint, {"images": [url]}, actor=cast.alice, context=VIA)
    services.update(
        records.case,
        {"files": [{"url": url, "type": "IMAGE"}]},
        actor=cast.sven,
        context=VIA,
        base=records.case.version,
    )
    assert readers_of(url) == FACILITY | SUPPORT
    services.update(records.complaint, {"images": []}, actor=cast.alice, context=VIA)
    assert readers_of(url) == SUPPORT | {"alice"}


@deep_only
def test_undo_updates_the_references(cast, records, alice, readers_of):
    url = alice.sent()
    shown = services.update(records.complaint, {"images": [url]}, actor=cast.alice, context=VIA).record
    hidden = undo(shown, history_of(shown).first(), actor=cast.ada, context=VIA).record
    assert readers_of(url) == {"alice"}
    undo(hidden, history_of(hidden).first(), actor=cast.ada, context=VIA)
    assert readers_of(url) == FACILITY


@deep_only
def test_the_file_of_a_deleted_record_is_visible_to_its_sender_only(cast, records, alice, sven, readers_of):
    image, document = alice.sent(), sven.sent(FILES, PDF)
    complaint = services.update(records.complaint, {"images": [image]}, actor=cast.alice, context=VIA).record
    case = services.update(
        records.case,
        {"files": [{"url": document, "type": "DOC"}]},
        actor=cast.sven,
        context=VIA,
        base=records.case.version,
    ).record
    services.delete(complaint, actor=cast.alice, context=VIA)
    services.delete(case, actor=cast.sven, context=VIA)
    assert (readers_of(image), readers_of(document)) == ({"alice"}, {"sven"})
    assert not UploadUse.objects.exists()
    services.create(
        Complaint,
        {"desc": "Back", "object": records.object.pk, "images": [image]},
        actor=Installation(cast.company.pk),
        context=VIA,
        id=complaint.pk,
    )
    assert readers_of(image) == FACILITY


@pytest.mark.slow
def test_another_companys_upload_does_not_count(cast, records, alice, key_of, readers_of):
    url = alice.sent()
    services.update(records.their_complaint, {"images": [url]}, actor=cast.charlie, context=VIA)
    assert readers_of(url) == {"alice"}
    foreign = Sender(key_of(cast.charlie)).sent()
    services.update(records.complaint, {"images": [foreign]}, actor=cast.alice, context=VIA)
    assert readers_of(foreign) == {"charlie"}
    assert not UploadUse.objects.exists()


@deep_only
def test_the_host_of_an_address_does_not_count(records, alice, readers_of):
    url = alice.sent()
    path = url.removeprefix("http://testserver")
    for address in (
        f"https://old.example.com{path}",
        f"https://desk.example.com:8443/below{path.upper().replace('/UPLOADS', '/uploads')}",
        f"http://testserver{path.rpartition('/')[0]}/renamed.jpg?x#y",
    ):
        update(alice, complaint_url(records), images=[address])
        assert readers_of(url) == FACILITY, address
        update(alice, complaint_url(records), images=[])


def test_a_url_that_only_looks_like_an_upload_is_no_reference(records, alice):
    url = alice.sent()
    pk = Upload.objects.get().pk
    addresses = [
        "http://testserver/uploads/" + "f" * 24 + "/x.png",
        f"http://testserver/uploads/{pk}",
        f"http://testserver/uploads/{pk[:-1]}/x.png",
        f"http://testserver/uploads/{pk}0/x.png",
        f"http://testserver/x?/uploads/{pk}/x.png",
        f"http://testserver/x#/uploads/{pk}/x.png",
        f"mailto:/uploads/{pk}/x.png",
        "http://%5Bx/uploads/",
    ]
    assert update(alice, complaint_url(records), images=addresses)["images"] == addresses
    assert not UploadUse.objects.exists()
    update(alice, complaint_url(records), images=[url, url, *addresses])
    assert [use.upload_id for use in UploadUse.objects.all()] == [pk]


def test_a_failed_change_adds_no_reference(records, alice, readers_of):
    url = alice.sent()
    update(alice, complaint_url(records), expected=400, images=[url], priority=9)
    assert readers_of(url) == {"alice"}


def test_upload_rows_cannot_be_changed_or_deleted(alice):
    alice.sent()
    upload = Upload.objects.get()
    with pytest.raises(TypeError):
        upload.save()
    with pytest.raises(TypeError):
        upload.delete()
