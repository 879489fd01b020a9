"""The Idempotency-Key over JSON: a repeated POST creates nothing."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.core import mail
from django.db import OperationalError

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.api.transport import idempotency as header
from backoffice.people.models import ApiKey, Contact, Customer
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import idempotency
from backoffice.records.fields import now
from backoffice.records.idempotency import IdempotencyKey
from backoffice.uploads.models import Upload
from backoffice.uploads.quotas import QuotaExceeded
from backoffice.uploads.tests.files import picture
from backoffice.uploads.tests.upload_requests import IMAGES, Sender, multipart_form, multipart_part
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
KEY = {"idempotency_key": "k1"}


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def ada(cast, key_of):
    return ApiClient(key_of(cast.ada))


@pytest.fixture
def sven(cast, key_of):
    return ApiClient(key_of(cast.sven))


@pytest.mark.slow
def test_a_repeated_post_creates_one_record(cast, records, ada, sven):
    made = [
        (ada, Complaint, "/v2/complaints", {"objectId": records.object.pk, "desc": "Dryp"}),
        (ada, CustomerObject, "/v2/objects", {"address": {"street": "Havnegade 1", "city": "Odense"}}),
        (ada, Customer, "/v2/customers", {"name": "Vest A/S"}),
        (ada, Contact, "/v2/contacts/", {"firstName": "Bo", "lastName": "Lund"}),
        (ada, Article, "/v2/articles", {"name": "Pære"}),
        (sven, SupportCase, "/iptv/supportcase", {"name": "Sort skærm"}),
    ]
    for caller, model, address, body in made:
        before = model.objects.count()
        customers = Customer.objects.count()
        first = caller.post(address, body, **KEY)
        assert first.status_code in (200, 201), (address, first.content)
        assert "Idempotent-Replayed" not in first
        again = caller.post(address.rstrip("/"), body, **KEY)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again["Location"] == first["Location"].replace("//", "/")
        assert again["Idempotent-Replayed"] == "true"
        assert model.objects.count() == before + 1
        assert Customer.objects.count() <= customers + 1
        assert (
            caller.post(address, body).status_code == first.status_code
        )  # without a key it is a new request
        assert model.objects.count() == before + 2


def test_a_key_belongs_to_caller_path_and_body(cast, records, ada, sven, key_of):
    body = {"name": "Vest A/S"}
    first = ada.post("/v2/customers", body, **KEY).json()
    other = ada.post("/v2/customers", {"name": "Øst A/S"}, **KEY)
    assert (other.status_code, error_fields(other)) == (422, ["Idempotency-Key"])
    assert ada.post("/v2/contacts", {"firstName": "Bo", "lastName": "Lund"}, **KEY).status_code == 201
    mine = ApiClient(key_of(cast.ada)).post("/v2/customers", body, **KEY)
    assert mine.status_code == 201
    assert mine.json()["_id"] != first["_id"]
    case = sven.post("/iptv/supportcase", {"name": "Sort"}, **KEY).json()
    refused = sven.post("/iptv/supportcase", {"name": "Sort skærm"}, **KEY)
    assert refused.status_code == refused.json()["code"] == 422
    assert refused.json()["message"] == "Idempotency-Key"
    assert SupportCase.objects.filter(pk=case["_id"]).exists()


@pytest.mark.parametrize("text", ["", " ", " x", "x" * 256, "æ", "tab\there"])
def test_an_invalid_key_is_refused_by_name(ada, text):
    sent = ada.client.generic(
        "POST", "/v2/customers", b'{"name": "Vest"}', content_type="application/json",
        headers=ada.headers, HTTP_IDEMPOTENCY_KEY=text,
    )  # fmt: skip
    assert (sent.status_code, error_fields(sent)) == (400, ["Idempotency-Key"])
    assert ada.post("/v2/customers", {"name": "Vest"}, idempotency_key="x" * 255).status_code == 201


def test_a_replay_returns_the_current_record(cast, ada):
    body = {"name": "Vest A/S"}
    pk = ada.post("/v2/customers", body, **KEY).json()["_id"]
    ada.patch(f"/v2/customers/{pk}", {"name": "Nord A/S"})
    assert ada.post("/v2/customers", body, **KEY).json()["name"] == "Nord A/S"
    ada.send("DELETE", f"/v2/customers/{pk}")
    Customer.objects.filter(pk=pk).delete()
    gone = ada.post("/v2/customers", body, **KEY)
    assert (gone.status_code, gone["Idempotent-Replayed"]) == (404, "true")
    assert not Customer.objects.filter(name="Vest A/S").exists()


@pytest.mark.attack
def test_a_replay_omits_values_that_the_caller_may_no_longer_see(cast, records, sven, key_of):
    body = {"name": "Sort skærm", "privateInformation": "private-marker"}
    assert "private-marker" in sven.post("/iptv/supportcase", body, **KEY).content.decode()
    key = ApiKey.objects.get(owner=cast.sven.pk)
    ApiKey._base_manager.filter(pk=key.pk).update(scopes=["supportdesk:read"])
    assert sven.post("/iptv/supportcase", body, **KEY).status_code == 403
    ApiKey._base_manager.filter(pk=key.pk).update(scopes=["supportdesk:read", "supportdesk:write"])
    type(cast.sven)._base_manager.filter(pk=cast.sven.pk).update(company=cast.elsewhere)
    ApiKey._base_manager.filter(pk=key.pk).update(company=cast.elsewhere)
    moved = sven.post("/iptv/supportcase", body, **KEY)
    assert "private-marker" not in moved.content.decode()
    assert moved.status_code == 404
    # A key does not disclose whether another caller used it.
    charlie = ApiClient(key_of(cast.charlie))
    theirs = charlie.post("/v2/complaints", {"objectId": records.their_object.pk, "desc": "x"}, **KEY)
    assert theirs.status_code == 201


def test_a_repeated_post_to_a_list_of_a_record_adds_once(cast, records, ada, sven, mailoutbox):
    case = f"/iptv/supportcase/{records.case.pk}"
    seen = sven.get(case).json()
    body = {
        "comments": [*seen["comments"], {"comment": "Ny boks er sendt"}],
        "lastUpdated": seen["lastUpdated"],
    }
    first = sven.post(case, body, **KEY)
    again = sven.post(case, body, **KEY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert len(again.json()["comments"]) == len(seen["comments"]) + 1
    ada.patch(f"/v2/complaints/{records.complaint.pk}", {"contact": {"email": "bo@example.dk"}})
    for _time in range(2):
        done = ada.post(
            f"/v2/complaints/{records.complaint.pk}/resolve", {"complaintResponse": "Fikset"}, **KEY
        )
        assert done.json() == {"finished": True}
    assert len(mail.outbox) <= 1
    material = f"/v2/objects/{records.object.pk}/material"
    assert ada.post(material, {"articleId": records.article.pk, "budget": 2}, **KEY).status_code == 200
    ada.send("PATCH", f"{material}/{records.article.pk}/7")
    again = ada.post(material, {"articleId": records.article.pk, "budget": 2}, **KEY)
    assert again.json() == {"added": True}
    assert ada.get(material).json()[0]["budget"] == 7


def test_a_replay_ignores_later_changes(records, ada, sven):
    """A repeat of a successful update is no conflict, and does not revert later changes."""
    place = f"/v2/objects/{records.object.pk}/location"
    body = {"location": {"latitude": 55.4, "longitude": 10.4}}
    body = body if ada.post(place, body, idempotency_key="shape").status_code == 200 else body["location"]
    version = ada.get(place.removesuffix("/location"))["ETag"]
    first = ada.post(place, body, if_match=version, **KEY)
    assert first.status_code == 200, first.content
    moved = {"location": {"latitude": 56.0, "longitude": 10.0}}
    assert ada.patch(place.removesuffix("/location"), moved).status_code == 200
    again = ada.post(place, body, if_match=version, **KEY)
    assert again.status_code == 200, again.content
    assert again.json()["location"] == moved["location"]


def test_a_new_api_key_is_returned_once(cast, ada):
    body = {"name": "script", "scopes": ["facility:read"]}
    assert ada.post("/v2/api_key", body, **KEY).status_code == 201
    count = ApiKey.objects.count()
    again = ada.post("/v2/api_key", body, **KEY)
    assert again.status_code == 409
    assert "ck_" not in again.content.decode()
    assert ApiKey.objects.count() == count


def test_a_file_is_stored_once_for_equal_multipart_bodies(cast, key_of, folder):
    sender = Sender(key_of(cast.alice))
    content = picture()

    def send(boundary, name="a.png"):
        body = multipart_form(multipart_part(content, filename=name)).replace(b"a-boundary", boundary)
        return sender.post(
            IMAGES, body, f"multipart/form-data; boundary={boundary.decode()}", HTTP_IDEMPOTENCY_KEY="k1"
        )

    first, again = send(b"one"), send(b"two")
    assert first.status_code == again.status_code == 200, again.content
    assert again.json() == first.json()
    assert Upload.objects.count() == 1
    assert send(b"one", name="b.png").status_code == 422


def test_keys_expire_after_a_day_and_are_limited_per_caller(cast, ada, monkeypatch):
    body = {"name": "Vest A/S"}
    first = ada.post("/v2/customers", body, **KEY).json()
    IdempotencyKey.objects.update(created_at=now() - timedelta(hours=23))
    assert ada.post("/v2/customers", body, **KEY).json()["_id"] == first["_id"]
    IdempotencyKey.objects.update(created_at=now() - timedelta(hours=25))
    assert ada.post("/v2/customers", body, **KEY).json()["_id"] != first["_id"]
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    monkeypatch.setattr(idempotency, "_CLEAN_UP_EVERY", 1)
    for number in range(8):
        ada.post("/v2/customers", body, idempotency_key=f"n{number}")
    assert IdempotencyKey.objects.count() <= 4


def test_neither_request_nor_response_is_stored(cast, ada):
    ada.post("/v2/customers", {"name": "text-marker"}, idempotency_key="key-marker")
    stored = str(list(IdempotencyKey.objects.values()))
    assert "marker" not in stored
    # A copy of the database does not allow guessing keys: their hashes are keyed.
    assert sha256(b'{"name": "text-marker"}').hexdigest() not in stored
    assert IdempotencyKey.objects.get().status == 201


def test_the_database_decides_simultaneous_requests(cast, ada, monkeypatch):
    """The second request looks for the key before the first has stored it, and commits after it."""
    body = {"name": "Vest A/S"}
    first = ada.post("/v2/customers", body, **KEY).json()
    found, looked = header.find_repeated, []

    def blind_once(key):
        looked.append(key)
        return None if len(looked) == 1 else found(key)

    monkeypatch.setattr(header, "find_repeated", blind_once)
    again = ada.post("/v2/customers", body, **KEY)
    assert again.json()["_id"] == first["_id"]
    assert Customer.objects.filter(name="Vest A/S").count() == 1
    monkeypatch.setattr(header, "find_repeated", lambda key: None)
    running = ada.post("/v2/customers", body, **KEY)
    assert (running.status_code, running["Retry-After"]) == (409, "1")
    assert Customer.objects.filter(name="Vest A/S").count() == 1


def overlap_requests(monkeypatch, *modules) -> None:
    """Let the next request look for its key before the first one has stored it, and plan after that."""
    found, looked = idempotency.find_repeated, []

    def look(key):
        looked.append(key)
        return None if len(looked) == 1 else found(key)

    for module in modules:
        monkeypatch.setattr(module, "find_repeated", look)


NUMBERED = [
    ("/v2/complaints", {"desc": "Dryp"}),
    ("/v2/objects", {"address": {"street": "Havnegade 1", "city": "Odense"}}),
    ("/v2/customers", {"name": "Vest A/S"}),
]


@pytest.mark.parametrize(("address", "body"), NUMBERED)
def test_the_number_of_the_first_request_does_not_refuse_the_repeat(records, ada, monkeypatch, address, body):
    body = body | {"number": 71001} | ({"objectId": records.object.pk} if "desc" in body else {})
    first = ada.post(address, body, **KEY)
    assert first.status_code == 201, first.content
    overlap_requests(monkeypatch, header)
    again = ada.post(address, body, **KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    overlap_requests(monkeypatch, header)
    assert ada.post(address, body | {"number": 71002}, **KEY).status_code == 422
    refused = ada.post(address, body, idempotency_key="k2")
    assert (refused.status_code, error_fields(refused)) == (400, ["number"])


def test_the_comment_of_the_first_request_does_not_refuse_the_repeat(cast, sven, monkeypatch):
    case = sven.post("/iptv/supportcase", {"name": "Sort"}).json()["_id"]
    body = {"comments": [{"comment": "once"}]}
    assert sven.post(f"/iptv/supportcase/{case}", body, **KEY).status_code == 200
    overlap_requests(monkeypatch, header)
    again = sven.post(f"/iptv/supportcase/{case}", body, **KEY)
    assert (again.status_code, len(again.json()["comments"])) == (200, 1)
    assert sven.post(f"/iptv/supportcase/{case}", body, idempotency_key="k2").status_code == 409


def test_the_quota_used_by_the_first_request_does_not_refuse_the_repeat(cast, key_of, folder, monkeypatch):
    sender, content = Sender(key_of(cast.alice)), picture()

    def send(key):
        body = multipart_form(multipart_part(content, filename="a.png"))
        return sender.post(IMAGES, body, "multipart/form-data; boundary=a-boundary", HTTP_IDEMPOTENCY_KEY=key)

    first = send("k1")
    assert first.status_code == 200, first.content

    def no_room(*_args):
        raise QuotaExceeded("No room.")

    monkeypatch.setattr("backoffice.uploads.storage.check_quotas", no_room)
    overlap_requests(monkeypatch, header)
    assert send("k1").json() == first.json()
    assert send("k2").status_code == 413


NOTHING_TO_DO = [
    ("/v2/complaints/{complaint}/assign", {"userId": None}, {"userId": "{alice}"}),
    ("/v2/complaints/{complaint}/reopen", {}, None),
    ("/v2/objects/{object}/location", {"latitude": 55.4, "longitude": 10.4}, {"latitude": 1, "longitude": 1}),
    ("/iptv/supportcase/{case}", {"solved": False}, {"solved": True}),
]


@pytest.mark.parametrize(("address", "body", "other"), NOTHING_TO_DO)
def test_a_repeat_of_a_post_without_effect_reverts_nothing(cast, records, ada, sven, address, body, other):
    names = {"complaint": records.complaint.pk, "object": records.object.pk, "case": records.case.pk}
    names["alice"] = cast.alice.pk
    address, caller = address.format(**names), sven if "iptv" in address else ada
    caller.post(address, body)
    model = {"assign": Complaint, "reopen": Complaint, "location": CustomerObject}
    record = model.get(address.rpartition("/")[2], SupportCase).objects.get(pk=address.split("/")[3])
    assert caller.post(address, body, **KEY).status_code == 200
    unchanged = type(record).objects.get(pk=record.pk)
    assert unchanged.version == record.version  # the first request changed nothing
    if other is None:
        answer = ada.post(address.replace("reopen", "resolve"), {})
    else:
        answer = caller.post(
            address, {name: cast.alice.pk if name == "userId" else value for name, value in other.items()}
        )
    assert answer.status_code == 200, answer.content
    changed = type(record).objects.get(pk=record.pk)
    assert changed.version == record.version + 1
    again = caller.post(address, body, **KEY)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert type(record).objects.get(pk=record.pk).version == changed.version
    assert caller.post(address, body | {"x": 1}, **KEY).status_code == 422


def lose_connection(*_args, **_kwargs):
    raise OperationalError("server closed the connection unexpectedly")


def test_an_outage_error_states_whether_the_outcome_is_known(cast, ada, monkeypatch):
    """The same error before and after a commit has started."""
    body = {"name": "Vest A/S"}
    monkeypatch.setattr("backoffice.records.writes.updates.queries.execute_insert", lose_connection)
    answer = ada.post("/v2/customers", body, **KEY)
    assert answer.status_code == 503
    assert "not known" not in answer.json()["message"]
    monkeypatch.undo()
    monkeypatch.setattr("backoffice.api.operations.crud.answer_with", lose_connection)
    answers = [ada.post("/v2/customers", body, **KEY), ada.post("/v2/customers", body)]
    assert [answer.status_code for answer in answers] == [503, 503]
    with_key, without = (answer.json()["message"] for answer in answers)
    assert "not known whether the request was executed. Send the same request again" in with_key
    assert "before you send the request again" in without
    monkeypatch.undo()
    assert ada.post("/v2/customers", body, **KEY).status_code == 201
    assert Customer.objects.filter(name="Vest A/S").count() == 2  # one of them without a key


def test_without_the_header_nothing_is_stored(cast, key_of):
    caller = ApiClient(ApiKeyFactory(owner=cast.ada.pk, company=cast.company).secret)
    caller.post("/v2/customers", {"name": "Vest"})
    assert not IdempotencyKey.objects.exists()
