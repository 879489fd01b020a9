"""What can be wrong with the settings, and with names of users from before they were compared as they are now."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core import checks
from django.db import DatabaseError

from backoffice.people.models import User
from backoffice.people.public_url import public_url
from backoffice.people.usernames import username_key
from backoffice.records.fields import split_uri


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


@checks.register()
def check_public_url(app_configs, **kwargs):
    """Links in mails would lead nowhere, or not to us."""
    parts = split_uri(public_url())
    try:
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of a port that is none
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.username is not None:
        return [
            checks.Error(
                f"PUBLIC_URL is “{settings.PUBLIC_URL}”, which is no address of a site.",
                hint="Set it to where people reach the product, such as https://desk.example.com.",
                id="signin.E002",
            )
        ]
    return []


@checks.register(checks.Tags.database)
def check_usernames(app_configs, databases=None, **kwargs):
    """Users whose names count as the same: each signs in with the name exactly as it is written, and one may be taken for
    the other."""
    if not databases:
        return []
    try:
        return [
            checks.Warning(
                f"The usernames {' and '.join(f'“{name}”' for name in names)} count as the same.",
                hint="Rename all but one of them.",
                id="signin.W001",
            )
            for names in find_same_usernames()
        ]
    except DatabaseError:
        return []  # nothing has been migrated yet


def find_same_usernames() -> list[list[str]]:
    """Return the groups of usernames that count as the same, the oldest user's first."""
    groups = {}
    for username in (
        User._base_manager.filter(username_key=None)
        .order_by("created_at", "id")
        .values_list("username", flat=True)
    ):
        groups.setdefault(username_key(username), []).append(username)
    holders = User._base_manager.filter(username_key__in=list(groups)).values_list("username_key", "username")
    for key, username in holders:
        groups[key].insert(0, username)
    return [names for names in groups.values() if len(names) > 1]
