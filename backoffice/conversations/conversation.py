"""Conversations of records: the messages of each kind, and the properties that have the newest of them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.conversations.kinds import MessageKind
from backoffice.db.object_ids import new_object_id
from backoffice.records.models import History

UNDO, EDIT_MESSAGE = "undo", "edit_message"
ADMINISTER_MESSAGES = "people.enter_admin"
"""The permission to edit the messages of others."""


class ConversationMixin:
    """For models with a conversation. A change of a kind's property adds a message; a new or edited message
    changes the property. Emptying the property leaves the messages.

    A property may have a text without a message, written by an earlier version of the software: the next change
    adds that message, too."""

    conversation: tuple[MessageKind, ...] = ()

    @classmethod
    def kind(cls, name: str) -> MessageKind:
        """Return a kind of messages by its name."""
        return next(kind for kind in cls.conversation if kind.name == name)

    def take_newest_texts(self, planned) -> set[str]:
        """Set the properties to the text of new and edited messages. Return the names of the kinds with new
        messages."""
        extended = set()
        for kind in self._written_kinds(planned):
            before = {message["id"]: message for message in _read(planned.before, kind)}
            messages = getattr(self, kind.messages)
            if any(message["id"] not in before for message in messages):
                extended.add(kind.name)
                follows = kind.column not in planned.sent_properties
            else:  # a text that was emptied, or has no message, stays
                last = messages[-1:] and before[messages[-1]["id"]]
                follows = bool(last) and getattr(self, kind.column) == last["text"] != messages[-1]["text"]
            if follows:
                setattr(self, kind.column, messages[-1]["text"])
                planned.forced_properties |= kind.properties
        return extended

    def keep_messages(self, planned) -> None:
        """Add the messages and values of the kinds' properties, complete new messages and mark edited ones."""
        is_extended = planned.before is None
        if planned.action == UNDO:
            return
        for kind in filter(lambda kind: kind.column, self.conversation):
            is_written = kind.messages in planned.edited_properties
            if is_written or any(map(planned.changed, kind.properties)):
                is_extended |= self._keep_messages_of(kind, planned, is_written)
        if is_extended and self.chat_id is None and "chat_id" not in planned.sent_properties:
            self.chat_id = new_object_id()

    def _written_kinds(self, planned) -> list[MessageKind]:
        """Return the kinds with a column whose messages are edited, except by an undo, which restores both."""
        edited = () if planned.action == UNDO else planned.edited_properties
        return [kind for kind in self.conversation if kind.column and kind.messages in edited]

    def _keep_messages_of(self, kind: MessageKind, planned, is_written: bool) -> bool:
        """Update the messages of one kind. Return whether there are new ones."""
        earlier = _read(planned.before, kind)
        known = {message["id"]: message for message in earlier}
        messages = list(getattr(self, kind.messages)) if is_written else list(earlier)
        new_count = sum(message["id"] not in known for message in messages)
        messages = [self._complete(message, known.get(message["id"]), planned) for message in messages]
        text_before = getattr(planned.before, kind.column) if planned.before else ""
        if text_before and not (earlier and earlier[-1]["text"] == text_before):
            messages.insert(len(messages) - new_count, planned.before.unrecorded_message(kind))
        text = getattr(self, kind.column)
        is_newest = bool(messages) and messages[-1]["text"] == text
        if text and planned.changed(kind.column) and not (is_written and is_newest):
            new = self.properties[kind.messages].blank() | {"text": text}
            if planned.provenance:
                new |= {"date": planned.provenance.last_modified_at}
            messages.append(self._complete(new, None, planned))
            is_newest = True
        if text and is_newest and not (planned.provenance and is_written):
            details = {name: self.properties[of].read(self) for name, of in kind.details.items()}
            if any(messages[-1][name] != value for name, value in details.items()):
                messages[-1] = messages[-1] | details
        setattr(self, kind.messages, messages)
        return len(messages) > len(earlier)

    def unrecorded_message(self, kind: MessageKind) -> dict:
        """Return the message of a text that has none; its author is unknown unless the record says who."""
        details = {name: self.properties[of].read(self) for name, of in kind.details.items()}
        message = self.properties[kind.messages].blank() | {"text": getattr(self, kind.column), **details}
        return message | {"date": message["date"] or self.last_modified_at}

    def visible_message(self, message: dict, actor) -> dict:
        """Return a message with the names in it that an actor may see."""
        return message

    def may_edit_message(self, kind: MessageKind, message: dict, actor) -> bool:
        """Return whether an actor may edit the text of a message that they may see: its author and
        administrators may."""
        is_author = actor.user_id is None or message[kind.author] == actor.user_id
        return actor.may(EDIT_MESSAGE, self) and (is_author or actor.has_perm(ADMINISTER_MESSAGES))

    def find_edit_errors(self, planned) -> dict[str, list]:
        """Return errors, by path, of an edit of messages that does more than edit texts and remove
        files, or edits others' texts."""
        if planned.action != EDIT_MESSAGE:
            return {}
        paths = planned.edited_properties - {kind.messages for kind in self.conversation}
        for kind in self.conversation:
            if kind.messages not in planned.edited_properties:
                continue
            before = {message["id"]: message for message in getattr(planned.before, kind.messages)}
            messages = {message["id"]: message for message in getattr(self, kind.messages)}
            for pk in before.keys() | messages.keys() & planned.element_indexes.keys():
                old, new = before.get(pk), messages.get(pk)
                if old == new:
                    continue
                rest = {"edited_at": None, kind.text: "", "files": []}
                is_edit = bool(old and new) and old | rest == new | rest
                if (
                    not is_edit
                    or not all(file in old["files"] for file in new["files"])
                    or not self.may_edit_message(kind, old, planned.actor)
                ):
                    paths.add(f"{kind.messages}.{planned.element_indexes.get(pk, 0)}")
        return {
            path: [ValidationError(_("You can only edit messages of your own."), code="other")]
            for path in paths
        }

    def _complete(self, message: dict, before: dict | None, planned) -> dict:
        """Return a message with the date and author of a new one; the time of the edit if its text is edited."""
        if before is None:
            if planned.provenance:
                return message  # imported messages stay as they are
            own = not (message["author"] or message["author_name"])
            actor = planned.actor
            author = {
                "author": actor.user_id if actor.company_id == self.company_id else None,
                "author_name": actor.history_name,
            }
            return message | {"date": message["date"] or planned.at} | (author if own else {})
        return mark_edited(message, before, planned)

    @classmethod
    def redacted_with(cls, name: str) -> tuple[str, ...]:
        pairs = [(kind.column, kind.messages) for kind in cls.conversation if kind.column]
        found = (other for pair in pairs for one, other in (pair, pair[::-1]) if one == name)
        return (*super().redacted_with(name), *found)

    @classmethod
    def change_label(cls, changes) -> str:
        kind = _added_kind(cls.conversation, changes)
        return str(kind.added) if kind else super().change_label(changes)

    @classmethod
    def described_changes(cls, row: History, actor):
        """Return the visible changes of a history row without those that only follow from its messages."""
        changes = cls.visible_changes(row, actor)
        touched = {change["property"].split(".")[0] for change in changes if "." in change["property"]}
        kinds = [kind for kind in cls.conversation if kind.messages in touched]
        if not kinds and row.action not in History.CREATION_ACTIONS:
            return changes
        implied = {name for kind in kinds for name in kind.properties}
        return [change for change in changes if not _is_implied(change, implied)]


def _added_kind(kinds: tuple[MessageKind, ...], changes: list[dict]) -> MessageKind | None:
    """Return the kind of the messages that some changes add, if they do nothing else."""
    paths = [change["property"].split(".") for change in changes]
    names = {name for name, *_rest in paths}
    if len(names) != 1 or not all(
        len(path) == 2 and change["old"] is None for path, change in zip(paths, changes, strict=True)
    ):
        return None
    return next((kind for kind in kinds if kind.messages in names), None)


def mark_edited(message: dict, before: dict, planned, text: str = "text") -> dict:
    """Return a message with the time at which its text was edited, except by an undo or an import."""
    is_edited = message[text] != before[text] and message["edited_at"] == before["edited_at"]
    return message | {"edited_at": planned.at} if is_edited and planned.is_bounded else message


def _is_implied(change: dict, implied: set[str]) -> bool:
    """Return whether a change only follows from a new or edited message."""
    name = change["property"]
    if name == "chat_id":
        return change["old"] is None
    return name.endswith(".edited_at") or (name in implied and change["new"] not in (None, ""))


def _read(record, kind: MessageKind) -> list[dict]:
    return getattr(record, kind.messages) if record is not None else []
