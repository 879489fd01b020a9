"""A warning about open work of deactivated users."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from backoffice.people.models import User
from backoffice.records.actors import Actor
from backoffice.records.models import ACTIVE
from backoffice.records.services import PlannedWrite
from backoffice.web.page_parts import panels_for


def warn_about_open_work(request: HttpRequest, planned: PlannedWrite) -> None:
    """If the update deactivated or archived a user, show how much work is assigned to them, with links to the
    lists."""
    if planned.before is None or not _can_work(planned.before) or _can_work(planned.record):
        return
    if lists := describe_open_work(planned.record, request.user):
        message = _(
            "{name} still has open work: {lists}. Open each list, select everything and assign "
            "it to someone else."
        )
        messages.warning(request, format_html(message, name=planned.record, lists=lists))


def describe_open_work(user: User, actor: Actor) -> str:
    """Return links to the lists of open work of a user, as HTML; empty if there is none."""
    panels = [panel for panel in panels_for(user, actor) if panel.items]
    rows = ((panel.more_url, panel.title, panel.count) for panel in panels)
    return format_html_join(", ", '<a href="{}">{} ({})</a>', rows)


def _can_work(user: User) -> bool:
    return user.is_active and user.status == ACTIVE
