"""Timeline of a record: its changes, messages and files, newest first."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor
from backoffice.records.history import ChangeDescription, HistoryEntry, history_of, list_entries
from backoffice.records.models import Entity, History
from backoffice.records.properties import newest_elements
from backoffice.web.components.files import ShownFile, UploadLookup, address_of
from backoffice.web.page_parts import Composer, UploadArea
from backoffice.web.viewsets import RecordViewSet

LENGTH = 20
"""How many changes a page of the timeline has."""
SCANNED = 500
"""The most changes that are scanned for one page of comments."""


@dataclass(frozen=True)
class TimelineMessage:
    """The full text of a message, its composer, and the author if that is not the user who made the
    change."""

    composer: Composer
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
            return self.messages[0].composer.icon
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
        """Whether the messages and files are all that the change did."""
        return (
            bool(self.messages or self.files) and not self.entry.sentences and self.entry.action == "change"
        )

    @property
    def tone(self) -> str:
        return self.messages[0].composer.tone if self.messages else ""


@dataclass(frozen=True)
class Timeline:
    """A page of the timeline with its history rows. `earlier` is the version before which the next page
    begins, if there may be one."""

    rows: list[History]
    events: list[TimelineEvent]
    comments_only: bool
    earlier: int | None


def build_timeline(
    viewset: RecordViewSet, record: Entity, actor: Actor, *, comments_only=False, before: int | None = None
) -> Timeline:
    """Return the newest changes of a record, or those before a version. If `comments_only`, return only
    changes with messages."""
    rows = history_of(record)
    if before is not None:
        rows = rows.filter(version__lt=before)
    if comments_only:
        with_messages, last = [], None
        for last in rows[:SCANNED].iterator(chunk_size=100):
            if any(_messages(viewset, record, change) for change in _visible_changes(last, record, actor)):
                with_messages.append(last)
            if len(with_messages) == LENGTH:
                break
        rows = with_messages
    else:
        rows = list(rows[:LENGTH])
        last = rows[-1] if rows else None
    earlier = last.version if last is not None and last.version > 1 else None
    if len(rows) < LENGTH and not (comments_only and earlier):
        earlier = None
    return Timeline(rows, _events(rows, viewset, record, actor), comments_only, earlier)


def _visible_changes(row: History, record: Entity, actor: Actor) -> list[dict]:
    """Return the changes of a history row that the actor may see."""
    changes = record.visible_changes(row, actor)
    named = ((change, change["property"].split(".")[0]) for change in changes)
    return [change for change, name in named if name in record.properties and actor.may("view", record, name)]


def _events(rows: list[History], viewset: RecordViewSet, record: Entity, actor: Actor) -> list[TimelineEvent]:
    """Return history rows as events. Messages and added files are shown as such, the other changes as
    sentences."""
    added_by_version: dict[int, tuple[list[TimelineMessage], list[str], int]] = {}
    rows_with_rest = []
    for row in rows:
        visible = _visible_changes(row, record, actor)
        pairs = [(change, _messages(viewset, record, change)) for change in visible]
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
        events.append(TimelineEvent(entry, messages, list(map(files.describe, addresses)), left_out))
    return events


def _messages(viewset: RecordViewSet, record: Entity, change: dict) -> list[TimelineMessage]:
    """Return the messages that a change added; none if its property has no composer or is stored as a
    hash."""
    name, *path = change["property"].split(".")
    composer = next((composer for composer in viewset.composers if composer.property == name), None)
    if composer is None or (record.properties[name].guard and record.properties[name].guard.hashed):
        return []
    old, new = change["old"], change["new"]
    if composer.element_property:
        return list(_element_messages(composer, path, old, new))
    if not isinstance(new, str) or not new.strip():
        return []
    return [TimelineMessage(composer, _added_text(old, new) if composer.appends else new)]


def _element_messages(composer: Composer, path: list[str], old, new) -> Iterator[TimelineMessage]:
    """Yield the new elements of a list: one with its id in the path, or all elements of a new record."""
    elements = [new] if len(path) == 1 and old is None else new if not path and not old else []
    for element in elements or []:
        if isinstance(element, dict) and element.get(composer.element_property):
            yield TimelineMessage(
                composer,
                element[composer.element_property],
                element.get("employee_name") or element.get("customer_name") or "",
            )


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
        file["url"]
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
