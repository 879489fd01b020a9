"""Text input with autocomplete for references to a model with many records (`static/autocomplete.js`). Without
JavaScript, the error of an ambiguous input lists the matches."""

from collections.abc import Callable, Sequence
from typing import Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from backoffice.db.object_ids import is_object_id
from backoffice.records.identify import describe_uniquely, identify
from backoffice.records.models import Entity
from backoffice.records.visibility import EntityQuerySet


class ReferenceInput(forms.TextInput):
    """Shows an id as the name of its record. `url` is that of the autocomplete view."""

    offered: Sequence[str] = ()
    """The names of the records that match the submitted text."""

    def __init__(self, url: str, name_of: Callable[[str], str], attrs=None):
        super().__init__({"placeholder": _("Number or name"), "autocomplete": "off", **(attrs or {})})
        self.url, self.name_of = url, name_of

    class Media:
        js = ("autocomplete.js",)

    def format_value(self, value):
        return self.name_of(value) if value and is_object_id(str(value)) else value

    def render(self, name, value, attrs=None, renderer=None):
        context = self.get_context(name, value, attrs)
        attributes = context["widget"]["attrs"]
        attributes["list"] = f"{attributes.get('id', name)}_offered"
        attributes["data-autocomplete"] = self.url
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.offered))
        datalist = format_html('<datalist id="{}">{}</datalist>', attributes["list"], options)
        return self._render(self.template_name, context, renderer) + datalist


class SuggestingWidget(Protocol):
    """A widget that shows the matches of an ambiguous text, such as `ReferenceInput`."""

    offered: Sequence[str]


def identify_typed(widget: SuggestingWidget, rows: EntityQuerySet, text: str) -> Entity:
    """Return the record that a typed text identifies. If it is ambiguous, set the widget's `offered` to the
    matches and raise ValidationError."""
    try:
        return identify(rows, text)
    except ValidationError as error:
        widget.offered = (error.params or {}).get("offered", ())
        raise


def name_getter(rows: EntityQuerySet) -> Callable[[str], str]:
    """Return a function that maps the id of a record in `rows` to its name, and any other id to itself."""

    def name_of(pk: str) -> str:
        record = rows.filter(pk=pk.lower()).first()
        return describe_uniquely(record) if record else pk

    return name_of
