"""Filters, column choices and column headings of a list. A page has dozens of them, so they are rendered
without the overhead of a template each."""

from html import escape

from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from backoffice.web.cells import icon
from backoffice.web.listing import Heading
from backoffice.web.viewsets import ListColumn

_SWAPS = (
    'hx-target="#list" hx-select="#list" hx-swap="outerHTML" hx-push-url="true"'
    ' hx-select-oob="#list-count:innerHTML,#list-menus:innerHTML"'
)


def filter_line(field: BoundField, css: str = "", labelled: bool = False) -> SafeString:
    """Return a filter with its label and its errors. The label is visible if `labelled`, else for screen
    readers only."""
    errors = field.errors
    css = f"filter {css}{' is-active' if field.data else ''}{' has-error' if errors else ''}"
    hidden = "" if labelled else ' class="visually-hidden"'
    alert = ' role="alert"' if errors else ""
    messages = "".join(conditional_escape(str(error)) for error in errors)
    html = f"""
<div class="{css}">
  <label for="{escape(field.id_for_label)}"{hidden}>{conditional_escape(str(field.label))}</label>
  {field}
  <div id="error_{field.name}" class="filter-error"{alert}>{messages}</div>
</div>
"""
    return SafeString(html)  # nosec B703 # each part is escaped


def column_line(column: ListColumn, shown: bool) -> SafeString:
    """Return a column's checkbox, with buttons to move it if it is shown. A column that links to the record
    is always checked."""
    label = conditional_escape(str(column.label))
    if column.is_link:
        html = (
            '<label class="check-label"><input type="checkbox" class="form-check-input" checked disabled>'
            f" {label}</label>"
        )
    else:
        moves = ""
        if shown:
            moves = _move_button(column, "up", "arrow-up-short", _("%(label)s: move forward"))
            moves += _move_button(column, "down", "arrow-down-short", _("%(label)s: move back"))
        html = (
            '<div class="column-choice" data-column><label class="check-label"><input type="checkbox" class="form-check-input"'
            f' name="column" value="{column.name}"{" checked" if shown else ""}> {label}</label>{moves}</div>'
        )
    return SafeString(html)  # nosec B703 # each part is escaped


def _move_button(column: ListColumn, direction: str, icon_name: str, text: str) -> str:
    text = escape(text % {"label": column.label})
    return (
        f'<button class="column-move" type="submit" name="{direction}" value="{column.name}">{icon(icon_name)}'
        f'<span class="visually-hidden">{text}</span></button>'
    )


def heading_line(heading: Heading) -> SafeString:
    """Return a column heading, which links to the sorted list if the column is sortable."""
    column, direction = heading.column, heading.direction
    label = conditional_escape(str(column.label))
    arrow = icon(f"arrow-{'up' if direction == 'ascending' else 'down'}-short") if direction else ""
    sorts = f' aria-sort="{direction}"' if direction else ""
    inside = label
    if heading.url:
        url = escape(heading.url)
        inside = f"""
        <a href="{url}" id="sort-{column.name}" hx-get="{url}" {_SWAPS}>
          {label}{arrow}</a>"""
    html = f"""<th scope="col" class="{column.css} col-{column.name}"{sorts}>{inside}
      </th>"""
    return SafeString(html)  # nosec B703 # each part is escaped
