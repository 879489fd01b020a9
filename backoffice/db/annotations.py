"""Names of the types that recur in annotations."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

JsonObject: TypeAlias = dict[str, Any]
JsonValue: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None

PlainValue: TypeAlias = Any
"""The value of a property as the history stores it: text, number, boolean, None, list or dict, as in JSON."""
Values: TypeAlias = dict[str, Any]
"""Values of a record by the names of its properties."""
Element: TypeAlias = dict[str, Any]
"""An entry of a list: its values by name, and its `id` if it has one."""
Errors: TypeAlias = dict[str, list[ValidationError]]
"""Errors by dotted path."""


class Change(TypedDict):
    """One difference between two versions of a record: see `History.changes`."""

    property: str
    old: PlainValue
    new: PlainValue
    place: NotRequired[int]
    """The position of an element that was removed."""
    redacted: NotRequired[bool]
    left_out: NotRequired[int]
    """How many differences of a long list are not shown."""


Connection: TypeAlias = BaseDatabaseWrapper
MongoConnection: TypeAlias = Any
"""A connection of django-mongodb-backend, which has no types."""
Rows: TypeAlias = models.QuerySet[Any]
"""A queryset of any model."""
RowsT = TypeVar("RowsT", bound=Rows)
QuoteName: TypeAlias = Callable[[Any], str]
"""The function of a database that quotes the name of a table or column in SQL."""
Sql: TypeAlias = tuple[str, list[Any]]
"""SQL and its parameters."""

if not TYPE_CHECKING and not hasattr(models.Field, "__class_getitem__"):
    # Fields take type arguments, as querysets and foreign keys of Django do at run time.
    models.Field.__class_getitem__ = classmethod(lambda field_class, _arguments: field_class)
ModelField: TypeAlias = models.Field[Any, Any]

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as StrOrPromise  # a text, or its lazy translation
else:  # not installed with the product
    StrOrPromise = str
