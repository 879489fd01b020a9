"""Template tags for icons, times, record links and list cells."""

from django import template
from django.urls import get_script_prefix
from django.utils.translation import get_language

from backoffice.people.roles import role_label
from backoffice.web.cells import CellContext, display_cell, format_when, icon, link_to_record
from backoffice.web.components.list_toolbar import column_line, filter_line, heading_line
from backoffice.web.components.timeline import sentence_list

register = template.Library()
register.filter(role_label)
register.simple_tag(icon)
register.simple_tag(format_when, name="when")
register.simple_tag(column_line)
register.simple_tag(filter_line)
register.simple_tag(heading_line)
register.simple_tag(sentence_list)


class StaticFragmentNode(template.Node):
    """Renders a fragment once per language and caches it. It is rendered without context, so that it cannot
    contain anything of a request, a user or a record."""

    def __init__(self, nodelist: template.NodeList):
        self.nodelist, self.cache = nodelist, {}

    def render(self, context):
        key = get_language(), get_script_prefix()
        if key not in self.cache:
            empty = template.Context(autoescape=context.autoescape)
            with empty.bind_template(context.template):
                self.cache[key] = self.nodelist.render(empty)
        return self.cache[key]


@register.tag
def static_fragment(parser, token) -> StaticFragmentNode:
    """`{% static_fragment %}…{% endstatic_fragment %}`: cache a fragment that depends on the code and the language only."""
    nodelist = parser.parse(("endstatic_fragment",))
    parser.delete_first_token()
    return StaticFragmentNode(nodelist)


@register.simple_tag(takes_context=True)
def record_link(context, record, text: str = "") -> str:
    """Return a link to a record's page, or its name alone if the user may not view records of that model."""
    return link_to_record(record, context["request"].user, text)


@register.simple_tag(takes_context=True)
def cell(context, column, record) -> str:
    """Return the HTML of a list column for a record."""
    return display_cell(column, record, CellContext(context["request"].user))


@register.simple_tag
def viewset_url(viewset, page: str, *args) -> str:
    """Return the URL of a page of a view set."""
    return viewset.url(page, *args)


@register.simple_tag
def subtitle(viewset, record) -> str:
    """Return the subtitle of a record."""
    return viewset.subtitle(record)


@register.filter
def verbose_name(model) -> str:
    """Return the verbose name of a model."""
    return str(model._meta.verbose_name)


@register.filter
def lowerfirst(label: str) -> str:
    """Return a label for use inside a sentence: with a lower-case first letter, except in German, which
    capitalises nouns."""
    label = str(label)
    return label if (get_language() or "").startswith("de") else label[:1].lower() + label[1:]
