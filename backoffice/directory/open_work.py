"""What people who leave still have to do."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from backoffice.people.models import User
from backoffice.records.models import ACTIVE
from backoffice.records.services import PlannedWrite
from backoffice.web.page_parts import panels_for


def tell_open_work(request: HttpRequest, draft: PlannedWrite) -> None:
    """Tell whoever switched a person off, or archived them, how much work stays with them, with a link to each list."""
    if draft.before is None or not _works(draft.before) or _works(draft.record):
        return
    panels = [panel for panel in panels_for(draft.record, request.user) if panel.items]
    if panels:
        each = ((panel.more_url, panel.title, panel.count) for panel in panels)
        lists = format_html_join(", ", '<a href="{}">{} ({})</a>', each)
        said = _(
            "{name} still has work: {lists}. Open each list, choose all of it and give it to somebody else."
        )
        messages.warning(request, format_html(said, name=draft.record, lists=lists))


def _works(user: User) -> bool:
    return user.is_active and user.status == ACTIVE
