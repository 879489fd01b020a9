"""Who answered a case is for the support side to know: no door tells it to others by way of the history."""

import pytest
from django.urls import reverse

from backoffice.people import roles
from backoffice.people.tests.factories import UserFactory
from backoffice.records.actors import Door, Via
from backoffice.records.change import change


@pytest.fixture
def answered(cast, records):
    """The case at version 2, answered by Wilma, who did nothing else."""
    wilma = UserFactory(first_name="Wilma", company=cast.company, roles=[roles.SUPPORT_STAFF])
    sent = {"response_answer": "Genstart boksen"}
    return change(records.case, sent, actor=wilma, via=Via(Door.BROWSER)).record


@pytest.mark.parametrize("who, knows", [("rikke", False), ("vera", False), ("sven", True), ("ada", True)])
def test_pages_tell_it_to_the_support_side_only(cast, answered, client, who, knows):
    client.force_login(getattr(cast, who))
    for page in (
        reverse("supportdesk:supportcase_record", args=[answered.pk]),
        reverse("supportdesk:supportcase_then", args=[answered.pk, 2]),
    ):
        text = client.get(page).content.decode()
        timeline = text.partition("timeline")[2]
        assert "Genstart boksen" in text
        assert ("Wilma" in timeline, "Support</strong>" in text) == (knows, not knows)


@pytest.mark.parametrize("who, told", [("rikke", "Support"), ("sven", "Wilma")])
def test_json_tells_it_to_the_support_side_only(cast, answered, client, key_of, who, told):
    headers = {"X-API-Key": key_of(getattr(cast, who)), "If-Match": '"1"'}
    answer = client.get(f"/iptv/supportcase/{answered.pk}", headers=headers)
    assert answer.status_code == 412
    assert {offence["who"] for offence in answer.json()["errors"]} == {told}
    assert ("Wilma" in answer.content.decode()) == (told == "Wilma")
