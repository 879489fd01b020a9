"""Layout of record forms with django-crispy-forms."""

from collections.abc import Collection

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django.forms.utils import ErrorDict
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from backoffice.forms.conflicts import ConflictNote
from backoffice.forms.field_html import field_line
from backoffice.forms.formsets import RowsField


class FieldLine(LayoutObject):
    """A plain field."""

    def __init__(self, name: str):
        self.fields, self.name = [], name

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        return field_line(form[self.name], error_tag="span")


class TemplateBlock(LayoutObject):
    """A template around other layout objects, which it gets as `inside`. The field `name`, if any, is its `field`."""

    def __init__(self, template: str, *items, name: str = "", **values):
        self.fields, self.template, self.name, self.values = list(items), template, name, values

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        inside = self.get_rendered_fields(form, context, template_pack, **kwargs)
        field = form[self.name] if self.name else None
        return render_to_string(self.template, self.values | {"inside": inside, "field": field})


class ConflictChoice(LayoutObject):
    """The choices in conflicts about a property, with its field: they show the error, so the field shows none.
    Where the whole property is in conflict, its field belongs to the choice of the user's own version."""

    def __init__(self, item: LayoutObject, notes: list[ConflictNote]):
        self.fields, self.item, self.notes = [], item, notes
        self.is_inside = [note.path for note in notes] == [notes[0].name]

    def render(self, form, context, template_pack=TEMPLATE_PACK, **kwargs):
        errors, form._errors = form.errors, ErrorDict()
        try:
            field = self.item.render(form, context, template_pack, **kwargs)
        finally:
            form._errors = errors
        inside = field if self.is_inside else ""
        choices = [
            render_to_string("forms/conflict.html", {"note": note, "inside": inside}) for note in self.notes
        ]
        return mark_safe("".join([*choices, "" if inside else field]))  # noqa: S308 # nosec B308 B703 # rendered HTML


def helper_for(form, folded: Collection[str] = ()) -> FormHelper:
    """Return the crispy helper of a record form. Groups without a field that this user may see are left out.
    The fields in `folded` are closed until the user opens them."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.include_media = False
    groups = []
    for group in form.groups:
        lines = [part for line in group.lines for part in _line(form, line, folded)]
        if lines:
            groups.append(TemplateBlock("web/forms/group.html", *lines, group=group))
    groups += [FieldLine(name) for name in ("version", "settle-version") if name in form.fields]
    helper.layout = Layout(*groups)
    return helper


def _line(form, names, folded):
    """Return a line of a group: a field, a list, or a few fields side by side, below the notes on what others
    changed and the fields in conflict."""
    names = [name for name in ((names,) if isinstance(names, str) else names) if name in form.fields]
    if not names:
        return []
    notes = [note for note in form.conflict_notes if note.name in names]
    above = [TemplateBlock("forms/conflict.html", note=note) for note in notes if not note.control]
    for name in list(names):
        if choices := [note for note in notes if note.control and note.name == name]:
            above.append(ConflictChoice(_field(form, name), choices))
            names.remove(name)
    if not names:
        return above
    items = [_field(form, name) for name in names]
    if len(items) > 1:
        return [*above, Div(*(Div(item, css_class="col-sm") for item in items), css_class="row")]
    item = items[0]
    return [
        *above,
        TemplateBlock("web/forms/folded.html", item, name=names[0]) if names[0] in folded else item,
    ]


def _field(form, name: str) -> LayoutObject:
    is_list = isinstance(form.fields[name], RowsField)
    return TemplateBlock("web/forms/rows_line.html", name=name) if is_list else FieldLine(name)
