"""A box in which one types which record is meant, where there are too many to look through. What may be meant is offered
as one types (`static/offers.js`); without a script, the error beside the field says it."""

from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from backoffice.db.object_ids import is_object_id
from backoffice.records.identify import describe_uniquely, identify
from backoffice.records.models import Entity


class ReferenceInput(forms.TextInput):
    """Shows an id as the name of its record. `url` is where a script asks for what may be meant."""

    offered: tuple[str, ...] = ()
    """What may have been meant by what was sent."""

    def __init__(self, url: str, name_of: Callable[[str], str], attrs=None):
        super().__init__({"placeholder": _("Number or name"), "autocomplete": "off", **(attrs or {})})
        self.url, self.name_of = url, name_of

    class Media:
        js = ("offers.js",)

    def format_value(self, value):
        return self.name_of(value) if value and is_object_id(str(value)) else value

    def render(self, name, value, attrs=None, renderer=None):
        context = self.get_context(name, value, attrs)
        inside = context["widget"]["attrs"]
        inside["list"] = f"{inside.get('id', name)}_offered"
        inside["data-offers"] = self.url
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.offered))
        offers = format_html('<datalist id="{}">{}</datalist>', inside["list"], options)
        return self._render(self.template_name, context, renderer) + offers


def identify_typed(widget: forms.Widget, rows: QuerySet, text: str) -> Entity:
    """The record that was typed into a box; what else may be meant is `offered` in it. Raises ValidationError."""
    try:
        return identify(rows, text)
    except ValidationError as error:
        widget.offered = error.params["offered"]
        raise


def name_getter(rows: QuerySet) -> Callable[[str], str]:
    """What gives the name of one of some records by its id; the id itself if it is none of them."""

    def name_of(pk: str) -> str:
        record = rows.filter(pk=pk.lower()).first()
        return describe_uniquely(record) if record else pk

    return name_of
