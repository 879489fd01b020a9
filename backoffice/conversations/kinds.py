"""Kinds of messages: what they are called, who reads them, and which documented property has the newest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, INTERNAL, READERS


@dataclass(frozen=True, kw_only=True)
class MessageKind:
    """A kind of message of one record model. This is the only place that says who reads it: composers, messages
    and history show `readers`, and `messages` has the guard."""

    name: str
    label: str
    messages: str
    """The list property with the messages."""
    tone: str
    readers: str
    icon: str
    added: str
    """Who did what, where a change only added a message: “%(who)s replied to the customer”."""
    column: str = ""
    """The property that has the text of the newest message, or is empty; none for messages that are no more than
    a list."""
    details: Mapping[str, str] = field(default_factory=dict)
    """The properties that have further values of the newest message: `{"date": "response_date"}`."""
    text: str = "text"
    """The field of a message that has its text."""
    author: str = "author"
    """The field with the author; `<author>_name` has the name."""

    @property
    def properties(self) -> frozenset[str]:
        """The properties that follow the newest message."""
        return frozenset({self.column, *self.details.values()} - {""})


def note_kind(column: str, readers: str = READERS[INTERNAL]) -> MessageKind:
    """Return the kind of internal notes, of which a property has the newest."""
    return MessageKind(
        name="note",
        label=_("Internal note"),
        messages="notes",
        column=column,
        tone=INTERNAL,
        readers=readers,
        icon="lock",
        added=_("%(who)s added an internal note"),
    )


def answer_kind(column: str, **details: str) -> MessageKind:
    """Return the kind of replies to the customer, of which properties have the newest."""
    return MessageKind(
        name="answer",
        label=_("Reply to customer"),
        messages="answers",
        column=column,
        details=details,
        tone=CUSTOMER,
        readers=READERS[CUSTOMER],
        icon="send",
        added=_("%(who)s replied to the customer"),
    )


def comment_kind(messages: str, *, text: str, author: str) -> MessageKind:
    """Return the kind of comments, which customers and resellers write, too."""
    return MessageKind(
        name="comment",
        label=_("Comment"),
        messages=messages,
        tone=CUSTOMER,
        readers=READERS[CUSTOMER],
        icon="chat-left-text",
        added=_("%(who)s commented"),
        text=text,
        author=author,
    )
