"""What Django's groups and permissions say, asked one table at a time: MongoDB joins all of both tables before it looks
for anything."""

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType


def permissions_of_groups(group_ids) -> set[str]:
    """The permissions of groups, as `app.codename`."""
    links = Group.permissions.through._base_manager.filter(group_id__in=list(group_ids))
    return permission_names(links.values_list("permission_id", flat=True))


def permission_names(ids) -> set[str]:
    """Permissions as `app.codename`. (Django keeps the content types in memory.)"""
    found = Permission.objects.order_by().filter(pk__in=set(ids)).values_list("content_type_id", "codename")
    return {f"{ContentType.objects.get_for_id(kind).app_label}.{codename}" for kind, codename in found}
