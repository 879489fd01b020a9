"""Conflicts in a form: other users' concurrent changes, and the choice between two values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor, Channel
from backoffice.records.exceptions import Conflict, PropertyConflict
from backoffice.records.history import (
    ReferenceNames,
    changes_since,
    columns_by_value,
    format_age,
    format_entry,
    format_value,
    resolve_path,
    shorten,
)
from backoffice.records.models import Entity
from backoffice.records.properties import ColumnProperty, newest_elements
from backoffice.records.services import MINE, THEIRS, ConflictChoices

PREFIX, SEEN = "settle-", "settle-version"


@dataclass(frozen=True)
class ConflictNote:
    """A property that another user changed meanwhile. `control` is the name of the radio buttons that choose
    between the two values. It is empty if there is nothing to choose and the other user's value is kept."""

    path: str
    label: str
    theirs: str
    mine: str
    base: str
    who: str
    when: datetime | None
    via: str
    secret: bool = False
    control: str = ""
    choice: str = ""
    is_asked_again: bool = False
    """Whether the user has seen this choice and saved without an answer that still applies."""
    was_answered: bool = False
    """Whether the user chose, but another user changed the property once more."""
    in_field: bool = False
    """Whether the property's field shows the other user's value."""

    @property
    def ago(self) -> str:
        """The age of the change in words."""
        return format_age(self.when) if self.when else ""

    @property
    def problem(self) -> str:
        """What the user has to do about this conflict; empty if there is nothing."""
        if not self.control or self.choice:
            return ""
        if self.was_answered:
            return _("%(who)s has changed this once more. Choose again.") % {"who": self.who}
        return _("Choose which version to keep.")

    @property
    def name(self) -> str:
        """The property, without the path inside it."""
        return self.path.split(".")[0]


def read_version(text: str | None) -> int | None:
    """Parse the version of a record that a form submits; None if it is not a number."""
    return int(text) if text and text.isdecimal() and len(text) < 18 else None


def read_choices(data: Mapping | None) -> ConflictChoices | None:
    """Return the submitted choices with the version at which they were offered; None if there are none."""
    version = read_version((data or {}).get(SEEN))
    if version is None:
        return None
    choices = {
        name.removeprefix(PREFIX): data[name]
        for name in data
        if name.startswith(PREFIX) and data[name] in (MINE, THEIRS)
    }
    return ConflictChoices(version, choices)


def describe_conflicts(
    record: Entity, conflict: Conflict, base: int, actor: Actor, chosen: ConflictChoices | None
) -> list[ConflictNote]:
    """Return notes on the conflicting properties with the user's choices, then on the other properties that
    others changed since `base`. Leave out properties that the actor may not see."""
    open_items = [] if conflict.is_combined else conflict.conflicts
    conflicting_paths = {item.property for item in open_items}
    notes = {}
    for row in changes_since(record, base, actor):
        for entry in row.changes:
            path = entry["property"]
            if path not in conflicting_paths and not record.properties[path.split(".")[0]].derived:
                first = notes[path].base if path in notes else entry["old"]
                notes[path] = PropertyConflict(path, first, None, entry["new"], row.who, row.at, row.via)
    candidates = [(item, True) for item in open_items] + [(note, False) for note in notes.values()]
    visible = [
        (item, is_open)
        for item, is_open in candidates
        if actor.may("view", record, item.property.split(".")[0])
    ]
    model = type(record)
    pairs = (
        pair
        for item, _is_open in visible
        for value in (item.base, item.mine, item.theirs)
        for pair in _pairs(model, item.property, value)
    )
    names = ReferenceNames.for_values(pairs, actor)
    return [_describe(model, item, is_open, names, chosen) for item, is_open in visible]


def _pairs(model, path: str, value):
    if value is None:
        return ()
    prop, what = resolve_path(model, path)
    return columns_by_value(prop, [value] if what == "element" else newest_elements(value))


def _describe(
    model, item: PropertyConflict, is_open: bool, names: ReferenceNames, chosen: ConflictChoices | None
) -> ConflictNote:
    prop, what = resolve_path(model, item.property)
    top = model.properties[item.property.split(".")[0]]
    secret = bool(top.guard and top.guard.hashed)

    def describe(value) -> str:
        if secret:
            return ""
        if what == "element":
            return shorten(format_entry(prop, value, names)) if value is not None else _("(removed)")
        if isinstance(prop, ColumnProperty):
            return shorten(format_value(prop, value, names)) or _("(empty)")
        return shorten(
            ", ".join(format_entry(prop, entry, names) for entry in newest_elements(value) or [])
        ) or _("(empty)")

    return ConflictNote(
        path=item.property,
        label=capfirst(str(prop.label)),
        theirs=describe(item.theirs),
        mine=describe(item.mine) if is_open else "",
        base=describe(item.base),
        who=item.who or _("Someone"),
        when=item.when,
        via=str(Channel(item.via).label) if item.via else "",
        secret=secret,
        control=f"{PREFIX}{item.property}" if is_open else "",
        choice=item.choice if is_open else "",
        is_asked_again=is_open and chosen is not None and not item.choice,
        was_answered=is_open and chosen is not None and not item.choice and item.property in chosen.choices,
    )
