"""Parts of a record page that apps declare: buttons, composers, upload areas, links and panels."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from backoffice.conversations.kinds import MessageKind
from backoffice.forms.fieldsets import CUSTOMER
from backoffice.mail.customer_events import CustomerMails
from backoffice.records.actors import Actor
from backoffice.records.models import Entity


@dataclass(frozen=True, kw_only=True)
class Action:
    """A button on a record page that sets `values`, recorded in the history as `action`."""

    name: str
    label: str
    icon: str
    values: dict = field(default_factory=dict)
    action: str = "change"
    success_message: str = ""
    style: str = ""
    key: str = ""
    """Its keyboard shortcut."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    """A text box on a record page that adds a message of one kind."""

    name: str
    kind: MessageKind
    title: str
    button_label: str
    """The label of its button."""
    success_message: str
    key: str = ""
    is_folded: bool = False
    """Whether it is closed until the user opens it, so that nobody writes to the customer by accident."""
    action: str = "change"
    """What the actor must be allowed to do, as which the history records the message."""
    build_attachment: Callable[[str, bool], object] = lambda url, is_picture: url
    """Builds an entry of the message's list `files` from a URL and whether the file is a picture."""
    mails: CustomerMails | None = None
    """The mails that contain its messages. None: they are not mailed."""

    @property
    def for_customer(self) -> bool:
        return self.kind.tone == CUSTOMER

    @property
    def property(self) -> str:
        """The list that it adds to."""
        return self.kind.messages


def note_composer(kind: MessageKind, *, name: str) -> Composer:
    """Return the composer of internal notes."""
    return Composer(
        name=name,
        kind=kind,
        title=_("Internal note"),
        button_label=_("Add note"),
        success_message=_("Note added."),
        key="c",
    )


def answer_composer(kind: MessageKind, mails: CustomerMails | None = None) -> Composer:
    """Return the composer of replies to the customer, which are mailed as declared."""
    return Composer(
        mails=mails,
        name="answer",
        kind=kind,
        title=_("Reply"),
        button_label=_("Save reply"),
        success_message=_("Reply saved."),
        key="a",
        is_folded=True,
    )


@dataclass(frozen=True, kw_only=True)
class UploadArea:
    """An upload field on a record page for a list of files. `accepts_documents`: whether it accepts files other than
    pictures. `build_entry` builds an entry of the list from a URL and whether the file is a picture."""

    property: str
    label: str
    accepts_documents: bool = False
    build_entry: Callable[[str, bool], object] = lambda url, is_picture: url


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link to a record, with a detail beside it."""

    url: str
    text: str
    meta: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Related records on a record page. `more_url` lists all of them, `new_url` opens the form for a new
    one."""

    title: str
    icon: str
    items: list[Link]
    more_url: str = ""
    new_url: str = ""
    new_label: str = ""
    empty: str = ""
    count: str = ""
    """Their number, counted up to a limit."""


_panel_builders: dict[type[Entity], list[Callable[[Entity, Actor], Panel | None]]] = {}


def register_panel(model: type[Entity]):
    """Register a function that builds a panel for the record pages of `model`, which may belong to another
    app."""

    def decorator(build):
        _panel_builders.setdefault(model, []).append(build)
        return build

    return decorator


def panels_for(record: Entity, actor: Actor) -> list[Panel]:
    """Return the panels of a record page that the actor may see."""
    panels = (build(record, actor) for build in _panel_builders.get(type(record), ()))
    return [panel for panel in panels if panel is not None]
