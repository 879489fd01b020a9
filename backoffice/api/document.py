"""A document: the JSON form of a record, declared once by its desk. Bodies are read and answers written by the
declaration, and whatever describes the interface can be made from it."""

from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from backoffice.api.dialect import Dialect
from backoffice.api.jsontypes import instant_of, type_faults
from backoffice.api.pruning import before_pruning, without
from backoffice.api.shapes import Bound, Kept, Place, Property, Shape, group
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.records.past import version_at
from backoffice.records.properties import Column

ENTITY = (
    Kept("_id", "id", fixed=True),
    Property("number"),
    Kept("companyId", "company", fixed=True),
    *group(
        "status",
        Property("status", "status"),
        Kept("createdAt", "created_at"),
        Kept("createdBy", "created_by"),
        Kept("lastModifiedAt", "last_modified_at", stamp=True),
        Kept("lastModifiedBy", "last_modified_by"),
    ),
    Property("chatId"),
)
"""What the facility system calls the base class of all entities."""


class Document(Shape):
    """A record's JSON form."""

    def __init__(self, model: type[Entity], *properties: Property | tuple[Property, ...]):
        super().__init__(model.__name__, *properties)
        self.model = model

    @cached_property
    def bound(self) -> Bound:
        known = self.model.properties
        return {
            leaf.attribute: known.get(leaf.attribute)
            or Column(self.model._meta.get_field(leaf.attribute), False)
            for leaf in self.properties
        }

    @cached_property
    def adapter(self) -> TypeAdapter:
        """What pydantic makes of the declaration."""
        return TypeAdapter(self.json_type(self.bound))

    def faults(self, body: dict, record: Entity, unstorable: dict[tuple, str]) -> dict[tuple, str]:
        """What is wrong with a body before the model is asked, path to message: what no property may hold
        (`unstorable`, which pydantic could not even report), wrong types, and what cannot be changed."""
        rest, gaps = without(body, unstorable)
        wrong = type_faults(self.adapter, rest)
        faults = unstorable | {before_pruning(path, gaps): message for path, message in wrong.items()}
        for leaf, path, value in self.sent(body):
            fixed = isinstance(leaf, Kept) and leaf.fixed and path not in faults
            if fixed and value.lower() != self.bound[leaf.attribute].read(record):
                faults[path] = _("This cannot be changed.")
        return faults

    def out_of_bounds(self, body: dict, record: Entity, actor: Actor) -> list[str]:
        """The paths of properties in a body that the actor may not touch."""
        return [
            ".".join(path)
            for leaf, path, _value in self.sent(body)
            if leaf.writable and self._guarded(leaf) and not actor.may("change", record, leaf.attribute)
        ]

    def version_read(self, body: dict, record: Entity) -> int | None:
        """The version that the body's stamp says its sender has read; None if it says nothing."""
        for leaf, _path, value in self.sent(body):
            if isinstance(leaf, Kept) and leaf.stamp and isinstance(value, str):
                try:
                    return version_at(record, instant_of(value))
                except ValidationError:
                    return None
        return None

    def hidden(self, record: Entity, actor: Actor) -> set[str]:
        """The model's properties that are not for the actor to see."""
        return {
            leaf.attribute
            for leaf in self.properties
            if self._guarded(leaf) and not actor.may("view", record, leaf.attribute)
        }

    def of(self, record: Entity, actor: Actor, dialect: Dialect) -> dict:
        """The document of a record, without what the actor may not see."""
        hidden = self.hidden(record, actor)
        return self.answer(self.bound, lambda name: self.bound[name].read(record), dialect, hidden)

    def place_of(self, path: str) -> Place:
        """Where a path of the model (`comments.2.employee_name`) leads."""
        return self.place(self.bound, path.split("."))

    def position(self, name: str) -> int:
        """How far down the document a property stands; what is none comes last."""
        return self._order.get(name, len(self._order))

    @cached_property
    def _order(self) -> dict[str, int]:
        names = dict.fromkeys(leaf.group or leaf.key for leaf in self.properties)
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def has_secrets(self) -> bool:
        """Whether reading it is written down."""
        return any(prop.guard is not None and prop.guard.secret for prop in self.bound.values())

    def is_hashed(self, name: str) -> bool:
        """Whether history has only a hash of a property, which is for nobody to read."""
        guard = self.bound[name].guard
        return guard is not None and guard.hashed

    def _guarded(self, leaf: Property) -> bool:
        return self.bound[leaf.attribute].guard is not None
