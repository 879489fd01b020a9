"""Edits of single properties in bulk: setting a value, or adding entries to a list or removing them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import OpenObjectField, TextListField
from backoffice.records.models import Entity
from backoffice.records.properties import (
    CollectionProperty,
    ElementsProperty,
    RecordProperty,
    instant_as_text,
)

SET, ADD, REMOVE, FILL = "set", "add", "take", "fill"
EDIT_MODES: dict[str, Promise] = {
    FILL: _("Only if empty"),
    ADD: _("Add"),
    REMOVE: _("Remove"),
    SET: _("Replace with"),
}


def edit_modes_for(prop: RecordProperty) -> tuple[str, ...]:
    """Return the modes in which a property can be edited in bulk. Comments and files can only be added, and
    replacing an existing answer is not the default."""
    if isinstance(prop, ElementsProperty):
        return (ADD,)
    if isinstance(prop, CollectionProperty) or prop.many or isinstance(prop.field, TextListField):
        return (ADD, REMOVE, SET)
    if prop.name in getattr(prop.field.model, "answer_properties", ()):
        return (FILL, SET)
    return (ADD, SET) if isinstance(prop.field, OpenObjectField) else (SET,)


@dataclass(frozen=True)
class PropertyEdit:
    """An edit of one property. `value` is a JSON value."""

    property: str
    how: str
    value: object

    def new_value(self, record: Entity) -> object:
        """Return the new value of a record's property."""
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
        keys = {_identity(entry, key) for entry in self.value}
        if self.how == REMOVE:
            return [entry for entry in present if _identity(entry, key) not in keys]
        present_keys = {_identity(entry, key) for entry in present}
        return present + [entry for entry in self.value if _identity(entry, key) not in present_keys]


def _identity(entry, key: str):
    """Return the value that identifies an entry in a list."""
    return entry.get(key) if isinstance(entry, dict) else entry


def plain_json(value):
    """Convert a form's value to a JSON value, which the properties parse again."""
    if isinstance(value, datetime):
        return instant_as_text(value)
    if isinstance(value, dict):
        return {name: plain_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(inner) for inner in value]
    return value


def values_for(record: Entity, edits: list[PropertyEdit]) -> dict:
    """Return the values of a record for `services.update`."""
    return {each.property: each.new_value(record) for each in edits}
