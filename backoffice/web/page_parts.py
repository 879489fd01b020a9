"""Parts of a record page that apps declare: buttons, composers, upload areas, links and panels."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, INTERNAL, READERS
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
    """A text box on a record page that writes to one property; the timeline shows each text as a message.
    `tone` tells whether it is for the customer. If `appends`, the text is appended to the property, or becomes
    the value `element_property` of a new element if the property is a list; otherwise it replaces the property's
    value."""

    name: str
    property: str
    tone: str
    title: str
    button_label: str
    """The label of its button."""
    readers: str
    """Who can read the text, as shown to the writer."""
    message_label: str
    """The label of its messages in the timeline."""
    success_message: str
    icon: str
    appends: bool = True
    element_property: str = ""
    key: str = ""
    is_folded: bool = False
    """Whether it is closed until the user opens it, so that nobody writes to the customer by accident."""
    build_attachment: Callable[[str, bool], object] | None = None
    """Builds an entry of the element's list `files` from a URL and whether the file is a picture. None: no
    attachments."""

    @property
    def for_customer(self) -> bool:
        return self.tone == CUSTOMER


def note_composer(*, name: str, property: str, readers: str = READERS[INTERNAL]) -> Composer:
    """Return the composer of a property that holds the internal notes."""
    return Composer(
        name=name,
        property=property,
        tone=INTERNAL,
        title=_("Internal note"),
        button_label=_("Add note"),
        readers=readers,
        message_label=_("Internal note"),
        success_message=_("Note added."),
        icon="lock",
        key="c",
    )


def answer_composer(property: str) -> Composer:
    """Return the composer of a property that holds the answer to the customer."""
    return Composer(
        name="answer",
        property=property,
        tone=CUSTOMER,
        title=_("Reply"),
        button_label=_("Save reply"),
        readers=READERS[CUSTOMER],
        message_label=_("Reply to customer"),
        success_message=_("Saved. No e-mail was sent."),
        icon="send",
        appends=False,
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
