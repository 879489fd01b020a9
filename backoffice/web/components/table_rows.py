"""The rows of a list. What is the same in all of them is made once; between, only a record's own is put together."""

from collections.abc import Iterable
from html import escape
from operator import attrgetter
from urllib.parse import quote

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.cells import CellContext, icon, text
from backoffice.web.viewsets import ANY_ID, ListColumn, RecordViewSet

_NAME = "\N{OBJECT REPLACEMENT CHARACTER}"


def _around_name(sentence: str) -> tuple[str, str]:
    """What a sentence has before and after `_NAME`, as HTML."""
    before, _found, after = conditional_escape(sentence).partition(_NAME)
    return before, after


class _QuickLink:
    """What opens the menu in which something is set by one choice."""

    def __init__(self, kind: RecordViewSet, column: ListColumn, here: str):
        url = f"{kind.url('quick', ANY_ID, column.name)}?next={quote(here, safe='')}"
        html = format_html(
            '<a class="quick" id="quick-{id}-{name}" href="{url}" hx-get="{url}" hx-target="#quick-slot"'
            ' hx-swap="innerHTML" aria-haspopup="menu"><span class="visually-hidden">',
            id=ANY_ID,
            name=column.name,
            url=url,
        )
        self.parts = html.split(ANY_ID)
        said = _("Change %(label)s of %(name)s") % {"label": column.label, "name": _NAME}
        self.before_name, self.after_name = _around_name(said)
        self.end = f"</span>{icon('chevron-down')}</a>"

    def html(self, pk: str, name: str) -> str:
        return f"{pk.join(self.parts)}{self.before_name}{name}{self.after_name}{self.end}"


class TableRows:
    """Makes the rows of one list for one person. `here` is where their menus lead back to."""

    def __init__(self, kind: RecordViewSet, actor: Actor, columns: Iterable[ListColumn], here: str):
        self.look = CellContext(actor)
        self.may_change = actor.may("change", kind.model)
        quick = kind.quick_columns if self.may_change else ()
        self.columns = [
            (
                column.name,
                column.value or attrgetter(column.name),
                column.show or text,
                format_html(
                    '<td class="{} col-{}{}" data-label="{}">',
                    column.css,
                    column.name,
                    " quick-cell" if column.name in quick else "",
                    column.label,
                ),
                _QuickLink(kind, column, here) if column.name in quick else None,
            )
            for column in columns
        ]
        self.choose = _around_name(_("Choose %(name)s") % {"name": _NAME})

    def of(self, records: Iterable[Entity]) -> SafeString:
        return mark_safe("\n".join(map(self.row, records)))  # noqa: S308 # nosec B308 B703 # rows are HTML

    def ids_of(self, records: Iterable[Entity]) -> SafeString:
        """The ids of the records in the list, to be sent along with what is done with all of them."""
        fields = (f'<input type="hidden" name="shown" value="{record.pk}">' for record in records)
        return mark_safe("".join(fields))  # noqa: S308 # nosec B308 B703 # ids are ours

    def row(self, record: Entity, problem: str = "", problem_in: str = "") -> SafeString:
        """The row of a record; `problem` is why it could not be changed in the column `problem_in`."""
        pk, name = record.pk, escape(str(record))
        number = escape(str(getattr(record, "number", "") or record))
        parts = [f'<tr id="row-{pk}" class="row-wrong">' if problem else f'<tr id="row-{pk}">']
        if self.may_change:
            parts.append(
                f'<td class="pick"><label class="pick-room"><input type="checkbox" class="form-check-input"'
                f' name="chosen" value="{pk}"'
                f' form="many" aria-label="{self.choose[0]}{name}{self.choose[1]}"></label></td>'
            )
        for column, read, show, begin, quick in self.columns:
            parts += (begin, show(record, read(record), self.look))
            if quick is not None:
                parts.append(quick.html(pk, number))
                if problem and problem_in == column:
                    parts.append(format_html('<p class="quick-problem" role="alert">{}</p>', problem))
            parts.append("</td>")
        parts.append("</tr>")
        return mark_safe("".join(parts))  # noqa: S308 # nosec B308 B703 # each part is escaped above
