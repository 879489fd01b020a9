"""Bulk actions: each record is updated separately and reported."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client

from backoffice.admin import bulk
from backoffice.admin.tests.pages import admin_url, read_outcomes, run_action
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.models import History
from facility.tests.factories import ComplaintFactory
from supportdesk.tests.factories import SupportCaseFactory

OVER_JSON = ChangeContext(Channel.JSON)

pytestmark = pytest.mark.slow


def reload(record):
    return type(record).objects.get(pk=record.pk)


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


@pytest.fixture
def complaints(cast, records):
    """Three complaints of the company: of low priority, of high priority, and already assigned to Alice."""
    how = {"company": cast.company, "object": records.object.pk}
    return [
        ComplaintFactory(**how, desc="Low"),
        ComplaintFactory(**how, desc="High", priority=3),
        ComplaintFactory(**how, desc="Alice's", user=cast.alice.pk),
    ]


def confirmation_fields(client, records, action) -> dict:
    """Return the fields of an unchanged confirmation page."""
    return form_data(record_form(run_action(client, records, action).content))


@pytest.mark.slow
def test_each_record_is_updated_separately_and_reported(ada, cast, complaints, client):
    sent = confirmation_fields(client, complaints, "assign") | {
        "_selected_action": [complaint.pk for complaint in complaints],
        "value": cast.alice.pk,
    }
    before = History.objects.count()
    answer = client.post(admin_url(type(complaints[0]), ""), sent)
    assert read_outcomes(answer.content) == {
        "Low": ("Done", ""),
        "High": ("Done", ""),
        "Alice's": ("Unchanged", ""),
    }
    assert History.objects.count() == before + 2
    rows = [history_of(complaint).first() for complaint in complaints[:2]]
    assert [(row.via, row.who, row.version) for row in rows] == [("bulk", "Ada", 2)] * 2
    assert len({row.request_id for row in rows}) == 1
    assert rows[0].request_id
    assert [reload(complaint).complaint_status for complaint in complaints] == ["assigned"] * 3


def test_the_confirmation_shows_the_records_and_the_choices_of_the_form(ada, cast, complaints, client):
    page = BeautifulSoup(run_action(client, complaints, "assign").content, "lxml")
    offered = {option["value"] for option in page.select("select[name=value] option")}
    assert cast.alice.pk in offered
    assert "" in offered
    assert cast.charlie.pk not in offered
    assert ["Alice's", "Alice"] in [
        [cell.text for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")
    ]
    page = BeautifulSoup(run_action(client, complaints, "set_priority").content, "lxml")
    assert [option.text for option in page.select("select[name=value] option")] == [
        "Low", "Medium", "High", "Critical",
    ]  # fmt: skip
    assert [reload(complaint).version for complaint in complaints] == [1, 1, 1]


def test_a_change_after_the_confirmation_page_is_not_overwritten(ada, cast, complaints, client):
    sent = confirmation_fields(client, complaints, "set_priority") | {
        "_selected_action": [complaint.pk for complaint in complaints],
        "value": "2",
    }
    services.update(complaints[0], {"priority": 4}, actor=cast.alice, context=OVER_JSON)
    services.update(complaints[1], {"comment": "seen"}, actor=cast.alice, context=OVER_JSON)
    services.delete(complaints[2], actor=cast.alice, context=OVER_JSON)
    answer = client.post(admin_url(type(complaints[0]), ""), sent).content.decode()
    assert read_outcomes(answer) == {
        "Low": ("Conflict", "Alice changed “Priority” to “Critical” in the meantime."),
        "High": ("Done", ""),
    }
    assert "1 of the selected records no longer exists." in answer
    assert reload(complaints[0]).priority == 4
    kept = reload(complaints[1])
    assert (kept.priority, kept.comment, kept.version) == (2, "seen", 3)


def test_an_invalid_value_is_refused_with_the_models_message(ada, complaints, client):
    answer = run_action(client, complaints[:1], "set_priority", value="9")
    assert read_outcomes(answer.content) == {
        "Low": ("Rejected", "Ensure this value is less than or equal to 4.")
    }
    answer = run_action(client, complaints[:1], "assign", value="nobody")
    assert read_outcomes(answer.content)["Low"][0] == "Rejected"
    assert reload(complaints[0]).version == 1


def test_cases_can_be_solved_and_reopened(ada, cast, records, client):
    other = SupportCaseFactory(company=cast.company, name="Ingen lyd", solved=True)
    answer = run_action(client, [records.case, other], "mark_solved")
    assert read_outcomes(answer.content) == {"Intet billede": ("Done", ""), "Ingen lyd": ("Unchanged", "")}
    answer = run_action(client, [records.case, other], "mark_unsolved")
    assert {word for word, _why in read_outcomes(answer.content).values()} == {"Done"}
    assert history_of(other).first().changes == [{"property": "solved", "old": True, "new": False}]


@pytest.mark.parametrize("name", ["object", "complaint", "case", "article", "contact"])
def test_every_record_type_can_be_archived_and_restored(name, ada, records, client):
    record = getattr(records, name)
    for action, status in (("archive", 2), ("activate", 1)):
        assert list(read_outcomes(run_action(client, [record], action).content).values()) == [("Done", "")]
        assert reload(record).status == status


def test_rights_are_checked_for_each_record(cast, records, client):
    """A user who may change users, but not one of those chosen, who has more rights."""
    cast.vera.user_permissions.set(
        Permission.objects.filter(codename__in=["enter_admin", "view_user", "change_user"])
    )
    client.force_login(cast.vera)
    answer = run_action(client, [cast.vera, cast.ada, cast.charlie], "archive", post="yes").content
    assert read_outcomes(answer) == {
        "Vera": ("Done", ""),
        "Ada": ("Rejected", "This user has more permissions than you."),
    }
    assert (reload(cast.ada).status, reload(cast.charlie).status) == (1, 1)


def test_users_without_the_permission_do_not_see_the_action(cast, complaints, client):
    cast.vera.user_permissions.set(Permission.objects.filter(codename="enter_admin"))
    client.force_login(cast.vera)
    page = client.get(admin_url(type(complaints[0]), "")).content.decode()
    assert 'value="archive"' not in page
    run_action(client, complaints, "archive")
    run_action(client, complaints, "set_priority", value="4")
    assert [reload(complaint).version for complaint in complaints] == [1, 1, 1]


def test_records_that_no_longer_match_the_filter_stay_selected(ada, cast, complaints, client):
    """The action starts from a list of low priority; by the confirmation one of them has another."""
    filtered = f"{admin_url(type(complaints[0]), '')}?priority=1"
    chosen = {"action": "set_priority", "_selected_action": [complaint.pk for complaint in complaints[:1]]}
    sent = form_data(record_form(client.post(filtered, chosen).content)) | {"value": "2"}
    services.update(complaints[0], {"priority": 4}, actor=cast.alice, context=OVER_JSON)
    assert read_outcomes(client.post(filtered, sent).content)["Low"][0] == "Conflict"


def test_a_whole_list_is_changed_up_to_the_limit(ada, complaints, client, monkeypatch):
    everything = {"select_across": "1", "index": "0"}
    answer = run_action(client, complaints[:1], "archive", **everything)
    assert set(read_outcomes(answer.content)) >= {"Low", "High", "Alice's"}
    monkeypatch.setattr(bulk, "MAX_RECORDS", 2)
    answer = run_action(client, complaints[:1], "activate", **everything)
    assert answer.status_code == 302
    assert "Select at most 2 records at a time." in client.get(answer.url).content.decode()
    assert {reload(complaint).status for complaint in complaints} == {2}


@pytest.mark.parametrize("seen", ["", "nonsense", "a:b c:", "x:" + "9" * 30, ":", "\x00:1"])
def test_malformed_requests_change_nothing(seen, ada, complaints, client):
    answer = run_action(client, complaints[:1], "set_priority", value="3", seen=seen)
    assert read_outcomes(answer.content) == {"Low": ("Done", "")}


def test_deletion_is_confirmed_and_skips_records_changed_since(ada, cast, records, client):
    url = admin_url(type(records.article), "")
    sent = form_data(record_form(run_action(client, [records.article], "delete_selected").content))
    services.update(records.article, {"name": "Renamed"}, actor=cast.alice, context=OVER_JSON)
    report = read_outcomes(client.post(url, sent).content)
    assert report == {"Renamed": ("Conflict", "Alice changed “Name” to “Renamed” in the meantime.")}
    sent = form_data(record_form(run_action(client, [records.article], "delete_selected").content))
    assert read_outcomes(client.post(url, sent).content) == {"Renamed": ("Done", "")}
    assert history_of(records.article).first().via == "admin"  # one record is no bulk edit


def test_other_companies_records_are_not_found(cast, records):
    client = Client()
    client.force_login(cast.ada)
    answer = run_action(client, [records.their_complaint], "set_priority", value="4").content.decode()
    assert read_outcomes(answer) == {}
    assert "no longer exists" in answer
    assert str(records.their_complaint) not in answer
    assert reload(records.their_complaint).version == 1


@pytest.mark.parametrize("action", ["assign", "archive", "delete_selected"])
def test_all_pages_work_without_javascript(action, ada, complaints, client):
    """Each page is a form with a button, or a table with a link back; neither needs a script."""
    page = BeautifulSoup(run_action(client, complaints, action).content, "lxml").select_one("#content")
    assert page.find("h1").get_text(strip=True)
    assert not page.select("script, [onclick], [style]")
    assert page.select('form [type="submit"]') or page.select("a[href]")
    assert all(header.get("scope") for header in page.select("th"))
    assert all(page.select(f"label[for={box['id']}]") for box in page.select("select"))


@pytest.mark.attack
@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"status": 2}, {"roles": ["Viewer"]}, {"customer": True}]
)
def test_rights_withdrawn_between_two_records_apply(values, ada, cast, complaints, client, monkeypatch):
    """Each record is changed with the rights at that moment, not those at the start of the request."""
    values = values | ({"customer": cast.reseller.pk} if "customer" in values else {})
    outcome = bulk.BulkAction.outcome

    def interrupted(action, record, *rest):
        if record == complaints[1]:
            services.update(cast.ada, values, actor=cast.root, context=OVER_JSON)
        return outcome(action, record, *rest)

    monkeypatch.setattr(bulk.BulkAction, "outcome", interrupted)
    ids = [record.pk for record in complaints]
    found = read_outcomes(
        client.post(
            admin_url(type(complaints[0]), ""), {"action": "archive", "_selected_action": ids}
        ).content
    )
    done = [name for name, (word, _why) in found.items() if word == "Done"]
    assert [reload(record).status == 2 for record in complaints] == [
        str(record) in done for record in complaints
    ]
    assert reload(complaints[1]).status == 1 and len(done) < 3
