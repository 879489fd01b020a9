"""The thread of a record: the messages of all kinds that an actor may see, newest first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from backoffice.conversations.kinds import MessageKind
from backoffice.conversations.models import MessagesProperty
from backoffice.records.actors import STAFF_NAME, Actor, can_see_name, display_author

LENGTH = 20
"""How many messages a page shows."""
LARGEST_OFFSET = 10_000


@dataclass(frozen=True)
class ThreadMessage:
    """A message as an actor may see it. One without an id was written by an earlier version of the software."""

    kind: MessageKind
    id: str
    text: str
    date: datetime | None
    author_id: str | None
    author_name: str
    edited_at: datetime | None
    files: tuple[str, ...]


def visible_kinds(record, actor: Actor) -> list[MessageKind]:
    """Return the kinds of messages that an actor may see."""
    return [kind for kind in record.conversation if actor.may("view", record, kind.messages)]


def read_thread(
    record, actor: Actor, *, limit: int, offset: int = 0, names: Collection[str] = ()
) -> list[ThreadMessage]:
    """Return a page of the messages, newest first. `names` restricts the kinds. One query for each kind."""
    kinds = [kind for kind in visible_kinds(record, actor) if not names or kind.name in names]
    found = chain.from_iterable(_newest_of(record, kind, actor, offset + limit) for kind in kinds)
    messages = sorted(found, key=lambda message: (message.date is not None, message.date), reverse=True)
    return messages[offset : offset + limit]


def count_messages(record, actor: Actor, names: Collection[str] = ()) -> int:
    """Return the number of messages that an actor may see."""
    kinds = [kind for kind in visible_kinds(record, actor) if not names or kind.name in names]
    return sum(_rows(record, kind).count() for kind in kinds)


def find_message(record, actor: Actor, pk: str) -> ThreadMessage | None:
    """Return a message that an actor may see, by its id."""
    for kind in visible_kinds(record, actor):
        for element in _read(record, kind, _rows(record, kind).filter(pk=pk)):
            return _describe(record, kind, actor, element)
    return None


def _newest_of(record, kind: MessageKind, actor: Actor, count: int) -> list[ThreadMessage]:
    rows = _rows(record, kind).order_by("-date", "-position", "-pk")[:count]
    messages = [_describe(record, kind, actor, element) for element in _read(record, kind, rows)]
    text = getattr(record, kind.column) if kind.column else ""
    is_shown = not text or any(message.text == text for message in messages)
    if not is_shown and not _rows(record, kind).filter(text=text).exists():
        unrecorded = record.unrecorded_message(kind) | {"id": ""}
        messages.append(_describe(record, kind, actor, unrecorded))
    return messages


def _rows(record, kind: MessageKind):
    prop = record.properties[kind.messages]
    rows = prop.model._base_manager.filter(record_id=record.pk)
    return rows.filter(kind=prop.kind) if isinstance(prop, MessagesProperty) else rows


def _read(record, kind: MessageKind, rows) -> list[dict]:
    """Return the elements in some rows."""
    prop = record.properties[kind.messages]
    names = [column.attname for column in prop.columns().values()]
    elements = [dict(zip(("id", *prop.fields), row, strict=True)) for row in rows.values_list("pk", *names)]
    for name, nested in prop.nested.items():
        lists = nested.load([element["id"] for element in elements]) if elements else {}
        elements = [element | {name: lists[element["id"]]} for element in elements]
    return elements


def _describe(record, kind: MessageKind, actor: Actor, element: dict) -> ThreadMessage:
    author_id = element[kind.author]
    name = display_author(element[f"{kind.author}_name"])
    if kind.column and actor.customer_id and author_id and not can_see_name(author_id, actor):
        author_id, name = None, str(STAFF_NAME)
    shown = record.visible_message(element, actor)
    if shown is not element:
        author_id, name = shown[kind.author], shown[f"{kind.author}_name"]
    return ThreadMessage(
        kind,
        element["id"],
        element[kind.text],
        element["date"],
        author_id,
        name,
        element["edited_at"],
        tuple(file["url"] if isinstance(file, dict) else file for file in element["files"]),
    )
