"""How rows of the database become instances."""

from django.db import models
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
