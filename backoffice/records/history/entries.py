"""What happened to a record: its history rows as sentences, for whoever looks."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor, Channel
from backoffice.records.history.formatting import (
    ReferenceNames,
    columns_by_value,
    format_entry,
    format_value,
    shorten,
)
from backoffice.records.history.versions import history_of
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import ColumnProperty
from backoffice.records.properties.collections import CollectionProperty, ElementsProperty
from backoffice.records.properties.pagination import LENGTH as MOST_SENTENCES
from backoffice.records.properties.pagination import cut

LENGTH = 50
"""How many changes a record's page shows; the rest is a page further."""

ACTION_LABELS = {
    "create": _("%(who)s created this"),
    "change": _("%(who)s changed this"),
    "remove": _("%(who)s removed this"),
    "import": _("%(who)s imported this"),
    "finish": _("%(who)s finished this"),
    "reopen": _("%(who)s reopened this"),
    "undo": _("%(who)s took a change back"),
    "rotate": _("%(who)s made a new secret"),
    "expire": _("%(who)s ended its validity"),
    "redact": _("%(who)s blanked what this said of somebody"),
    "change_password": _("%(who)s chose a new password"),
    "sign_out_everywhere": _("%(who)s signed out everywhere"),
    "set_up_second_factor": _("%(who)s set up a second factor"),
    "remove_second_factor": _("%(who)s removed the second factor"),
    "make_recovery_codes": _("%(who)s made new recovery codes"),
    "use_recovery_code": _("%(who)s signed in with a recovery code"),
}


@dataclass(frozen=True)
class ChangeDescription:
    """One thing that changed. `kind`: set, changed, cleared, secret, added, removed, edited, redacted. The last of a long
    change is `more`, whose `new` is how many others there are."""

    kind: str
    label: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class HistoryEntry:
    """One change: who, when, by which door, and what."""

    who: str
    at: datetime
    via: str
    via_label: str
    action: str
    version: int
    sentences: list[ChangeDescription]

    @property
    def head(self) -> str:
        """Who did what, for a page."""
        return describe_action_on_page(self.who, self.action)

    @property
    def is_creation(self) -> bool:
        """Whether the record came to be by it."""
        return self.action in History.CREATION_ACTIONS


def describe_action_on_page(who: str, action: str) -> str:
    """What somebody did, as the beginning of a sentence on a page."""
    words = _deed(action) % {"who": "<strong>{0}</strong>", "action": "{1}"}
    return format_html(words, who, action)


def describe_action(who: str, action: str) -> str:
    """What somebody did, as the beginning of a sentence."""
    return _deed(action) % {"who": who, "action": action}


def _deed(action: str) -> str:
    return str(ACTION_LABELS.get(action, "%(who)s: %(action)s"))


def timeline(record: Entity, actor: Actor, length: int = LENGTH) -> list[HistoryEntry]:
    """The newest changes of a record, newest first, without what the actor may not see. One query for the rows
    and one for each kind of record that they name."""
    return list_entries(list(history_of(record)[:length]), type(record), record, actor)


def list_entries(
    rows: list[History], model: type[Entity], record: Entity | None, actor: Actor
) -> list[HistoryEntry]:
    """History rows of one model as entries; `record` is the record if they are all of one that is still there."""
    visible = []
    for row in rows:
        changes = [
            change for change in model.visible_changes(row, actor) if _may_see(actor, model, record, change)
        ]
        shown = changes if row.action == History.Action.REDACT else changes[-MOST_SENTENCES:]
        visible.append((row, len(changes), [_short(model, change) for change in shown]))
    pairs = (
        pair
        for _row, _count, changes in visible
        for change in changes
        for value in (change["old"], change["new"])
        for pair in _columns(model, change["property"], value)
    )
    names = ReferenceNames.for_values(pairs, actor)
    found = []
    for row, count, changes in visible:
        if row.changes and not changes:
            continue  # nothing in it for these eyes
        found.append(
            HistoryEntry(
                who=model.visible_author(row, actor),
                at=row.at,
                via=row.via,
                via_label=str(Channel(row.via).label),
                action=row.action,
                version=row.version,
                sentences=_told(model, row, changes, names, count),
            )
        )
    return found


def _short(model, change: dict) -> dict:
    """Cut a change of a long list to its newest differences, and say how many are left out."""
    prop, what = resolve(model, change["property"])
    old, new = change["old"] or (), change["new"] or ()
    if (
        what != "whole"
        or not isinstance(prop, CollectionProperty)
        or max(len(old), len(new)) <= MOST_SENTENCES
    ):
        return change
    went, came = _without(old, new), _without(new, old)
    if not went and not came:
        went, came = old, new
    left_out = max(len(went) - MOST_SENTENCES, 0) + max(len(came) - MOST_SENTENCES, 0)
    return change | {"old": cut(went), "new": cut(came), "left_out": left_out}


def _without(entries: list, others: list) -> list:
    """The entries of a list that another does not have, in their order."""
    known = set(map(repr, others))
    return [entry for entry in entries if repr(entry) not in known]


def _told(
    model, row: History, changes: list[dict], names: ReferenceNames, count: int
) -> list[ChangeDescription]:
    if row.action == History.Action.REDACT:
        labels = dict.fromkeys(resolve(model, change["property"])[0].label for change in changes)
        return [ChangeDescription("redacted", label) for label in labels]
    found = [sentence for change in changes for sentence in _sentences(model, change, names)]
    left_out = count - len(changes) + sum(change.get("left_out", 0) for change in changes)
    left_out += max(len(found) - MOST_SENTENCES, 0)
    more = [ChangeDescription("more", "", new=str(left_out))] if left_out else []
    return [*found[-MOST_SENTENCES:], *more]


def _may_see(actor: Actor, model, record, change) -> bool:
    prop = model.properties.get(change["property"].split(".")[0])
    return prop is not None and actor.may("view", record if record is not None else model, prop.name)


def resolve(model, path: str) -> tuple[ColumnProperty | CollectionProperty, str]:
    """The property, or the list or column within it, that a path names, and what the path is of: `whole`,
    `element` (one of a list's sub-documents) or `part` (a column of one)."""
    name, *rest = path.split(".")
    prop = model.properties[name]
    what = "whole"
    while rest:
        what = "element"
        rest = rest[1:]
        if rest:
            name, *rest = rest
            prop = prop.nested[name] if name in prop.nested else prop.columns()[name]
            what = "whole" if rest else "part"
    return prop, what


def _columns(model, path: str, value):
    prop, what = resolve(model, path)
    return (
        columns_by_value(prop, [value] if what == "element" and value else value) if value is not None else ()
    )


def _sentences(model, change: dict, names: ReferenceNames) -> list[ChangeDescription]:
    prop, what = resolve(model, change["property"])
    old, new = change["old"], change["new"]
    label = prop.label
    if prop.guard and prop.guard.hashed:
        return [ChangeDescription("secret", label)]
    if what == "element":
        words = shorten(format_entry(prop, new if old is None else old, names))
        return [
            ChangeDescription("added", label, new=words)
            if old is None
            else ChangeDescription("removed", label, old=words)
        ]
    if isinstance(prop, CollectionProperty):
        return _list_sentences(prop, old, new, names)
    before, after = shorten(format_value(prop, old, names)), shorten(format_value(prop, new, names))
    if what == "part":
        return [ChangeDescription("edited", label, before, after)]
    kind = "set" if not before else "cleared" if not after else "changed"
    return [ChangeDescription(kind, label, before, after)]


def _list_sentences(
    rows: CollectionProperty, old: list, new: list, names: ReferenceNames
) -> list[ChangeDescription]:
    """A list that was replaced, as what came and what went."""
    if isinstance(rows, ElementsProperty):  # a new record's
        return [
            ChangeDescription("added", rows.label, new=shorten(format_entry(rows, entry, names)))
            for entry in new or []
        ]
    before = [format_entry(rows, entry, names) for entry in old or []]
    after = [format_entry(rows, entry, names) for entry in new or []]
    came = [words for words in after if words not in before]
    went = [words for words in before if words not in after]
    found = [ChangeDescription("added", rows.label, new=", ".join(came))] if came else []
    found += [ChangeDescription("removed", rows.label, old=", ".join(went))] if went else []
    return found or [ChangeDescription("changed", rows.label, ", ".join(before), ", ".join(after))]
