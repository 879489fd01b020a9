"""Menus offer only users with the required permission."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission

from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import Complaint

pytestmark = pytest.mark.django_db
COMMAND = ChangeContext(Channel.COMMAND)


@pytest.fixture
def more_users(cast, records):
    """Additional users: one without a role, one with the permission through a group of the company, an
    archived one, an inactive one, and one of a customer with a staff role."""

    def person(name, *roles, **values):
        return UserFactory(
            company=cast.company, username=name, first_name=name.title(), roles=list(roles), **values
        )

    right = Permission.objects.get(content_type__app_label="facility", codename="change_complaint")
    Group.objects.create(name="Night shift").permissions.add(right)
    person("hans")
    person("olga").user_permissions.add(right)
    person("nils", "Night shift")
    person("ulla", "Facility staff", status=2)
    person("bodil", "Facility staff", is_active=False)
    person("kaj", "Facility staff", customer=cast.resold.pk)
    return cast


def options(page: bytes, selector: str) -> set[str]:
    found = BeautifulSoup(page, "lxml").select_one(selector)
    return {option.get_text(strip=True).split(" (")[0] for option in found.select("option")} - {"—"}


ASSIGNEES = {"Ada", "Alice", "Nils", "Olga", "Root"}


@pytest.mark.slow
def test_assignees_need_the_permission_to_change_complaints(more_users, records, client):
    client.force_login(more_users.alice)
    record = f"/complaints/{records.complaint.pk}"
    assert options(client.get(record).content, "select[name=user]") == ASSIGNEES
    assert options(client.get("/complaints/new").content, "select[name=user]") == ASSIGNEES
    job = client.post("/complaints/bulk", {"chosen": [records.complaint.pk]})["Location"]
    assert options(client.get(job).content, "select[name=user]") == ASSIGNEES
    menu = BeautifulSoup(client.get(f"{record}/quick/user").content, "lxml").select_one("main").get_text()
    assert all(name in menu for name in ASSIGNEES)
    assert not any(name in menu for name in ("Hans", "Rikke", "Vera", "Sven", "Ulla", "Bodil", "Kaj"))
    more_users.ada.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(more_users.ada)
    admin = client.get(f"/admin/facility/complaint/{records.complaint.pk}/change/").content
    assert options(admin, "select[name=user]") == ASSIGNEES


@pytest.mark.slow
def test_managers_and_supporters_need_the_permission(more_users, records, client):
    client.force_login(more_users.alice)
    page = client.get(f"/objects/{records.object.pk}").content
    assert options(page, "select[name=object_manager]") == {"Ada", "Alice", "Root"}
    client.force_login(more_users.sven)
    page = client.get(f"/cases/{records.case.pk}").content
    assert options(page, "select[name=response_employee]") == {"Ada", "Root", "Sven"}
    assert options(page, "select[name=employee]") == {"Ada", "Rikke", "Root", "Sven"}


def test_the_current_assignee_stays_a_choice(more_users, records, client):
    services.update(
        records.complaint,
        {"user": more_users.vera.pk},
        actor=Installation(more_users.company.pk),
        context=COMMAND,
    )
    client.force_login(more_users.alice)
    page = client.get(f"/complaints/{records.complaint.pk}").content
    assert options(page, "select[name=user]") == ASSIGNEES | {"Vera"}


def test_autocomplete_suggests_users_with_the_permission_only(more_users, records, client):
    client.force_login(more_users.alice)
    for who, offered in (("alice", True), ("nils", True), ("vera", False), ("hans", False), ("kaj", False)):
        answer = client.get("/choices/people.user", {"q": who, "of": "facility.complaint.user"})
        assert (f"({who})" in answer.content.decode()) == offered
    for of in (
        "",
        "nothing",
        "facility.complaint.object",
        "facility.complaint.nothing",
        "facility.nothing.user",
    ):
        answer = client.get("/choices/people.user", {"q": "vera", "of": of})
        assert answer.status_code == 200 and "(vera)" in answer.content.decode()


def test_permissions_from_every_source_count(more_users):
    """Permission through a role, a group of the company, a direct permission, or being a superuser."""
    holders = Complaint._meta.get_field("user").holders
    found = User.objects.filter(company=more_users.company).eligible_for(holders, more_users.alice)
    assert {user.first_name for user in found} == ASSIGNEES


def test_authors_of_comments_need_the_permission_to_create_cases(more_users, records, client):
    client.force_login(more_users.sven)
    page = client.get("/cases/new").content
    assert options(page, "select[name=comments-0-employee]") == {"Ada", "Rikke", "Root", "Sven"}
    answer = client.get("/choices/people.user", {"q": "vera", "of": "supportdesk.comment.employee"})
    assert "(vera)" not in answer.content.decode()


def test_owners_of_keys_have_no_more_rights_than_the_creator(more_users, client):
    """Users with no more permissions than the creator; for creators without rights over others, only
    themselves."""
    ordinary = {"Ada", "Alice", "Hans", "Kaj", "Nils", "Olga", "Rikke", "Sven", "Vera"}
    for who, offered in (("ada", ordinary), ("root", ordinary | {"Root"})):
        client.force_login(getattr(more_users, who))
        client.post("/account/confirm", {"password-again": PASSWORD})
        assert options(client.get("/api-keys/new").content, "select[name=owner]") == offered
        answer = client.get("/choices/people.user", {"q": "ulla", "of": "people.apikey.owner"})
        assert "(ulla)" not in answer.content.decode()


def test_a_key_is_owned_by_its_creator_without_other_choices(more_users):
    holders = ApiKey._meta.get_field("owner").holders
    found = User.objects.visible_to(more_users.alice).eligible_for(holders, more_users.alice)
    assert {user.first_name for user in found} == {"Alice"}
