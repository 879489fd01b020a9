"""Detection of unchanged list items in request bodies.

A client that changes one comment of twenty sends the other nineteen as it received them. They are recognised
by comparison with the current response before any other check, and reduced to their ids.

An unchanged item is not an edit, whichever version the client read: its value is the current one. (If another
writer changes it before this request is written, that change is kept.)"""

from collections.abc import Iterable

from django.db import models

from backoffice.api.dialects import Dialect
from backoffice.api.schema.fields import NestedList, item_properties, serialize_items
from backoffice.api.schema.json_types import is_text
from backoffice.records.fields import ObjectIdField
from backoffice.records.properties import ElementRow, ElementsProperty


class UnchangedItems:
    """Unchanged items in one list of a document's bodies."""

    def __init__(self, items: NestedList, rows: ElementsProperty):
        self.items = items
        self.rows = rows
        self._parts = item_properties(rows)
        self._id_key = next(leaf.key for leaf in items.shape.properties if leaf.attribute == "id")
        self._flags = [
            leaf.key
            for leaf in items.shape.properties
            if isinstance(getattr(self._parts[leaf.attribute], "field", None), models.BooleanField)
        ]

    @classmethod
    def for_properties(cls, leaves: Iterable[tuple[object, object]]) -> list["UnchangedItems"]:
        """Return the lists among pairs of a document's and a model's property in which the detection is
        exact."""
        return [
            cls(leaf, rows)
            for leaf, rows in leaves
            if isinstance(leaf, NestedList)
            and isinstance(rows, ElementsProperty)
            and not leaf.group
            and _is_comparable(leaf, rows)
        ]

    def reduce(self, sent: object, elements: list, dialect: Dialect) -> object:
        """Replace each item of the sent list that equals its current response by an object with only its
        id."""
        if not isinstance(sent, list):
            return sent
        shape = self.items.shape
        answers = serialize_items(shape, self._parts, elements, dialect)
        for element, answer in zip(elements, answers, strict=True):
            if isinstance(element, ElementRow):
                element.cached_json = shape, dialect, answer
        known = {answer[self._id_key]: answer for answer in answers}
        return [
            {self._id_key: item[self._id_key]} if self._is_unchanged(item, known) else item for item in sent
        ]

    def _is_unchanged(self, item: object, answers_by_id: dict[str, dict]) -> bool:
        if not isinstance(item, dict):
            return False
        pk = item.get(self._id_key)
        if not isinstance(pk, str) or item != answers_by_id.get(pk):
            return False
        # In Python 1 == 1.0 == True, but only true and false are valid flags.
        return all(type(item.get(flag, True)) is bool for flag in self._flags)


def _is_comparable(items: NestedList, rows: ElementsProperty, within: bool = False) -> bool:
    """Whether equal Python values of such items are equal in JSON. Numbers and open objects need not be."""
    parts = item_properties(rows)
    for leaf in items.shape.properties:
        part = parts[leaf.attribute]
        if isinstance(leaf, NestedList):
            if not _is_comparable(leaf, part, within=True):
                return False
        elif not _serializes_as_text(part.field) and (
            within or not isinstance(part.field, models.BooleanField)
        ):
            return False
    return True


def _serializes_as_text(field: models.Field) -> bool:
    return field.is_relation or is_text(field) or isinstance(field, (ObjectIdField, models.DateTimeField))
