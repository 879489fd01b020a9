"""Tables of lists as data: typed numbers, dates and booleans, other values as the list shows them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from enum import Enum
from tempfile import TemporaryFile

from django.db import models
from django.db.models import QuerySet

from backoffice.records.actors import Actor
from backoffice.records.fields import DayField
from backoffice.records.history import local_time
from backoffice.records.models import Entity
from backoffice.records.properties import instant_as_text
from backoffice.web.viewsets import ListColumn, RecordViewSet

CHUNK = 500
"""The number of records in memory at a time."""
ID_LENGTH = 24

Cell = str | int | float | bool | date | None


def in_chunks(queryset: QuerySet, actor: Actor) -> Iterator[list[Entity]]:
    """Yield the records of a sorted queryset in chunks. Their ids are saved to a temporary file first, so
    that concurrent changes neither repeat nor skip a record."""
    visible = queryset.model.objects.visible_to(actor)
    with TemporaryFile() as ids:
        for pk in queryset.values_list("pk", flat=True).iterator(CHUNK):
            ids.write(pk.encode())
        ids.seek(0)
        while text := ids.read(CHUNK * ID_LENGTH).decode():
            pks = [text[start : start + ID_LENGTH] for start in range(0, len(text), ID_LENGTH)]
            records = {record.pk: record for record in visible.filter(pk__in=pks)}
            yield [records[pk] for pk in pks if pk in records]


def table_rows(
    viewset: RecordViewSet,
    queryset: QuerySet,
    actor: Actor,
    columns: list[ListColumn],
    progress: Callable[[int], None],
) -> Iterator[list[Cell]]:
    """Yield the rows of a list. A chunk takes as many queries as a page of the list."""
    for records in in_chunks(queryset, actor):
        viewset.prefetch_columns(records, actor, columns)
        for record in records:
            yield [cell_value(column, record) for column in columns]
        progress(len(records))


def cell_value(column: ListColumn, record: Entity) -> Cell:
    """Return the value of a column as data, and choices as their labels."""
    value = column.data(record) if column.data else column.read(record)
    if isinstance(value, Enum):
        return str(value.label)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    prop = record.properties.get(column.name)
    field = prop.field if prop is not None and not prop.many else None
    if isinstance(value, datetime) and isinstance(field, DayField):
        return local_time(value).date()
    if value is None or isinstance(value, (int, float, datetime)):
        return value
    choices = dict(field.flatchoices) if isinstance(field, models.Field) else {}
    return str(choices.get(str(value), value))


def value_as_text(value: date) -> str:
    """Format a date in ISO 8601, or a date and time in UTC."""
    if not isinstance(value, datetime):
        return value.isoformat()
    return instant_as_text(value.astimezone(timezone.utc)).replace(".000Z", "Z")
