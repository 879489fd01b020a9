"""Layout of record forms with django-crispy-forms."""

from collections.abc import Collection

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from django.template.loader import render_to_string

from backoffice.forms.answer_confirmation import REPLACE
from backoffice.forms.conflicts import ConflictNote
from backoffice.forms.field_html import field_line
from backoffice.forms.fieldsets import FieldGroup
from backoffice.forms.formsets import RowsField


class FieldLine(LayoutObject):
    """A plain field."""

    def __init__(self, name: str):
        self.fields = []
        self.name = name

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        form.rendered_fields.add(self.name)
        return field_line(form[self.name], error_tag="span")


class RowsLine(LayoutObject):
    """A list: a fieldset with its rows."""

    def __init__(self, name: str):
        self.fields = []
        self.name = name

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        form.rendered_fields.add(self.name)
        return render_to_string("web/forms/rows_line.html", {"field": form[self.name]})


class ConflictLine(LayoutObject):
    """Notes on other users' changes, above the fields that they are about."""

    def __init__(self, notes: list[ConflictNote]):
        self.fields = []
        self.notes = notes

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return "".join(render_to_string("forms/conflict.html", {"note": note}) for note in self.notes)


class Folded(LayoutObject):
    """A field in a closed `<details>`: its text is usually written in a composer and only corrected in the
    form."""

    def __init__(self, name: str, item):
        self.name = name
        self.fields = [item]

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = render_field(self.fields[0], form, context, template_pack=template_pack)
        values = {"inside": inside, "field": form[self.name], "open": bool(form.errors.get(self.name))}
        return render_to_string("web/forms/folded.html", values)


class FormGroup(LayoutObject):
    """A titled group, marked as visible to the customer or internal."""

    def __init__(self, group: FieldGroup, *items):
        self.group = group
        self.fields = list(items)

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = "".join(
            render_field(item, form, context, template_pack=template_pack) for item in self.fields
        )
        return render_to_string("web/forms/group.html", {"group": self.group, "inside": inside})


def helper_for(form, folded: Collection[str] = ()) -> FormHelper:
    """Return the crispy helper of a record form. Groups without a field that this user may see are left out.
    The fields in `folded` are closed until the user opens them."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.include_media = False
    helper.form_show_errors = True
    groups = []
    for group in form.groups:
        lines = [part for line in group.lines for part in _line(form, line, folded)]
        if lines:
            groups.append(FormGroup(group, *lines))
    groups += [FieldLine(name) for name in ("version", "settle-version") if name in form.fields]
    helper.layout = Layout(*groups)
    return helper


def _line(form, names, folded):
    """Return a line of a group: a field, a list, or a few fields side by side, below the notes on
    conflicts."""
    names = [name for name in ((names,) if isinstance(names, str) else names) if name in form.fields]
    if not names:
        return []
    notes = [note for note in form.conflict_notes if note.name in names]
    above = [ConflictLine(notes)] if notes else []
    items = [
        RowsLine(name) if isinstance(form.fields[name], RowsField) else FieldLine(name) for name in names
    ]
    confirmations = [FieldLine(f"{REPLACE}{name}") for name in names if f"{REPLACE}{name}" in form.fields]
    if len(items) == 1:
        item = Div(*items, *confirmations) if confirmations else items[0]
        return [*above, Folded(names[0], item) if names[0] in folded else item]
    return [*above, Div(*(Div(item, css_class="col-sm") for item in items), css_class="row")]
