"""The menu of exports, for the head of a list."""

from django import template
from django.http import QueryDict

from backoffice.exchange.exportables import exportable_for
from backoffice.exchange.exports import formats_of, shows_secrets

register = template.Library()


@register.inclusion_tag("exchange/menu.html", takes_context=True)
def export_menu(context, kind):
    """The ways to the files of the list that is shown: the same search, filters and order."""
    asked: QueryDict = context["request"].GET.copy()
    for name in ("format", "page"):
        asked.pop(name, None)
    subject = exportable_for(kind.model)
    query = asked.urlencode()
    formats = formats_of(subject)
    return {
        "slug": subject.slug,
        "formats": formats,
        "with_secrets": [each for each in formats if shows_secrets(subject, each)],
        "query": f"&{query}" if query else "",
        "csrf_token": context["csrf_token"],
    }
