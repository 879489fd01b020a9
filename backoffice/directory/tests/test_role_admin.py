"""Roles in the admin."""

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from backoffice.admin.tests.pages import admin_url, open_admin_form, save_form
from backoffice.people import roles
from backoffice.records.models import History


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


def test_only_superusers_edit_roles_and_roles_in_use_cannot_be_deleted(ada, cast, client):
    held, free = Group.objects.get(name=roles.VIEWER), Group.objects.create(name="Nobody's")
    pages = (admin_url(Group, ""), admin_url(Group, "add"), admin_url(held), admin_url(held, "delete"))
    for url in pages:
        assert client.get(url).status_code == 403, url
    client.force_login(cast.root)
    assert [client.get(url).status_code for url in pages] == [200, 200, 200, 302]
    page = BeautifulSoup(client.post(admin_url(held, "delete"), {"post": "yes"}, follow=True).content, "lxml")
    assert "This role is in use, so it cannot be deleted." in page.get_text()
    members = client.get(page.select_one(".messagelist a")["href"]).context["cl"].queryset
    assert {user.pk for user in members} == {cast.vera.pk}
    assert Group.objects.filter(pk=held.pk).exists()
    assert client.get(f"{admin_url(Group, '')}?q=view").context["cl"].result_count == 1
    assert client.get("/admin/auth/group/999999/change/").status_code == 404
    save_form(client, admin_url(free), name="Somebody's")
    client.post(admin_url(free, "delete"), {"post": "yes"})
    assert not Group.objects.filter(pk=free.pk).exists()


def test_a_role_has_checkboxes_by_record_type(cast, client):
    """Only permissions that mean something here are offered; others that the role has are kept."""
    client.force_login(cast.root)
    role = Group.objects.get(name=roles.VIEWER)
    hidden = Permission.objects.get(codename="view_session")
    role.permissions.add(hidden)
    page = BeautifulSoup(client.get(admin_url(role)).content, "lxml")
    headings = [legend.get_text(strip=True) for legend in page.select("#id_permissions > fieldset > legend")]
    assert {"Complaints", "Users", "Support cases", "Secret access log"} <= set(headings)
    assert "Content types" not in headings
    assert page.h1.get_text() == "Edit role"
    labels = page.select_one("#id_permissions").get_text(" ", strip=True)
    assert "See door codes and keys" in labels and "Can view" not in labels
    before = set(role.permissions.values_list("codename", flat=True))
    add = Permission.objects.get(codename="add_complaint")
    sent = open_admin_form(client, admin_url(role))
    assert str(hidden.pk) in sent["permissions"]
    response = client.post(admin_url(role), sent | {"permissions": [*sent["permissions"], add.pk]})
    assert response.status_code == 302
    assert set(role.permissions.values_list("codename", flat=True)) == before | {"add_complaint"}
    client.post("/language", {"language": "da"})
    page = BeautifulSoup(client.get(admin_url(role)).content, "lxml")
    assert "Se dørkoder og nøgler" in page.get_text() and page.h1.get_text() == "Redigér rolle"


def permission_ids(*codenames: str) -> list[str]:
    return [str(Permission.objects.get(codename=name).pk) for name in codenames]


@pytest.mark.parametrize("action", ["add", "change", "delete"])
def test_a_role_that_may_not_view_may_do_nothing_else(action, cast, client):
    client.force_login(cast.root)
    url, alone = admin_url(Group, "add"), permission_ids(f"{action}_complaint", "view_user")
    refused = client.post(url, {"name": "Trainee", "permissions": alone})
    errors = BeautifulSoup(refused.content, "lxml").select_one(".field-permissions .errorlist").get_text()
    assert "Complaints: select “View”, too" in errors and "Users" not in errors
    assert not Group.objects.filter(name="Trainee").exists()
    sent = {"name": "Trainee", "permissions": [*alone, *permission_ids("view_complaint")]}
    assert client.post(url, sent).status_code == 302
    role = Group.objects.get(name="Trainee")
    without = {"name": "Trainee", "permissions": alone}
    assert client.post(admin_url(role), without).status_code == 200 and role.permissions.count() == 3


def test_every_declared_role_may_view_what_it_may_change():
    held: dict[tuple[str, str], set[str]] = {}
    for config in apps.get_app_configs():
        for role, model, codename in roles.granted_codenames(getattr(config, "grants", {})):
            held.setdefault((role, f"{config.label}.{model}"), set()).add(codename.partition("_")[0])
    blind = {
        key
        for key, actions in held.items()
        if actions & {"add", "change", "delete"} and "view" not in actions
    }
    assert {model for _role, model in blind} == {"uploads.upload"}  # nobody lists uploads
    assert len(held) > 20


@pytest.mark.slow
def test_the_history_of_a_role_says_who_changed_which_permission(cast, client):
    client.force_login(cast.root)
    save_form(client, admin_url(Group, "add"), name="Trainee", permissions=permission_ids("view_complaint"))
    role = Group.objects.get(name="Trainee")
    changed = permission_ids("view_complaint", "change_complaint")
    page = client.post(
        admin_url(role), {"name": "Apprentice", "permissions": changed}, follow=True
    ).content.decode()
    assert (
        "Saved: role “" in page and "group" not in BeautifulSoup(page, "lxml").select_one(".messagelist").text
    )
    save_form(client, admin_url(role), permissions=permission_ids("view_complaint"))
    save_form(client, admin_url(role))  # changes nothing
    other = Group.objects.create(name="Other")
    save_form(client, admin_url(other), name="Others")

    def lines(url):
        page = BeautifulSoup(client.get(url).content, "lxml")
        return [
            " ".join(row.get_text(" ", strip=True).split())
            for row in page.select("#change-history tbody td:last-child")
        ]

    assert admin_url(role, "history") in client.get(admin_url(role)).content.decode()
    assert lines(admin_url(role, "history")) == [
        "Root changed the role “Apprentice”, in admin. Permissions: removed “Complaints: Change”",
        "Root changed the role “Apprentice”, in admin. Name: from “Trainee” to “Apprentice” "
        "Permissions: added “Complaints: Change”",
        "Root created the role “Trainee”, in admin. Name: set to “Trainee” Permissions: added “Complaints: View”",
    ]
    client.post(admin_url(role, "delete"), {"post": "yes"})
    everything = lines("/admin/auth/group/history/")
    assert "Root deleted the role “Apprentice”" in everything[0] and len(everything) == 5
    assert client.get(admin_url(History, "")).context["cl"].result_count == len(
        client.get(f"{admin_url(History, '')}?via__exact=command").context["cl"].result_list
    )
    client.force_login(cast.ada)
    for url in ("/admin/auth/group/history/", admin_url(other, "history")):
        assert client.get(url).status_code == 403
