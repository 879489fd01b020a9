"""Formsets for lists and open objects that are stored in one column."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import TextField, form_field_for
from backoffice.forms.formsets import RowFormMixin, RowFormSet
from backoffice.forms.json_input import json_text, read_json
from backoffice.records.fields import is_visible
from backoffice.records.properties import ColumnProperty


class TextListAdapter:
    """A list of text in a column (`TextListField`), as rows with one input each."""

    has_ids = False
    fields = ("value",)

    def __init__(self, column: ColumnProperty):
        self.label = column.label
        self.add_label = column.field.add_label
        self.edit_label = column.field.edit_label
        item = column.field.item
        item.set_attributes_from_name("value")
        field = form_field_for(item, label=_("Entry"), help_text="", required=False)
        self.row_form = type("TextRowForm", (RowFormMixin, forms.Form), {"value": field})


class OpenObjectFormSet(RowFormSet):
    """The properties of an open object, one row each. The input is text unless it starts like a JSON object
    or list, or replaces a value that was not text and is valid JSON."""

    def __init__(self, data, files, prefix, prop, entries, **form_kwargs):
        self.shown_object = entries
        rows = [{"name": name, "value": value} for name, value in (entries or {}).items()]
        super().__init__(data, files, prefix, prop, rows, **form_kwargs)

    def _as_dict(self, entry):
        value = entry["value"]
        return {"name": entry["name"], "value": json_text(value), "was_json": not isinstance(value, str)}

    def clean(self):
        other_pages = [*self.all_entries[: self.first], *self.all_entries[self.last :]]
        seen = {entry["name"] for entry in other_pages}
        for form, index in self._remaining_forms():
            shown = self._shown(index)
            name = self._entry(form, shown)["name"]
            if "name" in form.errors or (shown is not None and name == shown["name"]):
                pass
            elif not is_visible(name):
                form.add_error("name", ValidationError(_("Enter a name.")))
            elif name in seen:
                form.add_error("name", ValidationError(_("This name occurs twice. Enter another name.")))
            seen.add(name)

    def value(self) -> dict | None:
        values = {row["name"]: row["value"] for row in super().value()}
        return values or (self.shown_object if self.shown_object == {} else None)

    def _entry(self, form, shown):
        """Return the original name or value if it was not edited, because an input may normalise text."""
        entry = {"name": form.cleaned_data.get("name", ""), "value": form.cleaned_data.get("value", "")}
        if shown is not None:
            entry |= {"name": shown["name"]} if "name" not in form.changed_data else {}
            entry |= {"value": shown["value"]} if "value" not in form.changed_data else {}
        return entry


class OpenObjectRowForm(RowFormMixin, forms.Form):
    """The name and value of a property of an open object."""

    name = TextField(label=_("Name"))
    value = TextField(label=_("Value"), strip=False)

    def clean_value(self):
        text = self.cleaned_data["value"]
        is_json = "value" in self.changed_data and (text[:1] in ("{", "[") or self.initial.get("was_json"))
        return read_json(text) if is_json else text


class OpenObjectAdapter:
    """An open object in a column (`OpenObjectField`), as rows of name and value."""

    has_ids = False
    fields = ("name", "value")
    formset, row_form = OpenObjectFormSet, OpenObjectRowForm

    def __init__(self, column: ColumnProperty):
        self.label = column.label
        self.add_label = column.field.add_label
