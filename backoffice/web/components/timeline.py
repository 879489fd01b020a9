"""Timeline of a record: its changes, messages and files, newest first."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.conversations.kinds import MessageKind
from backoffice.records.actors import Actor
from backoffice.records.history import ChangeDescription, HistoryEntry, history_of, label_of, list_entries
from backoffice.records.models import Entity, History
from backoffice.records.properties import newest_elements
from backoffice.web.components.files import ShownFile, UploadLookup, address_of
from backoffice.web.page_parts import UploadArea
from backoffice.web.viewsets import RecordViewSet

LENGTH = 20
"""How many changes a page of the timeline has."""


@dataclass(frozen=True)
class TimelineMessage:
    """The full text of a message, its kind, and the author if that is not the user who made the change."""

    kind: MessageKind
    text: str
    who: str = ""


@dataclass
class TimelineEvent:
    """One change: its history entry, and the messages and files that it added."""

    entry: HistoryEntry
    messages: list[TimelineMessage] = field(default_factory=list)
    files: list[ShownFile] = field(default_factory=list)
    left_out: int = 0
    """The number of further messages and files: only the newest are shown."""

    @property
    def icon(self) -> str:
        """The name of its icon; empty for none."""
        if self.messages:
            return self.messages[0].kind.icon
        if self.files and not self.entry.sentences:
            return "paperclip"
        icons = {
            "create": "plus-lg",
            "import": "box-arrow-in-down",
            "finish": "check2",
            "undo": "arrow-90deg-left",
        }
        return icons.get(self.entry.action, "")

    @property
    def is_self_explanatory(self) -> bool:
        """Whether the files are all that the change did."""
        return bool(self.files) and not (
            self.messages or self.entry.sentences or self.entry.action != "change"
        )

    @property
    def tone(self) -> str:
        return self.messages[0].kind.tone if self.messages else ""


@dataclass(frozen=True)
class Timeline:
    """A page of the timeline with its history rows. `earlier` is the version before which the next page
    begins, if there may be one."""

    rows: list[History]
    events: list[TimelineEvent]
    earlier: int | None


def build_timeline(
    viewset: RecordViewSet, record: Entity, actor: Actor, *, before: int | None = None
) -> Timeline:
    """Return the newest changes of a record, or those before a version."""
    rows = history_of(record)
    if before is not None:
        rows = rows.filter(version__lt=before)
    rows = list(rows[:LENGTH])
    is_full = len(rows) == LENGTH and rows[-1].version > 1
    return Timeline(rows, _events(rows, viewset, record, actor), rows[-1].version if is_full else None)


def _visible_changes(row: History, record: Entity, actor: Actor) -> list[dict]:
    """Return the changes of a history row that the actor may see."""
    changes = record.described_changes(row, actor)
    named = ((change, change["property"].split(".")[0]) for change in changes)
    return [change for change, name in named if name in record.properties and actor.may("view", record, name)]


def _events(rows: list[History], viewset: RecordViewSet, record: Entity, actor: Actor) -> list[TimelineEvent]:
    """Return history rows as events. Messages and added files are shown as such, the other changes as
    sentences."""
    added_by_version: dict[int, tuple[list[TimelineMessage], list[str], int]] = {}
    rows_with_rest, labels = [], {}
    for row in rows:
        visible = _visible_changes(row, record, actor)
        labels[row.version] = label_of(type(record), row, visible)
        pairs = [(change, _messages(record, change)) for change in visible]
        messages = [message for _change, added in pairs for message in added]
        addresses = [address for change in visible for address in _added_files(viewset, change)]
        shown = newest_elements(messages), newest_elements(addresses)
        left_out = len(messages) + len(addresses) - len(shown[0]) - len(shown[1])
        added_by_version[row.version] = (*shown, left_out)
        rest = [change for change, added in pairs if not added and not _only_adds_files(viewset, change)]
        if len(rest) < len(visible):
            row = copy(row)
            row.changes = rest
        rows_with_rest.append(row)
    files = UploadLookup(record, [address for _, added, _ in added_by_version.values() for address in added])
    events = []
    for entry in list_entries(rows_with_rest, type(record), record, actor):
        messages, addresses, left_out = added_by_version[entry.version]
        entry = replace(entry, label=labels[entry.version])
        events.append(TimelineEvent(entry, messages, list(map(files.describe, addresses)), left_out))
    return events


def _messages(record: Entity, change: dict) -> list[TimelineMessage]:
    """Return the messages that a change added; none if they are stored as a hash. (Before there were messages, a
    change of a kind's property was one.)"""
    name, *path = change["property"].split(".")
    kinds = getattr(record, "conversation", ())
    kind = next((kind for kind in kinds if name in (kind.messages, kind.column)), None)
    guard = record.properties[name].guard
    if kind is None or (guard and guard.hashed):
        return []
    old, new = change["old"], change["new"]
    if name == kind.messages:
        return list(_element_messages(kind, path, old, new))
    is_text = isinstance(new, str) and bool(new.strip())
    return [TimelineMessage(kind, _added_text(old, new))] if is_text else []


def _element_messages(kind: MessageKind, path: list[str], old, new) -> Iterator[TimelineMessage]:
    """Yield the new elements of a list: one with its id in the path, or all elements of a new record."""
    elements = [new] if len(path) == 1 and old is None else new if not path and not old else []
    for element in elements or []:
        if isinstance(element, dict) and element.get(kind.text):
            who = element.get(f"{kind.author}_name") or element.get("customer_name") or ""
            yield TimelineMessage(kind, element[kind.text], who)


def _added_text(old, new: str) -> str:
    """Return the text that was appended to the old one; the whole new text if it does not start with the old
    one."""
    added = isinstance(old, str) and old.strip() and new.startswith(old.rstrip())
    return new[len(old.rstrip()) :].strip() or new if added else new


def _find_area(viewset: RecordViewSet, change: dict) -> UploadArea | None:
    name = change["property"].split(".")[0]
    return next((area for area in viewset.upload_areas if area.property == name), None)


def _added_files(viewset: RecordViewSet, change: dict) -> list[str]:
    """Return the addresses of files that a change added to an upload area or attached to a message."""
    old, new = change["old"], change["new"]
    if _find_area(viewset, change) is not None:
        if isinstance(new, list):
            before = {address_of(entry) for entry in old or []}
            return [address_of(entry) for entry in new if address_of(entry) not in before]
        return [new["url"]] if isinstance(new, dict) and old is None and new.get("url") else []
    elements = new if isinstance(new, list) and not old else [new] if old is None else []
    return [
        address_of(file)
        for element in elements
        if isinstance(element, dict)
        for file in element.get("files") or []
    ]


def _only_adds_files(viewset: RecordViewSet, change: dict) -> bool:
    """Return whether a change of an upload area added files and did nothing else."""
    if _find_area(viewset, change) is None or not _added_files(viewset, change):
        return False
    old, new = change["old"], change["new"]
    if not isinstance(new, list):
        return True
    kept = {address_of(entry) for entry in new}
    return all(address_of(entry) in kept for entry in old or [])


CHANGE_TEXTS = {
    "secret": _("<b>%(label)s</b> changed (hidden)"),
    "redacted": _("<b>%(label)s</b> redacted"),
    "set": _("<b>%(label)s</b> set to <ins>%(new)s</ins>"),
    "cleared": _("<b>%(label)s</b> cleared, was <del>%(old)s</del>"),
    "added": _("<b>%(label)s</b> added: <ins>%(new)s</ins>"),
    "more": _("and %(new)s more"),
    "removed": _("<b>%(label)s</b> removed: <del>%(old)s</del>"),
}
CHANGED = _("<b>%(label)s</b> from <del>%(old)s</del> to <ins>%(new)s</ins>")


def sentence_list(sentences: Iterable[ChangeDescription]) -> SafeString:
    lines = "".join(map(_line, sentences))
    return SafeString(f'<ul class="timeline-changes">{lines}</ul>')  # nosec B703 # each part is escaped


def _line(sentence: ChangeDescription) -> str:
    text = str(CHANGE_TEXTS.get(sentence.kind, CHANGED))
    values = {name: escape(str(getattr(sentence, name))) for name in ("label", "old", "new")}
    return f'<li class="change-{sentence.kind}">{text % values}</li>'
