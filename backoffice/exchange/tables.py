"""What a list shows, as data: numbers, moments, yes and no as what they are, the rest in the words of the list."""

from collections.abc import Callable, Iterable, Iterator
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
"""How many records are in memory at a time."""
ID_LENGTH = 24

Cell = str | int | float | bool | date | None


def in_chunks(found: QuerySet, actor: Actor) -> Iterator[list[Entity]]:
    """The records that a sorted queryset finds, some at a time. Their ids are written down first, in a file: however
    long the reading takes, none comes twice, and none is missed because another one moved."""
    theirs = found.model.objects.visible_to(actor)
    with TemporaryFile() as ids:
        for pk in found.values_list("pk", flat=True).iterator(CHUNK):
            ids.write(pk.encode())
        ids.seek(0)
        while text := ids.read(CHUNK * ID_LENGTH).decode():
            wanted = [text[place : place + ID_LENGTH] for place in range(0, len(text), ID_LENGTH)]
            records = {record.pk: record for record in theirs.filter(pk__in=wanted)}
            yield [records[pk] for pk in wanted if pk in records]


class ExportTable:
    """The list of a kind of record, with its usual columns or with others."""

    def __init__(
        self, kind: RecordViewSet, found: QuerySet, actor: Actor, columns: Iterable[ListColumn] | None = None
    ):
        self.kind, self.found, self.actor = kind, found, actor
        self.columns = list(kind.columns if columns is None else columns)
        self.labels = [str(column.label) for column in self.columns]

    def rows(self, progress: Callable[[int], None] = lambda count: None) -> Iterator[list[Cell]]:
        """Its rows, in as many queries for each chunk as for a page of the list."""
        for records in in_chunks(self.found, self.actor):
            self.kind.ready(records, self.actor, self.columns)
            for record in records:
                yield [cell_value(column, record) for column in self.columns]
            progress(len(records))


def cell_value(column: ListColumn, record: Entity) -> Cell:
    """What a column says of a record, as data."""
    value = column.data(record) if column.data else column.read(record)
    if isinstance(value, Enum):
        return str(value.label)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, datetime) and isinstance(_field(column, record), DayField):
        return local_time(value).date()
    if value is None or isinstance(value, (int, float, datetime)):
        return value
    return _word(column, record, str(value))


def _word(column: ListColumn, record: Entity, value: str) -> str:
    """The text itself; of a state its word."""
    field = _field(column, record)
    choices = dict(field.flatchoices) if isinstance(field, models.Field) else {}
    return str(choices.get(value, value))


def _field(column: ListColumn, record: Entity) -> models.Field | None:
    prop = record.properties.get(column.name)
    return prop.field if prop is not None and not prop.many else None


def value_as_text(value: date) -> str:
    """A day in ISO 8601; a moment, too, in UTC, whatever the server's own time zone is."""
    if not isinstance(value, datetime):
        return value.isoformat()
    return instant_as_text(value.astimezone(timezone.utc)).replace(".000Z", "Z")
