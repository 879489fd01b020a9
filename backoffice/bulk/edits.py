"""What is wanted of each of many records: a property set to a value, or entries added to a list or taken out of it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import OpenObjectField, TextListField
from backoffice.records.models import Entity
from backoffice.records.properties import (
    CollectionProperty,
    ColumnProperty,
    ElementsProperty,
    instant_as_text,
)

SET, ADD, REMOVE, FILL = "set", "add", "take", "fill"
EDIT_MODES: dict[str, Promise] = {
    FILL: _("Only where there is none"),
    ADD: _("Add"),
    REMOVE: _("Take away"),
    SET: _("Replace by"),
}


def edit_modes_for(prop: ColumnProperty | CollectionProperty) -> tuple[str, ...]:
    """What can be done with a property in bulk. What people have said is only ever added to, and an answer replaces
    another only if that is chosen."""
    if isinstance(prop, ElementsProperty):
        return (ADD,)
    if isinstance(prop, CollectionProperty) or prop.many or isinstance(prop.field, TextListField):
        return (ADD, REMOVE, SET)
    if prop.name in getattr(prop.field.model, "answers", ()):
        return (FILL, SET)
    return (ADD, SET) if isinstance(prop.field, OpenObjectField) else (SET,)


@dataclass(frozen=True)
class PropertyEdit:
    """One property; `value` as JSON has it."""

    property: str
    how: str
    value: object

    def of(self, record: Entity) -> object:
        """What the record's property is to be."""
        if self.how == SET:
            return self.value
        prop = record.properties[self.property]
        present = prop.plain(prop.read(record))
        if self.how == FILL:
            return present if present and present.strip() else self.value
        if isinstance(present, dict) or isinstance(self.value, dict):
            return (present or {}) | self.value
        present = list(present or [])
        if isinstance(prop, ElementsProperty):
            return present + self.value
        key = getattr(prop, "key", "")
        given = {_mark(entry, key) for entry in self.value}
        if self.how == REMOVE:
            return [entry for entry in present if _mark(entry, key) not in given]
        there = {_mark(entry, key) for entry in present}
        return present + [entry for entry in self.value if _mark(entry, key) not in there]

    def as_json(self) -> dict:
        return asdict(self)


def _mark(entry, key: str):
    """What tells an entry of a list from the others."""
    return entry.get(key) if isinstance(entry, dict) else entry


def plain_json(value):
    """A form's value as JSON knows it; reading it again is the properties' own business."""
    if isinstance(value, datetime):
        return instant_as_text(value)
    if isinstance(value, dict):
        return {name: plain_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(inner) for inner in value]
    return value


def values_for(record: Entity, wanted: list[PropertyEdit]) -> dict:
    """What to send to `records.change`."""
    return {each.property: each.of(record) for each in wanted}
