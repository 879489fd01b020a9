"""Parts of a record's page: buttons, links and panels, the panels registered by whichever desk has them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER
from backoffice.records.actors import Actor
from backoffice.records.models import Entity


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do with a record by one press of a button: it changes `values` by `action`."""

    name: str
    label: str
    icon: str
    values: dict = field(default_factory=dict)
    action: str = "change"
    done: str = ""
    style: str = ""
    key: str = ""
    """The key on the keyboard that presses it."""


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Where something is said about a record: a box of its own, and a bubble in the timeline. `tone` is who it is
    for. `adds` to what the property says, or to its list (`part` is what an element calls it); else it is said anew."""

    name: str
    property: str
    tone: str
    title: str
    send: str
    """What its button says."""
    readers: str
    """Who will read it, in words."""
    said: str
    """What the timeline calls it."""
    done: str
    icon: str
    adds: bool = True
    part: str = ""
    key: str = ""
    folded: bool = False
    """Whether it opens by a click only: what the customer reads is not written by accident."""
    attach: Callable[[str, bool], object] | None = None
    """Makes an entry of an element's list `files` of an address, and whether it is a picture's. Without it, none go
    along with what is said."""

    @property
    def for_customer(self) -> bool:
        return self.tone == CUSTOMER


def answer_composer(property: str) -> Composer:
    """Where the one answer to a customer is written, whichever desk gives it."""
    return Composer(
        name="answer",
        property=property,
        tone=CUSTOMER,
        title=_("Answer"),
        send=_("Save the answer"),
        readers=_("For the customer"),
        said=_("Answer to the customer"),
        done=_("Saved. Nothing was mailed."),
        icon="send",
        adds=False,
        key="a",
        folded=True,
    )


@dataclass(frozen=True, kw_only=True)
class UploadArea:
    """A list of files that is filled on the record's page. `documents` are taken besides pictures or not; `entry`
    makes an entry of the list of an address, and whether it is a picture's."""

    property: str
    label: str
    documents: bool = False
    entry: Callable[[str, bool], object] = lambda url, is_picture: url


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link to a record, and what tells it from its like."""

    url: str
    text: str
    meta: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Related records on a record's page; `more_url` lists all of them, `new_url` makes another."""

    title: str
    icon: str
    items: list[Link]
    more_url: str = ""
    new_url: str = ""
    empty: str = ""
    count: str = ""
    """How many there are, as far as it is counted."""


_makers: dict[type[Entity], list[Callable[[Entity, Actor], Panel | None]]] = {}


def panel_of(model: type[Entity]):
    """Decorator: a function that makes a panel for the pages of `model`, whichever desk they belong to."""

    def known(make):
        _makers.setdefault(model, []).append(make)
        return make

    return known


def panels_for(record: Entity, actor: Actor) -> list[Panel]:
    """The panels of a record's page, for whoever looks."""
    made = (make(record, actor) for make in _makers.get(type(record), ()))
    return [panel for panel in made if panel is not None]
