"""Support cases over JSON, as documented."""

import json

import pytest

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.db.object_ids import is_object_id
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db

IN_ORDER = [
    "_id", "name", "description", "customer", "customerName", "employee", "employeeName", "solved", "date", "lastUpdated",
    "device", "systemVersion", "playMakerVersion", "response", "privateInformation", "files", "comments",
]  # fmt: skip


@pytest.fixture
def sven(cast, key_of):
    return ApiClient(key_of(cast.sven))


@pytest.fixture
def url(records):
    return f"/iptv/supportcase/{records.case.pk}"


def documented_example(cast, records):
    """The example of the documentation, with the record's ids."""
    customer, employee = cast.resold.pk.upper(), cast.rikke.pk.upper()
    comment = records.case.comments[0]
    return {
        "_id": records.case.pk.upper(),
        "name": "Support til Huawei-telefoner",
        "description": "Kommer der support til Huawei-telefoner i den nære fremtid?",
        "customer": customer,
        "customerName": "Hansen Boligforening ApS",
        "employee": employee,
        "employeeName": "Hans Hansen",
        "solved": False,
        "date": "2020-02-17T14:36:09.698Z",
        "lastUpdated": "2020-02-17T14:36:09.698Z",
        "device": "ANDROID",
        "systemVersion": "1.03",
        "playMakerVersion": "1.23a",
        "privateInformation": "Vi skriver på vegne af Gertrud Gertudsen, hun kan kontaktes på +45 8888 9977",
        "files": [
            {
                "_id": records.case.files[0]["id"].upper(),
                "url": "https://image.telecomx.dk/1.jpeg",
                "type": "IMAGE",
            }
        ],
        "comments": [
            {
                "_id": comment["id"].upper(),
                "comment": "Det virker nu :-) Tak!",
                "date": "2020-02-17T14:36:09.698Z",
                "customer": customer,
                "customerName": "Hansen Boligforening ApS",
                "employee": employee,
                "employeeName": "Hans Hansen",
                "isSupport": False,
                "files": [{"url": "https://image.telecomx.dk/2.jpeg", "type": "IMAGE"}],
            }
        ],
    }


def with_lower_case_ids(value):
    """Ids in the format of responses."""
    if isinstance(value, dict):
        return {name: with_lower_case_ids(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [with_lower_case_ids(entry) for entry in value]
    return value.lower() if is_object_id(value) else value


def test_the_documented_example(cast, records, sven, url):
    sent = documented_example(cast, records)
    answer = sven.post(url, sent)
    assert answer.status_code == 200
    body = answer.json()
    documented = [name for name in IN_ORDER if name != "response"]
    assert documented == list(sent) and list(body) == [*documented, "priority"]
    assert list(body["comments"][0]) == list(sent["comments"][0])
    assert list(body["files"][0]) == ["_id", "id", "url", "type"]
    given = body["comments"][0]["files"][0].pop("_id")
    assert len(given) == 24
    assert body["comments"][0]["files"][0].pop("id") == given
    assert body["files"][0].pop("id") == body["files"][0]["_id"]
    for kept in ("date", "lastUpdated"):
        del body[kept], sent[kept]
    assert body == with_lower_case_ids(sent) | {"priority": 1}
    rows = History.objects.count()
    sent = documented_example(cast, records)
    sent["comments"][0]["files"][0]["_id"] = given
    again = sven.post(url, sent)
    assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, answer["ETag"])
    assert History.objects.count() == rows


def test_the_response_stands_between_the_version_and_the_private_information(cast, records, sven, url):
    body = sven.post(url, documented_example(cast, records) | {"response": {"answer": "Ja"}}).json()
    assert list(body) == [*IN_ORDER, "priority"]
    assert body["response"] == {
        "author": "PlayMaker Teamet",
        "answer": "Ja",
        "date": body["lastUpdated"],
        "employee": cast.sven.pk,
        "employeeName": "Sven",
    }
    given = {"author": "Os", "answer": "Nej", "date": "2020-01-01T00:00:00.000Z", "employee": cast.ada.pk,
             "employeeName": "A. D. A."}  # fmt: skip
    assert sven.post(url, {"response": given}).json()["response"] == given


def test_properties_without_a_value_are_omitted(cast, sven):
    case = SupportCaseFactory(company=cast.company, name="Kun et navn")
    body = sven.get(f"/iptv/supportcase/{case.pk}").json()
    assert list(body) == ["_id", "name", "solved", "date", "lastUpdated", "files", "comments", "priority"]
    assert (body["solved"], body["files"], body["comments"]) == (False, [], [])


def test_dates_have_milliseconds(sven, url):
    body = sven.get(url).json()
    for stamp in (body["date"], body["lastUpdated"], body["comments"][0]["date"]):
        assert len(stamp) == len("2020-02-17T14:36:09.698Z")


EMPTIES = {"description": "x", "customerName": "x", "employeeName": "x", "device": "IOS", "systemVersion": "1",
           "playMakerVersion": "1", "privateInformation": "x"}  # fmt: skip


def test_null_empties_optional_properties_only(cast, sven, url):
    sven.post(url, EMPTIES)
    for name in IN_ORDER:
        answer = sven.post(url, {name: None})
        if name in EMPTIES or name in ("customer", "employee"):
            assert name not in answer.json()
        elif name in ("date", "lastUpdated"):
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()["message"]) == (422, name)


def test_both_spellings_of_chrome_on_mac_are_accepted_and_the_documented_one_returned(sven, url):
    for spelling in ("CROMEMAC", "CHROMEMAC"):
        sven.post(url, {"device": "OTHER"})
        assert sven.post(url, {"device": spelling}).json()["device"] == "CROMEMAC"


DEVICES = ["ANDROID", "ANDROIDTV", "APPLETV", "CROMEMAC", "CHROMEWINDOWS", "DVB", "FIREFOXMAC", "FIREFOXWINDOWS", "IOS",
           "SAFARIMAC", "SAFARIWINDOWS", "OTHER"]  # fmt: skip


def test_all_documented_devices_are_accepted(sven, url):
    for device in DEVICES:
        assert sven.post(url, {"device": device}).json()["device"] == device
    for wrong in ("android", "SAFARIMAC SAFARIWINDOWS", " IOS", 3, ["IOS"]):
        answer = sven.post(url, {"device": wrong})
        assert (answer.status_code, answer.json()["message"]) == (422, "device")


INVALID = [
    ({"name": ""}, ["name"]),
    ({"name": "x" * 256}, ["name"]),
    ({"solved": 1}, ["solved"]),
    ({"solved": "true"}, ["solved"]),
    ({"customer": "f" * 24}, ["customer"]),
    ({"customer": ""}, ["customer"]),
    ({"employee": "Hans"}, ["employee"]),
    ({"response": {"date": "yesterday"}}, ["response.date"]),
    ({"response": {"employee": "f" * 24}}, ["response.employee"]),
    ({"response": []}, ["response"]),
    ({"number": 3}, ["number"]),
    ({"status": {"status": 1}}, ["status"]),
    ({"comments": {}}, ["comments"]),
    ({"comments": [{"_id": "OWN"}, {"text": "x", "comment": "x"}]}, ["comments.1.text"]),
    ({"comments": [{"_id": "OWN"}, {}]}, ["comments.1.comment"]),
    ({"comments": [{"comment": "x", "date": "x"}, {"_id": "OWN", "comment": ""}]},
     ["comments.0.date", "comments.1.comment"]),
    ({"comments": [{"_id": "OWN"}, {"_id": "OWN"}]}, ["comments.1._id"]),
    ({"comments": [{"_id": "OWN", "isSupport": None}]}, ["comments.0.isSupport"]),
    ({"comments": [{"_id": "OWN"}, {"_id": "f" * 24}]}, ["comments.1._id"]),
    ({"comments": [{"_id": ""}, {"_id": None}, {"_id": 5}, "x"]},
     ["comments.0._id", "comments.1._id", "comments.2._id", "comments.3"]),
    ({"comments": [{"_id": "OWN", "files": [{"_id": "f" * 24}, {"url": "https://a.dk/1", "type": "PDF"}]}]},
     ["comments.0.files.0._id", "comments.0.files.1.type"]),
    ({"comments": [{"_id": "OWN", "files": [5, {"url": "no"}]}, {"comment": "x", "files": [{"id": "e" * 24}]}]},
     ["comments.0.files.0", "comments.0.files.1.url", "comments.1.files.0._id"]),
    ({"comments": [{"_id": "OWN", "id": "f" * 24}]}, ["comments.0.id"]),
    ({"files": [{"_id": "FILE", "id": "f" * 24}]}, ["files.0"]),
    ({"comments": [], "device": "TOASTER", "solved": "no"}, ["solved", "device"]),
    ({"files": [{"_id": "FILE", "url": "no uri"}, {"type": "DOC"}]}, ["files.0.url", "files.1.url"]),
]  # fmt: skip


def test_invalid_values_are_refused_by_name(records, sven, url):
    case = records.case
    for body, paths in INVALID:
        sent = json.dumps(body).replace("OWN", case.comments[0]["id"]).replace("FILE", case.files[0]["id"])
        answer = sven.post(url, sent)
        assert (answer.status_code, error_fields(answer)) == (422, paths)
        assert answer.json()["message"] == paths[0]
    assert SupportCase.objects.get(pk=case.pk).version == 1


def test_ids_of_files_are_accepted_by_either_name(records, sven, url):
    own = records.case.files[0]["id"]
    both = {"_id": own, "id": own}
    for sent in ({"id": own.upper()}, {"_id": own}, both):
        body = sven.post(url, {"files": [sent | {"type": "DOC"}]}).json()
        assert body["files"] == [both | {"url": "https://files.example.com/1.jpeg", "type": "DOC"}]


def test_comments_are_changed_and_added_and_omitted_ones_are_kept(cast, records, sven, url):
    own = records.case.comments[0]["id"]
    result = sven.post(url, {"comments": [{"comment": "Ny"}, {"_id": own, "comment": "Har du?"}]}).json()
    assert [comment["comment"] for comment in result["comments"]] == ["Har du?", "Ny"]
    added = result["comments"][1]
    assert (added["employee"], added["employeeName"], added["isSupport"]) == (cast.sven.pk, "Sven", True)
    assert added["date"] == result["lastUpdated"]
    for body in ({"comments": []}, {"comments": [{"_id": own}]}, {"files": []}):
        answer = sven.post(url, body)
        assert (answer.status_code, answer.json()["message"]) == (409, "conflict")
        assert answer.json()["errors"][0]["field"].split(".")[0] in body
    assert len(sven.get(url).json()["comments"]) == 2


def test_a_request_with_a_version_can_remove_items(records, sven, url):
    document = sven.post(
        url, {"comments": [{"_id": records.case.comments[0]["id"]}, {"comment": "Ny"}]}
    ).json()
    body = sven.post(
        url, {"lastUpdated": document["lastUpdated"], "comments": document["comments"][1:]}
    ).json()
    assert [comment["comment"] for comment in body["comments"]] == ["Ny"]
    answer = sven.post(url, {"comments": [], "files": []}, if_match='"3"')
    assert (answer.json()["comments"], answer.json()["files"]) == ([], [])


def test_two_concurrent_comments_are_both_added(cast, records, sven, url):
    document = sven.get(url).json()
    own = {"id": records.case.comments[0]["id"]}
    services.update(
        records.case,
        {"comments": [own, {"comment": "Ada"}]},
        actor=cast.ada,
        context=ChangeContext(Channel.BROWSER),
        base=1,
    )
    body = sven.post(url, document | {"comments": [*document["comments"], {"comment": "Sven"}]}).json()
    assert [comment["comment"] for comment in body["comments"]] == ["Har du prøvet igen?", "Ada", "Sven"]


def test_a_conflict_within_a_comment_has_its_id(cast, records, sven, url):
    document, own = sven.get(url).json(), records.case.comments[0]["id"]
    theirs = [{"id": own, "employee_name": "Ada", "files": [{"url": "https://a.dk/1"}]}]
    services.update(
        records.case, {"comments": theirs}, actor=cast.ada, context=ChangeContext(Channel.BROWSER), base=1
    )
    document["comments"][0]["employeeName"] = "Sven S."
    answer = sven.post(url, document)
    assert answer.status_code == 409
    (error,) = answer.json()["errors"]
    assert (error["field"], error["base"], error["yours"], error["theirs"], error["who"]) == (
        f"comments.{own}.employeeName", "Sven", "Sven S.", "Ada", "Ada",
    )  # fmt: skip
    answer = sven.post(url, {"solved": True}, if_match='"1"')
    body = {error["field"]: error for error in answer.json()["errors"]}
    (file,) = [error for field, error in body.items() if field.startswith(f"comments.{own}.files.")]
    assert (file["base"], file["theirs"]["url"], file["theirs"]["type"]) == (None, "https://a.dk/1", "IMAGE")


def test_names_follow_their_references_unless_they_are_sent(cast, sven, url):
    body = sven.post(
        url, {"customer": cast.reseller.pk, "employee": cast.rikke.pk, "employeeName": "R."}
    ).json()
    assert (body["customerName"], body["employeeName"]) == ("Nordnet Reseller ApS", "R.")


def test_updates_require_the_administer_permission(cast, records, key_of, url):
    rikke, vera, alice = (ApiClient(key_of(who)) for who in (cast.rikke, cast.vera, cast.alice))
    for caller in (rikke, vera, alice):
        answer = caller.post(url, {"solved": True})
        assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (
            403,
            403,
            "access_denied",
        )
    assert (rikke.get(url).status_code, vera.get(url).status_code, alice.get(url).status_code) == (
        200,
        200,
        403,
    )


def test_a_reseller_sees_the_cases_of_the_customers_it_brought(cast, records, key_of):
    rikke = ApiClient(key_of(cast.rikke))
    elsewhere = SupportCaseFactory(company=cast.company, name="En anden", customer=cast.reseller.pk)
    answer = rikke.get(f"/iptv/supportcase/{elsewhere.pk}")
    assert (answer.status_code, answer.json()["message"]) == (404, "not_found")


def test_private_information_is_for_administrators_and_the_creator_only(cast, records, sven, key_of, url):
    sven.post(url, {"response": {"answer": "Ja"}})
    assert sven.get(url).json()["privateInformation"] == "private-marker"
    for caller in (ApiClient(key_of(cast.rikke)), ApiClient(key_of(cast.vera))):
        answer = caller.get(url)
        assert "private-marker" not in answer.content.decode()
        assert list(answer.json()["response"]) == ["author", "answer", "date"]
    own = SupportCaseFactory(
        company=cast.company, customer=cast.resold.pk, employee=cast.rikke.pk, private_information="mine"
    )
    assert (
        ApiClient(key_of(cast.rikke)).get(f"/iptv/supportcase/{own.pk}").json()["privateInformation"]
        == "mine"
    )


def test_conflicts_of_private_information_omit_its_text(cast, records, sven, url):
    document = sven.get(url).json()
    services.update(
        records.case,
        {"private_information": "changed-marker"},
        actor=cast.ada,
        context=ChangeContext(Channel.BROWSER),
    )
    for answer in (
        sven.post(url, document | {"privateInformation": "x"}),
        sven.post(url, {}, if_match='"1"'),
    ):
        assert answer.status_code in (409, 412)
        (error,) = answer.json()["errors"]
        assert (error["field"], error["who"], "theirs" in error) == ("privateInformation", "Ada", False)
        assert "changed-marker" not in answer.content.decode()
        assert "hmac" not in answer.content.decode()


def test_other_statuses_have_the_documented_messages(records, sven, url):
    missing = sven.get("/iptv/supportcase/" + "f" * 24)
    assert missing.json() == {
        "code": 404,
        "message": "not_found",
        "description": "Nothing was found at this address.",
        "errors": [],
    }
    assert sven.post(url, b"{").json()["message"] == "bad_request"
    assert sven.patch(url, {}).status_code == 405
