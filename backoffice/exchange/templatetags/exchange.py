"""The export menu of lists."""

from django import template
from django.http import QueryDict

from backoffice.exchange.exportables import exportable_for
from backoffice.exchange.exports import formats_of, shows_secrets

register = template.Library()


@register.inclusion_tag("exchange/menu.html", takes_context=True)
def export_menu(context, viewset):
    """Render links to exports of the current list, with its search, filters and order."""
    params: QueryDict = context["request"].GET.copy()
    for name in ("format", "page"):
        params.pop(name, None)
    subject = exportable_for(viewset.model)
    query = params.urlencode()
    formats = formats_of(subject)
    return {
        "slug": subject.slug,
        "formats": formats,
        "with_secrets": [each for each in formats if shows_secrets(subject, each)],
        "query": f"&{query}" if query else "",
        "csrf_token": context["csrf_token"],
    }
