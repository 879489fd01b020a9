"""Properties that are lists of sub-documents, each with an id of its own."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.annotations import Change, Element, Errors, StrOrPromise
from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.db.queries import execute_update
from backoffice.records.properties.base import instant_as_text, is_same, nested_errors
from backoffice.records.properties.collections import (
    NO_COMPANIES,
    CollectionProperty,
    ListChange,
    RowReference,
    check_row,
)


class ElementsProperty(CollectionProperty):
    """A list of sub-documents, each with an id of its own: comments, files. `nested` are lists within each.

    The value is a list of dicts with `id` first. Elements are added, changed and removed one by one, so
    concurrent comments never conflict.
    """

    has_ids = True

    def __init__(
        self,
        model: str,
        *fields: str,
        label: StrOrPromise = "",
        add_label: StrOrPromise = "",
        max_added: int = 100,
        **nested: "ElementsProperty",
    ) -> None:
        super().__init__(model, *fields, label=label, add_label=add_label, max_added=max_added)
        self.nested = nested
        for name, rows in nested.items():
            rows.name = name

    def load(self, record_ids: list[str]) -> dict[str, list[Element]]:
        lists: dict[str, list[Element]] = {pk: [] for pk in record_ids}
        by_id: dict[str, Element] = {}
        names = ("record", "id", *self.fields)
        for row in self._rows(record_ids):
            element = dict(zip(names, row, strict=True))
            lists[element.pop("record")].append(element)
            by_id[element["id"]] = element
        for name, rows in self.nested.items():
            nested_lists = rows.load(list(by_id)) if by_id else {}
            for pk, element in by_id.items():
                element[name] = nested_lists[pk]
        return lists

    def to_python(self, value: object, current: Sequence[Element] = ()) -> list[Element]:
        """Return the typed list; elements have only the properties that were sent. Of an element that was sent as
        it is in the `current` list, only the id is returned."""
        if not isinstance(value, (list, tuple)):
            raise ValidationError(_("This must be a list."), code="invalid")
        current_by_id = {element["id"]: element for element in current}
        errors: Errors = {}
        elements: list[Element] = []
        for index, sent in enumerate(value):
            if not isinstance(sent, dict):
                errors[str(index)] = [ValidationError(_("This must be an object."), code="invalid")]
                continue
            pk = sent.get("id")
            now = current_by_id.get(pk) if isinstance(pk, str) else None
            if now is not None and self._is_unmodified(sent, now):
                elements.append({"id": pk})
            else:
                elements.append(self._convert_element(sent, str(index), now, errors))
        if errors:
            raise ValidationError(errors)
        return elements

    def _is_unmodified(self, sent: Element, now: Element) -> bool:
        """Return whether the values that were sent are those of an element."""
        for name, value in sent.items():
            if name in self.nested:
                rows, children = self.nested[name], now[name]
                if not isinstance(value, list) or len(value) != len(children):
                    return False
                pairs = zip(value, children, strict=True)
                if not all(isinstance(one, dict) and rows._is_unmodified(one, child) for one, child in pairs):
                    return False
            elif name in now and value is not now[name]:
                plain = instant_as_text(now[name]) if name in self._datetime_names else now[name]
                if not is_same(value, plain):
                    return False
        return True

    def _convert_element(self, sent: Element, path: str, now: Element | None, errors: Errors) -> Element:
        """Return the typed element, and add its errors by path."""
        columns = self.columns()
        element: Element = {}
        if pk := sent.get("id"):
            if is_object_id(pk):
                element["id"] = pk.lower()
            else:
                message = _("“%(value)s” is not an id of 24 hexadecimal digits.")
                errors[f"{path}.id"] = [ValidationError(message, "invalid", {"value": pk})]
        for name in self.fields:
            if name in sent:
                try:
                    element[name] = columns[name].to_python(sent[name])
                except ValidationError as error:
                    errors[f"{path}.{name}"] = error.error_list
        for name, rows in self.nested.items():
            if name in sent:
                try:
                    element[name] = rows.to_python(sent[name], now[name] if now else ())
                except ValidationError as error:
                    errors |= nested_errors(f"{path}.{name}", error)
        return element

    def blank(self) -> Element:
        """Return a new element with an id and the default of every property."""
        element: Element = {"id": new_object_id()}
        element |= {name: column.field.get_default() for name, column in self.columns().items()}
        return element | {name: [] for name in self.nested}

    @cached_property
    def _datetime_names(self) -> list[str]:
        """The names of the fields whose values are not plain."""
        return [name for name, column in self.columns().items() if column.is_datetime]

    def plain(self, value: Iterable[Element]) -> list[Element]:
        elements = [dict(element) for element in value]
        for element in elements:
            for name in self._datetime_names:
                element[name] = instant_as_text(element[name])
            for name, rows in self.nested.items():
                element[name] = rows.plain(element[name]) if element[name] else []
        return elements

    def plain_pair(
        self, before: models.Model | None, record: models.Model
    ) -> tuple[list[Element], list[Element]]:
        """Return the plain values of two states. An element that is the identical object in both is represented
        by one dict that has only its id."""
        old, new = [] if before is None else self.read(before), self.read(record)
        shared = set(map(id, old)).intersection(map(id, new))
        placeholders = {id(element): {"id": element["id"]} for element in old if id(element) in shared}

        def plain(elements: list[Element]) -> list[Element]:
            return [placeholders.get(id(element)) or self.plain([element])[0] for element in elements]

        return plain(old), plain(new)

    def differences(self, old: list[Element], new: list[Element], record: models.Model) -> list[Change]:
        return self._element_differences(self.name, old, new)

    def _element_differences(self, path: str, old: list[Element], new: list[Element]) -> list[Change]:
        before = {element["id"]: element for element in old}
        after = {element["id"]: element for element in new}
        entries: list[Change] = [
            {"property": f"{path}.{pk}", "old": element, "new": None, "place": place}
            for place, (pk, element) in enumerate(before.items())
            if pk not in after
        ]
        for pk, element in after.items():
            if pk not in before:
                entries.append({"property": f"{path}.{pk}", "old": None, "new": element})
                continue
            old_element = before[pk]
            if old_element is element:
                continue
            entries += [
                {"property": f"{path}.{pk}.{name}", "old": old_element[name], "new": element[name]}
                for name in self.fields
                if not is_same(old_element[name], element[name])
            ]
            for name, rows in self.nested.items():
                entries += rows._element_differences(f"{path}.{pk}.{name}", old_element[name], element[name])
        return entries

    def from_plain(self, value: Iterable[Element]) -> list[Element]:
        columns = self.columns()
        return [
            {
                "id": element["id"],
                **{name: columns[name].from_plain(element[name]) for name in self.fields},
                **{name: rows.from_plain(element[name]) for name, rows in self.nested.items()},
            }
            for element in value
        ]

    def references(self, value: list[Element]) -> set[str]:
        ids: set[str] = {element[name] for element in value for name in self._targets}
        for name, rows in self.nested.items():
            ids = ids.union(*(rows.references(element[name]) for element in value if element[name]))
        return ids

    def check(
        self,
        record: models.Model,
        value: list[Element],
        references: list[RowReference],
        element_indexes: Mapping[str, int] | None = None,
        before: Sequence[Element] = (),
    ) -> Errors:
        errors: Errors = {}
        element_indexes = element_indexes or {}
        old_by_id = {element["id"]: element for element in before}
        for position, element in enumerate(value):
            if (old := old_by_id.get(element["id"])) is element or old == element:
                continue
            index = element_indexes.get(element["id"], position)
            row = self._row(record.pk, index, element)
            unchanged = [name for name in self.fields if old and old[name] == element[name]]
            check_row(self, row, str(index), errors, references, unchanged)
            for name, rows in self.nested.items():
                nested_references: list[RowReference] = []
                nested_old = old[name] if old else ()
                for path, path_errors in rows.check(
                    row, element[name], nested_references, element_indexes, nested_old
                ).items():
                    errors[f"{index}.{name}.{path}"] = path_errors
                references += [(f"{index}.{name}.{path}", model, pk) for path, model, pk in nested_references]
        return errors

    def _row(self, record_id: str, position: int, element: Element) -> models.Model:
        row = self.model(id=element["id"], record_id=record_id, position=position)
        for name, column in self.columns().items():
            column.write(row, element[name])
        return row

    def store_all(self, lists: list[ListChange], companies: Mapping[str, str | None] = NO_COMPANIES) -> None:
        """Write only the elements that differ; insert new ones together."""
        removed_ids: list[str] = []
        new_rows: list[models.Model] = []
        nested_lists: dict[str, list[ListChange]] = {name: [] for name in self.nested}
        for record_id, old, new in lists:
            before = {element["id"]: (index, element) for index, element in enumerate(old)}
            removed_ids += before.keys() - {element["id"] for element in new}
            for index, element in enumerate(new):
                previous = before.get(element["id"])
                if previous is None:
                    new_rows.append(self._row(record_id, index, element))
                elif previous[1] is element and previous[0] == index:
                    continue
                else:
                    changed_columns = {name for name in self.fields if previous[1][name] != element[name]}
                    changed_columns |= {"position"} if previous[0] != index else set()
                    if changed_columns:
                        execute_update(self._row(record_id, index, element), changed_columns)
                for name in self.nested:
                    old_list = previous[1][name] if previous else []
                    if old_list != element[name]:
                        nested_lists[name].append((element["id"], old_list, element[name]))
        if removed_ids:
            for rows in self.nested.values():
                rows.model._base_manager.filter(record_id__in=removed_ids).delete()
            self.model._base_manager.filter(pk__in=removed_ids).delete()
        if new_rows:
            self.model._base_manager.bulk_create(new_rows)
        for name, lists_of_nested in nested_lists.items():
            self.nested[name].store_all(lists_of_nested)
