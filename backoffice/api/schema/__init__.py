"""Public names of `backoffice.api.schema`."""

from backoffice.api.schema.default_documents import default_document, example_value
from backoffice.api.schema.documents import ENTITY, STATUS, Document, ParsedBody, registered_documents
from backoffice.api.schema.fields import NestedList, Property, ReadOnly, Shape, group
from backoffice.api.schema.messages import message_list

__all__ = [
    "ENTITY",
    "STATUS",
    "Document",
    "NestedList",
    "ParsedBody",
    "Property",
    "ReadOnly",
    "Shape",
    "default_document",
    "example_value",
    "group",
    "message_list",
    "registered_documents",
]
