"""Listing messages over JSON, and commenting and reopening without the right to administer cases."""

import pytest

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.tests.factories import UserFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clients(cast, records, key_of):
    return {name: ApiClient(key_of(getattr(cast, name))) for name in ("alice", "sven", "rikke", "vera")}


@pytest.fixture
def resold(cast, records):
    """A solved case of a customer of Rikke's reseller."""
    return SupportCaseFactory(
        company=cast.company,
        customer=cast.resold.pk,
        solved=True,
        private_information="note-marker",
        response_answer="Restart it",
    )


def test_messages_of_a_complaint_are_listed_newest_first(records, clients):
    url = f"/v2/complaints/{records.complaint.pk}"
    for number in range(3):
        clients["alice"].patch(url, {"response": f"Reply {number}", "comment": f"Note {number}"})
    listed = clients["alice"].get(f"{url}/messages").json()
    assert [message["text"] for message in listed[:2]] == ["Note 2", "Reply 2"] or [
        message["text"] for message in listed[:2]
    ] == ["Reply 2", "Note 2"]
    assert len(listed) == 6
    page = clients["alice"].get(f"{url}/messages?kind=answer&limit=1&offset=1").json()
    assert [(message["text"], message["kind"]) for message in page] == [("Reply 1", "answer")]
    for query in ("limit=101", "kind=gossip", "kind=note&kind=answer", "sort=date"):
        assert clients["alice"].get(f"{url}/messages?{query}").status_code == 400


def test_resellers_see_no_notes_and_no_names_of_support(resold, clients):
    clients["sven"].post(f"/iptv/supportcase/{resold.pk}", {"response": {"answer": "Replace it"}})
    url = f"/iptv/supportcase/{resold.pk}/messages"
    answer = clients["rikke"].get(url)
    assert (answer.json()["total"], [each["text"] for each in answer.json()["messages"]]) == (
        2,
        ["Replace it", "Restart it"],
    )
    assert {(each["author"], each["authorName"]) for each in answer.json()["messages"]} == {(None, "Support")}
    assert "note-marker" not in answer.content.decode()
    assert "note-marker" in clients["sven"].get(url).content.decode()
    assert clients["rikke"].get(f"{url}?kind=note").json()["messages"] == []


def test_resellers_comment_in_their_own_name(cast, resold, clients):
    sent = {"comment": "Still dark", "files": [{"url": "https://files.example.com/1.jpeg", "type": "IMAGE"}]}
    answer = clients["rikke"].post(f"/iptv/supportcase/{resold.pk}/comments", sent)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["comment"], body["employee"], body["isSupport"]) == ("Still dark", cast.rikke.pk, False)
    assert (body["customer"], body["files"][0]["url"]) == (cast.reseller.pk, sent["files"][0]["url"])
    assert answer["ETag"] == '"2"'
    read = clients["rikke"].get(f"/iptv/supportcase/{resold.pk}").json()
    assert read["comments"] == [body]


def test_comments_are_checked_and_nothing_else_can_be_sent(resold, clients):
    url = f"/iptv/supportcase/{resold.pk}/comments"
    for sent, field in (
        ({}, "comment"),
        ({"comment": ""}, "comment"),
        ({"comment": "x" * 20_001}, "comment"),
        ({"comment": "x", "employee": "f" * 24}, "employee"),
        ({"comment": "x", "isSupport": True}, "isSupport"),
        ({"comment": "x", "files": [{"url": "no address"}]}, "files.0.url"),
    ):
        answer = clients["rikke"].post(url, sent)
        assert (answer.status_code, error_fields(answer)) == (422, [field]), sent


def test_a_repeated_comment_is_added_once(resold, clients):
    url = f"/iptv/supportcase/{resold.pk}/comments"
    first, second = (
        clients["rikke"].post(url, {"comment": "Once"}, idempotency_key="key-1") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(SupportCase.objects.get(pk=resold.pk).comments) == 1


def test_resellers_reopen(resold, clients):
    url = f"/iptv/supportcase/{resold.pk}"
    answer = clients["rikke"].post(f"{url}/reopen", {})
    assert (answer.status_code, answer.json()) == (200, {"reopened": True})
    assert clients["rikke"].get(url).json()["solved"] is False
    assert clients["rikke"].post(f"{url}/reopen", {})["ETag"] == answer["ETag"]


def test_who_neither_may_comment_nor_reported_the_case_may_not(cast, resold, clients, key_of, records):
    for path in ("comments", "reopen"):
        answer = clients["vera"].post(f"/iptv/supportcase/{resold.pk}/{path}", {"comment": "x"})
        assert answer.status_code == 403
        foreign = f"/iptv/supportcase/{records.their_case.pk}/{path}"
        assert clients["rikke"].post(foreign, {"comment": "x"}).status_code == 404
    reporter = UserFactory(company=cast.company)
    reporter.groups.set(cast.vera.groups.all())
    own = SupportCaseFactory(company=cast.company, employee=reporter.pk)
    client = ApiClient(key_of(reporter))
    assert client.post(f"/iptv/supportcase/{own.pk}/comments", {"comment": "Mine"}).status_code == 201
    assert client.post(f"/iptv/supportcase/{own.pk}", {"solved": True}).status_code == 403


def test_support_comments_as_support(cast, resold, clients):
    answer = clients["sven"].post(f"/iptv/supportcase/{resold.pk}/comments", {"comment": "Try again"})
    assert (answer.status_code, answer.json()["isSupport"]) == (201, True)
