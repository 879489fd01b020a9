"""Documents of record models that declare none, and examples of properties."""

from datetime import datetime, timezone

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import override

from backoffice.api.dialects import Dialect
from backoffice.api.schema.documents import ENTITY, Document
from backoffice.api.schema.fields import NestedList, Property, Shape
from backoffice.db.annotations import JsonObject, ModelField
from backoffice.lists.default_filters import camel_case
from backoffice.records.fields import (
    AnyField,
    EmailLineField,
    ObjectIdField,
    OpenObjectField,
    TextListField,
    URIField,
)
from backoffice.records.models import Entity
from backoffice.records.properties import CollectionProperty, ElementsProperty, RecordProperty

AN_ID = "507f1f77bcf86cd799439011"
A_TIME = datetime(2026, 3, 2, 9, 40, tzinfo=timezone.utc)
A_LINK = "https://example.dk/uploads/507f1f77bcf86cd799439020/opgang-b.jpg"


def default_document(model: type[Entity], slug: str) -> Document:
    """Return the document with all properties of a model in its order, in camel case: a reference `object` is
    `objectId`."""
    shared = {leaf.attribute for leaf in ENTITY}
    own = [_property(prop) for name, prop in model.properties.items() if name not in shared]
    document = Document(model, ENTITY, *own, slug=slug)
    document.example = _build_example(document)
    return document


def _property(prop: RecordProperty) -> Property:
    key = camel_case(prop.name)
    if not prop.many:
        return Property(f"{key}Id" if prop.target else key, prop.name)
    if not prop.has_ids and len(prop.fields) == 1:
        return Property(key, prop.name)
    parts = [Property("_id", "id")] if prop.has_ids else []
    parts += [_property(column) for column in prop.columns().values()]
    parts += [_property(rows) for rows in _nested(prop)]
    return NestedList(key, prop.name, shape=Shape(prop.model.__name__, *parts))


def _nested(prop: CollectionProperty) -> tuple[CollectionProperty, ...]:
    return tuple(prop.nested.values()) if isinstance(prop, ElementsProperty) else ()


def _build_example(document: Document) -> JsonObject:
    example: JsonObject = {}
    for leaf in document.properties:
        value = example_value(document.bound[leaf.attribute], document.dialect)
        (example.setdefault(leaf.group, {}) if leaf.group else example)[leaf.key] = value
    return example


def example_value(prop: RecordProperty, dialect: Dialect) -> object:
    """Return an example of a property's value."""
    if prop.many:
        return []
    field = prop.field
    if field.is_relation or isinstance(field, ObjectIdField):
        return AN_ID
    if field.choices:
        return field.flatchoices[0][0]
    plain: tuple[tuple[type[ModelField], object], ...] = (
        (models.DateTimeField, dialect.instant(A_TIME)),
        (models.BooleanField, True),
        (models.FloatField, 1.5),
        (models.IntegerField, 1),
        (TextListField, []),
        (OpenObjectField, {}),
        (AnyField, None),
        (EmailLineField, "karen@example.dk"),
        (URIField, A_LINK),
    )
    for kind, value in plain:
        if isinstance(field, kind):
            return value
    with override("en"):
        return capfirst(str(field.verbose_name))
