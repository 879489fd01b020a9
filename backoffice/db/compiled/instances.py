"""How rows of the database become instances, and values of instances what is written into rows."""

from collections.abc import Callable
from datetime import datetime, timezone
from sqlite3 import register_converter
from weakref import WeakSet

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.base import ModelState
from django.utils.dateparse import parse_datetime


class FastInstanceMixin(models.Model):
    """Instances are made of the columns of a row as they came: Django's way assigns each on its own and asks who wants to
    know of it, which takes longer than finding the row. (What is not in the row is deferred, as by Django.)"""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values):
        made = cls.__new__(cls)
        made.__dict__.update(zip(field_names, values, strict=True))
        made._state = ModelState()
        made._state.db, made._state.adding = db, False
        return made


def row_factory(compiler) -> Callable[[list[tuple]], list[models.Model]]:
    """What makes records of rows, as a compiler that has made its SQL for one table found they are to be."""
    connection, info = compiler.connection, compiler.klass_info
    model, columns = info["model"], [compiler.select[place][0] for place in info["select_fields"]]
    names = [column.target.attname for column in columns]
    converters = [
        (at, convert, column)
        for at, (converts, column) in compiler.get_converters(columns).items()
        for convert in converts
        if convert not in _UNNEEDED_OF_COLUMNS
    ]

    def make(rows):
        made = []
        for row in rows:
            values = [*row]
            for at, convert, column in converters:
                values[at] = convert(values[at], column, connection)
            made.append(model.from_db(connection.alias, names, values))
        return made

    return make


_UNNEEDED_OF_COLUMNS = WeakSet()
"""Converters of what comes from columns as it is wanted."""


def install_datetime_converter(connection, **_signal) -> None:
    """A list of a hundred records has four hundred moments. Of each, Django's reader makes one without a zone, asks the
    settings whether there are zones, and makes another one with it: a fifth of the list's time. Here the driver makes it."""
    if connection.vendor != "sqlite" or connection.timezone is not timezone.utc:
        return
    operations = connection.ops
    as_django = type(operations).convert_datetimefield_value
    register_converter("datetime", _moment_in_utc)

    def moment(value, expression, connection):
        if value.__class__ is datetime and value.tzinfo is not None:
            return value
        return as_django(operations, value, expression, connection)

    operations.convert_datetimefield_value = moment
    _UNNEEDED_OF_COLUMNS.add(moment)


def _moment_in_utc(text: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(text.decode() + "+00:00")
    except ValueError:  # not as it is written here
        moment = parse_datetime(text.decode())
        return moment.replace(tzinfo=timezone.utc) if moment and moment.tzinfo is None else moment


connection_created.connect(install_datetime_converter, dispatch_uid="caretaker_moments")


def column_getter(field: models.Field, connection) -> Callable[[models.Model], object]:
    """What gives the value of a field of an instance as a SQL database takes it. Most values of most fields are written as
    they are, which Django asks several functions to learn: for a history row it takes longer than the row."""
    name, (plain, converted) = field.attname, _plainly(field, connection)

    def as_django(record):
        return field.get_db_prep_save(field.pre_save(record, add=record._state.adding), connection)

    def value_of(record):
        value = record.__dict__.get(name, record)
        if type(value) is plain:
            return converted(value)
        return None if value is None and field.null else as_django(record)

    def moment_of(record):
        value = record.__dict__.get(name)
        if value is None:
            return None
        # (Any other is cut to the millisecond first.)
        is_whole = type(value) is datetime and value.tzinfo is timezone.utc and not value.microsecond % 1000
        return converted(value) if is_whole else as_django(record)

    makes_it_up = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if plain is None or makes_it_up or type(field).pre_save not in _AS_THE_RECORD_HAS_IT:
        return as_django
    return moment_of if plain is datetime else value_of


_AS_THE_RECORD_HAS_IT = (models.Field.pre_save, models.DateTimeField.pre_save)


def _plainly(field: models.Field, connection) -> tuple[type | None, Callable | None]:
    """The type of a field's values that take no more than a function to be written, and that function; or None."""
    if field.is_relation:
        return _plainly(field.target_field, connection)
    own = type(field)
    if converted := getattr(field, "plainly_written", None):
        return str, converted
    if own.get_prep_value in (models.CharField.get_prep_value, models.TextField.get_prep_value):
        return (str, str) if own.get_db_prep_value is models.Field.get_db_prep_value else (None, None)
    if connection.vendor == "sqlite" and own.get_prep_value is models.IntegerField.get_prep_value:
        return int, int
    if connection.vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return (datetime, _as_text) if connection.timezone is timezone.utc else (None, None)
    return None, None


def _as_text(moment: datetime) -> str:
    return str(moment.replace(tzinfo=None))
