"""Tests that inputs and fields rendered without templates have the same HTML as with them."""

import re

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from backoffice.forms.field_html import field_line
from backoffice.forms.renderer import RENDER_FUNCTIONS, Renderer

NASTY = '<b>"it\'s" & ö {{ x }}'
CHOICES = [("", "—"), ("a", NASTY), ("Group <i>", [(1, gettext_lazy("Save")), (2, mark_safe("<i>two</i>"))])]
WIDGETS = [
    forms.TextInput({"maxlength": 5, "required": True, "disabled": False, "placeholder": NASTY}),
    forms.NumberInput({"step": "any", "min": 0}),
    forms.EmailInput(),
    forms.HiddenInput(),
    forms.DateInput({"type": "date"}),
    forms.CheckboxInput(),
    forms.PasswordInput(),
    forms.Textarea({"rows": 3}),
    forms.Select({"class": "form-select"}, CHOICES),
    forms.NullBooleanSelect(),
]


def strip_whitespace(html: str) -> str:
    """Remove the whitespace around tags."""
    return re.sub(r"\s*(<[^<>]*>)\s*", r"\1", " ".join(html.split()))


@pytest.mark.parametrize("value", [None, "", "a", 1, True, NASTY, mark_safe("<i>safe</i>")])
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_inputs_equal_those_of_the_templates(widget, value):
    assert widget.template_name in RENDER_FUNCTIONS
    name = 'a"<name>'
    drawn, template = (
        widget.render(name, value, {"id": "id_x"}, renderer=renderer)
        for renderer in (Renderer(), TemplatesSetting())
    )
    assert strip_whitespace(drawn) == strip_whitespace(template)
    assert widget.template_name not in drawn


class Form(forms.Form):
    text = forms.CharField(label=NASTY, required=False)
    needed = forms.CharField(help_text="It's help")
    tick = forms.BooleanField(label="Tick", help_text="Help")
    choice = forms.ChoiceField(choices=CHOICES, required=False)
    long = forms.CharField(widget=forms.Textarea({"class": "wide"}), max_length=2)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)
    several = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    unnamed = forms.CharField(label="", required=False)


@pytest.mark.parametrize("data", [None, {"text": NASTY, "long": "too long", "choice": "nothing of the kind"}])
@pytest.mark.parametrize("name", Form.base_fields)
def test_fields_equal_those_of_the_templates(name, data):
    """Our help texts are escaped; the template treats them as HTML."""
    expected = strip_whitespace(as_crispy_field(Form(data)[name])).replace("It's", "It&#x27;s")
    assert strip_whitespace(field_line(Form(data)[name])) == expected
