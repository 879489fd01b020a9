"""The public names of `backoffice.records.properties`."""

from backoffice.records.properties.base import (
    ColumnProperty,
    Holders,
    change_requires,
    guarded,
    instant_as_text,
    keyed_hash,
    limit_choices,
    nested_errors,
)
from backoffice.records.properties.collections import CollectionProperty, CompanyRow, load_collections
from backoffice.records.properties.diff import differences, displayed_value, is_same
from backoffice.records.properties.elements import ElementRow, ElementsProperty
from backoffice.records.properties.many_to_many import ManyToManyProperty
from backoffice.records.properties.pagination import PRINTED, WITHIN, ListPage, ListPages, cut

__all__ = [
    "PRINTED",
    "WITHIN",
    "CollectionProperty",
    "ColumnProperty",
    "CompanyRow",
    "ElementRow",
    "ElementsProperty",
    "Holders",
    "ListPage",
    "ListPages",
    "ManyToManyProperty",
    "change_requires",
    "cut",
    "differences",
    "displayed_value",
    "guarded",
    "instant_as_text",
    "is_same",
    "keyed_hash",
    "limit_choices",
    "load_collections",
    "nested_errors",
]
