"""The public names of `backoffice.records.properties`."""

from backoffice.records.properties.base import (
    ColumnProperty,
    Guard,
    UserChoices,
    guard_field,
    instant_as_text,
    is_same,
    keyed_hash,
    nested_errors,
    offers_users_with,
    require_change_permission,
)
from backoffice.records.properties.collections import (
    CollectionProperty,
    CompanyRow,
    RecordProperty,
    load_collections,
)
from backoffice.records.properties.elements import ElementsProperty
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
    "ElementsProperty",
    "Guard",
    "ListPage",
    "ListPages",
    "ManyToManyProperty",
    "RecordProperty",
    "UserChoices",
    "guard_field",
    "instant_as_text",
    "is_same",
    "keyed_hash",
    "load_collections",
    "nested_errors",
    "newest_elements",
    "offers_users_with",
    "require_change_permission",
]
