"""Conversion of database rows to model instances, and of field values to query parameters."""

from collections.abc import Callable
from datetime import datetime, timezone
from sqlite3 import register_converter
from weakref import WeakSet

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.base import ModelState
from django.utils.dateparse import parse_datetime


class FastInstanceMixin(models.Model):
    """Builds instances from database rows without `Model.__init__` and its signals (see docs/performance.md).
    Columns that are not in the row are deferred, as in Django."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values):
        instance = cls.__new__(cls)
        instance.__dict__.update(zip(field_names, values, strict=True))
        instance._state = ModelState()
        instance._state.db, instance._state.adding = db, False
        return instance


def row_factory(compiler) -> Callable[[list[tuple]], list[models.Model]]:
    """Return a function that converts rows to instances, for a compiler that has compiled the SQL of one
    table."""
    connection, info = compiler.connection, compiler.klass_info
    model, columns = info["model"], [compiler.select[place][0] for place in info["select_fields"]]
    names = [column.target.attname for column in columns]
    converters = [
        (index, convert, column)
        for index, (functions, column) in compiler.get_converters(columns).items()
        for convert in functions
        if convert not in _SKIPPED_CONVERTERS
    ]

    def make(rows):
        instances = []
        for row in rows:
            values = [*row]
            for index, convert, column in converters:
                values[index] = convert(values[index], column, connection)
            instances.append(model.from_db(connection.alias, names, values))
        return instances

    return make


_SKIPPED_CONVERTERS = WeakSet()
"""Converters that columns do not need, because the driver already returns the right type."""


def install_datetime_converter(connection, **_signal) -> None:
    """Let SQLite's driver parse datetimes in UTC, because Django parses them without a time zone first and
    copies them (see docs/performance.md)."""
    if connection.vendor != "sqlite" or connection.timezone is not timezone.utc:
        return
    operations = connection.ops
    django_convert = type(operations).convert_datetimefield_value
    register_converter("datetime", _parse_utc)

    def convert(value, expression, connection):
        if value.__class__ is datetime and value.tzinfo is not None:
            return value
        return django_convert(operations, value, expression, connection)

    operations.convert_datetimefield_value = convert
    _SKIPPED_CONVERTERS.add(convert)


def _parse_utc(text: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(text.decode() + "+00:00")
    except ValueError:  # not in the format that we write
        parsed = parse_datetime(text.decode())
        return parsed.replace(tzinfo=timezone.utc) if parsed and parsed.tzinfo is None else parsed


connection_created.connect(install_datetime_converter, dispatch_uid="caretaker_moments")


def column_getter(field: models.Field, connection) -> Callable[[models.Model], object]:
    """Return a function that gets a field's value from an instance as a parameter for a SQL database. The
    common types skip Django's chain of `get_db_prep_save` (see docs/performance.md)."""
    name, (simple_type, convert) = field.attname, _simple_conversion(field, connection)

    def get_by_django(record):
        return field.get_db_prep_save(field.pre_save(record, add=record._state.adding), connection)

    def get_value(record):
        value = record.__dict__.get(name, record)
        if type(value) is simple_type:
            return convert(value)
        return None if value is None and field.null else get_by_django(record)

    def get_datetime(record):
        value = record.__dict__.get(name)
        if value is None:
            return None
        # `get_db_prep_save` truncates any other to the millisecond.
        is_whole = type(value) is datetime and value.tzinfo is timezone.utc and not value.microsecond % 1000
        return convert(value) if is_whole else get_by_django(record)

    is_automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if simple_type is None or is_automatic or type(field).pre_save not in _PLAIN_PRE_SAVE:
        return get_by_django
    return get_datetime if simple_type is datetime else get_value


_PLAIN_PRE_SAVE = (models.Field.pre_save, models.DateTimeField.pre_save)


def _simple_conversion(field: models.Field, connection) -> tuple[type | None, Callable | None]:
    """Return the type of a field's values that one function converts to parameters, and that function; or
    None twice."""
    if field.is_relation:
        return _simple_conversion(field.target_field, connection)
    field_class = type(field)
    if convert := getattr(field, "sql_converter", None):
        return str, convert
    if field_class.get_prep_value in (models.CharField.get_prep_value, models.TextField.get_prep_value):
        return (str, str) if field_class.get_db_prep_value is models.Field.get_db_prep_value else (None, None)
    if connection.vendor == "sqlite" and field_class.get_prep_value is models.IntegerField.get_prep_value:
        return int, int
    if connection.vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return (datetime, _datetime_as_text) if connection.timezone is timezone.utc else (None, None)
    return None, None


def _datetime_as_text(moment: datetime) -> str:
    return str(moment.replace(tzinfo=None))
