"""How rows of the database become instances."""

from datetime import datetime

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.base import ModelState


class MadeOfColumns(models.Model):
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


def read_moments_at_once(connection, **_signal) -> None:
    """A list of a hundred records has four hundred moments. For each, Django's reader asks the settings whether there are
    time zones, and the moment twice whether it has one: a sixth of the list's time."""
    if connection.vendor != "sqlite":
        return
    operations, zone = connection.ops, connection.timezone
    as_django = type(operations).convert_datetimefield_value

    def moment(value, expression, connection):
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=zone)
        return as_django(operations, value, expression, connection)

    operations.convert_datetimefield_value = moment


connection_created.connect(read_moments_at_once, dispatch_uid="caretaker_moments")
