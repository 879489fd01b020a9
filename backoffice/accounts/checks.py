"""System checks of the sign-in settings, and of usernames stored before the current comparison rules."""

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
    """Report names in `SECOND_FACTOR_GROUPS` that match no group: a misspelled group would silently need no
    second factor."""
    if not databases or not settings.SECOND_FACTOR_GROUPS:
        return []
    try:
        existing = set(Group.objects.values_list("name", flat=True))
    except DatabaseError:
        existing = set()
    if not existing:
        return []  # no migrations have run
    return [
        checks.Error(f"SECOND_FACTOR_GROUPS contains “{name}”, but there is no such group.", id="signin.E001")
        for name in settings.SECOND_FACTOR_GROUPS
        if name not in existing
    ]


@checks.register()
def check_public_url(app_configs, **kwargs):
    """Report a `PUBLIC_URL` that is not the base URL of a site: links in e-mails would not lead to this
    site."""
    parts = split_uri(public_url())
    try:
        is_valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # the port is not a number
        is_valid = False
    if not is_valid or parts.query or parts.fragment or parts.username is not None:
        return [
            checks.Error(
                f"PUBLIC_URL is “{settings.PUBLIC_URL}”, which is not the address of a site.",
                hint="Set it to where people reach the product, such as https://desk.example.com.",
                id="signin.E002",
            )
        ]
    return []


@checks.register(checks.Tags.database)
def check_usernames(app_configs, databases=None, **kwargs):
    """Report users whose usernames count as the same. Each signs in with the exact spelling, and one may be
    mistaken for the other."""
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
        return []  # no migrations have run


def find_same_usernames() -> list[list[str]]:
    """Return groups of usernames that count as the same, the oldest user's name first."""
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
