"""The types of records that can be exported and imported, by slug, with their viewset and document."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from django.urls import get_resolver

from backoffice.api.dialects import Dialect
from backoffice.api.schema import ENTITY, Document, Property, ReadOnly, registered_documents
from backoffice.records.models import Entity
from backoffice.web.viewsets import RecordViewSet, all_viewsets


@dataclass(frozen=True)
class Exportable:
    """A type of record. `viewset` is its viewset, None if it has no list; `document` is None if its records
    cannot be exported as documents."""

    slug: str
    model: type[Entity]
    viewset: RecordViewSet | None
    document: Document | None

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @cached_property
    def export_document(self) -> Document:
        """The document with the entity properties that it omits, so that an import can recreate the
        record."""
        return Document(
            self.model,
            (*self.document.properties, *self._omitted, *self.document.exported),
            dialect=_explicit(self.document.dialect),
        )

    @cached_property
    def import_document(self) -> Document:
        """The document for imports: properties that the server usually sets are writable."""
        leaves = (
            Property(leaf.key, leaf.attribute, leaf.group, is_version_stamp=leaf.is_version_stamp)
            if isinstance(leaf, ReadOnly) and not leaf.is_fixed
            else leaf
            for leaf in self.export_document.properties
        )
        return Document(self.model, tuple(leaves))

    @property
    def _omitted(self) -> list[Property]:
        fields = {field.name for field in self.model._meta.concrete_fields}
        known = self.document.bound.keys()
        return [leaf for leaf in ENTITY if leaf.attribute in fields - known]


def _explicit(dialect: Dialect) -> Dialect:
    """Return the dialect with explicit empty properties: an import computes properties that are left out."""
    explicit = copy(dialect)
    explicit.omits_empties = False
    return explicit


_exportables: dict[str, Exportable] = {}


def exportables() -> dict[str, Exportable]:
    """Return all types of records by slug: those with lists, in their order, then those with documents
    only."""
    if not _exportables:
        get_resolver().url_patterns  # noqa: B018 (importing them registers viewsets and documents)
        for viewset in all_viewsets():
            _exportables[viewset.slug] = Exportable(
                viewset.slug, viewset.model, viewset, registered_documents.get(viewset.slug)
            )
        for slug, document in registered_documents.items():
            _exportables.setdefault(slug, Exportable(slug, document.model, None, document))
    return _exportables


def exportable_for(model: type[Entity]) -> Exportable | None:
    return next((subject for subject in exportables().values() if subject.model is model), None)
