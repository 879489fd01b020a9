"""What the templates share: icons, times, links to records, cells of lists."""

from django import template
from django.urls import get_script_prefix
from django.utils.translation import get_language

from backoffice.people.roles import role_in_words
from backoffice.web.cells import CellContext, display_cell, icon, link_to_record, when
from backoffice.web.components.list_toolbar import column_line, filter_line, heading_line
from backoffice.web.components.shortcuts import SHORTCUTS
from backoffice.web.components.timeline import sentence_list

register = template.Library()
register.filter(role_in_words)
register.simple_tag(icon)
register.simple_tag(when)
register.simple_tag(column_line)
register.simple_tag(filter_line)
register.simple_tag(heading_line)
register.simple_tag(sentence_list)


class StaticFragmentNode(template.Node):
    """What is the same on every page in a language. Nothing of a request, a person or a record gets in: it is rendered
    without any context."""

    def __init__(self, nodelist: template.NodeList):
        self.nodelist, self.made = nodelist, {}

    def render(self, context):
        key = get_language(), get_script_prefix()
        if key not in self.made:
            empty = template.Context(autoescape=context.autoescape)
            with empty.bind_template(context.template):
                self.made[key] = self.nodelist.render(empty)
        return self.made[key]


@register.tag
def once(parser, token) -> StaticFragmentNode:
    """`{% once %}…{% endonce %}` around what depends on nothing but the code and the language."""
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return StaticFragmentNode(nodelist)


@register.inclusion_tag("web/components/shortcuts_table.html")
def keys_table() -> dict:
    """The keys that do something, and what."""
    return {"groups": SHORTCUTS}


@register.simple_tag(takes_context=True)
def record_link(context, record, text: str = "") -> str:
    """A link to a record's page; its name alone for people who may see no record of that kind."""
    return link_to_record(record, context["request"].user, text)


@register.simple_tag(takes_context=True)
def cell(context, column, record) -> str:
    """What a column of a list shows of a record."""
    return display_cell(column, record, CellContext(context["request"].user))


@register.simple_tag
def kind_url(kind, page: str, *args) -> str:
    """The address of a page of a kind of record."""
    return kind.url(page, *args)


@register.simple_tag
def subtitle(kind, record) -> str:
    """What tells a record from its like."""
    return kind.subtitle(record)


@register.filter
def verbose_name(model) -> str:
    """What one record of a model is called."""
    return str(model._meta.verbose_name)


@register.filter
def within(label: str) -> str:
    """A label in the middle of a sentence: it begins with a small letter, but in German, whose nouns never do."""
    label = str(label)
    return label if (get_language() or "").startswith("de") else label[:1].lower() + label[1:]
