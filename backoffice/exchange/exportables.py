"""What can be exported and imported: every kind of record by its slug, with how lists show it and how JSON does."""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from django.urls import get_resolver
from django.utils.module_loading import autodiscover_modules

from backoffice.api.dialects import Dialect
from backoffice.api.schema import ENTITY, Document, Property, ReadOnly, registered_documents
from backoffice.records.models import Entity
from backoffice.web.viewsets import RecordViewSet, all_viewsets


@dataclass(frozen=True)
class Exportable:
    """A kind of record. `kind` is None for what has no list, `document` for what is never carried elsewhere."""

    slug: str
    model: type[Entity]
    kind: RecordViewSet | None
    document: Document | None

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @cached_property
    def whole(self) -> Document:
        """The document, and at its end what it leaves out: enough to make the record again elsewhere."""
        return Document(
            self.model,
            (*self.document.properties, *self._left_out),
            dialect=_explicit(self.document.dialect),
        )

    @cached_property
    def brought(self) -> Document:
        """The document as an import reads it: a new record brings also what the server keeps."""
        leaves = (
            Property(leaf.key, leaf.attribute, leaf.group)
            if isinstance(leaf, ReadOnly) and not leaf.fixed
            else leaf
            for leaf in self.whole.properties
        )
        return Document(self.model, tuple(leaves))

    @property
    def _left_out(self) -> list[Property]:
        fields = {field.name for field in self.model._meta.concrete_fields}
        known = self.document.bound.keys()
        return [leaf for leaf in ENTITY if leaf.attribute in fields - known]


def _explicit(dialect: Dialect) -> Dialect:
    """The dialect, saying of every property that it is empty: what is not said follows from other properties when
    a record is made again."""
    other = copy(dialect)
    other.omits_empties = False
    return other


_subjects: dict[str, Exportable] = {}


def exportables() -> dict[str, Exportable]:
    """Everything by slug: what lists are there, in their order, and then what has only documents."""
    if not _subjects:
        get_resolver().url_patterns  # noqa: B018 (the desks make their kinds known where their addresses are)
        autodiscover_modules("api.documents")
        for kind in all_viewsets():
            _subjects[kind.slug] = Exportable(
                kind.slug, kind.model, kind, registered_documents.get(kind.slug)
            )
        for slug, document in registered_documents.items():
            _subjects.setdefault(slug, Exportable(slug, document.model, None, document))
    return _subjects


def exportable_for(model: type[Entity]) -> Exportable | None:
    return next((subject for subject in exportables().values() if subject.model is model), None)
