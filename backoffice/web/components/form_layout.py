"""How a record's form is laid out: its groups, by crispy-forms."""

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


class ToldLine(LayoutObject):
    """What somebody else changed meanwhile, above the fields that it is about."""

    def __init__(self, told: list[ConflictNote]):
        self.fields = []
        self.told = told

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return "".join(render_to_string("forms/conflict.html", {"told": told}) for told in self.told)


class Folded(LayoutObject):
    """What has a box of its own on the page: here it is only corrected, so it opens by a click."""

    def __init__(self, name: str, item):
        self.name = name
        self.fields = [item]

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = render_field(self.fields[0], form, context, template_pack=template_pack)
        said = {"inside": inside, "field": form[self.name], "open": bool(form.errors.get(self.name))}
        return render_to_string("web/forms/folded.html", said)


class FormGroup(LayoutObject):
    """A titled group, marked by what it is for: the customer's eyes, or only ours."""

    def __init__(self, group: FieldGroup, *items):
        self.group = group
        self.fields = list(items)

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = "".join(
            render_field(item, form, context, template_pack=template_pack) for item in self.fields
        )
        return render_to_string("web/forms/group.html", {"group": self.group, "inside": inside})


def helper_for(form, folded: Collection[str] = ()) -> FormHelper:
    """The crispy helper of a record's form; groups of which nothing is left for this person are left out. `folded`
    names what opens by a click only."""
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
    """One line of a group: a field, a list, or a few fields side by side; above it what others made of them."""
    names = [name for name in ((names,) if isinstance(names, str) else names) if name in form.fields]
    if not names:
        return []
    told = [item for item in form.told if item.name in names]
    above = [ToldLine(told)] if told else []
    items = [
        RowsLine(name) if isinstance(form.fields[name], RowsField) else FieldLine(name) for name in names
    ]
    confirmations = [FieldLine(f"{REPLACE}{name}") for name in names if f"{REPLACE}{name}" in form.fields]
    if len(items) == 1:
        item = Div(*items, *confirmations) if confirmations else items[0]
        return [*above, Folded(names[0], item) if names[0] in folded else item]
    return [*above, Div(*(Div(item, css_class="col-sm") for item in items), css_class="row")]
