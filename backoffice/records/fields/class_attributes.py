"""Fields of models, and attributes of models that depend on their fields."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import models

from backoffice.db.annotations import ModelField

Value = TypeVar("Value")


class LazyClassAttribute(Generic[Value]):
    """An attribute of a model that is computed when it is first read, and then replaces itself: models know their
    fields only when all of them are loaded."""

    def __init__(self, compute: Callable[[type[Any]], Value]) -> None:
        self.compute = compute

    def __set_name__(self, owner: type[models.Model], name: str) -> None:
        self.name = name

    def __get__(self, record: models.Model | None, owner: type[models.Model]) -> Value:
        value = self.compute(owner)
        if not owner._meta.abstract:
            setattr(owner, self.name, value)
        return value


def get_column_field(model: type[models.Model], name: str) -> ModelField:
    """Return the field of a column. Raises TypeError for a relation that another model declares."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"“{name}” is not a column of {model._meta.label}.")
    return field


def get_related_model(model: type[models.Model], name: str) -> type[models.Model]:
    """Return the model that a reference refers to. Raises TypeError for any other property."""
    related_model = model._meta.get_field(name).related_model
    if related_model is None:
        raise TypeError(f"“{name}” of {model._meta.label} is not a reference.")
    return related_model
