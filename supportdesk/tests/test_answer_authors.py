"""Only support staff see who answered a case: no channel discloses it through the history."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.people import roles
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from supportdesk.tests.factories import SupportCaseFactory


@pytest.fixture
def answered_case(cast, records):
    """The case at version 2, answered by Wilma, who did nothing else."""
    wilma = UserFactory(first_name="Wilma", company=cast.company, roles=[roles.SUPPORT_STAFF])
    sent = {"response_answer": "Genstart boksen"}
    return services.update(records.case, sent, actor=wilma, context=ChangeContext(Channel.BROWSER)).record


@pytest.mark.parametrize("who, knows", [("rikke", False), ("vera", False), ("sven", True), ("ada", True)])
def test_pages_show_the_author_to_support_only(cast, answered_case, client, who, knows):
    client.force_login(getattr(cast, who))
    for page in (
        reverse("supportdesk:supportcase_record", args=[answered_case.pk]),
        reverse("supportdesk:supportcase_version", args=[answered_case.pk, 2]),
    ):
        text = client.get(page).content.decode()
        timeline = text.partition("timeline")[2]
        assert "Genstart boksen" in text
        assert ("Wilma" in timeline, "Support</strong>" in text) == (knows, not knows)


@pytest.mark.parametrize("who, expected", [("rikke", "Support"), ("sven", "Wilma")])
def test_json_contains_the_author_for_support_only(cast, answered_case, client, key_of, who, expected):
    headers = {"X-API-Key": key_of(getattr(cast, who)), "If-Match": '"1"'}
    answer = client.get(f"/iptv/supportcase/{answered_case.pk}", headers=headers)
    assert answer.status_code == 412
    assert {error["who"] for error in answer.json()["errors"]} == {expected}
    assert ("Wilma" in answer.content.decode()) == (expected == "Wilma")


CHANGES = (
    {"solved": True},
    {"description": "Longer"},
    {"response_answer": "Genstart boksen"},
    {"comments": [{"comment": "Try again"}]},
    {"files": [{"url": "https://files.example.com/2.jpeg", "type": "IMAGE"}]},
    {"private_information": "Rings often"},
    {"response_author": "Team"},
)
PAGES = (
    "/",
    "/cases",
    "/cases/{pk}",
    "/cases/{pk}/print",
    "/cases/{pk}/versions/5",
    "/cases/export?format=csv",
)


@pytest.fixture
def handled_case(cast):
    """A case of Rikke's that Wilma has changed in every way, with a comment of hers that she corrected."""
    wilma = UserFactory(first_name="Wilma", company=cast.company, roles=[roles.SUPPORT_STAFF])
    case = SupportCaseFactory(
        company=cast.company, customer=cast.resold.pk, employee=cast.rikke.pk, actor=cast.rikke
    )
    for values in CHANGES:
        case = services.update(case, values, actor=wilma, context=ChangeContext(Channel.BROWSER)).record
    comments = [each | {"employee_name": "Wilma W.", "comment": "Try once more"} for each in case.comments]
    return services.update(
        case, {"comments": comments}, actor=wilma, context=ChangeContext(Channel.BROWSER), base=case.version
    ).record


def text_of(answer) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


@pytest.mark.slow
@pytest.mark.attack
@pytest.mark.parametrize("who", ["rikke", "vera"])
def test_no_page_shows_names_of_support_staff(cast, handled_case, client, who):
    client.force_login(getattr(cast, who))
    found = {page: text_of(client.get(page.format(pk=handled_case.pk))) for page in PAGES}
    names = {
        page: text.replace(">Wilma</option>", "") for page, text in found.items()
    }  # a filter lists colleagues
    assert [page for page, text in names.items() if "Wilma" in text] == []
    assert found["/cases/{pk}"].count("Support</strong>") >= len(CHANGES) - 1
    assert "<strong>Rikke</strong> created this" in found["/cases/{pk}"]


@pytest.mark.attack
@pytest.mark.parametrize("who", ["rikke", "vera"])
def test_no_json_response_contains_names_of_support_staff(cast, handled_case, client, key_of, who):
    for version in range(handled_case.version):
        headers = {"X-API-Key": key_of(getattr(cast, who)), "If-Match": f'"{version}"'}
        answer = client.get(f"/iptv/supportcase/{handled_case.pk}", headers=headers)
        assert answer.status_code == 412 and "Wilma" not in answer.content.decode()
    answers = [client.get(address, headers={"X-API-Key": headers["X-API-Key"]}).json()
               for address in (f"/iptv/supportcase/{handled_case.pk}", "/iptv/supportcase")]  # fmt: skip
    cases = [answers[0], *answers[1]["supportCases"]]
    comments = [each for case in cases for each in case["comments"] if each["comment"] == "Try once more"]
    assert {(each["employeeName"], "employee" in each, each["isSupport"]) for each in comments} == {
        ("Support", False, True)
    }
    assert cases[0]["employeeName"] == "Rikke"


@pytest.mark.slow
@pytest.mark.attack
def test_the_admin_history_contains_no_names_of_support_staff(cast, handled_case, client):
    """Vera may see the history of her company in the admin, but not who answers."""
    wanted = ["people.enter_admin", "records.view_history"]
    labels = [each.split(".") for each in wanted]
    for label, codename in labels:
        cast.vera.user_permissions.add(
            Permission.objects.get(content_type__app_label=label, codename=codename)
        )
    client.force_login(cast.vera)
    rows = History.objects.filter(record_id=handled_case.pk)
    pages = [
        f"/admin/records/history/?q={handled_case.name.split()[0]}",
        *(f"/admin/records/history/{row.pk}/change/" for row in rows),
    ]
    pages += [f"/admin/supportdesk/supportcase/{handled_case.pk}/history/"]
    found = {page: client.get(page) for page in pages}
    assert {answer.status_code for answer in found.values()} == {200}
    filters = "changelist-filter"  # which lists colleagues
    assert [page for page, answer in found.items() if "Wilma" in text_of(answer).partition(filters)[0]] == []


def test_support_staff_see_every_name(cast, handled_case, client):
    client.force_login(cast.sven)
    text = text_of(client.get(f"/cases/{handled_case.pk}"))
    assert text.count("<strong>Wilma</strong>") >= len(CHANGES) - 1 and "Support</strong>" not in text
