"""Lists and open objects that are kept in one column, shown as rows like any other list."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import TextField, form_field_for
from backoffice.forms.formsets import RowFormMixin, RowFormSet
from backoffice.forms.json_input import json_text, read_json
from backoffice.records.fields import is_visible
from backoffice.records.properties import ColumnProperty


class TextListForm:
    """A column that holds a list of text (`TextListField`), as rows of one box each."""

    has_ids = False
    fields = ("value",)

    def __init__(self, column: ColumnProperty):
        self.label = column.label
        item = column.field.item
        item.set_attributes_from_name("value")
        field = form_field_for(item, label=_("Entry"), help_text="", required=False)
        self.row_form = type("TextRowForm", (RowFormMixin, forms.Form), {"value": field})


class OpenObjectRows(RowFormSet):
    """The properties of an open object, a row each. What is typed is text, unless it is written as a JSON
    object or list, or takes the place of something that was no text and is JSON itself."""

    def __init__(self, *args, entries=(), **kwargs):
        self.shown_object = entries
        rows = [{"name": name, "value": value} for name, value in (entries or {}).items()]
        super().__init__(*args, entries=rows, **kwargs)

    def _as_dict(self, entry):
        value = entry["value"]
        return {"name": entry["name"], "value": json_text(value), "was_json": not isinstance(value, str)}

    def clean(self):
        hidden = [*self.all_entries[: self.first], *self.all_entries[self.last :]]
        seen = {entry["name"] for entry in hidden}
        for form, place in self._kept():
            shown = self._shown(place)
            name = self._entry(form, shown)["name"]
            if "name" in form.errors or (shown is not None and name == shown["name"]):
                pass
            elif not is_visible(name):
                form.add_error("name", ValidationError(_("Give this a name.")))
            elif name in seen:
                form.add_error("name", ValidationError(_("This name is there twice.")))
            seen.add(name)

    def value(self) -> dict | None:
        found = {row["name"]: row["value"] for row in super().value()}
        return found or (self.shown_object if self.shown_object == {} else None)

    def _entry(self, form, shown):
        """What was not touched is what it was: its text may have passed through a box that shows it otherwise."""
        entry = {"name": form.cleaned_data.get("name", ""), "value": form.cleaned_data.get("value", "")}
        if shown is not None:
            entry |= {"name": shown["name"]} if "name" not in form.changed_data else {}
            entry |= {"value": shown["value"]} if "value" not in form.changed_data else {}
        return entry


class PropertyRow(RowFormMixin, forms.Form):
    """A property of an open object, by its name and its value."""

    name = TextField(label=_("Name"))
    value = TextField(label=_("Value"), strip=False)

    def clean_value(self):
        text = self.cleaned_data["value"]
        typed = "value" in self.changed_data and (text[:1] in ("{", "[") or self.initial.get("was_json"))
        return read_json(text) if typed else text


class OpenObjectForm:
    """A column that holds an open object (`OpenObjectField`), as rows of a name and a value."""

    has_ids = False
    fields = ("name", "value")
    formset = OpenObjectRows

    def __init__(self, column: ColumnProperty):
        self.label = column.label
        self.row_form = type("PropertyRowForm", (PropertyRow,), {})
