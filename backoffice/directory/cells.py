"""Formatting of table cells in the lists of users and API keys."""

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.people.models import KeyState, User
from backoffice.people.roles import role_label
from backoffice.records.models import ACTIVE
from backoffice.web.cells import CellContext, badge, boolean_cell, cached_by_value, instant, tags

_active = boolean_cell(gettext_lazy("Active"), gettext_lazy("Inactive"), ("state-off", "dash"))


ACCOUNT_STATES = [
    ("active", gettext_lazy("Active")),
    ("inactive", gettext_lazy("Inactive")),
    ("archived", gettext_lazy("Archived")),
]


def account_state(user: User) -> str:
    """Return whether a user can sign in, and why not."""
    state = "archived" if user.status != ACTIVE else "active" if user.is_active else "inactive"
    return str(dict(ACCOUNT_STATES)[state])


def active(user: User, value: bool, context: CellContext) -> str:
    if user.status != ACTIVE:
        return badge("state state-off", "dash", account_state(user))
    return _active(user, value, context)


def expires(record, value, context: CellContext) -> str:
    shown = instant(record, value, context) or format_html('<span class="muted">{}</span>', _("never"))
    if record.state == KeyState.ACTIVE:
        return shown
    return format_html("{} {}", badge("state state-off", "dash", record.state.label), shown)


@cached_by_value
def prefix(value: str, context: CellContext) -> str:
    """The start of a key, as its owner knows it."""
    return format_html("<code>ck_{}_…</code>", value)


def roles(record, value, context: CellContext) -> str:
    return tags(role_label(role) for role in value)
