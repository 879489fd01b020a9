"""Properties that are lists: child rows that belong to a record and are written only by its change."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from operator import attrgetter

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.db.queries import CompiledQuery, execute_update, find_by_any
from backoffice.records.fields.base import ObjectIdField
from backoffice.records.properties.base import ColumnProperty, Guard, instant_as_text, nested_errors

NO_COMPANIES: Mapping[str, str] = {}


class CollectionProperty:
    """An ordered list that belongs to a record: child rows without a version of their own.

    Declared on the model: `tags = CollectionProperty("facility.ObjectTag", "text")`. With one field the value is a list of
    its values, with several a list of dicts. `key` names the field that may not occur twice; a change adds at
    most `max_added` entries (see `backoffice.records.writes.bounds`). References are ids. Read `record.tags` for the list (one query, kept until the record is loaded anew).
    """

    many = True
    derived = False
    has_ids = False

    def __init__(
        self,
        model: str,
        *fields: str,
        key: str = "",
        label: str = "",
        guard: Guard | None = None,
        max_added: int = 100,
    ):
        self.max_added = max_added
        self._model = model
        self.fields = fields
        self.key = key or (fields[0] if len(fields) == 1 else "")
        self._label = label
        self.guard = guard
        self.change_permissions = ()

    def __set_name__(self, owner, name):
        self.name = self.attname = name

    def __get__(self, record, owner=None):
        if record is None:
            return self
        if self.name not in record.__dict__:
            record.__dict__[self.name] = self.load([record.pk])[record.pk] if not record._state.adding else []
        return record.__dict__[self.name]

    def __set__(self, record, value):
        record.__dict__[self.name] = value

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self._model)

    @property
    def label(self) -> str:
        return str(self._label or self.name.replace("_", " "))

    @cached_property
    def _columns(self) -> dict[str, ColumnProperty]:
        return {name: ColumnProperty(self.model._meta.get_field(name), False) for name in self.fields}

    def columns(self) -> dict[str, ColumnProperty]:
        """What the entries are made of, by name."""
        return self._columns

    def read(self, record):
        return getattr(record, self.name)

    def write(self, record, value):
        setattr(record, self.name, value)

    @cached_property
    def _all_rows(self) -> models.QuerySet:
        names = [column.attname for column in self.columns().values()]
        return self.model._base_manager.order_by("position", "pk").values_list("record_id", "id", *names)

    @cached_property
    def _of_one(self) -> CompiledQuery:
        return CompiledQuery(lambda pk: self._all_rows.filter(record_id=pk))

    @cached_property
    def _of_several(self) -> CompiledQuery:
        return CompiledQuery(lambda *ids: self._all_rows.filter(record_id__in=ids))

    def _rows(self, record_ids: list[str]) -> Iterable[tuple]:
        """(the record's id, the row's id, its values) of the rows of several records."""
        if len(record_ids) == 1:
            return self._of_one(*record_ids)
        return find_by_any(self._of_several, record_ids)

    def load(self, record_ids: list[str]) -> dict[str, list]:
        """The lists of several records, by record id, in one query."""
        found = {pk: [] for pk in record_ids}
        if len(self.fields) == 1:
            for record_id, _pk, value in self._rows(record_ids):
                found[record_id].append(value)
        else:
            for record_id, _pk, *values in self._rows(record_ids):
                found[record_id].append(dict(zip(self.fields, values, strict=True)))
        return found

    def _as_dict(self, entry):
        return entry if len(self.fields) > 1 else {self.fields[0]: entry}

    def to_python(self, value) -> list:
        """The typed list. Errors are keyed by place: `0`, `2.budget`."""
        if not isinstance(value, (list, tuple)):
            raise ValidationError(_("This must be a list."), code="invalid")
        columns, errors, entries = self.columns(), {}, []
        for place, entry in enumerate(value):
            if len(self.fields) > 1 and not isinstance(entry, dict):
                errors[str(place)] = [ValidationError(_("This must be an object."), code="invalid")]
                continue
            typed = self._typed(entry, columns, place, errors)
            entries.append(typed if len(self.fields) > 1 else typed.get(self.fields[0]))
        if errors:
            raise ValidationError(errors)
        return entries

    def _typed(self, entry, columns, place, errors) -> dict:
        typed = {}
        for name, raw in self._as_dict(entry).items():
            path = f"{place}.{name}" if len(self.fields) > 1 else str(place)
            if name not in columns:
                continue
            try:
                typed[name] = columns[name].to_python(raw)
            except ValidationError as error:
                errors[path] = error.error_list
        for name, column in columns.items():
            typed.setdefault(name, column.field.get_default())
        return typed

    def plain(self, value) -> list:
        columns = self.columns()
        if len(self.fields) == 1:
            return [columns[self.fields[0]].plain(entry) for entry in value]
        return [{name: columns[name].plain(entry[name]) for name in self.fields} for entry in value]

    def from_plain(self, value) -> list:
        columns = self.columns()
        if len(self.fields) == 1:
            return [columns[self.fields[0]].from_plain(entry) for entry in value]
        return [{name: columns[name].from_plain(entry[name]) for name in self.fields} for entry in value]

    def is_empty(self, plain) -> bool:
        return not plain

    def _instances(self, record_id, value) -> list[models.Model]:
        columns, rows = self.columns(), []
        for position, entry in enumerate(value):
            row = self.model(record_id=record_id, position=position)
            for name, column in columns.items():
                column.write(row, self._as_dict(entry)[name])
            rows.append(row)
        return rows

    def _mark(self, entry) -> tuple:
        """What tells an entry from others."""
        return tuple(self._as_dict(entry)[name] for name in self.fields)

    @cached_property
    def _referring(self) -> list[str]:
        """The fields that are references."""
        return [name for name, column in self.columns().items() if column.target]

    def references(self, value: list) -> set[str]:
        """The ids that the entries point at."""
        return {self._as_dict(entry)[name] for entry in value for name in self._referring}

    def check(self, record, value, references, places=None, before=()) -> dict[str, list]:
        """Errors by path below the property. `references` collects (path, model, id) to look up together;
        `places` tells where in what was sent an element stood. `before` is the list as it was: what is in it was
        judged when it came."""
        errors, seen = {}, set()
        judged = {self._mark(entry) for entry in before}
        for place, row in enumerate(self._instances(record.pk, value)):
            if self._mark(value[place]) not in judged:
                _check_row(self, row, f"{place}", errors, references)
            if self.key:
                mark = self.columns()[self.key].read(row)
                if mark in seen:
                    path = f"{place}.{self.key}" if len(self.fields) > 1 else f"{place}"
                    errors.setdefault(path, []).append(
                        ValidationError(_("This is in the list twice."), code="duplicate")
                    )
                seen.add(mark)
        return errors

    def store(self, record: models.Model, old: list, new: list) -> None:
        """Write the list of one record."""
        self.store_all([(record.pk, old, new)], {record.pk: record.home_company_id()})

    def store_all(
        self, lists: list[tuple[str, list, list]], companies: Mapping[str, str] = NO_COMPANIES
    ) -> None:
        """Write the lists (record id, old, new) of several records: the rows are replaced. `companies` has the ids of the
        records' companies, by record id."""
        if gone := [record_id for record_id, old, _new in lists if old]:
            self.model._base_manager.filter(record_id__in=gone).delete()
        if rows := [row for record_id, _old, new in lists for row in self._instances(record_id, new)]:
            for row in rows if self._has_company else ():
                row.company_id = companies[row.record_id]
            self.model._base_manager.bulk_create(rows)

    @cached_property
    def _has_company(self) -> bool:
        return issubclass(self.model, CompanyRow)

    def searchable_by(self, actor) -> models.QuerySet:
        """The rows to search for an actor: those of the company alone, so that the time it takes depends on no other's."""
        rows = self.model._base_manager.all()
        return (
            rows if actor.is_superuser or not self._has_company else rows.filter(company_id=actor.company_id)
        )


class CompanyRow(models.Model):
    """For rows that lists are filtered by: they know the company of their record, which begins the index of their text."""

    company_id = ObjectIdField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def _check_row(rows, row, path, errors, references, kept=()) -> None:
    """Run a child row's own model validation, but for columns that are `kept`; leave its references to be looked up with
    the others."""
    columns = rows.columns()
    relations = rows._referring
    try:
        row.full_clean(
            exclude=["record", *relations, *kept], validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        for name, found in error.error_dict.items():
            single = len(rows.fields) == 1 and not rows.has_ids
            errors.setdefault(path if single else f"{path}.{name}", []).extend(found)
    for name in relations:
        where = path if len(rows.fields) == 1 and not rows.has_ids else f"{path}.{name}"
        value = columns[name].read(row)
        if value is not None:
            references.append((where, columns[name].target, value))
        elif not columns[name].field.null:
            message = columns[name].field.error_messages["null"]
            errors.setdefault(where, []).append(ValidationError(message, code="null"))


def load_collections(records: list[models.Model], names) -> None:
    """Fetch lists of several records of one model, in a query or two for each list."""
    if records:
        key = attrgetter(records[0]._meta.pk.attname)  # (`pk` asks the model each time what it is)
        ids = [key(record) for record in records]
        for name in names:
            lists = records[0].properties[name].load(ids)
            for pk, record in zip(ids, records, strict=True):
                record.__dict__[name] = lists[pk]


class ElementRow(dict):
    """An element as it was read. Nobody changes it (one that is edited is another dict), so it can be remembered what an
    answer tells of it."""

    told: tuple | None = None


class ElementsProperty(CollectionProperty):
    """A list of sub-documents, each with an id of its own: comments, files. `nested` are lists within each.

    The value is a list of dicts with `id` first. An element is added, changed or taken away by itself, so two
    people who comment at once never collide.
    """

    has_ids = True

    def __init__(
        self, model: str, *fields: str, label: str = "", max_added: int = 100, **nested: "ElementsProperty"
    ):
        super().__init__(model, *fields, label=label, max_added=max_added)
        self.nested = nested
        for name, rows in nested.items():
            rows.name = name

    def load(self, record_ids):
        found = {pk: [] for pk in record_ids}
        by_id, names = {}, ("record", "id", *self.fields)
        for row in self._rows(record_ids):
            element = ElementRow(zip(names, row, strict=True))
            found[element.pop("record")].append(element)
            by_id[element["id"]] = element
        for name, rows in self.nested.items():
            lists = rows.load(list(by_id)) if by_id else {}
            for pk, element in by_id.items():
                element[name] = lists[pk]
        return found

    def to_python(self, value):
        """The typed list; elements keep only the properties that were sent."""
        if not isinstance(value, (list, tuple)):
            raise ValidationError(_("This must be a list."), code="invalid")
        columns, errors, elements = self.columns(), {}, []
        for place, entry in enumerate(value):
            if not isinstance(entry, dict):
                errors[str(place)] = [ValidationError(_("This must be an object."), code="invalid")]
                continue
            element = {}
            if len(entry) == 1 and is_object_id(entry.get("id")):  # as most are that were not touched
                elements.append({"id": entry["id"].lower()})
                continue
            if entry.get("id"):
                if is_object_id(entry["id"]):
                    element["id"] = entry["id"].lower()
                else:
                    message = _("“%(value)s” is not an id of 24 hexadecimal digits.")
                    errors[f"{place}.id"] = [ValidationError(message, "invalid", {"value": entry["id"]})]
            for name in self.fields:
                if name in entry:
                    try:
                        element[name] = columns[name].to_python(entry[name])
                    except ValidationError as error:
                        errors[f"{place}.{name}"] = error.error_list
            for name, rows in self.nested.items():
                if name in entry:
                    try:
                        element[name] = rows.to_python(entry[name])
                    except ValidationError as error:
                        errors |= nested_errors(f"{place}.{name}", error)
            elements.append(element)
        if errors:
            raise ValidationError(errors)
        return elements

    def blank(self) -> dict:
        """A new element with an id and every property at its default."""
        element = {"id": new_object_id()}
        element |= {name: column.field.get_default() for name, column in self.columns().items()}
        return element | {name: [] for name in self.nested}

    @cached_property
    def _moments(self) -> list[str]:
        """The only values that are not plain as they are."""
        return [name for name, column in self.columns().items() if column.is_moment]

    def plain(self, value):
        found = [dict(element) for element in value]
        for element in found:
            for name in self._moments:
                element[name] = instant_as_text(element[name])
            for name, rows in self.nested.items():
                element[name] = rows.plain(element[name]) if element[name] else []
        return found

    def is_same(self, old: list, new: list) -> bool:
        """Whether two states of the list have the same plain value."""
        return len(old) == len(new) and all(
            one is other or self.plain([one]) == self.plain([other])
            for one, other in zip(old, new, strict=True)
        )

    def plain_pair(self, old: list, new: list) -> tuple[list, list]:
        """The plain values of two states of the list, to be compared. Of an element that is the very same in both, as all
        but one are in most lists, they have nothing but the id, and that too the very same."""
        both = set(map(id, old)).intersection(map(id, new))
        known = {id(element): {"id": element["id"]} for element in old if id(element) in both}

        def plain(elements):
            return [known.get(id(element)) or self.plain([element])[0] for element in elements]

        return plain(old), plain(new)

    def from_plain(self, value):
        columns = self.columns()
        return [
            {
                "id": element["id"],
                **{name: columns[name].from_plain(element[name]) for name in self.fields},
                **{name: rows.from_plain(element[name]) for name, rows in self.nested.items()},
            }
            for element in value
        ]

    def references(self, value):
        found = {element[name] for element in value for name in self._referring}
        for name, rows in self.nested.items():
            found = found.union(*(rows.references(element[name]) for element in value if element[name]))
        return found

    def check(self, record, value, references, places=None, before=()):
        errors, places = {}, places or {}
        known = {element["id"]: element for element in before}
        for position, element in enumerate(value):
            if (was := known.get(element["id"])) is element or was == element:
                continue
            place = places.get(element["id"], position)
            row = self._row(record.pk, place, element)
            kept = [name for name in self.fields if was and was[name] == element[name]]
            _check_row(self, row, str(place), errors, references, kept)
            for name, rows in self.nested.items():
                below, old = [], was[name] if was else ()
                for path, found in rows.check(row, element[name], below, places, old).items():
                    errors[f"{place}.{name}.{path}"] = found
                references += [(f"{place}.{name}.{path}", model, pk) for path, model, pk in below]
        return errors

    def _row(self, record_id, position, element):
        """(Django's `__init__` takes longer than to validate what it makes.)"""
        row = self.model.from_db(None, ("id", "record_id", "position"), (element["id"], record_id, position))
        row._state.adding = True
        for name, column in self.columns().items():
            column.write(row, element[name])
        return row

    def store_all(self, lists, companies=NO_COMPANIES):
        """Write only the elements that differ: new ones together, however many they are."""
        gone, fresh, below = [], [], {name: [] for name in self.nested}
        for record_id, old, new in lists:
            before = {element["id"]: (place, element) for place, element in enumerate(old)}
            gone += before.keys() - {element["id"] for element in new}
            for place, element in enumerate(new):
                known = before.get(element["id"])
                if known is None:
                    fresh.append(self._row(record_id, place, element))
                elif known[1] is element and known[0] == place:
                    continue
                else:
                    differ = {name for name in self.fields if known[1][name] != element[name]}
                    differ |= {"position"} if known[0] != place else set()
                    if differ:
                        execute_update(self._row(record_id, place, element), differ)
                for name in self.nested:
                    was = known[1][name] if known else []
                    if was != element[name]:
                        below[name].append((element["id"], was, element[name]))
        if gone:
            for rows in self.nested.values():
                rows.model._base_manager.filter(record_id__in=gone).delete()
            self.model._base_manager.filter(pk__in=gone).delete()
        if fresh:
            self.model._base_manager.bulk_create(fresh)
        for name, lists_below in below.items():
            self.nested[name].store_all(lists_below)
