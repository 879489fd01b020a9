"""What the columns of lists show where plain text is not enough. Functions rather than templates: a page has hundreds of
cells, and a template takes longer to be called than most of them take to be made."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, wraps
from html import escape

from bs_icon_templates.templatetags.bs_icons import bs_icon
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.history import format_age, format_day, local_time
from backoffice.records.models import PASSIVE, Entity
from backoffice.web.contact_links import email_link, phone_link
from backoffice.web.viewsets import ListColumn, RecordViewSet, viewset_for

MOST_TAGS = 20
"""How many tags a cell shows."""
CellRenderer = Callable[[Entity, object, "CellContext"], str]


class CellContext:
    """One look at records by one person, in their language: what many cells say alike is made once in it."""

    def __init__(self, actor: Actor):
        self.actor = actor
        self.language, self.zone = get_language(), timezone.get_current_timezone_name()
        self._made = {}

    def once(self, key, make: Callable[[], object]):
        """What `make` gives; the next time by what it gave."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def link(self, record: Entity, words) -> str:
        """A link to a record's page, for those who may see records of its kind."""
        model = type(record)
        before, after = self.once(model, lambda: viewset_for(model).around_id("record"))
        html = f'<a href="{before}{record.pk}{after}">{escape(str(words))}</a>'
        return SafeString(html)  # nosec B703 # each part is escaped

    def leads_to(self, model: type[Entity]) -> bool:
        """Whether there are pages of a kind of record that this person may see."""
        return self.once(
            (RecordViewSet, model), lambda: viewset_for(model) is not None and self.actor.may("view", model)
        )


def display_cell(column: ListColumn, record: Entity, look: CellContext) -> str:
    """What a column shows of a record, as HTML."""
    value = column.read(record)
    return text(record, value, look) if column.show is None else column.show(record, value, look)


def text(record: Entity, value, look: CellContext) -> str:
    """What it is, in plain words."""
    if isinstance(value, float):
        return localize(int(value) if value.is_integer() else value)
    return "" if value is None else conditional_escape(str(value))


def by_value(show: Callable[[object, CellContext], str]) -> CellRenderer:
    """Decorator of a cell that says the same of all records with the same value."""

    @wraps(show)
    def once(record: Entity, value, look: CellContext) -> str:
        return look.once((show, value), lambda: show(value, look))

    return once


@lru_cache(maxsize=200)
def icon(name: str) -> str:
    """A Bootstrap icon, for the eye only: what it means is always said in words as well."""
    return format_html('<span class="icon" aria-hidden="true">{}</span>', bs_icon(name))


def when(instant: datetime | None) -> str:
    """A moment as people say it, with the exact time on hover and for screen readers."""
    if instant is None:
        return ""
    return _when(instant, get_language(), timezone.get_current_timezone_name())


def _when(instant: datetime, language: str, zone: str) -> str:
    before, after = _exact_time(instant, language, zone)
    return SafeString(f"{before}{escape(format_age(instant))}{after}")  # nosec B703 # each part is escaped


@lru_cache(maxsize=4096)
def _exact_time(instant: datetime, language: str, zone: str) -> tuple[str, str]:
    """What is around the age of a moment, which alone goes on changing."""
    local = local_time(instant)
    exact = escape(date_format(local, "DATETIME_FORMAT"))
    return (
        f'<time datetime="{local.isoformat()}" title="{exact}">',
        f'<span class="visually-hidden">, {exact}</span></time>',
    )


def link_to_record(record: Entity | None, actor: Actor, text: str = "") -> str:
    """A link to a record's page; its name alone for people who may see no record of that kind."""
    if record is None:
        return ""
    kind = viewset_for(type(record))
    called = text or (kind.subject(record) if kind else str(record))
    if kind is None or not actor.may("view", kind.model):
        return conditional_escape(called)
    return format_html('<a href="{}">{}</a>', kind.url("record", record.pk), called)


def badge(css: str, icon_name: str, words: str) -> str:
    """A state, as an icon and in words."""
    return format_html('<span class="{}">{}{}</span>', css, icon(icon_name), words)


def tags(words) -> str:
    return format_html_join(" ", '<span class="tag">{}</span>', ((word,) for word in words))


def number(record: Entity, value, look: CellContext) -> str:
    """Its number, which leads to it."""
    return look.link(record, value)


def archived(record: Entity, look: CellContext) -> str:
    """What a record that was put away has behind its name."""
    if getattr(record, "status", None) != PASSIVE:
        return ""
    return look.once(archived, lambda: format_html(' <span class="tag">{}</span>', _("Archived")))


def subject(record: Entity, value, look: CellContext) -> str:
    """What it is called, which leads to it."""
    return look.link(record, value or str(record)) + archived(record, look)


def instant(record: Entity, value: datetime | None, look: CellContext) -> str:
    return "" if value is None else _when(value, look.language, look.zone)


def reference(record: Entity, value: Entity | None, look: CellContext) -> str:
    """The record that this one points at."""
    if value is None:
        return ""
    kind = viewset_for(type(value))
    called = kind.subject(value) if kind else str(value)
    return look.link(value, called) if look.leads_to(type(value)) else conditional_escape(called)


@by_value
def person(value, look: CellContext) -> str:
    if value:
        return conditional_escape(str(value))
    return format_html('<span class="none">{}</span>', _("nobody"))


@by_value
def someone(value, look: CellContext) -> str:
    return conditional_escape(str(value)) if value else ""


@by_value
def email(value: str, look: CellContext) -> str:
    return email_link(value)


@by_value
def phone(value: str, look: CellContext) -> str:
    return phone_link(value)


def word_tags(record: Entity, value, look: CellContext) -> str:
    value = value or ()
    if len(value) > MOST_TAGS:
        value = [*value[-MOST_TAGS:], _("and %(new)s more") % {"new": len(value) - MOST_TAGS}]
    return tags(value)


def yes_or_no(yes: str, no: str, off: tuple[str, str]) -> CellRenderer:
    """A cell that says whether something is so; `off` is how it looks when it is not: (css, icon)."""

    @by_value
    def state(value, look: CellContext) -> str:
        if value:
            return badge("state state-finished", "check-circle-fill", yes)
        return badge(f"state {off[0]}", off[1], no)

    return state


@by_value
def day(value: datetime | None, look: CellContext) -> str:
    """The day of a moment in the local time zone."""
    return format_day(value) if value else ""


def beginning(record: Entity, value: str, look: CellContext) -> str:
    """The first words of a long text."""
    return conditional_escape(Truncator(value).chars(90))
