"""Properties that are lists of sub-documents, each with an id of its own."""

from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.db.queries import execute_update
from backoffice.records.properties.base import instant_as_text, nested_errors
from backoffice.records.properties.collections import NO_COMPANIES, CollectionProperty, check_row


class ElementRow(dict):
    """An element as it was loaded. It is never modified (an edited one is a new dict), so its JSON can be
    cached."""

    cached_json: tuple | None = None


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
        label: str = "",
        add_label: str = "",
        max_added: int = 100,
        **nested: "ElementsProperty",
    ):
        super().__init__(model, *fields, label=label, add_label=add_label, max_added=max_added)
        self.nested = nested
        for name, rows in nested.items():
            rows.name = name

    def load(self, record_ids):
        lists = {pk: [] for pk in record_ids}
        by_id, names = {}, ("record", "id", *self.fields)
        for row in self._rows(record_ids):
            element = ElementRow(zip(names, row, strict=True))
            lists[element.pop("record")].append(element)
            by_id[element["id"]] = element
        for name, rows in self.nested.items():
            nested_lists = rows.load(list(by_id)) if by_id else {}
            for pk, element in by_id.items():
                element[name] = nested_lists[pk]
        return lists

    def to_python(self, value):
        """Return the typed list; elements have only the properties that were sent."""
        if not isinstance(value, (list, tuple)):
            raise ValidationError(_("This must be a list."), code="invalid")
        columns, errors, elements = self.columns(), {}, []
        for index, entry in enumerate(value):
            if not isinstance(entry, dict):
                errors[str(index)] = [ValidationError(_("This must be an object."), code="invalid")]
                continue
            element = {}
            if len(entry) == 1 and is_object_id(entry.get("id")):  # the common case of an untouched element
                elements.append({"id": entry["id"].lower()})
                continue
            if entry.get("id"):
                if is_object_id(entry["id"]):
                    element["id"] = entry["id"].lower()
                else:
                    message = _("“%(value)s” is not an id of 24 hexadecimal digits.")
                    errors[f"{index}.id"] = [ValidationError(message, "invalid", {"value": entry["id"]})]
            for name in self.fields:
                if name in entry:
                    try:
                        element[name] = columns[name].to_python(entry[name])
                    except ValidationError as error:
                        errors[f"{index}.{name}"] = error.error_list
            for name, rows in self.nested.items():
                if name in entry:
                    try:
                        element[name] = rows.to_python(entry[name])
                    except ValidationError as error:
                        errors |= nested_errors(f"{index}.{name}", error)
            elements.append(element)
        if errors:
            raise ValidationError(errors)
        return elements

    def blank(self) -> dict:
        """Return a new element with an id and the default of every property."""
        element = {"id": new_object_id()}
        element |= {name: column.field.get_default() for name, column in self.columns().items()}
        return element | {name: [] for name in self.nested}

    @cached_property
    def _datetime_names(self) -> list[str]:
        """The names of the fields whose values are not plain."""
        return [name for name, column in self.columns().items() if column.is_datetime]

    def plain(self, value):
        elements = [dict(element) for element in value]
        for element in elements:
            for name in self._datetime_names:
                element[name] = instant_as_text(element[name])
            for name, rows in self.nested.items():
                element[name] = rows.plain(element[name]) if element[name] else []
        return elements

    def is_same(self, old: list, new: list) -> bool:
        """Return whether two states of the list have the same plain value."""
        return len(old) == len(new) and all(
            old_element is new_element or self.plain([old_element]) == self.plain([new_element])
            for old_element, new_element in zip(old, new, strict=True)
        )

    def plain_pair(self, old: list, new: list) -> tuple[list, list]:
        """Return the plain values of two states of the list, for comparison. An element that is the identical
        object in both is represented by one dict that has only its id."""
        shared = set(map(id, old)).intersection(map(id, new))
        placeholders = {id(element): {"id": element["id"]} for element in old if id(element) in shared}

        def plain(elements):
            return [placeholders.get(id(element)) or self.plain([element])[0] for element in elements]

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
        ids = {element[name] for element in value for name in self._reference_names}
        for name, rows in self.nested.items():
            ids = ids.union(*(rows.references(element[name]) for element in value if element[name]))
        return ids

    def check(self, record, value, references, element_indexes=None, before=()):
        errors, element_indexes = {}, element_indexes or {}
        old_by_id = {element["id"]: element for element in before}
        for position, element in enumerate(value):
            if (old := old_by_id.get(element["id"])) is element or old == element:
                continue
            index = element_indexes.get(element["id"], position)
            row = self._row(record.pk, index, element)
            unchanged = [name for name in self.fields if old and old[name] == element[name]]
            check_row(self, row, str(index), errors, references, unchanged)
            for name, rows in self.nested.items():
                nested_references, nested_old = [], old[name] if old else ()
                for path, path_errors in rows.check(
                    row, element[name], nested_references, element_indexes, nested_old
                ).items():
                    errors[f"{index}.{name}.{path}"] = path_errors
                references += [(f"{index}.{name}.{path}", model, pk) for path, model, pk in nested_references]
        return errors

    def _row(self, record_id, position, element):
        """Build a row by `from_db`, without `Model.__init__` and its signals (see docs/performance.md)."""
        row = self.model.from_db(None, ("id", "record_id", "position"), (element["id"], record_id, position))
        row._state.adding = True
        for name, column in self.columns().items():
            column.write(row, element[name])
        return row

    def store_all(self, lists, companies=NO_COMPANIES):
        """Write only the elements that differ; insert new ones together."""
        removed_ids, new_rows, nested_lists = [], [], {name: [] for name in self.nested}
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
