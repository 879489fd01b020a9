"""What can be wrong with the settings."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import checks
from django.db import DatabaseError


@checks.register(checks.Tags.database)
def check_groups(app_configs, databases=None, **kwargs):
    """A group with a typing error in it would need no second factor, and nobody would notice."""
    if not databases or not settings.SECOND_FACTOR_GROUPS:
        return []
    try:
        known = set(Group.objects.values_list("name", flat=True))
    except DatabaseError:
        known = set()
    if not known:
        return []  # nothing has been migrated yet
    return [
        checks.Error(f"SECOND_FACTOR_GROUPS names “{name}”, and there is no such group.", id="signin.E001")
        for name in settings.SECOND_FACTOR_GROUPS
        if name not in known
    ]
