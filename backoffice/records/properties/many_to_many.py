"""Properties that are many-to-many relations to models other than records."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.utils.translation import gettext as _

from backoffice.db.annotations import Errors, StrOrPromise
from backoffice.records.fields.class_attributes import get_related_model
from backoffice.records.properties.collections import (
    NO_COMPANIES,
    CollectionProperty,
    ListChange,
    RowReference,
)


class ManyToManyProperty(CollectionProperty):
    """A set of related objects that are no records (a user's groups), represented by their names in
    alphabetical order. `format_name(name)` is the label of one on pages."""

    def __init__(
        self, relation: str, label: StrOrPromise = "", format_name: Callable[[str], str] = str
    ) -> None:
        super().__init__("", "name", label=label)
        self.relation = relation
        self.format_name = format_name

    @property
    def model(self) -> type[models.Model]:
        return get_related_model(self.owner, self.relation)

    def __set_name__(self, owner: type[models.Model], name: str) -> None:
        super().__set_name__(owner, name)
        self.owner = owner

    def load(self, record_ids: list[str]) -> dict[str, list[str]]:
        field: Any = self.owner._meta.get_field(self.relation)
        record, target = field.m2m_field_name(), field.m2m_reverse_field_name()
        rows = field.remote_field.through._base_manager.filter(**{f"{record}_id__in": record_ids})
        names_by_record: dict[str, list[str]] = {pk: [] for pk in record_ids}
        for pk, name in rows.values_list(f"{record}_id", f"{target}__name"):
            names_by_record[pk].append(name)
        return {pk: sorted(names) for pk, names in names_by_record.items()}

    def to_python(self, value: object, current: Sequence[str] = ()) -> list[str]:
        names = super().to_python(value)
        existing = set(self.model._default_manager.filter(name__in=names).values_list("name", flat=True))
        errors = {
            str(index): [
                ValidationError(
                    _("“%(name)s” is not available. Choose another one.") % {"name": name}, code="unknown"
                )
            ]
            for index, name in enumerate(names)
            if name not in existing
        }
        if errors:
            raise ValidationError(errors)
        return sorted(set(names))

    def references(self, value: list[str]) -> set[str]:
        return set()

    def check(
        self,
        record: models.Model,
        value: list[str],
        references: list[RowReference],
        element_indexes: Mapping[str, int] | None = None,
        before: Sequence[str] = (),
    ) -> Errors:
        return {}

    def store_all(self, lists: list[ListChange], companies: Mapping[str, str | None] = NO_COMPANIES) -> None:
        for record_id, _old, new in lists:
            self._related_manager(record_id).set(self.model._default_manager.filter(name__in=new))

    def _related_manager(self, record_id: str) -> Any:
        record = self.owner(pk=record_id)
        record._state.db = DEFAULT_DB_ALIAS
        return getattr(record, self.relation)
