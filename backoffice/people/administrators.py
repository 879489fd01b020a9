"""The rule that a company always has an administrator, and the installation a superuser.

The last administrator cannot lock themselves out, nor can two administrators demote each other at the same
time.
"""

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.db.transactions import lock
from backoffice.people.permissions import permission_names, permissions_of_groups, users_with_permission_q
from backoffice.records.exceptions import DeletionRefused, Forbidden
from backoffice.records.models import ACTIVE

PERMISSION = "people.change_user"
"""The permission that makes an administrator."""
DECISIVE = ("is_active", "status", "roles", "customer", "is_superuser")
"""The properties that decide whether a user is an administrator."""


def check_administrators(planned) -> dict[str, list]:
    """Return an error, by property, if a change of a user would leave their company without an administrator, or the
    installation without a superuser."""
    if planned.before is None or planned.actor.user_id is None:
        return {}
    changed = [name for name in DECISIVE if planned.changed(name)]
    if changed and (reason := _describe_loss(planned)):
        return {changed[0]: [ValidationError(reason, code="last")]}
    return {}


def enforce_administrators(planned) -> None:
    """Check the rule once more in the transaction of the change or deletion, under a lock. Raises Forbidden,
    or DeletionRefused for a deletion."""
    if planned.before is None or planned.actor.user_id is None:
        return
    changed_names = {entry["property"].split(".")[0] for entry in planned.changes}
    if planned.action == "remove" or changed_names & set(DECISIVE):
        if not (_is_superuser(planned.before) or _is_administrator(planned.before)):
            return
        lock(ContentType, ContentType.objects.get_for_model(type(planned.record)).pk)
        if reason := _describe_loss(planned):
            raise DeletionRefused([], reason) if planned.action == "remove" else Forbidden(reason)


def _describe_loss(planned) -> str:
    """Return why the change is not allowed; empty if it is."""
    before, after = planned.before, None if planned.action == "remove" else planned.record
    others = type(before)._base_manager.filter(is_active=True, status=ACTIVE).exclude(pk=before.pk)
    loses_superuser = _is_superuser(before) and not (after and _is_superuser(after))
    if loses_superuser and not others.filter(is_superuser=True).exists():
        return _("%(user)s is the last superuser. Make someone else a superuser first.") % {"user": before}
    if not _is_administrator(before) or (after and _is_administrator(after)) or _is_other_superuser(planned):
        return ""
    colleagues = others.filter(company_id=before.company_id, customer=None)
    if colleagues.filter(users_with_permission_q(PERMISSION)).exists():
        return ""
    return _(
        "%(user)s is the last administrator of %(company)s. Make someone else an administrator first."
    ) % {"user": before, "company": before.company}


def _is_superuser(user) -> bool:
    return user.is_superuser and user.can_sign_in


def _is_administrator(user) -> bool:
    """Return whether a user can administer the users of their company."""
    if not user.can_sign_in or not user.company_id or user.customer_id:
        return False
    own = user.user_permissions.values_list("pk", flat=True)
    groups = Group.objects.filter(name__in=user.roles).values_list("pk", flat=True)
    return user.is_superuser or PERMISSION in permission_names(own) | permissions_of_groups(groups)


def _is_other_superuser(planned) -> bool:
    """Return whether a superuser changes another user: they can appoint a new administrator."""
    person = getattr(planned.actor, "owner", planned.actor)
    return person.is_superuser and person.pk != planned.before.pk
