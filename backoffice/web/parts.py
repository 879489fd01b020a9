"""Parts of a record's page: buttons, links and panels, the panels registered by whichever desk has them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from backoffice.records.actors import Actor
from backoffice.records.models import Entity


@dataclass(frozen=True)
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
    """What it is called by the keyboard."""


@dataclass(frozen=True)
class Item:
    """A link to a record, and what tells it from its like."""

    url: str
    text: str
    meta: str = ""


@dataclass(frozen=True)
class Panel:
    """Related records on a record's page; `more_url` lists all of them, `new_url` makes another."""

    title: str
    icon: str
    items: list[Item]
    more_url: str = ""
    new_url: str = ""
    empty: str = ""


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
