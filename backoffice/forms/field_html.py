"""A field of a form with its label, its help and what is wrong with it: as crispy-forms' template for Bootstrap draws it,
made without a template, for there are dozens in a form. What is not a plain input is left to the template."""

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

STAR = mark_safe('<span class="asteriskField">*</span>')  # nosec B308 # a literal
PLAIN = (forms.widgets.Input, forms.Textarea, forms.Select, forms.CheckboxInput)


def field_line(field: BoundField, error_tag: str = "p") -> SafeString:
    """The HTML of a field; each of its errors stands in an `error_tag`."""
    widget = field.field.widget
    if field.is_hidden:
        return field.as_widget()
    if not isinstance(widget, PLAIN) or isinstance(widget, forms.FileInput) or widget.use_fieldset:
        return as_crispy_field(field)
    is_tick = isinstance(widget, forms.CheckboxInput)
    classes = [
        "form-check-input"
        if is_tick
        else "form-select"
        if isinstance(widget, forms.Select)
        else "form-control"
    ]
    if field.errors:
        classes.append("is-invalid")
    _add_classes(widget, [type(widget).__name__.lower(), *classes])
    label = _label(field, "form-check-label" if is_tick else "form-label")
    told = _errors(field, error_tag) + _help(field)
    id_ = conditional_escape(field.auto_id)
    more = f" {extra}" if (extra := conditional_escape(field.css_classes())) else ""
    if is_tick:
        html = (
            f'<div class="mb-3"><div id="div_{id_}" class="form-check{more}">{field}{label}{told}</div></div>'
        )
    else:
        html = f'<div id="div_{id_}" class="mb-3{more}">{label}{field}{told}</div>'
    return mark_safe(html)  # noqa: S308 # nosec B308 B703 # each part is escaped


def _add_classes(widget: forms.Widget, classes: list[str]) -> None:
    known = widget.attrs.get("class", "").split()
    widget.attrs["class"] = " ".join([*known, *(one for one in classes if one not in known)])


def _label(field: BoundField, css: str) -> str:
    if not field.label:
        return ""
    css, star = (f"{css} requiredField", STAR) if field.field.required else (css, "")
    return format_html('<label for="{}" class="{}">{}{}</label>', field.id_for_label, css, field.label, star)


def _errors(field: BoundField, tag: str) -> str:
    if not field.errors:
        return ""
    each = format_html_join(
        "",
        '<{0} id="error_{1}_{2}"><strong>{3}</strong></{0}>',
        ((tag, place, field.auto_id, error) for place, error in enumerate(field.errors, 1)),
    )
    return format_html('<div id="{}_error" class="invalid-feedback">{}</div>', field.errors.field_id, each)


def _help(field: BoundField) -> str:
    if not field.help_text:
        return ""
    return format_html('<div id="{}_helptext" class="form-text">{}</div>', field.auto_id, field.help_text)
