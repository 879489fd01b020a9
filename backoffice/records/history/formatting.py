"""Formatting of plain values for people: names for ids, labels for choices, dates in the format of the
language."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils import formats, timezone
from django.utils.html import avoid_wrapping
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext as _

from backoffice.db.annotations import JsonObject, JsonValue, PlainValue
from backoffice.records.actors import Actor
from backoffice.records.fields.base import DayField, OpenObjectField
from backoffice.records.properties.base import ColumnProperty
from backoffice.records.properties.collections import CollectionProperty, RecordProperty
from backoffice.records.properties.elements import ElementsProperty
from backoffice.records.properties.many_to_many import ManyToManyProperty
from backoffice.records.truncation import truncate

RELATIVE_FOR = timedelta(days=60)
"""Up to this age a date is shown as an age."""
AGO = {
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}
"""Ages as whole phrases, because not every language forms them from a time span and a word."""
LONG = 200
"""Number of characters of a long text in a sentence."""


@dataclass
class ReferenceNames:
    """The names of the records that values refer to, fetched with one query for each model."""

    names: dict[tuple[type[models.Model], str], str]

    @classmethod
    def for_values(cls, pairs: Iterable[tuple[ColumnProperty, PlainValue]], actor: Actor) -> "ReferenceNames":
        """Fetch the names needed to format these (column, plain value) pairs, as far as the actor may know
        them."""
        ids_by_model: dict[type[Any], set[str]] = {}
        for column, value in pairs:
            if column.target and value:
                ids_by_model.setdefault(column.target, set()).add(value)
        known: dict[tuple[type[models.Model], str], str] = {}
        for model, ids in ids_by_model.items():
            for record in model.only_name_columns(model.names_visible_to(actor)).filter(pk__in=ids):
                known[model, record.pk] = str(record)
        return cls(known)

    def name_of(self, column: ColumnProperty, value: str) -> str:
        name = self.names.get((column.target, value)) if column.target else ""
        return name or unknown_name()


def unknown_name() -> str:
    """Return the placeholder for the name of a record that does not exist or that the reader may not know
    of."""
    return _("(not found, or no access)")


def columns_by_value(prop: RecordProperty, plain: PlainValue) -> Iterator[tuple[ColumnProperty, PlainValue]]:
    """Yield each (column, plain value) in the plain value of a property, child rows included."""
    if isinstance(prop, ColumnProperty):
        yield prop, plain
        return
    columns = prop.columns()
    for entry in plain or []:
        entry = entry if isinstance(entry, dict) else {prop.fields[0]: entry}
        yield from ((column, entry.get(name)) for name, column in columns.items())
        for name, nested in getattr(prop, "nested", {}).items():
            yield from columns_by_value(nested, entry.get(name))


def format_value(column: ColumnProperty, plain: PlainValue, names: ReferenceNames) -> str:
    """Format a plain value; no value is the empty string."""
    if plain is None or plain == "" or plain == []:
        return ""
    if column.target:
        return names.name_of(column, plain)
    if isinstance(plain, bool):
        return _("yes") if plain else _("no")
    choices = dict(column.field.flatchoices) or dict(
        getattr(column.field.model, "value_labels", {}).get(column.name, ())
    )
    if choices:
        return str(choices.get(plain, plain))
    if isinstance(column.field, DayField):
        return format_day(column.from_plain(plain))
    if isinstance(column.field, models.DateTimeField):
        return format_moment(column.from_plain(plain))
    if isinstance(plain, float):
        return formats.localize(int(plain) if plain.is_integer() else plain)
    if isinstance(plain, list):
        labels = dict(getattr(getattr(column.field, "item", None), "flatchoices", ()))
        return ", ".join(str(labels.get(item, item) if isinstance(item, str) else item) for item in plain)
    if isinstance(column.field, OpenObjectField) and isinstance(plain, dict):
        return ", ".join(format_members(plain))
    return _json_text(plain)


def format_members(plain: JsonObject) -> list[str]:
    """Format each member of an open object: `floor: 2`."""
    return [f"{name}: {_json_text(value)}" for name, value in plain.items()]


def _json_text(plain: JsonValue) -> str:
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, sort_keys=True)


def local_time(value: datetime) -> datetime:
    """Convert a time to the local time zone."""
    try:
        return timezone.localtime(value)
    except OverflowError:  # the last hours of the year 9999, the first of the year 1
        return value


def format_age(value: datetime) -> str:
    """Format how long ago a time was; as a date if it is long ago, or in the future."""
    current_time = timezone.now()
    age = current_time - value
    if not timedelta(0) <= age <= RELATIVE_FOR:
        return formats.date_format(local_time(value), "SHORT_DATE_FORMAT")
    if age < timedelta(minutes=1):
        return _("just now")
    value = value.astimezone(current_time.tzinfo)
    months = 12 * (current_time.year - value.year) + current_time.month - value.month
    months -= (current_time.day, current_time.time()) < (value.day, value.time())
    days, minutes = age.days, age.seconds // 60
    counts = {"month": months, "week": days // 7, "day": days, "hour": minutes // 60, "minute": minutes}
    unit, count = next((unit, count) for unit, count in counts.items() if count)
    return _format_ago(unit, count, get_language())


@lru_cache(maxsize=1000)
def _format_ago(unit: str, count: int, language: str) -> str:
    """Cached, because a list repeats the same few ages."""
    return avoid_wrapping(AGO[unit] % {"num": count})


def format_moment(value: datetime) -> str:
    """Format a time in the local time zone and the format of the language."""
    return formats.date_format(local_time(value), "DATETIME_FORMAT")


def format_day(value: datetime) -> str:
    """Format the day of a time in the local time zone and the format of the language."""
    return formats.date_format(local_time(value))


def format_entry(prop: CollectionProperty, entry: PlainValue, names: ReferenceNames) -> str:
    """Format one entry of a list: `Soap: 12`."""
    if isinstance(prop, ManyToManyProperty):
        return prop.format_name(entry)
    columns = prop.columns()
    if not isinstance(entry, dict):
        return format_value(columns[prop.fields[0]], entry, names)
    first, *rest = prop.fields
    text_of_first = format_value(columns[first], entry.get(first), names)
    if isinstance(prop, ElementsProperty) or not rest:
        return text_of_first
    text_of_rest = ", ".join(
        text for name in rest if (text := format_value(columns[name], entry.get(name), names))
    )
    return f"{text_of_first}: {text_of_rest}" if text_of_rest else text_of_first


def shorten(text: str) -> str:
    return truncate(text, LONG)
