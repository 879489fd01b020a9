"""Properties that are lists: child rows of a record, written only by an update of the record."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, overload

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.annotations import Errors, PlainValue, Rows, StrOrPromise, Values
from backoffice.db.queries import CompiledQuery
from backoffice.records.actors import Actor
from backoffice.records.fields.base import ObjectIdField
from backoffice.records.fields.class_attributes import get_column_field
from backoffice.records.properties.base import BaseProperty, ColumnProperty, Guard

if TYPE_CHECKING:
    from backoffice.records.models import Entity

NO_COMPANIES: Mapping[str, str | None] = {}
RowReference: TypeAlias = tuple[str, type[models.Model], str]
"""A reference of a row: the path below the property, the model, and the id."""
ListChange: TypeAlias = tuple[str, list[Any], list[Any]]
"""The id of a record, and its list before and after a change."""


class CollectionProperty(BaseProperty):
    """An ordered list that belongs to a record: child rows without a version of their own.

    Declared on the model: `tags = CollectionProperty("facility.ObjectTag", "text")`. With one field, the
    value is a list of its values; with several, a list of dicts. References are ids. `key` names the field
    that must be unique in the list; a change adds at most `max_added` entries (see
    `backoffice.records.writes.validation`). `record.tags` is the list, loaded by one query and cached until the
    record is reloaded.
    """

    many: Literal[True] = True
    derived = False
    has_ids = False

    def __init__(
        self,
        model: str,
        *fields: str,
        key: str = "",
        label: StrOrPromise = "",
        add_label: StrOrPromise = "",
        guard: Guard | None = None,
        max_added: int = 100,
    ) -> None:
        self.max_added = max_added
        self._model = model
        self.fields = fields
        self.key = key or (fields[0] if len(fields) == 1 else "")
        self._label = label
        self.add_label = add_label
        self.guard = guard
        self.change_permissions = ()

    def __set_name__(self, owner: type[models.Model], name: str) -> None:
        self.name = self.attname = name

    @overload
    def __get__(self, record: None, owner: type[models.Model] | None = None) -> Self: ...

    @overload
    def __get__(self, record: models.Model, owner: type[models.Model] | None = None) -> list[Any]: ...

    @overload  # (an attribute of anything else than a record)
    def __get__(self, record: object, owner: type[Any] | None = None) -> Self: ...

    def __get__(self, record: Any, owner: type[models.Model] | None = None) -> Self | list[Any]:
        if record is None:
            return self
        if self.name not in record.__dict__:
            record.__dict__[self.name] = self.load([record.pk])[record.pk] if not record._state.adding else []
        entries: list[Any] = record.__dict__[self.name]
        return entries

    def __set__(self, record: models.Model, value: list[Any]) -> None:
        record.__dict__[self.name] = value

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self._model)

    @property
    def label(self) -> str:
        return str(self._label or self.name.replace("_", " "))

    @cached_property
    def _columns(self) -> dict[str, ColumnProperty]:
        return {name: ColumnProperty(get_column_field(self.model, name), False) for name in self.fields}

    def columns(self) -> dict[str, ColumnProperty]:
        """Return the columns of the entries, by name."""
        return self._columns

    @property
    def input_fields(self) -> list[str]:
        """The fields of an entry that forms offer."""
        return [name for name, column in self.columns().items() if column.field.editable]

    @cached_property
    def _all_rows(self) -> Rows:
        names = [column.attname for column in self.columns().values()]
        return self.model._base_manager.order_by("position", "pk").values_list("record_id", "id", *names)

    @cached_property
    def _rows_of_one(self) -> CompiledQuery:
        return CompiledQuery(lambda pk: self._all_rows.filter(record_id=pk))

    @cached_property
    def _rows_of_several(self) -> CompiledQuery:
        return CompiledQuery(lambda *ids: self._all_rows.filter(record_id__in=ids))

    def _rows(self, record_ids: list[str]) -> Iterable[tuple[Any, ...]]:
        """Return (record id, row id, *values) of the rows of several records."""
        if len(record_ids) == 1:
            return self._rows_of_one(*record_ids)
        return self._rows_of_several.find_any(record_ids)

    def load(self, record_ids: list[str]) -> dict[str, list[Any]]:
        """Return the lists of several records, by record id, in one query."""
        lists: dict[str, list[Any]] = {pk: [] for pk in record_ids}
        if len(self.fields) == 1:
            for record_id, _pk, value in self._rows(record_ids):
                lists[record_id].append(value)
        else:
            for record_id, _pk, *values in self._rows(record_ids):
                lists[record_id].append(dict(zip(self.fields, values, strict=True)))
        return lists

    def _as_dict(self, entry: Any) -> Values:
        return entry if len(self.fields) > 1 else {self.fields[0]: entry}

    def to_python(self, value: object, current: Sequence[Any] = ()) -> list[Any]:
        """Return the typed list. Errors are keyed by index: `0`, `2.budget`. `current` is the list of the record."""
        if not isinstance(value, (list, tuple)):
            raise ValidationError(_("This must be a list."), code="invalid")
        columns, entries = self.columns(), []
        errors: Errors = {}
        for index, entry in enumerate(value):
            if len(self.fields) > 1 and not isinstance(entry, dict):
                errors[str(index)] = [ValidationError(_("This must be an object."), code="invalid")]
                continue
            typed = self._convert_entry(entry, columns, index, errors)
            entries.append(typed if len(self.fields) > 1 else typed.get(self.fields[0]))
        if errors:
            raise ValidationError(errors)
        return entries

    def _convert_entry(
        self, entry: Any, columns: dict[str, ColumnProperty], index: int, errors: Errors
    ) -> Values:
        typed: Values = {}
        for name, raw in self._as_dict(entry).items():
            path = f"{index}.{name}" if len(self.fields) > 1 else str(index)
            if name not in columns:
                continue
            try:
                typed[name] = columns[name].to_python(raw)
            except ValidationError as error:
                errors[path] = error.error_list
        for name, column in columns.items():
            typed.setdefault(name, column.field.get_default())
        return typed

    def plain(self, value: Iterable[Any]) -> list[PlainValue]:
        columns = self.columns()
        if len(self.fields) == 1:
            return [columns[self.fields[0]].plain(entry) for entry in value]
        return [{name: columns[name].plain(entry[name]) for name in self.fields} for entry in value]

    def from_plain(self, value: Iterable[PlainValue]) -> list[Any]:
        columns = self.columns()
        if len(self.fields) == 1:
            return [columns[self.fields[0]].from_plain(entry) for entry in value]
        return [{name: columns[name].from_plain(entry[name]) for name in self.fields} for entry in value]

    def _instances(self, record_id: str, value: list[Any]) -> list[Any]:
        columns, rows = self.columns(), []
        for position, entry in enumerate(value):
            row = self.model(record_id=record_id, position=position)
            for name, column in columns.items():
                column.write(row, self._as_dict(entry)[name])
            rows.append(row)
        return rows

    def _identity(self, entry: Any) -> tuple[Any, ...]:
        """Return the values that distinguish an entry from others."""
        return tuple(self._as_dict(entry)[name] for name in self.fields)

    @cached_property
    def _targets(self) -> dict[str, type[models.Model]]:
        """The models that the references among the fields refer to, by field."""
        return {name: column.target for name, column in self.columns().items() if column.target}

    def references(self, value: list[Any]) -> set[str]:
        """Return the ids that the entries refer to."""
        return {self._as_dict(entry)[name] for entry in value for name in self._targets}

    def check(
        self,
        record: models.Model,
        value: list[Any],
        references: list[RowReference],
        element_indexes: Mapping[str, int] | None = None,
        before: Sequence[Any] = (),
    ) -> Errors:
        """Return the errors by path below the property. `references` collects (path, model, id), to be looked
        up together; `element_indexes` has the index of each element in what was sent. `before` is the old
        list: its entries are not validated again."""
        errors: Errors = {}
        seen: set[Any] = set()
        unchanged = {self._identity(entry) for entry in before}
        for index, row in enumerate(self._instances(record.pk, value)):
            if self._identity(value[index]) not in unchanged:
                check_row(self, row, f"{index}", errors, references)
            if self.key:
                key_value = self.columns()[self.key].read(row)
                if key_value in seen:
                    path = f"{index}.{self.key}" if len(self.fields) > 1 else f"{index}"
                    errors.setdefault(path, []).append(
                        ValidationError(_("This occurs twice in the list."), code="duplicate")
                    )
                seen.add(key_value)
        return errors

    def store(self, record: "Entity", old: list[Any], new: list[Any]) -> None:
        """Write the list of one record."""
        self.store_all([(record.pk, old, new)], {record.pk: record.home_company_id()})

    def store_all(self, lists: list[ListChange], companies: Mapping[str, str | None] = NO_COMPANIES) -> None:
        """Write the lists (record id, old, new) of several records by replacing their rows. `companies` has
        the company ids, by record id."""
        if changed_ids := [record_id for record_id, old, _new in lists if old]:
            self.model._base_manager.filter(record_id__in=changed_ids).delete()
        if rows := [row for record_id, _old, new in lists for row in self._instances(record_id, new)]:
            for row in rows if self._has_company else ():
                row.company_id = companies[row.record_id]
            self.model._base_manager.bulk_create(rows)

    @cached_property
    def _has_company(self) -> bool:
        return issubclass(self.model, CompanyRow)

    def searchable_by(self, actor: Actor) -> Rows:
        """Return the rows to search for an actor: those of the company only, so that the time does not depend
        on the data of other companies."""
        rows = self.model._base_manager.all()
        return (
            rows if actor.is_superuser or not self._has_company else rows.filter(company_id=actor.company_id)
        )


class CompanyRow(models.Model):
    """A child row that lists are filtered by. The index of its text begins with the company of its record."""

    company_id = ObjectIdField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def check_row(
    prop: CollectionProperty,
    row: models.Model,
    path: str,
    errors: Errors,
    references: list[RowReference],
    unchanged: Iterable[str] = (),
) -> None:
    """Validate a child row by its model, except the columns in `unchanged`; add its references to those that are
    looked up together."""
    columns = prop.columns()
    try:
        row.full_clean(
            exclude=["record", *prop._targets, *unchanged], validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        for name, column_errors in error.error_dict.items():
            is_plain_list = len(prop.fields) == 1 and not prop.has_ids
            errors.setdefault(path if is_plain_list else f"{path}.{name}", []).extend(column_errors)
    for name, target in prop._targets.items():
        path_of_reference = path if len(prop.fields) == 1 and not prop.has_ids else f"{path}.{name}"
        value = columns[name].read(row)
        if value is not None:
            references.append((path_of_reference, target, value))
        elif not columns[name].field.null:
            message = columns[name].field.error_messages["null"]
            errors.setdefault(path_of_reference, []).append(ValidationError(message, code="null"))


RecordProperty: TypeAlias = ColumnProperty | CollectionProperty


def load_collections(records: "Sequence[Entity]", names: Iterable[str]) -> None:
    """Load lists of several records of one model, with one or two queries for each list."""
    if records:
        key = attrgetter(records[0]._meta.pk.attname)  # resolves `pk` once
        ids = [key(record) for record in records]
        for name in names:
            prop = records[0].properties[name]
            lists = prop.load(ids) if prop.many else {}
            for pk, record in zip(ids, records, strict=True):
                record.__dict__[name] = lists[pk]
