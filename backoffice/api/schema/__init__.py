"""Public names of `backoffice.api.schema`."""

from backoffice.api.schema.documents import ENTITY, STATUS, Document, registered_documents
from backoffice.api.schema.fields import NestedList, Property, ReadOnly, Shape, group
from backoffice.api.schema.paths import remove_paths

__all__ = [
    "ENTITY",
    "STATUS",
    "Document",
    "NestedList",
    "Property",
    "ReadOnly",
    "Shape",
    "group",
    "registered_documents",
    "remove_paths",
]
