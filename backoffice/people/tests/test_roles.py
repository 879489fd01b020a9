"""Roles by declaration: `migrate` grants new permissions as the apps declare, and nothing that exists already."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_post_migrate_signal

from backoffice.people import roles

pytestmark = pytest.mark.django_db
DECLARED = {
    (role, config.label, model, codename)
    for config in apps.get_app_configs()
    for role, model, codename in roles.granted_codenames(getattr(config, "grants", {}))
}


def granted() -> set[tuple[str, str, str, str]]:
    """Return role, app, model and codename of each granted permission."""
    return {
        (group.name, permission.content_type.app_label, permission.content_type.model, permission.codename)
        for group in Group.objects.all()
        for permission in group.permissions.all()
    }


def after_migrate() -> None:
    """Do what our receiver of `post_migrate` does for each app."""
    for config in apps.get_app_configs():
        roles.grant_new_permissions(config)


def test_the_roles_have_the_declared_permissions(cast):
    assert granted() == DECLARED
    assert {role for role, *_permission in DECLARED} == set(roles.ROLES)


def test_a_database_without_roles_gets_them_all():
    """As a new one, whose migrations create no roles."""
    Group.objects.all().delete()
    Permission.objects.all().delete()
    ContentType.objects.clear_cache()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert granted() == DECLARED


def test_an_incomplete_database_gets_the_permissions_that_it_lacks(cast):
    Permission.objects.filter(content_type__app_label="facility").delete()
    Group.objects.get(name="Reseller").delete()
    after_migrate()
    assert granted() == {each for each in DECLARED if each[0] != "Reseller"}
    Permission.objects.filter(codename="add_supportcase").delete()
    after_migrate()
    assert {each for each in granted() if each[0] == "Reseller"} == {
        ("Reseller", "supportdesk", "supportcase", "add_supportcase")
    }


def test_what_administrators_changed_stays_as_it_is(cast):
    Group.objects.get(name="Viewer").permissions.clear()
    Group.objects.get(name="Reseller").delete()
    Group.objects.get(name="Facility staff").permissions.add(Permission.objects.get(codename="delete_user"))
    before = granted()
    after_migrate()
    assert granted() == before != DECLARED
