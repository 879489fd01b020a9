"""Conversion of database rows to model instances, and of field values to query parameters."""

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any, TypeAlias, TypeVar

from django.db import models
from django.db.models.base import ModelState
from django.db.models.sql.compiler import SQLCompiler

from backoffice.db.annotations import Connection, ModelField
from backoffice.db.patches import SKIPPED_CONVERTERS

ModelT = TypeVar("ModelT", bound=models.Model)
Row: TypeAlias = tuple[Any, ...]
Conversion: TypeAlias = tuple[type, Callable[[Any], object]] | tuple[None, None]


def build_instance(
    model: type[ModelT], db: str | None, field_names: Iterable[str], values: Iterable[Any]
) -> ModelT:
    """Return the instance of a row without calling `Model.__init__`, which sends signals."""
    instance = model.__new__(model)
    instance.__dict__.update(zip(field_names, values, strict=True))
    instance._state = ModelState()
    instance._state.db, instance._state.adding = db, False
    return instance


def row_factory(compiler: SQLCompiler) -> Callable[[list[Row]], list[models.Model]]:
    """Return a function that converts rows to instances, for a compiler that has compiled the SQL of one
    table."""
    connection, info = compiler.connection, compiler.klass_info
    model, columns = info["model"], [compiler.select[place][0] for place in info["select_fields"]]
    names = [column.target.attname for column in columns]
    converters = [
        (index, convert, column)
        for index, (functions, column) in compiler.get_converters(columns).items()
        for convert in functions
        if convert not in SKIPPED_CONVERTERS
    ]

    def make(rows: list[Row]) -> list[models.Model]:
        instances = []
        for row in rows:
            values = [*row]
            for index, convert, column in converters:
                values[index] = convert(values[index], column, connection)
            instances.append(model.from_db(connection.alias, names, values))
        return instances

    return make


def column_getter(field: ModelField, connection: Connection) -> Callable[[models.Model], object]:
    """Return a function that gets a field's value from an instance as a parameter for a SQL database. The
    common types skip Django's chain of `get_db_prep_save` (see docs/performance.md)."""
    name, (simple_type, convert) = field.attname, _simple_conversion(field, connection)

    def get_by_django(record: models.Model) -> object:
        return field.get_db_prep_save(field.pre_save(record, add=record._state.adding), connection)

    is_automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if convert is None or is_automatic or type(field).pre_save not in _PLAIN_PRE_SAVE:
        return get_by_django

    def get_value(record: models.Model) -> object:
        value = record.__dict__.get(name, record)
        if type(value) is simple_type:
            return convert(value)
        return None if value is None and field.null else get_by_django(record)

    def get_datetime(record: models.Model) -> object:
        value = record.__dict__.get(name)
        if value is None:
            return None
        # `get_db_prep_save` truncates any other to the millisecond.
        is_whole = type(value) is datetime and value.tzinfo is timezone.utc and not value.microsecond % 1000
        return convert(value) if is_whole else get_by_django(record)

    return get_datetime if simple_type is datetime else get_value


_PLAIN_PRE_SAVE = (models.Field.pre_save, models.DateTimeField.pre_save)


def _simple_conversion(field: ModelField, connection: Connection) -> Conversion:
    """Return the type of a field's values that one function converts to parameters, and that function; or
    None twice."""
    if isinstance(field, models.ForeignKey):
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
