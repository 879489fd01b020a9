"""The rows of a list. The HTML that all rows share is built once per page."""

from collections.abc import Iterable
from html import escape
from operator import attrgetter
from urllib.parse import quote

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.cells import CellContext, icon, renderer_of
from backoffice.web.viewsets import ANY_ID, ListColumn, RecordViewSet

_NAME = "\N{OBJECT REPLACEMENT CHARACTER}"


def _around_name(sentence: str) -> tuple[str, str]:
    """Return the HTML of a sentence before and after `_NAME`."""
    before, _name, after = conditional_escape(sentence).partition(_NAME)
    return before, after


class _QuickLink:
    """The link that opens a quick-edit menu."""

    def __init__(self, viewset: RecordViewSet, column: ListColumn, list_url: str):
        url = f"{viewset.url('quick', ANY_ID, column.name)}?next={quote(list_url, safe='')}"
        html = format_html(
            '<a class="quick-link" id="quick-{id}-{name}" href="{url}" hx-get="{url}" hx-target="#quick-slot"'
            ' hx-swap="innerHTML" aria-haspopup="menu"><span class="visually-hidden">',
            id=ANY_ID,
            name=column.name,
            url=url,
        )
        self.parts = html.split(ANY_ID)
        label = _("Edit %(label)s of %(name)s") % {"label": column.label, "name": _NAME}
        self.before_name, self.after_name = _around_name(label)
        self.end = f"</span>{icon('chevron-down')}</a>"

    def html(self, pk: str, name: str) -> str:
        return f"{pk.join(self.parts)}{self.before_name}{name}{self.after_name}{self.end}"


class TableRows:
    """Renders the rows of one list for one actor. `list_url` is the page to return to from the quick-edit
    menus."""

    def __init__(self, viewset: RecordViewSet, actor: Actor, columns: Iterable[ListColumn], list_url: str):
        self.context = CellContext(actor)
        self.may_change = actor.may("change", viewset.model)
        quick = viewset.quick_columns if self.may_change else ()
        self.columns = [
            (
                column.name,
                column.value or attrgetter(column.name),
                renderer_of(column, viewset.model),
                format_html(
                    '<td class="{} col-{}{}" data-label="{}">',
                    column.css,
                    column.name,
                    " quick-cell" if column.name in quick else "",
                    column.label,
                ),
                _QuickLink(viewset, column, list_url) if column.name in quick else None,
            )
            for column in columns
        ]
        self.checkbox_label = _around_name(_("Select %(name)s") % {"name": _NAME})

    def render(self, records: Iterable[Entity]) -> SafeString:
        return mark_safe("\n".join(map(self.row, records)))  # noqa: S308 # nosec B308 B703 # rows are HTML

    def render_ids(self, records: Iterable[Entity]) -> SafeString:
        """Return hidden fields with the ids of the records, for bulk edits of the whole page."""
        fields = (f'<input type="hidden" name="shown" value="{record.pk}">' for record in records)
        return mark_safe("".join(fields))  # noqa: S308 # nosec B308 B703 # ids are hexadecimal

    def row(self, record: Entity, problem: str = "", problem_in: str = "") -> SafeString:
        """Return the row of a record. `problem` is why a quick edit of the column `problem_in` failed."""
        pk, name = record.pk, escape(str(record))
        number = escape(str(getattr(record, "number", "") or record))
        parts = [f'<tr id="row-{pk}" class="has-error">' if problem else f'<tr id="row-{pk}">']
        if self.may_change:
            parts.append(
                f'<td class="row-select"><label class="row-select-target"><input type="checkbox" class="form-check-input"'
                f' name="chosen" value="{pk}"'
                f' form="bulk-bar" aria-label="{self.checkbox_label[0]}{name}{self.checkbox_label[1]}"></label></td>'
            )
        for column, read, show, begin, quick in self.columns:
            parts += (begin, show(record, read(record), self.context))
            if quick is not None:
                parts.append(quick.html(pk, number))
                if problem and problem_in == column:
                    parts.append(format_html('<p class="quick-error" role="alert">{}</p>', problem))
            parts.append("</td>")
        parts.append("</tr>")
        return mark_safe("".join(parts))  # noqa: S308 # nosec B308 B703 # each part is escaped above
