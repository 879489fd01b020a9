"""A filter of a list with its label and what is wrong with it, made without a template: a list has nine."""

from html import escape

from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


def filter_line(field: BoundField, css: str = "", labelled: bool = False) -> SafeString:
    """The label is for the eye, too, if the filter is `labelled`."""
    errors = field.errors
    css = f"filter {css}{' filter-on' if field.data else ''}{' filter-bad' if errors else ''}"
    hidden = "" if labelled else ' class="visually-hidden"'
    alert = ' role="alert"' if errors else ""
    said = "".join(conditional_escape(str(error)) for error in errors)
    html = f"""
<div class="{css}">
  <label for="{escape(field.id_for_label)}"{hidden}>{conditional_escape(str(field.label))}</label>
  {field}
  <div id="error_{field.name}" class="filter-error"{alert}>{said}</div>
</div>
"""
    return mark_safe(html)  # noqa: S308 # nosec B308 B703 # each part is escaped
