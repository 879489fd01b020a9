"""HTML of a form field with label, help text and errors, identical to that of crispy-forms' Bootstrap
template. Plain inputs are rendered without the template, because a form has dozens; all others use it."""

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

STAR = mark_safe('<span class="asteriskField">*</span>')  # nosec B308 # a literal
PLAIN = (forms.widgets.Input, forms.Textarea, forms.Select, forms.CheckboxInput)


def field_line(field: BoundField, error_tag: str = "p") -> SafeString:
    """Return the HTML of a field, with each error in an element `error_tag`."""
    widget = field.field.widget
    if field.is_hidden:
        return field.as_widget()
    if not isinstance(widget, PLAIN) or isinstance(widget, forms.FileInput) or widget.use_fieldset:
        return as_crispy_field(field)
    is_checkbox = isinstance(widget, forms.CheckboxInput)
    present = widget.attrs.get("class", "").split()
    classes = [*present, type(widget).__name__.lower(), control_class(widget)]
    classes += ["is-invalid"] if field.errors else []
    widget.attrs["class"] = " ".join(dict.fromkeys(classes))
    label = _label(field, "form-check-label" if is_checkbox else "form-label")
    notes = _errors(field, error_tag) + _help(field)
    id_ = conditional_escape(field.auto_id)
    css = f" {extra}" if (extra := conditional_escape(field.css_classes())) else ""
    if is_checkbox:
        html = (
            f'<div class="mb-3"><div id="div_{id_}" class="form-check{css}">{field}{label}{notes}</div></div>'
        )
    else:
        html = f'<div id="div_{id_}" class="mb-3{css}">{label}{field}{notes}</div>'
    return mark_safe(html)  # noqa: S308 # nosec B308 B703 # each part is escaped


def control_class(widget: forms.Widget) -> str:
    """Return Bootstrap's class of a control."""
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def _label(field: BoundField, css: str) -> str:
    if not field.label:
        return ""
    css, star = (f"{css} requiredField", STAR) if field.field.required else (css, "")
    return format_html('<label for="{}" class="{}">{}{}</label>', field.id_for_label, css, field.label, star)


def _errors(field: BoundField, tag: str) -> str:
    if not field.errors:
        return ""
    errors = format_html_join(
        "",
        '<{0} id="error_{1}_{2}"><strong>{3}</strong></{0}>',
        ((tag, index, field.auto_id, error) for index, error in enumerate(field.errors, 1)),
    )
    return format_html('<div id="{}_error" class="invalid-feedback">{}</div>', field.errors.field_id, errors)


def _help(field: BoundField) -> str:
    if not field.help_text:
        return ""
    return format_html('<div id="{}_helptext" class="form-text">{}</div>', field.auto_id, field.help_text)
