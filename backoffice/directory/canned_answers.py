"""The form, filters and viewset of canned answers."""

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.lists.filters import RecordFilterSet, RecordStatusFilter
from backoffice.web import cells
from backoffice.web.viewsets import ListColumn, RecordViewSet, register
from backoffice.workplace.models import CannedAnswer

CannedAnswerForm = record_form(
    CannedAnswer,
    groups=(
        FieldGroup(_("Saved reply"), "title", "text", tone=CUSTOMER),
        FieldGroup(_("Administrative"), "status"),
    ),
)


class CannedAnswerFilters(RecordFilterSet):
    record = RecordStatusFilter()

    main_filters = ("record",)


@register
class CannedAnswerViewSet(RecordViewSet):
    model = CannedAnswer
    slug = "canned-answers"
    icon = "chat-square-quote"
    new_label = _("New saved reply")
    short_label = _("Saved replies")
    order = 90
    on_rail = False
    filterset_class = CannedAnswerFilters
    form_class = CannedAnswerForm
    note_template = "workplace/canned_note.html"
    default_sort = "title"
    columns = (
        ListColumn(name="title", label=_("Saved reply"), sort=("title",), show=cells.subject, css="subject"),
        ListColumn(name="text", label=_("Text"), show=cells.excerpt, css="wide minor"),
        ListColumn(
            name="last_modified_at", label=_("Changed"), sort=("last_modified_at",), show=cells.instant
        ),
    )
