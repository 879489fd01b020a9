"""The demo data: documented records with fixed ids, safe to load again."""

import io
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from backoffice.people.models import Company, Contact, Customer, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of, state_at
from backoffice.records.history.versions import plain_state
from backoffice.records.models import History
from backoffice.records.tests.parameters import deep_only
from backoffice.workplace.models import CannedAnswer
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase
from tests.support.clock import clock_set_to
from tests.support.rollback import rolled_back

MODELS = (Company, User, Customer, Contact, CannedAnswer, Article, CustomerObject, Complaint, SupportCase)
THE_COMPLAINT, THE_OBJECT, ALICE = (f"507f1f77bcf86cd7994390{last}" for last in (11, 12, 14))
THE_CASE = "1234567890abcdef12345678"
EMPTIED = ("people", "records", "jobs", "mail", "notifications", "workplace", "facility", "supportdesk")


def demo(*words) -> str:
    out = io.StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def snapshot() -> dict:
    """All records as text, without password hashes."""
    found = {}
    for model in MODELS:
        for record in model.objects.all():
            state = plain_state(record) | {"password": ""}
            stamps = (
                record.created_at,
                record.created_by_id,
                record.last_modified_at,
                record.last_modified_by_id,
            )
            found[f"{model.__name__} {record.pk}"] = repr((state, stamps, record.version))
    for row in History.objects.all():
        changes = [entry for entry in row.changes if entry["property"] != "password"]
        found[f"History {row.pk}"] = repr((row.record_id, row.at, row.who, row.via, row.request_id, changes))
    return found


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demo data, loaded once for this module, and the output of the command."""
    with django_db_blocker.unblock(), rolled_back(), clock_set_to(timezone.now()):
        yield demo("--password", "moth-lantern-cobble")


def delete_everything():
    for model in apps.get_models():
        if model._meta.app_label in EMPTIED:
            model._base_manager.all()._raw_delete("default")
    User.groups.through.objects.all().delete()


@deep_only
def test_two_runs_create_the_same_data(loaded, db):
    first = snapshot()
    assert len(first) > 1000
    with rolled_back():
        delete_everything()
        assert snapshot() == {}
        output = demo()
        second = snapshot()
    assert second == first
    assert re.search(r"password of each: \S{12,}\n", output)


@deep_only
def test_there_are_enough_records_for_several_pages(loaded, db):
    ours = Company.objects.get(pk=User.objects.get(username="alice").company_id)
    counts = [
        model.objects.filter(company=ours).count() for model in (CustomerObject, Complaint, SupportCase)
    ]
    assert counts == [39, 103, 58]
    cases = [case for case in SupportCase.objects.all() if case.comments]
    assert len(cases) > 30
    assert any(comment["files"] for case in cases for comment in case.comments)
    assert {*Complaint.objects.values_list("complaint_status", flat=True)} == {"new", "assigned", "finished"}
    assert {*Complaint.objects.values_list("priority", flat=True)} == {1, 2, 3, 4}
    for model in MODELS:
        if hasattr(model, "number"):
            assert not model.objects.filter(number=123).exists()


@deep_only
def test_the_documented_records_are_created(loaded, db):
    complaint = Complaint.objects.get(pk=THE_COMPLAINT)
    alice = User.objects.get(pk=ALICE)
    assert (complaint.object_id, alice.username) == (THE_OBJECT, "alice")
    assert alice.may("change", complaint)
    case = SupportCase.objects.get(pk=THE_CASE)
    state = plain_state(case) | {"private_information": case.private_information}
    picture = {
        "id": THE_CASE,
        "url": "https://image.telecomx.dk/1234567890ABCDEF12345678.jpeg",
        "type": "IMAGE",
    }
    comment = {
        "id": THE_CASE, "comment": "Det virker nu :-) Tak!", "date": state["comments"][1]["date"],
        "customer": THE_CASE, "customer_name": "Hansen Boligforening ApS",
        "employee": THE_CASE, "employee_name": "Hans Hansen", "is_support": False, "edited_at": None, "files": [picture],
    }  # fmt: skip
    expected = {
        "name": "Support til Huawei-telefoner",
        "description": "Kommer der support til Huawei-telefoner i den nære fremtid?",
        "customer": THE_CASE, "customer_name": "Hansen Boligforening ApS",
        "employee": THE_CASE, "employee_name": "Hans Hansen",
        "solved": False,
        "device": "ANDROID", "system_version": "1.03", "play_maker_version": "1.23a",
        "private_information": "Vi skriver på vegne af Gertrud Gertudsen, hun kan kontaktes på +45 8888 9977",
        "files": [picture],
    }  # fmt: skip
    assert {name: state[name] for name in expected} == expected
    assert state["comments"][1] == comment


@deep_only
def test_every_user_has_a_role_and_sees_the_right_records(loaded, db):
    people = {user.username: user for user in User.objects.all()}
    roles = {
        name: people[name].roles for name in ("admin", "alice", "sven", "rikke", "vera", "charlie", "emma")
    }
    assert roles == {
        "admin": ["Administrator"], "alice": ["Facility staff"], "sven": ["Support staff"],
        "rikke": ["Reseller"], "vera": ["Viewer"], "charlie": ["Facility staff"],
        "emma": ["Administrator"],
    }  # fmt: skip
    assert all(people[name].check_password("moth-lantern-cobble") for name in roles)
    companies = [people[name].company for name in ("alice", "charlie", "emma")]
    assert [company.language for company in companies] == ["da", "de", "en"]
    assert 0 < Complaint.objects.visible_to(people["charlie"]).count() < 20
    assert 0 < Complaint.objects.visible_to(people["emma"]).count() < 20
    seen = SupportCase.objects.visible_to(people["rikke"])
    assert seen.filter(pk=THE_CASE).exists()
    assert not seen.filter(pk=THE_CASE, employee=people["rikke"]).exists()
    assert seen.filter(employee=people["rikke"]).count() > 10
    assert Customer.objects.get(pk=THE_CASE).parent_reseller_id == people["rikke"].customer_id


@deep_only
def test_the_history_is_complete(loaded, db):
    assert {*History.objects.values_list("via", flat=True)} == {*Channel.values}
    for model in (CustomerObject, Complaint, SupportCase):
        record = model.objects.order_by("-version").first()
        rows = list(history_of(record).reverse())
        assert len(rows) == record.version >= 2
        assert [row.at for row in rows] == sorted({row.at for row in rows})
        first = state_at(record, 1)
        assert first["number"] == record.number
        assert first != plain_state(record)


@deep_only
def test_the_output_lists_the_users_who_can_sign_in(loaded, db):
    assert re.search(r"charlie +Facility staff \(Swiss company, data in German\)", loaded)
    assert "password of each: moth-lantern-cobble" in loaded
    assert "complaints: 126" in loaded


@deep_only
def test_the_first_request_of_the_readme_works(loaded, db, client):
    text = (Path(settings.BASE_DIR) / "README.md").read_text()
    request = re.search(r"curl --request PATCH http://127\.0\.0\.1:8000(\S+).*?--data '(.*?)'", text, re.S)
    out = io.StringIO()
    call_command("create_api_key", "alice", stdout=out)
    headers = {"x-API-Key": out.getvalue().strip()}
    answer = client.patch(request[1], request[2], content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["userId"]) == (200, ALICE)
    assert history_of(Complaint.objects.get(pk=THE_COMPLAINT)).first().via == "json"


@deep_only
def test_on_a_terminal_it_shows_the_progress(loaded, db):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    call_command("demo", stdout=terminal, no_color=True)
    assert "\r  complaints: 100 of 126 \r" in terminal.getvalue()
    assert "complaints: 126 of 126 \n" in terminal.getvalue()


@deep_only
def test_a_second_run_adds_missing_records_only(loaded, db):
    complaint = Complaint.objects.get(pk=THE_COMPLAINT)
    actor, context = Installation(), ChangeContext(Channel.COMMAND)
    complaint = services.update(complaint, {"number": 1, "desc": "Mine"}, actor=actor, context=context).record
    case = SupportCase.objects.get(pk=THE_CASE)
    services.delete(case, actor=actor, context=context)
    gone = Complaint.objects.exclude(pk=THE_COMPLAINT).get(number=1102)
    services.delete(gone, actor=actor, context=context)
    services.update(complaint, {"number": 1102}, actor=actor, context=context)
    output = demo()
    assert "2 records added" in output
    assert "To set their password" in output
    assert Complaint.objects.get(pk=THE_COMPLAINT).desc == "Mine"
    assert Complaint.objects.get(pk=gone.pk).number == 1104
    back = SupportCase.objects.get(pk=THE_CASE)
    assert (back.comments[1]["id"], back.version) == (THE_CASE, 9)
    assert "records exist already" in demo()


@deep_only
def test_a_password_is_set_for_all_only_by_option(loaded, db):
    before = History.objects.count()
    demo()
    demo("--password", "moth-lantern-cobble")
    assert History.objects.count() == before
    output = demo("--password", "cobble-moth-lantern")
    assert "password of each: cobble-moth-lantern" in output
    assert User.objects.get(username="vera").check_password("cobble-moth-lantern")
    assert History.objects.count() == before + 7
    assert not User.objects.get(username="hans").has_usable_password()


@deep_only
def test_if_empty_does_nothing_but_print_a_reminder(loaded, db):
    output = demo("--if-empty")
    assert output.startswith("Demo sign-ins: admin, alice, sven, rikke, vera, charlie, emma.")
