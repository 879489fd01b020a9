"""The public names of `backoffice.records.properties`."""

from backoffice.records.properties.base import (
    ColumnProperty,
    UserChoices,
    guard_field,
    instant_as_text,
    keyed_hash,
    nested_errors,
    offers_users_with,
    require_change_permission,
)
from backoffice.records.properties.collections import CollectionProperty, CompanyRow, load_collections
from backoffice.records.properties.diff import differences, history_value, is_same
from backoffice.records.properties.elements import ElementRow, ElementsProperty
from backoffice.records.properties.many_to_many import ManyToManyProperty
from backoffice.records.properties.pagination import (
    NESTED_PAGE_LENGTH,
    PRINTED_LENGTH,
    ListPage,
    ListPages,
    newest_elements,
)

__all__ = [
    "NESTED_PAGE_LENGTH",
    "PRINTED_LENGTH",
    "CollectionProperty",
    "ColumnProperty",
    "CompanyRow",
    "ElementRow",
    "ElementsProperty",
    "ListPage",
    "ListPages",
    "ManyToManyProperty",
    "UserChoices",
    "differences",
    "guard_field",
    "history_value",
    "instant_as_text",
    "is_same",
    "keyed_hash",
    "load_collections",
    "nested_errors",
    "newest_elements",
    "offers_users_with",
    "require_change_permission",
]
