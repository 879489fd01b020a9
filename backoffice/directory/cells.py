"""Formatting of table cells in the lists of users and API keys."""

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.people.roles import role_label
from backoffice.web.cells import CellContext, boolean_cell, cached_by_value, instant, tags

active = boolean_cell(gettext_lazy("Active"), gettext_lazy("Inactive"), ("state-off", "dash"))


def expires(record, value, context: CellContext) -> str:
    return instant(record, value, context) or format_html('<span class="muted">{}</span>', _("never"))


@cached_by_value
def prefix(value: str, context: CellContext) -> str:
    """The start of a key, as its owner knows it."""
    return format_html("<code>ck_{}_…</code>", value)


def roles(record, value, context: CellContext) -> str:
    return tags(role_label(role) for role in value)
