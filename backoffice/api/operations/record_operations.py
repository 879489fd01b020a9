"""The usual operations on a record model, derived from the model."""

from django.utils.translation import override

from backoffice.api.operations.base import Operation
from backoffice.api.operations.crud import Resource
from backoffice.api.operations.lists import ListOperation
from backoffice.api.schema.default_documents import default_document
from backoffice.api.schema.documents import Document
from backoffice.lists.default_filters import default_filterset
from backoffice.lists.filters import RecordFilterSet
from backoffice.records.models import Entity
from backoffice.records.properties import RecordProperty

MAX_LIMIT = 1000


def record_operations(
    model: type[Entity],
    slug: str,
    *,
    document: Document | None = None,
    filters: type[RecordFilterSet] | None = None,
) -> list[Operation]:
    """Return the operations list, count, create, read, update and delete at `/<prefix>/<slug>`. The slug is that of
    the view set, too: exports and imports name the records by it."""
    document = document or default_document(model, slug)
    with override("en"):  # the language of the OpenAPI document
        singular, plural = str(model._meta.verbose_name), str(model._meta.verbose_name_plural)
    listing = ListOperation(document, filters or default_filterset(model), max_limit=MAX_LIMIT)
    resource = Resource(document, slug, singular, plural, listing, required=_required_paths(document))
    return [
        resource.list(),
        resource.count(),
        resource.create(),
        resource.read(),
        resource.update(),
        resource.delete(),
    ]


def _required_paths(document: Document) -> tuple[str, ...]:
    """Return the paths of the properties that a new record must have: the server computes the number."""
    return tuple(
        leaf.path
        for leaf in document.properties
        if leaf.writable and leaf.attribute != "number" and _is_required(document.bound[leaf.attribute])
    )


def _is_required(prop: RecordProperty) -> bool:
    if prop.many or prop.derived or prop.field.null or prop.field.blank:
        return False
    return prop.field.get_default() in prop.field.empty_values
