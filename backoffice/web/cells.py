"""Renderers of list cells, for columns that need more than plain text. They are functions, because a page has
hundreds of cells and the overhead of a template each would dominate."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, wraps
from html import escape

from bs_icon_templates.templatetags.bs_icons import bs_icon
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.people.models import User
from backoffice.records.actors import Actor
from backoffice.records.fields import DayField
from backoffice.records.history import format_age, format_day, local_time
from backoffice.records.models import ARCHIVED, Entity
from backoffice.records.truncation import truncate
from backoffice.web.contact_links import email_link, phone_link
from backoffice.web.viewsets import ANY_ID, ListColumn, RecordViewSet, viewset_for

MOST_TAGS = 20
"""The most tags that a cell shows."""
CellRenderer = Callable[[Entity, object, "CellContext"], str]


class CellContext:
    """What the cells of one page share: the actor, the language, the time zone and a cache of rendered
    values."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self.language, self.zone = get_language(), timezone.get_current_timezone_name()
        self._cache = {}

    def cached(self, key, make: Callable[[], object]):
        """Return the result of `make`, cached under the key."""
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    def link(self, record: Entity, text) -> str:
        """Return a link to a record's page. The caller checks that the actor may view records of that
        model."""
        model = type(record)
        before, _id, after = self.cached(
            model, lambda: viewset_for(model).url("record", ANY_ID).partition(ANY_ID)
        )
        html = f'<a href="{before}{record.pk}{after}">{escape(str(text))}</a>'
        return SafeString(html)  # nosec B703 # each part is escaped

    def can_link_to(self, model: type[Entity]) -> bool:
        """Return whether the model has record pages that the actor may view."""
        return self.cached(
            (RecordViewSet, model), lambda: viewset_for(model) is not None and self.actor.may("view", model)
        )


def display_cell(column: ListColumn, record: Entity, context: CellContext) -> str:
    """Return the HTML of a column for a record."""
    return renderer_of(column, type(record))(record, column.read(record), context)


def renderer_of(column: ListColumn, model: type[Entity]) -> CellRenderer:
    """Return the renderer that a column declares; by default, one that links to the record, or shows a day or plain
    text."""
    if column.show:
        return column.show
    if column.is_link:
        return number if column.name == "number" else subject
    prop = None if column.value else model.properties.get(column.name)
    return day if isinstance(getattr(prop, "field", None), DayField) else text


def text(record: Entity, value, context: CellContext) -> str:
    """Return the value as plain text, escaped; an instant and a reference as these are usually shown."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return instant(record, value, context)
    if isinstance(value, Entity):
        return reference(record, value, context)
    if isinstance(value, float):
        return localize(int(value) if value.is_integer() else value)
    return "" if value is None else conditional_escape(str(value))


def cached_by_value(show: Callable[[object, CellContext], str]) -> CellRenderer:
    """Decorate a renderer that depends on the value only, so that each value is rendered once per page."""

    @wraps(show)
    def cached(record: Entity, value, context: CellContext) -> str:
        return context.cached((show, value), lambda: show(value, context))

    return cached


@lru_cache(maxsize=200)
def icon(name: str) -> str:
    """Return a Bootstrap icon, hidden from screen readers: text beside it must carry the meaning."""
    return format_html('<span class="icon" aria-hidden="true">{}</span>', bs_icon(name))


def format_when(instant: datetime | None) -> str:
    """Return the age of an instant in words, with the exact time on hover and for screen readers."""
    if instant is None:
        return ""
    return _when(instant, get_language(), timezone.get_current_timezone_name())


def _when(instant: datetime, language: str, zone: str) -> str:
    before, after = _exact_time(instant, language, zone)
    return SafeString(f"{before}{escape(format_age(instant))}{after}")  # nosec B703 # each part is escaped


@lru_cache(maxsize=4096)
def _exact_time(instant: datetime, language: str, zone: str) -> tuple[str, str]:
    """Return the HTML before and after the age. Unlike the age, it never changes, so it is cached."""
    local = local_time(instant)
    exact = escape(date_format(local, "DATETIME_FORMAT"))
    return (
        f'<time datetime="{local.isoformat()}" title="{exact}">',
        f'<span class="visually-hidden">, {exact}</span></time>',
    )


def link_to_record(record: Entity | None, actor: Actor, text: str = "") -> str:
    """Return a link to a record's page, or its name alone if the actor may not view records of that model."""
    if record is None:
        return ""
    viewset = viewset_for(type(record))
    name = text or (viewset.subject(record) if viewset else str(record))
    if viewset is None or not actor.may("view", viewset.model):
        return conditional_escape(name)
    return format_html('<a href="{}">{}</a>', viewset.url("record", record.pk), name)


def badge(css: str, icon_name: str, text: str) -> str:
    """Return a state as an icon and text."""
    return format_html('<span class="{}">{}{}</span>', css, icon(icon_name), text)


def tags(words) -> str:
    return format_html_join(" ", '<span class="tag">{}</span>', ((word,) for word in words))


def number(record: Entity, value, context: CellContext) -> str:
    """Return the record's number as a link to its page."""
    return context.link(record, value)


def archived(record: Entity, context: CellContext) -> str:
    """Return the tag “Archived” for an archived record, else nothing."""
    if getattr(record, "status", None) != ARCHIVED:
        return ""
    return context.cached(archived, lambda: format_html(' <span class="tag">{}</span>', _("Archived")))


def subject(record: Entity, value, context: CellContext) -> str:
    """Return the record's name as a link to its page, tagged if it is archived."""
    return context.link(record, value or str(record)) + archived(record, context)


def instant(record: Entity, value: datetime | None, context: CellContext) -> str:
    return "" if value is None else _when(value, context.language, context.zone)


def reference(record: Entity, value: Entity | None, context: CellContext) -> str:
    """Return the referenced record's name, as a link if the actor may view its page."""
    if value is None:
        return ""
    viewset = viewset_for(type(value))
    name = viewset.subject(value) if viewset and not isinstance(value, User) else str(value)
    return context.link(value, name) if context.can_link_to(type(value)) else conditional_escape(name)


@cached_by_value
def assignee(value, context: CellContext) -> str:
    if value:
        return conditional_escape(str(value))
    return format_html('<span class="muted">{}</span>', _("nobody"))


@cached_by_value
def user(value, context: CellContext) -> str:
    return conditional_escape(str(value)) if value else ""


@cached_by_value
def email(value: str, context: CellContext) -> str:
    return email_link(value)


@cached_by_value
def phone(value: str, context: CellContext) -> str:
    return phone_link(value)


def tag_list(record: Entity, value, context: CellContext) -> str:
    value = value or ()
    if len(value) > MOST_TAGS:
        value = [*value[-MOST_TAGS:], _("and %(new)s more") % {"new": len(value) - MOST_TAGS}]
    return tags(value)


def boolean_cell(true_label: str, false_label: str, false_style: tuple[str, str]) -> CellRenderer:
    """Return a renderer of booleans. `false_style` is (css, icon) for false."""

    @cached_by_value
    def state(value, context: CellContext) -> str:
        if value:
            return badge("state state-finished", "check-circle-fill", true_label)
        return badge(f"state {false_style[0]}", false_style[1], false_label)

    return state


@cached_by_value
def day(value: datetime | None, context: CellContext) -> str:
    """Return the day of an instant in the local time zone."""
    return format_day(value) if value else ""


def excerpt(record: Entity, value: str, context: CellContext) -> str:
    """Return the first words of a long text."""
    return conditional_escape(truncate(value, 90))
