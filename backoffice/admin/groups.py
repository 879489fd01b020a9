"""Groups of the index and the navigation of admin: by what administrators come for, not by app.

A model admin names its `group`; without one, it is in the group of its app.
"""

from dataclasses import dataclass

from django.apps import AppConfig
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class AdminGroup:
    """A heading of the index. Groups of the same `order` are listed as their apps are installed."""

    slug: str
    title: str | Promise
    order: int = 50
    is_listed: bool = True
    """Whether the group is on the index, or only on the page of its app."""


PEOPLE = AdminGroup(slug="people", title=_("People"), order=10)
SECURITY = AdminGroup(slug="security", title=_("Privacy and security"), order=80)
COMPANY = AdminGroup(slug="company", title=_("Company"), order=90)
ROWS = AdminGroup(slug="rows", title=_("Related lists"), order=99, is_listed=False)


def group_of_app(app: AppConfig) -> AdminGroup:
    """Return the group of the records of an app."""
    return AdminGroup(slug=app.label, title=app.verbose_name)
