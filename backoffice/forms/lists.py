"""Lists and open objects that are kept in one column, shown as rows like any other list."""

import json

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fields import TextField, form_field_for
from backoffice.forms.rows import OneRow, RowFormSet
from backoffice.records.properties import Column


class ListOfText:
    """A column that holds a list of text (`TextListField`), as rows of one box each."""

    has_ids = False
    fields = ("value",)

    def __init__(self, column: Column):
        self.label = column.label
        item = column.field.item
        item.set_attributes_from_name("value")
        field = form_field_for(item, label=_("Entry"), help_text="", required=False)
        self.row_form = type("TextRowForm", (OneRow, forms.Form), {"value": field})


class OpenObjectRows(RowFormSet):
    """The properties of an open object, a row each. What is typed is text, unless it is written as a JSON
    object or list, or takes the place of something that was no text and is JSON itself."""

    def __init__(self, *args, entries=(), **kwargs):
        self.shown_object = entries
        rows = [{"name": name, "value": self._text(value)} for name, value in (entries or {}).items()]
        super().__init__(*args, entries=rows, **kwargs)

    @staticmethod
    def _text(value) -> str:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def clean(self):
        seen = set()
        for form, _place in self._kept():
            name = form.cleaned_data.get("name")
            if not name:
                form.add_error("name", ValidationError(_("Give this a name.")))
            elif name in seen:
                form.add_error("name", ValidationError(_("This name is there twice.")))
            seen.add(name)

    def value(self) -> dict | None:
        found = {}
        before = self.shown_object or {}
        for row in super().value():
            was = before.get(row["name"])
            found[row["name"]] = (
                was
                if was is not None and row["value"] == self._text(was)
                else self._parsed(row["value"], was)
            )
        return found or (self.shown_object if self.shown_object == {} else None)

    def _entry(self, form, shown):
        return {"name": form.cleaned_data.get("name", ""), "value": form.cleaned_data.get("value", "")}

    @staticmethod
    def _parsed(text: str, was: object) -> object:
        if text[:1] in ("{", "[") or (was is not None and not isinstance(was, str)):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                return text
        return text


class OpenObject:
    """A column that holds an open object (`OpenObjectField`), as rows of a name and a value."""

    has_ids = False
    fields = ("name", "value")
    formset = OpenObjectRows

    def __init__(self, column: Column):
        self.label = column.label
        parts = {
            "name": TextField(label=_("Name")),
            "value": TextField(label=_("Value"), line=False, strip=False),
        }
        self.row_form = type("PropertyRowForm", (OneRow, forms.Form), parts)
