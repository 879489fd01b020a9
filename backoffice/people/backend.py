"""The authentication backend: Django's, with prepared queries, and on MongoDB without joins over all
permissions, which would slow down every request."""

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group

from backoffice.db.compat import with_related
from backoffice.db.connection import own_connection
from backoffice.db.object_ids import is_object_id
from backoffice.db.queries import CompiledQuery
from backoffice.people.permissions import permission_names, permissions_of_groups


def _granted(pk: str):
    """Return the ids of the permissions of a user's groups, and of the user's own."""
    own = get_user_model().user_permissions.through._base_manager.filter(user_id=pk)
    groups = Group.permissions.through._base_manager.filter(group__user=pk)
    return groups.values_list("permission_id").union(own.values_list("permission_id"), all=True)


_GRANTED = CompiledQuery(_granted)

_USER = CompiledQuery(
    lambda pk: with_related(get_user_model()._default_manager.filter(pk=pk).order_by(), "company")
)


class Backend(ModelBackend):
    def authenticate(self, request, username=None, password=None, **kwargs):
        """Return the user whom the name refers to if the password is right. An unknown name takes as long, so
        that response times do not reveal it."""
        if username is None or password is None:
            return None
        users = get_user_model()
        user = users._default_manager.find_by_sign_in_name(username)
        if user is None:
            users().set_password(password)
        elif user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None

    def user_can_authenticate(self, user):
        return user.can_sign_in

    def get_user(self, user_id):
        """Return the user with their company, whose name is on every page."""
        user = next(iter(_USER(user_id)), None) if is_object_id(user_id) else None
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj, obj=None):
        """Return all permissions of a user, as Django does, in one query. The set is cached on the user."""
        if user_obj.is_superuser or obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            if own_connection().vendor == "mongodb":
                user_obj._perm_cache = self._of_user(user_obj) | self._of_group(user_obj)
            else:
                user_obj._perm_cache = permission_names([pk for (pk,) in _GRANTED(user_obj.pk)])
        return user_obj._perm_cache

    def _of_user(self, user) -> set[str]:
        links = type(user).user_permissions.through._base_manager.filter(user_id=user.pk)
        return permission_names(links.values_list("permission_id", flat=True))

    def _of_group(self, user) -> set[str]:
        links = type(user).groups.through._base_manager.filter(user_id=user.pk)
        return permissions_of_groups(links.values_list("group_id", flat=True))
