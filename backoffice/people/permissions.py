"""Queries about groups and permissions, one table at a time: MongoDB would join all of both tables first."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from backoffice.db.compat import subquery_ids
from backoffice.db.connection import own_connection
from backoffice.db.queries import CompiledQuery


def permissions_of_groups(group_ids) -> set[str]:
    """Return the permissions of groups, as `app.codename`."""
    links = Group.permissions.through._base_manager.filter(group_id__in=list(group_ids))
    return permission_names(links.values_list("permission_id", flat=True))


_GRANTS = CompiledQuery(
    lambda label, codename: (
        Permission.objects.filter(content_type__app_label=label, codename=codename)
        .order_by()
        .values_list("group", "user")
    )
)
"""The ids of the groups, and of the users, that have a permission."""


def users_with_permission_q(permission: str) -> models.Q:
    """Return the condition for users who have a permission, written `app.codename`."""
    label, _dot, codename = permission.partition(".")
    user = get_user_model()
    grants = _GRANTS(label, codename)
    groups, people = (
        ({pk for pk in ids if pk is not None} for ids in zip(*grants, strict=True)) if grants else ((), ())
    )
    members = user.groups.through._base_manager.filter(group_id__in=groups)
    condition = models.Q(is_superuser=True) | models.Q(pk__in=subquery_ids(members.values("user_id")))
    return condition | models.Q(pk__in=people) if people else condition


def holds_more_than(permissions: set[str]) -> models.Q:
    """Return the condition for users who have a permission that is not among these, or are superusers."""
    found = Permission.objects.order_by().values_list("pk", "content_type_id", "codename")
    more = [
        pk
        for pk, kind, codename in found
        if f"{ContentType.objects.get_for_id(kind).app_label}.{codename}" not in permissions
    ]
    user = get_user_model()
    groups = Group.permissions.through._base_manager.filter(permission_id__in=more)
    members = user.groups.through._base_manager.filter(group_id__in=subquery_ids(groups.values("group_id")))
    people = user.user_permissions.through._base_manager.filter(permission_id__in=more)
    return (
        models.Q(is_superuser=True)
        | models.Q(pk__in=subquery_ids(members.values("user_id")))
        | models.Q(pk__in=subquery_ids(people.values("user_id")))
    )


def permission_names(ids: Iterable[int]) -> set[str]:
    """Return the names of permissions, as `app.codename`. All names are cached for the process, as Django caches content
    types: databases do not reuse ids, and an unknown id reads them again."""
    ids = list(ids)
    names = _names.setdefault(own_connection().settings_dict["NAME"], {})
    try:
        return {names[pk] for pk in ids}
    except KeyError:
        found = Permission.objects.order_by().values_list("pk", "content_type_id", "codename")
        for pk, kind, codename in found:
            names[pk] = f"{ContentType.objects.get_for_id(kind).app_label}.{codename}"
        return {names[pk] for pk in ids if pk in names}


_names: dict[str, dict[int, str]] = {}
"""The names of permissions by id, for each database."""


@receiver([post_save, post_delete], sender=Permission)
def _forget_names(**_kwargs) -> None:
    _names.clear()
