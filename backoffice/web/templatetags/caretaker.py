"""What the templates share: icons, times, links to records, cells of lists."""

from functools import lru_cache

from bs_icon_templates.templatetags.bs_icons import bs_icon
from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from backoffice.people.roles import role_in_words
from backoffice.records.values import age, local_time, moment
from backoffice.web.kinds import kind_of

register = template.Library()
register.filter(role_in_words)


@register.simple_tag
@lru_cache(maxsize=200)
def icon(name: str) -> str:
    """A Bootstrap icon, for the eye only: what it means is always said in words as well."""
    return format_html('<span class="icon" aria-hidden="true">{}</span>', bs_icon(name))


@register.simple_tag
def when(instant) -> str:
    """A moment as people say it, with the exact time on hover and for screen readers."""
    if instant is None:
        return ""
    exact, shown = moment(instant), age(instant)
    spoken = format_html('<span class="visually-hidden">, {}</span>', exact)
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>', local_time(instant).isoformat(), exact, shown, spoken
    )


@register.simple_tag(takes_context=True)
def record_link(context, record, text: str = "") -> str:
    """A link to a record's page; its name alone for people who may see no record of that kind."""
    if record is None:
        return ""
    kind = kind_of(type(record))
    shown = text or (kind.subject(record) if kind else str(record))
    if kind is None or not context["request"].user.may("view", kind.model):
        return shown
    return format_html('<a href="{}">{}</a>', kind.url("record", record.pk), shown)


@register.simple_tag(takes_context=True)
def cell(context, column, record) -> str:
    """What a column of a list shows of a record."""
    value = column.read(record)
    if not column.template:
        return "" if value is None else str(value)
    with context.push(record=record, value=value):
        shown = context.template.engine.get_template(column.template).render(context)
    # The style sheet knows an empty cell by there being nothing in it, not even a line's end.
    return mark_safe(shown.strip())  # noqa: S308 # nosec B308 B703 # a template made it


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
