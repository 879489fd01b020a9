"""One timeline of a record: what was changed, said and added to it, newest first."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor
from backoffice.records.history import ChangeDescription, HistoryEntry, history_of, list_entries
from backoffice.records.models import Entity, History
from backoffice.records.properties import cut
from backoffice.web.components.files import ShownFile, UploadAreaFiles, address_of
from backoffice.web.page_parts import Composer, UploadArea
from backoffice.web.viewsets import RecordViewSet

LENGTH = 20
"""How many changes a page of it has."""
SCANNED = 500
"""How many changes are looked through for one page of comments."""


@dataclass(frozen=True)
class TimelineMessage:
    """What somebody said, whole: in which box, and (where it was said in another's name) who."""

    box: Composer
    text: str
    who: str = ""


@dataclass
class TimelineEvent:
    """One change: its entry, and what was said and added by it."""

    entry: HistoryEntry
    at: datetime
    said: list[TimelineMessage] = field(default_factory=list)
    files: list[ShownFile] = field(default_factory=list)
    left_out: int = 0
    """How many others were said or added: only the newest are shown."""

    @property
    def icon(self) -> str:
        """What stands beside it on the line."""
        if self.said:
            return self.said[0].box.icon
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
    def speaks_for_itself(self) -> bool:
        """Whether what was said and added is all there is to tell."""
        return bool(self.said or self.files) and not self.entry.sentences and self.entry.action == "change"

    @property
    def tone(self) -> str:
        return self.said[0].box.tone if self.said else ""


@dataclass(frozen=True)
class Timeline:
    """A page of it, and the history rows that it is made of; `earlier` is the version before which the next page begins,
    if there may be one."""

    rows: list[History]
    events: list[TimelineEvent]
    comments_only: bool
    earlier: int | None


def build_timeline(
    kind: RecordViewSet, record: Entity, actor: Actor, *, comments_only=False, before: int | None = None
) -> Timeline:
    """The newest changes of a record, or those before a version; the comments and answers among them only."""
    rows = history_of(record)
    if before is not None:
        rows = rows.filter(version__lt=before)
    if comments_only:
        found, last = [], None
        for last in rows[:SCANNED].iterator(chunk_size=100):
            if any(_said(kind, record, change) for change in _visible(last, record, actor)):
                found.append(last)
            if len(found) == LENGTH:
                break
        rows = found
    else:
        rows = list(rows[:LENGTH])
        last = rows[-1] if rows else None
    earlier = last.version if last is not None and last.version > 1 else None
    if len(rows) < LENGTH and not (comments_only and earlier):
        earlier = None
    return Timeline(rows, _events(rows, kind, record, actor), comments_only, earlier)


def _visible(row: History, record: Entity, actor: Actor) -> list[dict]:
    """The changes of a row that an actor may see."""
    changes = record.visible_changes(row, actor)
    named = ((change, change["property"].split(".")[0]) for change in changes)
    return [change for change, name in named if name in record.properties and actor.may("view", record, name)]


def _events(rows: list[History], kind: RecordViewSet, record: Entity, actor: Actor) -> list[TimelineEvent]:
    """Rows as events: what was said, and files, are taken out of what is told as sentences."""
    said: dict[int, list[TimelineMessage]] = {}
    addresses: dict[int, list[str]] = {}
    counts: dict[int, int] = {}
    told = []
    for row in rows:
        visible = _visible(row, record, actor)
        speech = [(change, _said(kind, record, change)) for change in visible]
        said[row.version] = [one for _change, found in speech for one in found]
        addresses[row.version] = [one for change in visible for one in _added_files(kind, change)]
        counts[row.version] = len(said[row.version]) + len(addresses[row.version])
        said[row.version], addresses[row.version] = cut(said[row.version]), cut(addresses[row.version])
        rest = [change for change, found in speech if not found and not _only_adds_files(kind, change)]
        if len(rest) < len(visible):
            row = copy(row)
            row.changes = rest
        told.append(row)
    files = UploadAreaFiles(record, [address for found in addresses.values() for address in found])
    return [
        TimelineEvent(
            entry,
            entry.at,
            said[entry.version],
            [files.shown(one) for one in addresses[entry.version]],
            counts[entry.version] - len(said[entry.version]) - len(addresses[entry.version]),
        )
        for entry in list_entries(told, type(record), record, actor)
    ]


def _said(kind: RecordViewSet, record: Entity, change: dict) -> list[TimelineMessage]:
    """What was said by one change, if it is of a property with a box."""
    name, *path = change["property"].split(".")
    box = next((box for box in kind.boxes if box.property == name), None)
    if box is None or (record.properties[name].guard and record.properties[name].guard.hashed):
        return []
    old, new = change["old"], change["new"]
    if box.part:
        return list(_elements_said(box, path, old, new))
    if not isinstance(new, str) or not new.strip():
        return []
    return [TimelineMessage(box, _added_text(old, new) if box.adds else new)]


def _elements_said(box: Composer, path: list[str], old, new) -> Iterator[TimelineMessage]:
    """New elements of a list: one by its id, or all those of a new record."""
    elements = [new] if len(path) == 1 and old is None else new if not path and not old else []
    for element in elements or []:
        if isinstance(element, dict) and element.get(box.part):
            yield TimelineMessage(
                box, element[box.part], element.get("employee_name") or element.get("customer_name") or ""
            )


def _added_text(old, new: str) -> str:
    """What came behind what was there already; all of it if something else was changed."""
    added = isinstance(old, str) and old.strip() and new.startswith(old.rstrip())
    return new[len(old.rstrip()) :].strip() or new if added else new


def _drawer_of(kind: RecordViewSet, change: dict) -> UploadArea | None:
    name = change["property"].split(".")[0]
    return next((drawer for drawer in kind.drawers if drawer.property == name), None)


def _added_files(kind: RecordViewSet, change: dict) -> list[str]:
    """The addresses that a change added to a drawer, or brought along with what was said."""
    old, new = change["old"], change["new"]
    if _drawer_of(kind, change) is not None:
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


def _only_adds_files(kind: RecordViewSet, change: dict) -> bool:
    """Whether the files that are shown say all there is to say."""
    if _drawer_of(kind, change) is None or not _added_files(kind, change):
        return False
    old, new = change["old"], change["new"]
    if not isinstance(new, list):
        return True
    kept = {address_of(entry) for entry in new}
    return all(address_of(entry) in kept for entry in old or [])


WORDS = {
    "secret": _("<b>%(label)s</b> changed (a secret)"),
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
    words = str(WORDS.get(sentence.kind, CHANGED))
    told = {name: escape(str(getattr(sentence, name))) for name in ("label", "old", "new")}
    return f'<li class="did-{sentence.kind}">{words % told}</li>'
