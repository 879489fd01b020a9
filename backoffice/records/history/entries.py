"""History entries: history rows as sentences, as far as the reader may see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import Change, PlainValue
from backoffice.records.actors import Actor, Channel, display_author
from backoffice.records.history.formatting import (
    ReferenceNames,
    columns_by_value,
    format_entry,
    format_value,
    shorten,
)
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import ColumnProperty
from backoffice.records.properties.collections import CollectionProperty, RecordProperty
from backoffice.records.properties.elements import ElementsProperty
from backoffice.records.properties.pagination import LENGTH as MOST_SENTENCES
from backoffice.records.properties.pagination import newest_elements

ACTION_LABELS = {
    "create": _("%(who)s created this"),
    "change": _("%(who)s changed this"),
    "remove": _("%(who)s deleted this"),
    "import": _("%(who)s imported this"),
    "finish": _("%(who)s finished this"),
    "reopen": _("%(who)s reopened this"),
    "undo": _("%(who)s undid a change"),
    "rotate": _("%(who)s generated a new key"),
    "expire": _("%(who)s revoked the key"),
    "comment": _("%(who)s commented"),
    "edit_message": _("%(who)s edited a message"),
    "redact": _("%(who)s redacted personal data"),
    "change_password": _("%(who)s chose a new password"),
    "sign_out_everywhere": _("%(who)s signed out everywhere"),
    "set_up_second_factor": _("%(who)s set up two-factor sign-in"),
    "invite": _("%(who)s invited this user"),
    "withdraw_invitation": _("%(who)s withdrew the invitation"),
    "remove_second_factor": _("%(who)s removed two-factor sign-in"),
    "make_recovery_codes": _("%(who)s created new recovery codes"),
    "use_recovery_code": _("%(who)s signed in with a recovery code"),
}
_PLAIN_ACTIONS = ("change", "comment")
"""The actions that say less than the changes may."""


@dataclass(frozen=True)
class ChangeDescription:
    """One difference. `kind`: set, changed, cleared, secret, added, removed, edited, redacted; or `more` for
    the last of a long change, whose `new` is the number of differences left out."""

    kind: str
    label: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class HistoryEntry:
    """One change: who, when, by which channel, and what."""

    who: str
    at: datetime
    via: str
    via_label: str
    action: str
    version: int
    sentences: list[ChangeDescription]
    label: str = ""
    """Who did what, if the changes say more than the action: see `Entity.change_label`."""

    @property
    def head(self) -> str:
        """Who did what, as HTML."""
        return describe_action_on_page(self.who, self.action, self.label)

    @property
    def is_creation(self) -> bool:
        """Whether this change created the record."""
        return self.action in History.CREATION_ACTIONS


def describe_action_on_page(who: str, action: str, label: str = "") -> str:
    """Return the beginning of a sentence, who did what, as HTML."""
    template = (label or _action_label(action)) % {"who": "<strong>{0}</strong>", "action": "{1}"}
    return format_html(template, display_author(who), action)


def describe_action(who: str, action: str) -> str:
    """Return the beginning of a sentence: who did what."""
    return _action_label(action) % {"who": display_author(who), "action": action}


def label_of(model: type[Entity], row: History, changes: list[Change]) -> str:
    """Return who did what by the described changes of a row; empty if its action says as much."""
    return model.change_label(changes) if row.action in _PLAIN_ACTIONS else ""


def _action_label(action: str) -> str:
    return str(ACTION_LABELS.get(action, "%(who)s: %(action)s"))


def list_entries(
    rows: list[History], model: type[Entity], record: Entity | None, actor: Actor
) -> list[HistoryEntry]:
    """Return history rows of one model as entries. `record` is the record if all are of one that still
    exists."""
    visible = []
    for row in rows:
        changes = [
            change for change in model.described_changes(row, actor) if _may_see(actor, model, record, change)
        ]
        shown_changes = changes if row.action == History.Action.REDACT else changes[-MOST_SENTENCES:]
        visible.append((row, len(changes), [_shorten_list(model, change) for change in shown_changes]))
    pairs = (
        pair
        for _row, _count, changes in visible
        for change in changes
        for value in (change["old"], change["new"])
        for pair in _columns_at(model, change["property"], value)
    )
    reference_names = ReferenceNames.for_values(pairs, actor)
    entries = []
    for row, count, changes in visible:
        if row.changes and not changes:
            continue  # nothing that the actor may see
        entries.append(
            HistoryEntry(
                who=model.visible_author(row, actor),
                at=row.at,
                via=row.via,
                via_label=str(Channel(row.via).label),
                action=row.action,
                version=row.version,
                label=label_of(model, row, changes),
                sentences=_describe_changes(model, row, changes, reference_names, count),
            )
        )
    return entries


def _shorten_list(model: type[Entity], change: Change) -> Change:
    """Cut a change of a long list to its newest differences, and add how many are left out."""
    prop, scope = resolve_path(model, change["property"])
    old, new = change["old"] or [], change["new"] or []
    if (
        scope != "whole"
        or not isinstance(prop, CollectionProperty)
        or max(len(old), len(new)) <= MOST_SENTENCES
    ):
        return change
    removed, added = _subtract(old, new), _subtract(new, old)
    if not removed and not added:
        removed, added = old, new
    left_out = max(len(removed) - MOST_SENTENCES, 0) + max(len(added) - MOST_SENTENCES, 0)
    return {
        **change,
        "old": newest_elements(removed),
        "new": newest_elements(added),
        "left_out": left_out,
    }


def _subtract(entries: list[PlainValue], others: list[PlainValue]) -> list[PlainValue]:
    """Return the entries of a list that another list does not have, in their order."""
    other_texts = set(map(repr, others))
    return [entry for entry in entries if repr(entry) not in other_texts]


def _describe_changes(
    model: type[Entity], row: History, changes: list[Change], names: ReferenceNames, count: int
) -> list[ChangeDescription]:
    if row.action == History.Action.REDACT:
        labels = dict.fromkeys(resolve_path(model, change["property"])[0].label for change in changes)
        return [ChangeDescription("redacted", label) for label in labels]
    descriptions = [
        sentence
        for change in changes
        if not _is_hashed_time(model, change)
        for sentence in _describe_change(model, change, names)
    ]
    left_out = count - len(changes) + sum(change.get("left_out", 0) for change in changes)
    left_out += max(len(descriptions) - MOST_SENTENCES, 0)
    rest = [ChangeDescription("more", "", new=str(left_out))] if left_out else []
    return [*descriptions[-MOST_SENTENCES:], *rest]


def _is_hashed_time(model: type[Entity], change: Change) -> bool:
    """Return whether a change only notes a time by its hash, such as the end of all sessions: the action says it."""
    prop, _scope = resolve_path(model, change["property"])
    return bool(prop.guard and prop.guard.hashed and not prop.many and isinstance(prop.field, DateTimeField))


def _may_see(actor: Actor, model: type[Entity], record: Entity | None, change: Change) -> bool:
    prop = model.properties.get(change["property"].split(".")[0])
    return prop is not None and actor.may("view", record if record is not None else model, prop.name)


def resolve_path(model: type[Entity], path: str) -> tuple[RecordProperty, str]:
    """Return the property, or the list or column within it, at a path, and what the path refers to: `whole`,
    `element` (one of a list's sub-documents) or `part` (a column of one)."""
    name, *rest = path.split(".")
    prop = model.properties[name]
    scope = "whole"
    while rest:
        scope = "element"
        rest = rest[1:]
        if rest:
            name, *rest = rest
            prop = _property_of_elements(prop, name)
            scope = "whole" if rest else "part"
    return prop, scope


def _property_of_elements(prop: RecordProperty, name: str) -> RecordProperty:
    """Return the list or column `name` of the elements of a list."""
    if not isinstance(prop, ElementsProperty):
        raise KeyError(name)
    return prop.nested[name] if name in prop.nested else prop.columns()[name]


def _columns_at(
    model: type[Entity], path: str, value: PlainValue
) -> Iterable[tuple[ColumnProperty, PlainValue]]:
    prop, scope = resolve_path(model, path)
    return (
        columns_by_value(prop, [value] if scope == "element" and value else value)
        if value is not None
        else ()
    )


def _describe_change(model: type[Entity], change: Change, names: ReferenceNames) -> list[ChangeDescription]:
    prop, scope = resolve_path(model, change["property"])
    old, new = change["old"], change["new"]
    label = prop.label
    if prop.guard and prop.guard.hashed:
        return [ChangeDescription("secret", label)]
    if prop.many and scope == "element":
        text = shorten(format_entry(prop, new if old is None else old, names))
        return [
            ChangeDescription("added", label, new=text)
            if old is None
            else ChangeDescription("removed", label, old=text)
        ]
    if isinstance(prop, CollectionProperty):
        return _describe_list(prop, old, new, names)
    before, after = shorten(format_value(prop, old, names)), shorten(format_value(prop, new, names))
    if scope == "part":
        return [ChangeDescription("edited", label, before, after)]
    kind = "set" if not before else "cleared" if not after else "changed"
    return [ChangeDescription(kind, label, before, after)]


def _describe_list(
    prop: CollectionProperty,
    old: list[PlainValue] | None,
    new: list[PlainValue] | None,
    names: ReferenceNames,
) -> list[ChangeDescription]:
    """Describe a list that was replaced by its added and removed entries."""
    if isinstance(prop, ElementsProperty):  # of a new record
        return [
            ChangeDescription("added", prop.label, new=shorten(format_entry(prop, entry, names)))
            for entry in new or []
        ]
    before = [format_entry(prop, entry, names) for entry in old or []]
    after = [format_entry(prop, entry, names) for entry in new or []]
    added = [text for text in after if text not in before]
    removed = [text for text in before if text not in after]
    descriptions = [ChangeDescription("added", prop.label, new=", ".join(added))] if added else []
    descriptions += [ChangeDescription("removed", prop.label, old=", ".join(removed))] if removed else []
    return descriptions or [ChangeDescription("changed", prop.label, ", ".join(before), ", ".join(after))]
