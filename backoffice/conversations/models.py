"""Messages of a record's conversation: child rows, one table for each record model with a conversation."""

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import InstantField, LineField, ParagraphField, TextListField, URIField
from backoffice.records.models import ChildRow
from backoffice.records.properties import ElementsProperty
from backoffice.records.truncation import truncate


class Message(ChildRow):
    """A text that was written about a record. Subclasses add `record`, the foreign key."""

    kind = models.CharField(max_length=10, editable=False)
    """The name of its `MessageKind`."""
    text = ParagraphField(_("text"))
    date = InstantField(_("date"), null=True, blank=True, default=None)
    author = models.ForeignKey(
        "people.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    author_name = LineField(_("author's name"), blank=True)
    files = TextListField(_("files"), item=URIField())
    edited_at = InstantField(_("edited on"), null=True, blank=True, default=None, editable=False)

    class Meta(ChildRow.Meta):
        abstract = True

    def __str__(self):
        return truncate(self.text, 80)


class MessagesProperty(ElementsProperty):
    """The messages of one kind, oldest first. The history has a keyed hash of the texts of a hashed property."""

    def __init__(self, model, *fields, kind, label, guard=None, max_added=1000):
        names = ("text", "date", "author", "author_name", *fields, "files", "edited_at")
        super().__init__(model, *names, label=label, max_added=max_added)
        self.kind, self.guard = kind, guard

    @cached_property
    def _all_rows(self):
        return super()._all_rows.filter(kind=self.kind)

    def _row(self, record_id, position, element):
        row = super()._row(record_id, position, element)
        row.kind = self.kind
        return row

    def history_value(self, plain, record):
        if not (self.guard and self.guard.hashed):
            return plain
        hash_text = super().history_value
        # (An element that is the same in two states has nothing but its id.)
        return [
            element | {"text": hash_text(element["text"], record)} if "text" in element else element
            for element in plain
        ]

    def differences(self, old, new, record):
        return super().differences(self.history_value(old, record), self.history_value(new, record), record)
