"""How a record's form is laid out: its groups, by crispy-forms."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from django.template.loader import render_to_string

from backoffice.forms.groups import Group
from backoffice.forms.rows import RowsField


class RowsLine(LayoutObject):
    """A list: a fieldset with its rows."""

    def __init__(self, name: str):
        self.fields = []
        self.name = name

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        form.rendered_fields.add(self.name)
        return render_to_string("web/forms/rows_line.html", {"field": form[self.name]})


class FormGroup(LayoutObject):
    """A titled group, marked by what it is for: the customer's eyes, or only ours."""

    def __init__(self, group: Group, *items):
        self.group = group
        self.fields = list(items)

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = "".join(
            render_field(item, form, context, template_pack=template_pack) for item in self.fields
        )
        return render_to_string("web/forms/group.html", {"group": self.group, "inside": inside})


def helper_for(form) -> FormHelper:
    """The crispy helper of a record's form; groups of which nothing is left for this person are left out."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.include_media = False
    helper.form_show_errors = True
    groups = []
    for group in form.groups:
        lines = [line for line in (_line(form, line) for line in group.lines) if line is not None]
        if lines:
            groups.append(FormGroup(group, *lines))
    if "version" in form.fields:
        groups.append(Field("version"))
    helper.layout = Layout(*groups)
    return helper


def _line(form, names):
    """One line of a group: a field, a list, or a few fields side by side."""
    names = [name for name in ((names,) if isinstance(names, str) else names) if name in form.fields]
    if not names:
        return None
    items = [RowsLine(name) if isinstance(form.fields[name], RowsField) else Field(name) for name in names]
    return (
        items[0]
        if len(items) == 1
        else Div(*(Div(item, css_class="col-sm") for item in items), css_class="row")
    )
