"""What comes back as it was answered. Who changes one comment of twenty sends the other nineteen as they read them. Those
are recognised before anything else is asked of them, and answered by what they were recognised by.

An echo is no edit, of whatever state its sender knows: it has the value that is there. (If another writer is faster than
this request, what they write of it stays.)"""

from collections.abc import Iterable

from django.db import models

from backoffice.api.dialects import Dialect
from backoffice.api.schema.fields import NestedList, answers_of, parts_of
from backoffice.api.schema.json_types import is_text
from backoffice.records.fields import ObjectIdField
from backoffice.records.properties import ElementRow, ElementsProperty


class UnchangedItems:
    """The echoes in one list of a document's bodies."""

    def __init__(self, items: NestedList, rows: ElementsProperty):
        self.items = items
        self.rows = rows
        self._parts = parts_of(rows)
        self._id_key = next(leaf.key for leaf in items.shape.properties if leaf.attribute == "id")
        self._flags = [
            leaf.key
            for leaf in items.shape.properties
            if isinstance(getattr(self._parts[leaf.attribute], "field", None), models.BooleanField)
        ]

    @classmethod
    def among(cls, leaves: Iterable[tuple[object, object]]) -> list["UnchangedItems"]:
        """Of some properties, with what of the model they are, the lists in which echoes can be told for sure."""
        return [
            cls(leaf, rows)
            for leaf, rows in leaves
            if isinstance(leaf, NestedList)
            and isinstance(rows, ElementsProperty)
            and not leaf.group
            and _is_sure(leaf, rows)
        ]

    def by_id(self, sent: object, elements: list, dialect: Dialect) -> object:
        """What was sent of the list, with no more than the id of each object that is sent as it is answered now: that says
        as much."""
        if not isinstance(sent, list):
            return sent
        shape = self.items.shape
        answers = answers_of(shape, self._parts, elements, dialect)
        for element, answer in zip(elements, answers, strict=True):
            if isinstance(element, ElementRow):
                element.told = shape, dialect, answer
        known = {answer[self._id_key]: answer for answer in answers}
        return [{self._id_key: item[self._id_key]} if self._is_echo(item, known) else item for item in sent]

    def _is_echo(self, item: object, known: dict[str, dict]) -> bool:
        if not isinstance(item, dict):
            return False
        pk = item.get(self._id_key)
        if not isinstance(pk, str) or item != known.get(pk):
            return False
        # (1 and 1.0 are the same as true to Python, and are no flags.)
        return all(type(item.get(flag, True)) is bool for flag in self._flags)


def _is_sure(items: NestedList, rows: ElementsProperty, within: bool = False) -> bool:
    """Whether equal JSON values of such objects are the same: those of numbers and of what is open need not be."""
    parts = parts_of(rows)
    for leaf in items.shape.properties:
        part = parts[leaf.attribute]
        if isinstance(leaf, NestedList):
            if not _is_sure(leaf, part, within=True):
                return False
        elif not _is_as_text(part.field) and (within or not isinstance(part.field, models.BooleanField)):
            return False
    return True


def _is_as_text(field: models.Field) -> bool:
    return field.is_relation or is_text(field) or isinstance(field, (ObjectIdField, models.DateTimeField))
