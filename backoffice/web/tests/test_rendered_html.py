"""Tests of HTML that is rendered without templates, and of fragments that are rendered once."""

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.template import Context, Template
from django.utils.translation import override

from backoffice.forms.reference_input import ReferenceInput
from backoffice.records.history import ChangeDescription
from backoffice.web.components.list_toolbar import column_line, filter_line, heading_line
from backoffice.web.components.timeline import CHANGE_TEXTS, sentence_list
from backoffice.web.listing import Heading
from backoffice.web.viewsets import ListColumn

NASTY = """<b onclick="x">'&"</b>"""
COLUMN = ListColumn(name="name", label=NASTY)


class Filters(forms.Form):
    q = forms.ChoiceField(label=NASTY, choices=[("", "")])


def render(kind: str) -> str:
    if kind in (*CHANGE_TEXTS, "changed"):
        return sentence_list([ChangeDescription(kind, NASTY, NASTY, NASTY)])
    return {
        "heading": lambda: heading_line(Heading(COLUMN, f"?sort={NASTY}", "ascending")),
        "plain heading": lambda: heading_line(Heading(COLUMN)),
        "column": lambda: column_line(COLUMN, True),
        "hidden column": lambda: column_line(COLUMN, False),
        "leading column": lambda: column_line(ListColumn(name="number", label=NASTY), True),
        "filter": lambda: filter_line(Filters({"q": NASTY})["q"], labelled=True),
        "meant": lambda: _suggested_input().render("object", NASTY, {"id": "id_object"}),
    }[kind]()


def _suggested_input() -> ReferenceInput:
    box = ReferenceInput("/choices", str)
    box.offered = (NASTY,)
    return box


@pytest.mark.parametrize(
    "kind",
    [
        "heading",
        "plain heading",
        "column",
        "hidden column",
        "leading column",
        "filter",
        "meant",
        *CHANGE_TEXTS,
        "changed",
    ],
)
def test_all_values_are_escaped(kind):
    html = render(kind)
    soup = BeautifulSoup(html, "lxml")
    assert not soup.select("[onclick]")
    values = [value for tag in soup.find_all(True) for value in tag.attrs.values()]
    assert NASTY in soup.get_text() or NASTY in values
    assert hasattr(html, "__html__")


def test_a_once_block_is_rendered_once_for_each_language():
    template = Template(
        '{% load caretaker i18n %}{% static_fragment %}{% translate "Search" %}{{ name }}{% endstatic_fragment %}: {{ name }}'
    )
    texts = []
    for language, name in (("en", "Alice"), ("da", "Bob"), ("en", "Bob")):
        with override(language):
            texts.append(template.render(Context({"name": name})))
    assert texts == ["Search: Alice", "Søg: Bob", "Search: Bob"]
