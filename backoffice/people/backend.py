"""Who somebody is and what they may do: as Django finds it, but on MongoDB without its joins over all permissions,
which every request would wait for."""

from django.contrib.auth.backends import ModelBackend
from django.db import connection

from backoffice.people.permissions import permission_names, permissions_of_groups


class Backend(ModelBackend):
    def _get_permissions(self, user_obj, obj, from_name):
        if connection.vendor != "mongodb" or user_obj.is_superuser or obj is not None:
            return super()._get_permissions(user_obj, obj, from_name)
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        kept = f"_{from_name}_perm_cache"
        if not hasattr(user_obj, kept):
            setattr(user_obj, kept, getattr(self, f"_of_{from_name}")(user_obj))
        return getattr(user_obj, kept)

    def _of_user(self, user) -> set[str]:
        links = type(user).user_permissions.through._base_manager.filter(user_id=user.pk)
        return permission_names(links.values_list("permission_id", flat=True))

    def _of_group(self, user) -> set[str]:
        links = type(user).groups.through._base_manager.filter(user_id=user.pk)
        return permissions_of_groups(links.values_list("group_id", flat=True))
