"""Assignees and priorities of support cases: who sees and sets them, on pages, over JSON and in the history."""

import json

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError

from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of
from backoffice.web.viewsets import viewset_for
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
CASES = "/iptv/supportcase"
COMMAND = ChangeContext(Channel.COMMAND)


@pytest.fixture
def caller(cast, key_of):
    return lambda who, **values: ApiClient(key_of(getattr(cast, who), **values))


@pytest.fixture
def worker(cast):
    """A user at support whose name occurs nowhere else."""
    return UserFactory(
        company=cast.company, username="ingrid", first_name="Ingrid-Marie", roles=["Support staff"]
    )


@pytest.fixture
def assigned(cast, records, worker):
    """The case, assigned to the worker."""
    values = {"assignee": worker.pk, "priority": 3}
    return services.update(records.case, values, actor=cast.sven, context=COMMAND).record


def test_a_case_has_an_owner_and_a_priority_over_json(cast, records, worker, caller):
    sven, url = caller("sven"), f"{CASES}/{records.case.pk}"
    assert [name for name in sven.get(url).json() if name in ("assignee", "priority", "assignedDate")] == [
        "priority"
    ]
    body = sven.post(url, {"assignee": worker.pk, "priority": 4}).json()
    assert list(body)[-3:] == ["assignee", "priority", "assignedDate"]
    assert (body["assignee"], body["priority"], body["assignedDate"]) == (worker.pk, 4, body["lastUpdated"])
    again = sven.post(url, body)
    assert again.json() == body and history_of(records.case).count() == 2
    moved = sven.post(url, {"assignee": cast.sven.pk}).json()
    assert moved["assignedDate"] == moved["lastUpdated"] > body["assignedDate"]
    unchanged = sven.post(url, {"priority": 1}).json()
    assert unchanged["assignedDate"] == moved["assignedDate"]
    freed = sven.post(url, {"assignee": None}).json()
    assert not {"assignee", "assignedDate"} & freed.keys()


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({"priority": 0}, 422, "priority"),
        ({"priority": 5}, 422, "priority"),
        ({"priority": "3"}, 422, "priority"),
        ({"priority": None}, 422, "priority"),
        ({"assignee": "a" * 24}, 422, "assignee"),
        ({"assignee": 7}, 422, "assignee"),
        ({"assignedDate": "2020-02-17T14:36:09.698Z"}, 422, "assignedDate"),
    ],
)
def test_invalid_owners_and_priorities_are_refused_by_name(sent, status, field, assigned, caller):
    answer = caller("sven").post(f"{CASES}/{assigned.pk}", sent)
    assert (answer.status_code, answer.json()["message"]) == (status, field)
    assert SupportCase.objects.get(pk=assigned.pk).version == assigned.version


def test_the_list_is_filtered_and_sorted_by_them(cast, assigned, caller):
    urgent = SupportCaseFactory(company=cast.company, name="Urgent", priority=4)
    plain = SupportCaseFactory(company=cast.company, name="Plain")
    sven = caller("sven")

    def found(query):
        answer = sven.get(f"{CASES}?{query}")
        assert answer.status_code == 200, answer.content
        return [each["_id"] for each in answer.json()["supportCases"]]

    assert found(f"assignee={assigned.assignee_id}") == [assigned.pk]
    assert found("priority=3,4") == [assigned.pk, urgent.pk]
    assert found("sort=priority:-1") == [urgent.pk, assigned.pk, plain.pk]
    assert found("sort=assignedDate:-1")[0] == assigned.pk
    assert sven.get(f"{CASES}?priority=x").json()["message"] == "priority"
    assert sven.get(f"{CASES}?assignee=x").json()["message"] == "assignee"


@pytest.mark.parametrize("who", ["rikke", "vera"])
def test_who_may_not_administer_cases_does_not_learn_the_assignee(
    who, cast, assigned, worker, caller, client
):
    script, url = caller(who), f"{CASES}/{assigned.pk}"
    body = script.get(url).json()
    assert (body["priority"], "assignee" in body) == (3, False)
    for query in (f"assignee={worker.pk}", f"assignee={worker.pk}&solved=false"):
        answer = script.get(f"{CASES}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "assignee")
        assert answer.json()["errors"][0]["permission"] == "supportdesk.administer_supportcase"
    assert script.get(f"{CASES}?sort=assignee:1").status_code == 422
    client.force_login(getattr(cast, who))
    pages = [
        "/", "/cases", f"/cases/{assigned.pk}", f"/cases/{assigned.pk}/print", f"/cases/{assigned.pk}/versions/2",
        "/cases?sort=assignee", "/cases?columns=assignee,priority", "/search?q=Ingrid",
    ]  # fmt: skip
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert ">Assignee" not in answer.content.decode(), page
        body = BeautifulSoup(answer.content, "lxml")
        # (Viewers know the names of users: the list can be filtered by who reported a case.)
        assert "Ingrid-Marie" not in str(body.select_one("#list") or body), page
    for query in (f"assignee={worker.pk}", "assignee=null", "assignee=me"):
        assert "This list has no filter “assignee”." in client.get(f"/cases?{query}").content.decode()
        assert client.get(f"/cases/export?format=json&{query}").status_code == 400
    file = client.get("/cases/export?format=json&columns=assignee,priority")
    (row,) = json.loads(b"".join(file.streaming_content))
    assert list(row) == ["No.", "Case", "Priority"]
    assert list(client.get("/cases/export?format=documents").streaming_content)
    assert client.get(f"/cases/{assigned.pk}/quick/assignee").status_code == 403


def test_a_saved_view_by_assignee_shows_nothing_to_those_who_may_not_see_it(cast, assigned, client):
    client.force_login(cast.sven)
    query = f"assignee={assigned.assignee_id}&sort=assignee"
    client.post("/cases/views", {"name": "Ingrid's", "query": query, "shared": "on"})
    client.force_login(cast.vera)
    page = BeautifulSoup(client.get("/cases").content, "lxml")
    (tab,) = page.select(".tab-view")
    assert "This list has no filter" in tab.get_text()
    body = BeautifulSoup(client.get(tab["href"]).content, "lxml")
    assert not body.select("#list tbody tr")


def test_a_reseller_may_say_how_urgent_a_case_is_but_not_who_handles_it(cast, records, caller, client):
    rikke = caller("rikke")
    sent = {"name": "Ingen lyd", "customer": cast.resold.pk}
    body = rikke.post(CASES, sent | {"priority": 4}).json()
    assert body["priority"] == 4
    assert rikke.post(CASES, sent).json()["priority"] == 1
    refused = rikke.post(CASES, sent | {"assignee": cast.sven.pk})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "assignee")
    assert rikke.post(f"{CASES}/{body['_id']}", body).status_code == 403
    client.force_login(cast.rikke)
    form = form_data(record_form(client.get("/cases/new").content))
    assert "priority" in form and "assignee" not in form
    form |= {"name": "Sort skærm", "customer": cast.resold.pk, "priority": "3"}
    assert client.post("/cases/new", form).status_code == 302
    case = SupportCase.objects.get(name="Sort skærm")
    assert (case.priority, case.assignee_id) == (3, None)


def test_a_record_page_and_its_menus_assign_the_case(cast, records, worker, client):
    client.force_login(cast.sven)
    page = f"/cases/{records.case.pk}"
    soup = BeautifulSoup(client.get(page).content, "lxml")
    assert soup.select_one(f"form[action='{page}/act/take'] button")["data-shortcut"] == "m"
    choices = {option.get_text() for option in soup.select("select[name=assignee] option")}
    assert {"Sven (sven)", "Ingrid-Marie (ingrid)"} & choices or {"Sven", "Ingrid-Marie"} <= choices
    assert not any(name in choice for choice in choices for name in ("Vera", "Alice", "Rikke"))
    client.post(f"{page}/act/take")
    assert SupportCase.objects.get(pk=records.case.pk).assignee_id == cast.sven.pk
    assert "act/take" not in client.get(page).content.decode()
    client.post(f"{page}/quick/assignee", {"value": worker.pk})
    client.post(f"{page}/quick/priority", {"value": "4"})
    case = SupportCase.objects.get(pk=records.case.pk)
    assert (case.assignee_id, case.priority) == (worker.pk, 4)
    lists = {"?solved=no&assignee=me": 0, f"?assignee={worker.pk}": 1, "?assignee=null": 0, "?priority=4": 1}
    for query, count in lists.items():
        rows = BeautifulSoup(client.get(f"/cases{query}").content, "lxml").select("#list tbody tr")
        assert len(rows) == count, query
    text = client.get("/cases").content.decode()
    assert "Ingrid-Marie" in text and "Critical" in text


def test_admin_lists_assigns_and_hides_the_assignee(cast, assigned, worker, client):
    client.force_login(cast.ada)
    cases = "/admin/supportdesk/supportcase/"
    page = BeautifulSoup(client.get(cases).content, "lxml")
    assert page.select_one("td.field-assignee").get_text() == str(worker)
    assert page.select_one("td.field-priority_label").get_text() == "High"
    assert len(client.get(f"{cases}?assignee__id__exact={worker.pk}").context["cl"].result_list) == 1
    sent = {"action": "assign", "_selected_action": [assigned.pk], "value": cast.sven.pk}
    client.post(cases, sent | {"seen": f"{assigned.pk}:{assigned.version}"})
    assert SupportCase.objects.get(pk=assigned.pk).assignee_id == cast.sven.pk
    clerk = UserFactory(company=cast.company, username="clerk", roles=["Viewer"])
    clerk.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(clerk)
    page = BeautifulSoup(client.get(cases).content, "lxml")
    assert page.select("td.field-priority_label") and not page.select("td.field-assignee")
    assert "assignee" not in str(page.select_one("#changelist-filter"))
    assert client.get(f"{cases}?assignee__id__exact={cast.sven.pk}").status_code == 400
    change = client.get(f"{cases}{assigned.pk}/change/").content.decode()
    assert "id_priority" in change and "id_assignee" not in change


def test_the_history_shows_the_assignment_to_support_only(cast, assigned, client):
    for who, seen in (("sven", True), ("ada", True), ("vera", False), ("rikke", False)):
        client.force_login(getattr(cast, who))
        timeline = BeautifulSoup(client.get(f"/cases/{assigned.pk}").content, "lxml").select_one("#timeline")
        assert ("Ingrid-Marie" in timeline.get_text()) == seen, who
        assert "High" in timeline.get_text()


def test_an_import_keeps_the_date_of_the_assignment_and_refuses_an_impossible_one(cast, worker):
    installation = Installation(cast.company.pk)
    at = services.create(SupportCase, {"name": "Old"}, actor=installation, context=COMMAND,
                         company_id=cast.company.pk).record.created_at  # fmt: skip
    provenance = services.Provenance(at, None, at, None)

    def plan(**values):
        record = SupportCase(company_id=cast.company.pk)
        return services.plan_creation(
            record, {"name": "Imported", **values}, actor=installation, provenance=provenance
        ).record

    assert plan(assignee=worker.pk, assigned_date=at).assigned_date == at
    for values in ({"assigned_date": at}, {"assignee": worker.pk, "assigned_date": None}):
        with pytest.raises(ValidationError) as refused:
            plan(**values)
        assert list(refused.value.message_dict) == ["assigned_date"]


def test_a_case_without_a_priority_counts_as_low():
    """The version before creates such cases on MongoDB, which has no default values."""
    meta = viewset_for(SupportCase).meta(SupportCase(name="Old", priority=None))
    assert meta == "Open, Low"
