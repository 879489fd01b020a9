"""The menu of exports, for the head of a list."""

from django import template
from django.http import QueryDict

from backoffice.exchange.exports import formats_of
from backoffice.exchange.subjects import subject_of

register = template.Library()


@register.inclusion_tag("exchange/menu.html", takes_context=True)
def export_menu(context, kind):
    """Links to the files of the list that is shown: the same search, filters and order."""
    asked: QueryDict = context["request"].GET.copy()
    for name in ("format", "page"):
        asked.pop(name, None)
    subject = subject_of(kind.model)
    query = asked.urlencode()
    return {"slug": subject.slug, "formats": formats_of(subject), "query": f"&{query}" if query else ""}
